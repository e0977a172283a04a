"""A folder is chosen with the keyboard alone, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .story import Person

pytestmark = pytest.mark.browser

RELEASE = "Press release: harbour festival"


#: A file in a folder of its own makes that folder.
PIER = {"do": "put", "path": "Art & Größe 100% #1/Pier/plan.txt", "content": "cGxhbg=="}


@pytest.fixture(scope="module")
def events(log_in, demo):
    person = log_in("events", account="events@harbour.example")
    person.grant("Files.ReadWrite")
    demo.control("drives/change", account="events@harbour.example", **PIER)
    return person


def focused(page: Page) -> str:
    """The text or the label of what has the focus."""
    return page.evaluate(
        "() => (document.activeElement.getAttribute('aria-label')"
        " || document.activeElement.innerText || document.activeElement.name || '')"
        ".trim().replace(/\\s+/g, ' ')"
    )


def tab_to(page: Page, text: str) -> None:
    """Press Tab until this has the focus, as somebody without a mouse does."""
    for _press in range(60):
        if focused(page) == text:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {text!r}; it is at {focused(page)!r}.")


def press(page: Page, text: str) -> None:
    tab_to(page, text)
    page.keyboard.press("Enter")


def expect_step(page: Page, name: str) -> None:
    """The step is shown, and its heading has the focus."""
    heading = page.locator(".m365-folder__name")
    expect(heading).to_have_text(name)
    expect(heading).to_be_focused()


@pytest.fixture
def save_page(events):
    """The form *Save to OneDrive*, with the rights that it needs."""
    page = events.page
    events.choose_action(RELEASE, "Save to OneDrive")
    expect(page.locator(".m365-form")).to_be_visible()
    return page


def open_window(page: Page) -> None:
    chooser = page.locator("#id_into-chooser")
    expect(chooser).to_be_visible()
    if chooser.locator(".unchosen button").is_visible():
        chooser.locator(".unchosen button").focus()
        page.keyboard.press("Enter")
    else:
        chooser.get_by_role("button", name="Actions").focus()
        page.keyboard.press("Enter")
        tab_to(page, "Choose another folder")
        page.keyboard.press("Enter")
    # The window itself takes the focus when it has come to rest.
    page.wait_for_function(
        "() => !document.querySelector('.modal').getAnimations({subtree: true}).length"
    )
    expect(page.locator(".modal.in")).to_be_focused()


def test_a_missing_right_is_granted_from_within_and_leads_back(chromium, demo):
    person = Person(chromium, demo)
    person.log_in("policies")
    person.connect("policies@harbour.example")
    person.choose_action("Rules for visitors", "Save to OneDrive")
    page = person.page
    open_window(page)
    press(page, "My OneDrive")
    # The heading takes the focus when the step has come: who is quicker loses it again.
    expect_step(page, "My OneDrive")
    expect(page.locator(".modal-body .m365-explanation")).to_be_visible()
    press(page, "Sign in to Microsoft 365")
    person.accept(page)

    expect(page.locator(".m365-form")).to_be_visible()
    open_window(page)
    press(page, "My OneDrive")
    expect_step(page, "My OneDrive")
    expect(page.locator(".m365-folders")).to_be_visible()
    person.context.close()


def test_a_folder_is_found_and_chosen_with_the_keyboard(save_page):
    page = save_page
    open_window(page)
    press(page, "My OneDrive")
    expect_step(page, "My OneDrive")
    press(page, "Art & Größe 100% #1")
    expect_step(page, "Art & Größe 100% #1")
    press(page, "Choose Pier")

    expect(page.locator("#id_into-title")).to_have_text(
        "My OneDrive › Art & Größe 100% #1 › Pier"
    )


def test_typing_searches_and_the_focus_stays_where_one_types(save_page):
    page = save_page
    open_window(page)
    press(page, "My OneDrive")
    expect_step(page, "My OneDrive")
    tab_to(page, "q")
    page.keyboard.type("pier")

    expect(page.locator("#search-results [role=alert]")).to_contain_text("1 folder")
    assert focused(page) == "q"
    press(page, "Pier")
    expect_step(page, "Pier")
    press(page, "My OneDrive")
    expect_step(page, "My OneDrive")


def test_a_new_folder_is_made_and_a_refused_name_is_told(save_page):
    page = save_page
    open_window(page)
    press(page, "My OneDrive")
    expect_step(page, "My OneDrive")
    page.get_by_role("tab", name="Browse").focus()
    page.keyboard.press("ArrowRight")
    # Wagtail moves the focus a moment after the key: away from what one then types in.
    expect(page.get_by_role("tab", name="New folder")).to_be_focused()
    tab_to(page, "m365-folder-name")
    page.keyboard.type("Berth: 7")
    page.keyboard.press("Enter")
    error = page.locator("#tab-create .error-message")
    expect(error).to_be_visible()
    expect(page.locator("#id_m365-folder-name")).to_be_focused()

    page.keyboard.press("Control+a")
    page.keyboard.type("Berth 7")
    page.keyboard.press("Enter")

    expect(page.locator("#id_into-title")).to_have_text("My OneDrive › Berth 7")


def paste(page: Page, link: str) -> None:
    """Into the field, as the clipboard does, and off with it."""
    tab_to(page, "m365-link")
    page.keyboard.insert_text(link)
    page.keyboard.press("Enter")


def test_a_link_is_opened_with_the_keyboard_once_its_right_is_there(
    events, demo, save_page
):
    page = save_page
    open_window(page)
    press(page, "Allow it : Open a link")  # the colon is for screen readers
    events.accept(page)
    expect(page.locator(".m365-form")).to_be_visible()
    open_window(page)
    press(page, "Open a link")
    paste(page, f"{demo.microsoft}/word/s/no-longer-there")
    expect_step(page, "Open a link")
    expect(page.locator(".modal-body [role=alert]")).to_contain_text("taken back")
    assert "no-longer-there" not in page.content()

    paste(page, f"{demo.microsoft}/word/s/festival-material")
    expect_step(page, "Festival material")
    expect(page.locator(".m365-folders")).to_contain_text("visitor-rules.pdf")
    press(page, "Choose this folder")

    expect(page.locator("#id_into-title")).to_have_text("Festival material")


def test_a_list_that_microsoft_ended_leads_to_the_field_for_a_link(demo, save_page):
    page = save_page
    demo.control("faults", name="lists_ended", service="graph")
    open_window(page)
    press(page, "Shared with me")
    expect_step(page, "Shared with me")
    expect(page.locator(".modal-body")).to_contain_text("is ending this list")

    paste(page, f"{demo.microsoft}/word/s/festival-material")

    expect_step(page, "Festival material")


def test_a_fault_is_told_in_the_window_and_passes(demo, save_page):
    page = save_page
    open_window(page)
    press(page, "My OneDrive")
    expect_step(page, "My OneDrive")
    demo.control("faults", name="throttled", service="graph", retry_after=60)
    press(page, "Documents")
    expect(page.locator(".modal-body [role=alert]")).to_contain_text("wait 60 seconds")

    press(page, "Try again")
    expect_step(page, "Documents")


def test_escape_leaves_and_the_form_is_as_it_was(save_page):
    page = save_page
    open_window(page)
    page.keyboard.press("Escape")

    expect(page.locator(".modal-body")).to_have_count(0)
    expect(page.locator("#id_into-chooser .unchosen button")).to_be_focused()
