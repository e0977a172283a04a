"""The main job, from the log-in to the brought-back document, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .story import RELEASE, Person, somebody, text_of

pytestmark = pytest.mark.browser

AWKWARD = 'Q3 #1 – "final" 100%'


def sign_in_where_asked(editor: Person, tab: Page, account: str) -> None:
    editor.pick_account(tab, account)
    editor.accept(tab)


def bring_back(editor: Person, title: str) -> None:
    editor.bring_back(title)
    expect(editor.page.locator(".messages")).to_be_visible()


@pytest.fixture
def press(chromium, demo):
    with somebody(chromium, demo, "press") as person:
        yield person


def test_an_editor_opens_a_document_edits_it_in_word_and_brings_it_back(press):
    before = press.public_bytes(RELEASE)

    # Not connected yet: the new tab leads through the sign-in and goes on by itself.
    tab = press.open_in_word(RELEASE)
    sign_in_where_asked(press, tab, "press@harbour.example")
    press.wait_for_word(tab)
    press.write(tab, "The festival opens on 7 June")
    bring_back(press, RELEASE)

    after = press.public_bytes(RELEASE)
    assert after != before
    assert "The festival opens on 7 June" in text_of(after)
    press.show_panel()
    expect(press.page.locator("[data-side-panel=m365]")).to_contain_text(
        "harbour-festival-press-release.docx"
    )


def test_a_document_with_an_awkward_name_makes_the_round_trip(press):
    tab = press.open_in_word(AWKWARD)
    press.wait_for_word(tab)
    press.write(tab, "Final at last")
    bring_back(press, AWKWARD)

    assert "Final at last" in text_of(press.public_bytes(AWKWARD))


def test_whoever_comes_back_to_the_tab_finds_the_focus_where_it_was(press):
    press.wait_for_word(press.open_in_word(AWKWARD))
    press.open_document_page(AWKWARD)
    press.show_panel()
    panel = press.page.locator("#m365-session")
    keep_editing = panel.get_by_role("link", name="Keep editing")
    press.page.bring_to_front()
    keep_editing.focus()
    panel.evaluate("panel => panel.firstElementChild.classList.add('of-before')")
    press.page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(panel.locator(".of-before")).to_have_count(0)
    expect(keep_editing).to_be_focused()

    # Whoever has gone on meanwhile is not called back.
    title = press.page.get_by_label("Title")
    title.focus()
    panel.evaluate("panel => panel.firstElementChild.classList.add('of-before')")
    press.page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(panel.locator(".of-before")).to_have_count(0)
    expect(title).to_be_focused()


def test_a_copy_is_saved_to_onedrive_and_linked(press):
    page = press.page
    press.choose_action("A tour of the harbour", "Save to OneDrive")
    page.get_by_role("button", name="Save to OneDrive").click()
    # The right to all files is asked for when it is first needed.
    tile = page.locator("button", has_text="press@harbour.example")
    accept = page.get_by_role("button", name="Accept")
    expect(tile.or_(accept).first).to_be_visible()
    if tile.is_visible():
        tile.click()
    accept.click()
    page.get_by_role("button", name="Save to OneDrive").click()

    saved = page.locator(".messages").get_by_role("link").first
    expect(saved).to_be_visible()
    page.goto(saved.get_attribute("href"))
    expect(page.get_by_text("harbour-tour.pptx").first).to_be_visible()


def test_an_editor_of_one_collection_sees_the_actions_of_that_collection_only(
    chromium, demo
):
    person = Person(chromium, demo)
    person.log_in("policies")
    person.go("/admin/documents/")

    expect(
        person.page.get_by_role("link", name="Rules for visitors", exact=True)
    ).to_be_visible()
    expect(person.page.get_by_text(RELEASE)).to_have_count(0)
    person.context.close()


def test_a_snippet_offers_its_document(press):
    press.go("/admin/snippets/home/policy/")
    row = press.page.locator("tr", has_text="Visitors")
    row.get_by_role("button").first.click()

    expect(
        press.page.get_by_role("link", name="Open in Microsoft 365").first
    ).to_be_visible()
    expect(
        press.page.get_by_role("link", name="Save to OneDrive").first
    ).to_be_visible()
