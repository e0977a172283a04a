"""Makes every screenshot of README and docs: ``python3 docs/screenshots.py``.

It starts the example site afresh, plays the story of an editor and an admin in Chromium,
and writes ``docs/images/<name>.png`` and, for dark mode, ``docs/images/<name>-dark.png``.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import docx
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT))

from tests.journeys import story  # noqa: E402  # needs the path above
from tests.journeys.demo import Demo, running  # noqa: E402
from tests.journeys.story import RELEASE  # noqa: E402
from tests.journeys.test_import_and_watch import put  # noqa: E402

ACCOUNT, EVENTS = "press@harbour.example", "events@harbour.example"


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = story.browser(playwright)
        for scheme, suffix in (("light", ""), ("dark", "-dark")):
            people = People(browser, scheme)
            with afresh() as demo:
                editor_story(people, demo, suffix)
                admin_story(people, demo, suffix)
            with afresh() as demo:
                both_sides(people, demo, suffix)
            with afresh(EXAMPLE_SITE_MODERATION="1") as demo:
                moderated(people, demo, suffix)
            with afresh() as demo:
                drives_and_reports(people, demo, suffix)
        browser.close()


@contextmanager
def afresh(**environment: str) -> Iterator[Demo]:
    """The example site with nothing done on it yet."""
    with (
        tempfile.TemporaryDirectory() as var,
        running(Path(var), **environment) as demo,
    ):
        yield demo


@dataclass(frozen=True, slots=True)
class People:
    """Whoever comes to the site sees it in one of both colour schemes."""

    browser: Browser
    scheme: str

    def at(
        self, demo: Demo, name: str = "", account: str = ""
    ) -> AbstractContextManager[story.Person]:
        """Somebody logged in, and connected to a Microsoft account."""
        return story.somebody(
            *(self.browser, demo, name),
            account=account,
            color_scheme=self.scheme,
            reduced_motion="reduce",
        )


def shoot(page: Page, name: str, height: int = 860) -> None:
    """Take a picture of the window, made this high so that all is seen that matters."""
    page.set_viewport_size({"width": 1280, "height": height})
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
    page.set_viewport_size({"width": 1280, "height": 860})


def editor_story(people: People, demo: Demo, suffix: str) -> None:
    with people.at(demo) as editor:
        editor.go_home()
        shoot(editor.page, f"site{suffix}")
        editor.log_in("press")
        connecting(editor, suffix)
        round_trip(editor, suffix)
        editor.choose_action("A tour of the harbour", "Save to OneDrive")
        save = editor.page.get_by_role("button", name="Save to OneDrive")
        expect(save).to_be_visible()
        shoot(editor.page, f"save-to-onedrive{suffix}")


def connecting(editor: story.Person, suffix: str) -> None:
    page = editor.page
    editor.open_account_page()
    editor.begin_to_connect()
    shoot(page, f"sign-in{suffix}")
    editor.pick_account(page, ACCOUNT)
    expect(page.get_by_role("button", name="Accept")).to_be_visible()
    shoot(page, f"consent{suffix}")
    editor.accept(page)
    # Whole and at rest: not the end of a message that slides, nor of one scrolled away.
    message = page.get_by_text("Connected to Microsoft 365 as")
    expect(message).to_be_in_viewport(ratio=1)
    shoot(page, f"account{suffix}", height=960)


def round_trip(editor: story.Person, suffix: str) -> None:
    page = editor.page
    tab = editor.open_in_word(RELEASE)
    editor.wait_for_word(tab)
    editor.write(tab, "Harbour festival opens on 7 June")
    shoot(tab, f"word{suffix}")
    tab.close()
    editor.go("/admin/documents/")
    editor.row_menu(RELEASE)
    shoot(page, f"documents{suffix}")
    editor.open_document_page(RELEASE)
    editor.show_panel()
    page.get_by_role("button", name="Check for changes").click()
    panel = page.locator("[data-side-panel=m365]")
    expect(panel).to_contain_text("Changed in Microsoft 365, ")
    shoot(page, f"open-in-microsoft-365{suffix}")
    page.get_by_role("button", name="Bring back and close").click()
    expect(page.locator(".messages").first).to_be_visible()
    editor.show_panel()
    shoot(page, f"brought-back{suffix}")


def admin_story(people: People, demo: Demo, suffix: str) -> None:
    with people.at(demo, "admin") as admin:
        page = admin.page
        admin.go("/admin/settings/wagtail_m365/m365settings/")
        shoot(page, f"settings{suffix}")
        page.get_by_role("link", name="Test connection").click()
        page.wait_for_load_state("networkidle")
        shoot(page, f"health{suffix}")
        admin.go("/admin/m365/settings/set-up/register/")
        shoot(page, f"set-up-register{suffix}")


def both_sides(people: People, demo: Demo, suffix: str) -> None:
    """One edits in Word, another uploads; whoever brings back has the choice."""
    with people.at(demo, "press", ACCOUNT) as editor:
        edit_in_word(editor)
        with people.at(demo, "events") as other:
            other.upload(RELEASE, called_off())
        editor.bring_back(RELEASE)
        expect(editor.page.locator(".m365-sides")).to_be_visible()
        shoot(editor.page, f"changed-on-both-sides{suffix}", height=1160)


def moderated(people: People, demo: Demo, suffix: str) -> None:
    """What an editor brings back waits for the admin."""
    with people.at(demo, "press", ACCOUNT) as editor:
        edit_in_word(editor)
        editor.bring_back(RELEASE)
        expect(editor.page.locator(".messages")).to_contain_text("waits for approval")
    with people.at(demo, "admin") as admin:
        admin.go("/admin/m365/proposals/")
        admin.page.get_by_role("link", name=RELEASE).first.click()
        expect(admin.page.get_by_role("button", name="Approve")).to_be_visible()
        shoot(admin.page, f"waiting-for-approval{suffix}")


def drives_and_reports(people: People, demo: Demo, suffix: str) -> None:
    """Files come from OneDrive and go there; the admin sees who is connected."""
    with people.at(demo, "events", EVENTS) as editor:
        editor.grant("Files.ReadWrite")
        for name in ("Tide table.pdf", "Berths.docx", "2026/Regatta.pdf", "Crane.exe"):
            put(demo, f"Harbour/{name}", name.encode())
        save_many(editor, suffix)
        choose_files(editor, suffix)
        watch_folder(editor, suffix)
    with people.at(demo, "admin") as admin:
        admin.go("/admin/m365/connections/")
        shoot(admin.page, f"connections-report{suffix}")


def choose_files(editor: story.Person, suffix: str) -> None:
    page = editor.page
    editor.go("/admin/documents/")
    page.get_by_role("link", name="Add from OneDrive").click()
    page.get_by_role("link", name="My OneDrive").click()
    page.get_by_role("link", name="Harbour").click()
    page.get_by_label("Tide table.pdf").check()
    page.get_by_label("Berths.docx").check()
    shoot(page, f"add-from-onedrive{suffix}")


def watch_folder(editor: story.Person, suffix: str) -> None:
    page = editor.page
    editor.go("/admin/m365/watched-folders/add/")
    page.get_by_role("button", name="Choose a folder").click()
    page.get_by_role("link", name="My OneDrive").first.click()
    row = page.locator(".m365-folders tr", has_text="Harbour")
    row.get_by_role("link", name="Choose").click()
    expect(page.locator("#id_source-chooser")).to_contain_text("Harbour")
    page.get_by_role("button", name="Watch this folder").click()
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("link", name="Regatta.pdf").first).to_be_visible()
    shoot(page, f"watched-folder{suffix}")


def save_many(editor: story.Person, suffix: str) -> None:
    page = editor.page
    page.goto(f"{editor.demo.site}/admin/documents/")
    for box in page.locator("[data-bulk-action-checkbox]").all()[:3]:
        box.check()
    page.get_by_role("link", name="Save selected documents to OneDrive").click()
    page.get_by_label("Folder below it").fill("Press/At once")
    page.get_by_role("button", name="Save to OneDrive").click()
    status = page.locator(".m365-transfers__status")
    expect(status).to_contain_text("3 of 3 files saved.")
    page.reload()  # a page that has asked again and again may never count as idle
    shoot(page, f"save-many{suffix}")


def called_off() -> bytes:
    """The same press release, with another first line."""
    samples, target = ROOT / "example_site" / "documents", io.BytesIO()
    release = docx.Document(str(samples / "harbour-festival-press-release.docx"))
    release.paragraphs[0].text = "Harbour festival is called off"
    release.save(target)
    return target.getvalue()


def edit_in_word(editor: story.Person) -> None:
    tab = editor.open_in_word(RELEASE)
    editor.wait_for_word(tab)
    editor.write(tab, "Harbour festival opens on 7 June")
    tab.close()


if __name__ == "__main__":
    main()
