"""Two editors and one file in a library that demands check-out, in a real browser."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from .story import Person

pytestmark = pytest.mark.browser

RELEASE = "Press release: harbour festival"
OWNER, SECOND = "press@harbour.example", "colleague@harbour.example"


def text_of(docx: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(docx)) as parts:
        return re.sub(r"<[^>]+>", "", parts.read("word/document.xml").decode())


def sign_in(person: Person, tab: Page, account: str) -> None:
    """Through the sign-in and the consent, as far as Microsoft asks for them."""
    tile = tab.locator("button", has_text=account)
    accept = tab.get_by_role("button", name="Accept")
    expect(tile.or_(accept).first).to_be_visible()
    if tile.is_visible():
        tile.click()
    accept.click()


def choose_library(admin: Person, drive: str) -> None:
    """As an administrator does it in the settings."""
    page = admin.page
    admin.go("/admin/settings/wagtail_m365/m365settings/")
    page.get_by_label("Copies lie in").select_option("library")
    page.get_by_label("Drive ID of the library").fill(drive)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messages")).to_be_visible()


@pytest.fixture
def people(chromium, demo):
    press, admin = Person(chromium, demo), Person(chromium, demo)
    press.log_in("press")
    admin.log_in("admin")
    yield press, admin
    for person in (press, admin):
        person.context.close()


def test_a_second_editor_joins_in_the_library_and_all_of_it_is_brought_back(
    people, demo
):
    press, admin = people
    made = demo.control(
        "libraries", name="Press office", account=OWNER, requires_check_out=True
    )
    choose_library(admin, str(made["drive"]))

    tab = press.open_in_word(RELEASE)
    sign_in(press, tab, OWNER)
    press.wait_for_word(tab)
    press.write(tab, "Written in the library")

    # The second editor is told who has it, signs in, comes back, and joins.
    other = admin.open_in_word(RELEASE)
    expect(
        other.get_by_text("is editing this document in Microsoft 365")
    ).to_be_visible()
    other.get_by_role("button", name="Join").click()
    sign_in(admin, other, SECOND)
    other.get_by_role("button", name="Join").click()
    admin.wait_for_word(other)
    expect(other.locator("textarea").first).to_have_value(
        re.compile("Written in the library")
    )

    press.open_document_page(RELEASE)
    press.show_panel()
    panel = press.page.locator("[data-side-panel=m365]")
    expect(panel).to_contain_text("Joined")
    expect(panel).to_contain_text("Checked out")
    press.page.get_by_role("button", name="Bring back and close").click()
    expect(press.page.locator(".messages")).to_contain_text("was brought back")
    expect(press.page.locator(".messages")).to_contain_text("closed in Microsoft 365")

    assert "Written in the library" in text_of(press.public_bytes(RELEASE))
