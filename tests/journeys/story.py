"""What people do in the browser, step by step; tests and screenshots share the steps."""

from __future__ import annotations

import re
import shutil
from html import escape

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from .demo import Demo

#: Without these, Debian's Chromium looks for hosts outside at every start.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
#: Milliseconds: a loaded machine may take its time, and a passing test does not.
PATIENCE = 60_000


def browser(playwright: Playwright) -> Browser:
    """Debian's Chromium, or another one on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "No Chromium on this machine: install the package `chromium`."
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))


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
        self.page.locator("tr", has_text=title).get_by_role("button").first.click()

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

    def choose_action(self, title: str, action: str) -> None:
        """Choose from a document's row menu in the listing."""
        self.go("/admin/documents/")
        self.row_menu(title)
        self.page.get_by_role("link", name=action).first.click()

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
        panel = self.page.locator("[data-side-panel=m365]")
        if not panel.is_visible():
            self.page.locator("[data-side-panel-toggle=m365]").click()
        expect(panel).to_be_visible()

    def public_bytes(self, title: str) -> bytes:
        """The document as a visitor of the site downloads it."""
        page = self.context.request.get(f"{self.demo.site}/").text()
        pattern = r'<a href="([^"]+)"><span class="kind">\w+</span> ' + re.escape(
            escape(title)
        )
        found = re.search(pattern, page)
        assert found, f"{title} is not on the home page"
        return self.context.request.get(self.demo.site + found[1]).body()
