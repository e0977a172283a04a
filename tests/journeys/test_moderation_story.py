"""What an editor brings back waits until somebody has looked at it, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .demo import running
from .story import RELEASE, Person, text_of

pytestmark = pytest.mark.browser

RULES = "Rules for visitors"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("moderated")
    with running(folder, EXAMPLE_SITE_MODERATION="1") as started:
        yield started


@pytest.fixture(scope="module")
def press(log_in):
    """An editor without the right to publish."""
    return log_in("press", account="press@harbour.example")


@pytest.fixture(scope="module")
def admin(log_in):
    """Decides; has no Microsoft account and needs none."""
    return log_in("admin")


def propose(editor: Person, title: str, first_line: str) -> None:
    """Edit in "Word" and bring back, which lets it wait."""
    tab = editor.open_in_word(title)
    editor.wait_for_word(tab)
    editor.write(tab, first_line)
    tab.close()
    editor.bring_back(title)
    expect(editor.page.locator(".messages")).to_contain_text("waits for approval")


def show_list(moderator: Person) -> None:
    """*Reports → Waiting for approval*."""
    moderator.go("/admin/")
    moderator.page.get_by_role("button", name="Reports").click()
    moderator.page.get_by_role("link", name="Waiting for approval").click()
    expect(
        moderator.page.get_by_role("heading", name="Waiting for approval").first
    ).to_be_visible()


def look_at(moderator: Person, title: str) -> None:
    show_list(moderator)
    moderator.page.get_by_role("link", name=title).first.click()
    expect(
        moderator.page.get_by_role("heading", name=f"A file for “{title}”")
    ).to_be_visible()


def decide(moderator: Person, choice: str, comment: str) -> None:
    moderator.page.get_by_label("Comment").fill(comment)
    moderator.page.get_by_role("button", name=choice).click()
    expect(moderator.page.locator(".messages")).to_be_visible()


def panel_of(editor: Person, title: str):
    editor.open_document_page(title)
    editor.show_panel()
    return editor.page.locator("[data-side-panel=m365]")


def test_a_rejected_file_changes_nothing_and_its_author_reads_why(press, admin):
    before = press.public_bytes(RELEASE)
    propose(press, RELEASE, "The festival opens on 8 June")
    assert press.public_bytes(RELEASE) == before
    expect(panel_of(press, RELEASE)).to_contain_text("A file waits for approval")

    look_at(admin, RELEASE)
    page = admin.page
    # Where the document is shown, and what would change there, line by line.
    expect(page.locator(".m365-links a").first).to_be_visible()
    expect(page.locator(".m365-difference ins").first).to_contain_text("8 June")
    decide(admin, "Reject", "It opens on the 7th.")

    assert press.public_bytes(RELEASE) == before
    panel = panel_of(press, RELEASE)
    expect(panel).to_contain_text("Rejected")
    expect(panel).to_contain_text("It opens on the 7th.")
    # Nothing is lost: the file is among the versions.
    press.page.get_by_role("link", name="All versions and their differences").click()
    expect(
        press.page.get_by_text("harbour-festival-press-release").nth(1)
    ).to_be_visible()


def test_an_approved_file_is_what_visitors_download(press, admin):
    propose(press, RULES, "The quay opens at eight")
    look_at(admin, RULES)
    decide(admin, "Approve", "Thank you.")

    assert "The quay opens at eight" in text_of(press.public_bytes(RULES))
    panel = panel_of(press, RULES)
    expect(panel).to_contain_text("Approved")
    expect(panel).to_contain_text("Thank you.")
    show_list(admin)
    expect(admin.page.get_by_role("link", name=RULES)).to_have_count(0)


def test_an_editor_without_the_right_sees_no_way_to_decide(press):
    propose(press, RELEASE, "The festival opens on 9 June")
    panel = panel_of(press, RELEASE)
    panel.get_by_role("link", name="A file waits for approval").click()
    page = press.page
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.get_by_role("button", name="Reject")).to_have_count(0)
