"""Files of OneDrive become documents: chosen in the browser, and by a watched folder."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ACCOUNT = "events@harbour.example"


def put(demo, path: str, content: bytes, do: str = "put") -> None:
    text = base64.b64encode(content).decode()
    demo.control("drives/change", account=ACCOUNT, do=do, path=path, content=text)


@pytest.fixture(scope="module")
def events(log_in, demo):
    person = log_in("events", account=ACCOUNT)
    person.grant("Files.ReadWrite")
    put(demo, "Harbour/Tide table.pdf", b"tides")
    put(demo, "Harbour/Berths.docx", b"berths")
    put(demo, "Harbour/2026/Regatta.pdf", b"regatta")
    put(demo, "Harbour/installer.exe", b"program")
    return person


def test_files_are_chosen_with_the_keyboard_and_become_documents(events):
    page = events.page
    events.go("/admin/documents/")
    page.get_by_role("link", name="Add from OneDrive").click()
    page.get_by_role("link", name="My OneDrive").click()
    page.get_by_role("link", name="Harbour").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("This site takes no files of this format.")).to_be_visible()
    page.get_by_label("Tide table.pdf").focus()
    page.keyboard.press("Space")
    page.get_by_label("Berths.docx").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Go on with the chosen files").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Where do these files go?")).to_be_visible()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("2 documents were added")).to_be_visible()
    events.go("/admin/documents/")
    expect(page.get_by_role("link", name="Tide table", exact=True)).to_be_visible()


def test_who_comes_back_to_the_chooser_finds_the_new_document(events, demo):
    put(demo, "Harbour/Ferries.pdf", b"ferries")
    page = events.page
    events.go("/admin/snippets/home/policy/add/")
    page.get_by_role("button", name="Choose a document").click()
    window = page.get_by_role("dialog")
    window.get_by_role("tab", name="Upload").click()
    with events.context.expect_page() as opened:
        window.get_by_role("link", name="Add from OneDrive").click()
    tab = opened.value
    # It begins in the folder of the last time.
    tab.get_by_label("Ferries.pdf").check()
    tab.get_by_role("button", name="Go on with the chosen files").click()
    tab.get_by_role("button", name="Import").click()
    expect(tab.get_by_text("1 document was added")).to_be_visible()
    tab.close()
    # Every page of a browser without a screen thinks that it has the focus.
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    window.get_by_role("link", name="Ferries").first.click()
    expect(page.locator("#id_document-chooser")).to_contain_text("Ferries")


def test_an_imported_document_is_brought_up_to_date(events, demo):
    put(demo, "Harbour/Tide table.pdf", b"newer tides", do="edit")
    events.open_document_page("Tide table")
    page = events.page
    page.get_by_role("button", name="Actions").click()
    page.get_by_role("link", name="Update from OneDrive").click()
    page.get_by_role("button", name="Update", exact=True).click()
    expect(page.get_by_text("has the newest file now")).to_be_visible()


def test_a_watched_folder_is_set_up_and_runs(events, demo):
    page = events.page
    events.go("/admin/m365/watched-folders/add/")
    page.get_by_role("button", name="Choose a folder").click()
    page.get_by_role("link", name="All places").first.click()
    page.get_by_role("link", name="My OneDrive").first.click()
    row = page.locator(".m365-folders tr", has_text="Harbour")
    row.get_by_role("link", name="Choose").click()
    expect(page.locator("#id_source-chooser")).to_contain_text("Harbour")
    page.get_by_role("button", name="Watch this folder").click()
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("was told to run")).to_be_visible()
    expect(page.get_by_text("Needs attention")).to_be_visible()
    expect(page.get_by_role("link", name="Regatta.pdf").first).to_be_visible()
    put(demo, "Harbour/2026/Regatta.pdf", b"postponed", do="edit")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("1 updated")).to_be_visible()
