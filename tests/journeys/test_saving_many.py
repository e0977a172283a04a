"""Many documents are saved at once, in a real browser, and their progress is seen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def events(log_in):
    person = log_in("events", account="events@harbour.example")
    person.grant("Files.ReadWrite")
    return person


def test_many_documents_are_saved_and_the_page_tells_how_far_it_is(events, demo):
    page = events.page
    page.goto(f"{demo.site}/admin/documents/")
    for box in page.locator("[data-bulk-action-checkbox]").all()[:3]:
        box.check()
    page.get_by_role("link", name="Save selected documents to OneDrive").click()
    page.get_by_label("Folder below it").fill("Press/At once")
    page.get_by_role("button", name="Save to OneDrive").click()

    status = page.locator(".m365-transfers__status")
    expect(status).to_have_text(re.compile("3 of 3 files saved. Nothing is left"))
    expect(page.get_by_text("Leave this page open until all is done")).to_be_hidden()
    expect(
        page.get_by_role("link", name=re.compile("^Open in OneDrive:"))
    ).to_have_count(3)
    address = page.url
    page.reload()
    expect(status).to_have_text(re.compile("3 of 3 files saved."))

    page.goto(f"{demo.site}/admin/m365/transfers/")
    expect(page.get_by_role("cell", name="Done")).to_have_count(3)
    page.locator("tbody a").first.click()
    expect(page).to_have_url(address)
