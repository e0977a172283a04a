"""Makes every screenshot of README and docs: ``python3 docs/screenshots.py``.

It starts the example site afresh, plays the story of an editor and an admin in Chromium,
and writes ``docs/images/<name>.png`` and, for dark mode, ``docs/images/<name>-dark.png``.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT))

from tests.journeys import story  # noqa: E402  # needs the path above
from tests.journeys.demo import Demo, running  # noqa: E402

RELEASE = "Press release: harbour festival"
ACCOUNT = "press@harbour.example"


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = story.browser(playwright)
        for scheme, suffix in (("light", ""), ("dark", "-dark")):
            with tempfile.TemporaryDirectory() as var, running(Path(var)) as demo:
                editor_story(browser, demo, scheme, suffix)
                admin_story(browser, demo, scheme, suffix)
        browser.close()


@contextmanager
def person(browser: Browser, demo: Demo, scheme: str) -> Iterator[story.Person]:
    somebody = story.Person(browser, demo, color_scheme=scheme, reduced_motion="reduce")
    yield somebody
    somebody.context.close()


def shoot(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


def editor_story(browser: Browser, demo: Demo, scheme: str, suffix: str) -> None:
    with person(browser, demo, scheme) as editor:
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
    expect(page.get_by_text("Connected to Microsoft 365 as")).to_be_visible()
    shoot(page, f"account{suffix}")


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


def admin_story(browser: Browser, demo: Demo, scheme: str, suffix: str) -> None:
    with person(browser, demo, scheme) as admin:
        page = admin.page
        admin.log_in("admin")
        admin.go("/admin/settings/wagtail_m365/m365settings/")
        shoot(page, f"settings{suffix}")
        page.get_by_role("link", name="Test connection").click()
        page.wait_for_load_state("networkidle")
        shoot(page, f"test-connection{suffix}")


if __name__ == "__main__":
    main()
