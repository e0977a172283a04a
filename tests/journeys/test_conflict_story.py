"""Two editors change one document on both sides, in a real browser: nothing is lost.

What is discarded, though, is gone.
"""

from __future__ import annotations

import io
import re

import docx
import pytest
from playwright.sync_api import expect

from .story import RELEASE, Person, text_of

pytestmark = pytest.mark.browser

RULES = "Rules for visitors"


def word(*paragraphs: str) -> bytes:
    document, target = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(target)
    return target.getvalue()


@pytest.fixture(scope="module")
def press(log_in):
    """Edits in Word."""
    return log_in("press", account="press@harbour.example")


@pytest.fixture(scope="module")
def events(log_in):
    """Uploads to the site meanwhile."""
    return log_in("events")


def restore_the_newest_version(editor: Person) -> None:
    """What was not chosen is a version, and comes back."""
    editor.open_document_page(RELEASE)
    editor.show_panel()
    editor.page.get_by_role("link", name="All versions and their differences").click()
    editor.page.get_by_role("link", name=re.compile("^Restore")).first.click()
    editor.page.get_by_role("button", name=re.compile("^Restore")).click()
    expect(editor.page.locator(".messages")).to_be_visible()


def test_both_sides_are_shown_one_is_chosen_and_the_other_is_restored(press, events):
    tab = press.open_in_word(RELEASE)
    press.wait_for_word(tab)
    press.write(tab, "The festival opens on 7 June")

    # The other editor is told who has it, and uploads all the same.
    events.open_document_page(RELEASE)
    events.show_panel()
    expect(events.page.locator("[data-side-panel=m365]")).to_contain_text("Petra Press")
    events.upload(RELEASE, word("The festival is called off"))

    page = press.page
    press.open_document_page(RELEASE)
    press.show_panel()
    # The panel notices by itself what was saved in Word.
    panel = page.locator("[data-side-panel=m365]")
    expect(panel).to_contain_text("Changed in Microsoft 365")
    page.get_by_role("button", name="Bring back and close").click()
    expect(
        page.get_by_role("heading", name=f"“{RELEASE}” was changed on both sides")
    ).to_be_visible()
    assert "called off" in text_of(press.public_bytes(RELEASE))
    sides = page.locator(".m365-sides")
    expect(sides).to_contain_text("Emil Events")
    difference = page.locator(".m365-difference")
    expect(difference.locator("ins").first).to_contain_text("7 June")
    expect(difference.locator("del").first).to_contain_text("called off")
    expect(page.locator(".m365-page")).to_contain_text("Shown on")

    page.get_by_label("Comment").fill("It takes place")
    page.get_by_role("button", name="Take the edited file").click()
    expect(page.locator(".messages")).to_contain_text("edited in Microsoft 365")
    assert "7 June" in text_of(press.public_bytes(RELEASE))

    restore_the_newest_version(events)
    assert "called off" in text_of(press.public_bytes(RELEASE))


def files_of(demo, account: str) -> tuple[list[str], list[str]]:
    """The names of the files in the drive, and of what is in its recycle bin."""
    drive = demo.control("drives/list", account=account)
    there = [file["path"].rpartition("/")[2] for file in drive["files"]]
    return there, [each["name"] for each in drive["recycle_bin"]]


def test_what_is_discarded_is_gone_for_good_and_the_site_keeps_its_file(press, demo):
    before = press.public_bytes(RULES)
    tab = press.open_in_word(RULES)
    press.wait_for_word(tab)
    press.write(tab, "Everybody may do what they want")
    assert "visitor-rules.docx" in files_of(demo, "press@harbour.example")[0]

    press.open_document_page(RULES)
    press.show_panel()
    page = press.page
    page.get_by_role("link", name="Discard…").click()
    expect(page.locator(".m365-page")).to_contain_text("these changes are lost with it")
    page.get_by_role("button", name="Discard the copy").click()
    expect(page.locator(".messages")).to_be_visible()

    # Its owner asked for it: Microsoft's recycle bin, too, is without it.
    there, deleted = files_of(demo, "press@harbour.example")
    assert "visitor-rules.docx" not in there + deleted
    tab.reload()
    expect(tab.get_by_text("Everybody may do")).to_have_count(0)
    assert press.public_bytes(RULES) == before
    press.show_panel()
    panel = page.locator("[data-side-panel=m365]")
    expect(panel).to_contain_text("Not open in Microsoft 365")
