"""What people do in the browser, step by step; tests and screenshots share the steps."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from .demo import Demo

#: Without these, Debian's Chromium looks for hosts outside at every start.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
#: The document that most stories are about.
RELEASE = "Press release: harbour festival"
#: Milliseconds: a loaded machine may take its time, and a passing test does not.
PATIENCE = 60_000


def browser(playwright: Playwright) -> Browser:
    """Debian's Chromium, or another one on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "No Chromium on this machine: install the package `chromium`."
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))


def text_of(docx: bytes) -> str:
    """What is written in a Word file."""
    with zipfile.ZipFile(io.BytesIO(docx)) as parts:
        return re.sub(r"<[^>]+>", "", parts.read("word/document.xml").decode())


@contextmanager
def somebody(
    browser: Browser,
    demo: Demo,
    name: str = "",
    *,
    account: str = "",
    **context: object,
) -> Iterator[Person]:
    """A person at a browser of their own, until the block ends.

    Args:
        browser: Chromium.
        demo: The running example site.
        name: Log in with this name; empty: not yet.
        account: Connect this Microsoft account, too.
        context: How the browser is set up: see Playwright's ``new_context``.
    """
    person = Person(browser, demo, **context)
    try:
        if name:
            person.log_in(name)
        if account:
            person.connect(account)
        yield person
    finally:
        person.context.close()


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, browser: Browser, demo: Demo, **context: object) -> None:
        self.demo = demo
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 1280, "height": 860}, timezone_id="UTC", **context
        )
        self.context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        self.page: Page = self.context.new_page()

    def go(self, path: str) -> None:
        self.page.goto(f"{self.demo.site}{path}")
        # Wagtail's own scripts must be alive before anybody presses a button.
        self.page.wait_for_function(
            "() => window.wagtail && document.readyState === 'complete'"
        )

    def go_home(self) -> None:
        self.page.goto(f"{self.demo.site}/")

    def row_menu(self, title: str) -> None:
        """Unfold a document's row menu in the listing."""
        name = f"Microsoft 365 actions for “{title}”"
        button = self.page.get_by_role("button", name=name, exact=True)
        row = self.page.locator("tr", has=button)
        button.click()
        # It is fetched now, and gets the focus.
        expect(row.get_by_role("menuitem").first).to_be_focused()

    def log_in(self, name: str) -> None:
        self.page.goto(f"{self.demo.site}/admin/login/")
        self.page.get_by_label("Username").fill(name)
        self.page.locator("input[name=password]").fill(name)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("link", name="Documents").first).to_be_visible()

    def open_account_page(self) -> None:
        self.go("/admin/account/#tab-m365")
        expect(
            self.page.get_by_role("heading", name="Microsoft accounts")
        ).to_be_visible()

    def begin_to_connect(self) -> None:
        self.page.get_by_role("link", name="Connect a Microsoft account").click()
        expect(self.page.get_by_role("heading", name="Sign in")).to_be_visible()

    def pick_account(self, page: Page, account: str) -> None:
        page.locator("button", has_text=account).click()

    def accept(self, page: Page) -> None:
        page.get_by_role("button", name="Accept").click()

    def connect(self, account: str) -> None:
        self.open_account_page()
        self.begin_to_connect()
        self.pick_account(self.page, account)
        self.accept(self.page)
        expect(
            self.page.get_by_text(f"Connected to Microsoft 365 as {account}")
        ).to_be_visible()

    def grant(self, scope: str) -> None:
        """Give the site one more right."""
        self.page.goto(f"{self.demo.site}/admin/m365/connect/?scopes={scope}")
        self.accept(self.page)

    def choose_action(self, title: str, action: str) -> None:
        """Choose from a document's row menu in the listing."""
        self.go("/admin/documents/")
        self.row_menu(title)
        self.page.get_by_role("menuitem", name=action).click()

    def open_in_word(self, title: str) -> Page:
        """*Open in Microsoft 365*; gives the tab, wherever it leads."""
        with self.context.expect_page() as opened:
            self.choose_action(title, "Open in Microsoft 365")
        return opened.value

    def wait_for_word(self, tab: Page) -> None:
        tab.wait_for_url(re.compile(re.escape(self.demo.microsoft) + "/word/"))
        expect(tab.locator("textarea").first).to_be_visible()

    def write(self, tab: Page, first_line: str) -> None:
        """Change the first paragraph in "Word" and save."""
        text = tab.locator("textarea").first
        lines = text.input_value().split("\n")
        text.fill("\n".join([first_line, *lines[1:]]))
        tab.get_by_role("button", name="Save", exact=True).click()
        expect(tab.get_by_text("Saved.")).to_be_visible()

    def open_document_page(self, title: str) -> None:
        self.go("/admin/documents/")
        self.page.get_by_role("link", name=title, exact=True).first.click()
        expect(self.page.get_by_role("heading", name=title, exact=True)).to_be_visible()

    def show_panel(self) -> None:
        """Unfold the side panel *Microsoft 365* of a document."""
        # Wagtail unfolds by itself what was open on the page before, once it is loaded: a
        # click in between would fold it again.
        self.page.wait_for_load_state("load")
        panel = self.page.locator("[data-side-panel=m365]")
        # Wagtail unfolds by itself what was unfolded the last time; then this class goes.
        expect(self.page.locator(".form-side--initial")).to_have_count(0)
        if not panel.is_visible():
            self.page.locator("[data-side-panel-toggle=m365]").click()
        expect(panel).to_be_visible()

    def bring_back(self, title: str) -> None:
        """*Bring back and close* in the side panel."""
        self.open_document_page(title)
        self.show_panel()
        self.page.get_by_role("button", name="Bring back and close").click()

    def upload(self, title: str, content: bytes) -> None:
        """Replace the document's file on Wagtail's own page."""
        self.open_document_page(title)
        self.page.locator("input[type=file]").set_input_files(
            {
                "name": "release.docx",
                "mimeType": "application/octet-stream",
                "buffer": content,
            }
        )
        self.page.get_by_role("button", name="Save", exact=True).click()
        expect(self.page.locator(".messages")).to_contain_text("updated")

    def public_bytes(self, title: str) -> bytes:
        """The document as a visitor of the site downloads it."""
        page = self.context.request.get(f"{self.demo.site}/").text()
        pattern = r'<a href="([^"]+)"><span class="kind">\w+</span> ' + re.escape(
            escape(title)
        )
        found = re.search(pattern, page)
        assert found, f"{title} is not on the home page"
        return self.context.request.get(self.demo.site + found[1]).body()
