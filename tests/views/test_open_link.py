"""*Open a link*: in the window that chooses a folder, and on *Add from OneDrive*."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from wagtail_m365.documents.folders import Location, Place
from wagtail_m365.models import M365Settings
from wagtail_m365.tokens import bundles

from . import test_folders, test_imports
from .test_edit_location_form import address as settings_page
from .test_edit_location_form import save as save_settings
from .test_folders import SAVE_PAGE, Window
from .test_imports import IMPORT, Page, titles

pytestmark = pytest.mark.django_db

FIELD = "m365-link"
ELSEWHERE = "https://drive.google.com/drive/folders/secret-of-theirs"
ENDING = "Microsoft lists nothing here, and is ending this list."

colleague = test_folders.colleague
_media_of_its_own = test_imports._media_of_its_own


@pytest.fixture
def connected(browser):
    return browser.connect(*bundles.SAVE, *bundles.SHARED)


@pytest.fixture
def theirs(microsoft, colleague):
    """A colleague's OneDrive."""
    drive = microsoft.drive(colleague)
    drive.put("Harbour/Pier/plan.pdf", b"plan")
    return drive


@pytest.fixture
def link_to(microsoft, theirs):
    """The colleague shares something by a link."""
    return lambda path, **how: microsoft.authority + theirs.share(path, **how)


def open_in(window, link):
    """Paste the link into the window's form, and send that."""
    (form,) = re.findall(
        r"<form[^>]*creation-form[^>]*>.*?</form>", window.html, re.DOTALL
    )
    assert f'name="{FIELD}"' in form
    assert 'method="post"' in form
    action = re.search(r'action="([^"]*)"', form)[1].replace("&amp;", "&")
    answer = window.browser.post(action, {FIELD: link}, headers={"referer": SAVE_PAGE})
    assert answer.status_code == 200
    return window._take(answer)


def open_on(page, link):
    """The same on the page *Add from OneDrive*."""
    (form,) = re.findall(
        r"<form[^>]*import/link/[^>]*>.*?</form>", page.html, re.DOTALL
    )
    action = re.search(r'action="([^"]*)"', form)[1].replace("&amp;", "&")
    return page.take(page.browser.post(action, {FIELD: link}, follow=True))


class TestFolderChooser:
    def test_a_shared_folder_is_entered_and_chosen(self, connected, theirs, link_to):
        window = open_in(Window(connected), link_to("Harbour"))

        assert window.answer["step"] == "choose"
        assert window.heading == "Harbour"
        assert list(window.links)[:2] == ["All places", "Shared with me"]
        window.follow("Choose Pier")
        assert str(window.chosen) == "Harbour › Pier"
        assert window.chosen.item_id == theirs.item("Harbour/Pier").id

    def test_the_folder_itself_can_be_chosen_and_is_remembered_well(
        self, connected, theirs, link_to
    ):
        window = open_in(Window(connected), link_to("Harbour"))

        window.follow("Choose this folder")

        assert window.chosen.drive_id == theirs.drive.id
        assert window.chosen.location.name == "Harbour"

    def test_the_address_of_a_folder_in_the_browser_leads_there(self, connected):
        connected.drive.folder("Press/2026")
        drive, item = connected.drive.drive, connected.drive.item("Press")
        address = f"{connected.microsoft.authority}/word/drives/{drive.id}/{item.id}"

        window = open_in(Window(connected), f"{address}?web=1")

        assert window.rows == ["2026"]

    def test_a_folder_can_be_made_in_it(self, connected, theirs, link_to):
        window = open_in(Window(connected), link_to("Harbour"))
        at = re.search(r'name="m365-folder-at" value="([^"]*)"', window.html)[1]

        assert window.make("Mole", at).chosen.path == "Mole"
        assert theirs.item("Harbour/Mole").is_folder

    def test_a_file_is_named_and_nothing_is_offered(self, connected, link_to):
        window = open_in(Window(connected), link_to("Harbour/Pier/plan.pdf"))

        assert window.heading == "Open a link"
        assert "leads to a file" in window.text
        assert "“plan.pdf”" in window.text
        assert not any("Choose" in text for text in window.links)

    def test_after_a_refusal_another_link_can_be_pasted(
        self, connected, theirs, link_to
    ):
        window = open_in(Window(connected), ELSEWHERE)
        assert "another service" in window.text
        assert "Try again" not in window.links
        assert window.links["All places"]

        assert open_in(window, link_to("Harbour")).heading == "Harbour"

    @pytest.mark.parametrize(
        ("link", "told"),
        [
            ("", "This is no link."),
            ("my folder", "This is no link."),
            ("http://contoso.sharepoint.com/a", "does not begin with https"),
            ("https://contoso.sharepoint.com/:f:/s/t/Eab", "taken back"),
        ],
    )
    def test_a_bad_link_is_explained_and_not_shown_again(self, connected, link, told):
        window = open_in(Window(connected), link)

        assert told in window.text
        assert "Next step" in window.text
        assert not link or link not in window.html

    def test_a_link_for_others_is_explained(self, connected, link_to):
        window = open_in(Window(connected), link_to("Harbour", scope="users"))

        assert "may not open this link" in window.text

    def test_an_outage_is_explained(self, connected, link_to, microsoft):
        link = link_to("Harbour")
        window = Window(connected)
        microsoft.fail("throttled", service="graph", retry_after=90)

        assert "wait 90 seconds" in open_in(window, link).text

    def test_a_grant_that_is_gone_leads_to_the_sign_in_and_back(
        self, connected, link_to, microsoft
    ):
        link = link_to("Harbour")
        window = Window(connected)
        microsoft.fail("expired_token")
        microsoft.fail("revoked_grant")

        open_in(window, link)

        back = connected.through_sign_in(window.links["Sign in to Microsoft 365"])
        assert urlsplit(back).path == urlsplit(SAVE_PAGE).path

    def test_without_the_right_it_is_asked_for_first(self, browser):
        window = Window(browser.connect(*bundles.SAVE))

        assert f'name="{FIELD}"' not in window.html
        wish = parse_qs(urlsplit(window.links["Allow it: Open a link"]).query)
        assert wish["scopes"] == ["Files.ReadWrite.All"]
        assert wish["next"] == [urlsplit(SAVE_PAGE).path]

    def test_without_a_connection_there_is_nothing_to_paste_into(self, browser):
        assert f'name="{FIELD}"' not in Window(browser).html

    def test_within_folders_it_does_not_stand_in_the_way(self, connected):
        assert f'name="{FIELD}"' not in Window(connected, at=Location().sign()).html

    def test_it_is_sent_by_post_only(self, connected):
        url = reverse("m365_folders:open_link")

        assert connected.get(url, {FIELD: "https://x"}).status_code == 405


class TestEndingLists:
    @pytest.mark.parametrize("place", [Place.SHARED, Place.RECENT])
    def test_an_empty_list_says_why_and_what_works_instead(
        self, connected, microsoft, place
    ):
        connected.drive.put("a.docx", b"a")
        microsoft.fail("lists_ended", times=2)
        at = Location(place=place).sign()

        for shown in (Window(connected, at=at), Page(connected).open(IMPORT, at=at)):
            assert ENDING in shown.text
            assert f'name="{FIELD}"' in shown.html
            assert "nothing here that you have access to" not in shown.text

    def test_from_there_the_link_is_opened(self, connected, microsoft, theirs, link_to):
        microsoft.fail("lists_ended")
        window = Window(connected).follow("Shared with me")

        assert open_in(window, link_to("Harbour")).heading == "Harbour"

    def test_as_long_as_the_list_answers_it_is_shown(
        self, connected, microsoft, colleague, theirs
    ):
        test_folders.share(microsoft, colleague, "Harbour", connected.account)

        window = Window(connected).follow("Shared with me")

        assert window.rows == ["Harbour"]
        assert "Microsoft is ending this list" in window.text
        assert ENDING not in window.text

    def test_recent_files_say_so_with_few_rights_too(self, browser, microsoft):
        browser.connect(*bundles.SAVE)
        microsoft.fail("lists_ended")

        page = Page(browser).open(IMPORT, at=Location(place=Place.RECENT).sign())

        assert ENDING in page.text
        assert any("Files.ReadWrite.All" in url for url in page.links.values())


class TestImport:
    @pytest.fixture
    def page(self, connected):
        return Page(connected).open(IMPORT, at="home")

    def test_a_folder_is_opened_and_its_files_are_imported(self, page, link_to):
        open_on(page, link_to("Harbour")).follow("Pier")

        page.choose("plan.pdf").bring("plan.pdf")

        assert titles() == ["plan"]

    def test_a_file_is_listed_alone_and_imported(self, page, theirs, link_to):
        theirs.put("Harbour/Pier/other.pdf", b"other")

        open_on(page, link_to("Harbour/Pier/plan.pdf"))

        assert list(page.ticks) == ["plan.pdf"]
        assert "My OneDrive" not in page.links
        page.choose("plan.pdf").bring("plan.pdf")
        assert titles() == ["plan"]

    def test_more_files_can_be_looked_for_after_it(self, page, link_to):
        open_on(page, link_to("Harbour/Pier/plan.pdf"))

        page.choose("plan.pdf", more="1")

        assert "1 file is chosen" in page.text
        assert "My OneDrive" in page.links

    def test_no_address_holds_the_link(self, page, link_to):
        link = link_to("Harbour")

        open_on(page, link)

        (moved, status) = page.response.redirect_chain[0]
        assert status == 302
        assert moved.startswith(f"{IMPORT}?at=")
        assert link.rpartition("/")[2] not in moved + page.html

    def test_the_collection_is_kept(self, connected, link_to):
        page = Page(connected).open(IMPORT, at="home", collection="1")

        open_on(page, link_to("Harbour"))

        moved, _status = page.response.redirect_chain[0]
        assert parse_qs(urlsplit(moved).query)["collection"] == ["1"]

    def test_a_bad_link_is_explained_and_another_can_be_pasted(self, page, link_to):
        open_on(page, ELSEWHERE)
        assert "another service" in page.text
        assert "secret-of-theirs" not in page.html

        assert "Pier" in open_on(page, link_to("Harbour")).links

    def test_a_made_up_file_is_refused(self, page):
        page.open(IMPORT, at="home", file="made up")

        assert "does not lead to a folder" in page.text

    def test_a_sign_in_comes_back_to_all_places(self, connected):
        answer = connected.get(reverse("wagtail_m365:import_link"))

        assert answer.url == f"{IMPORT}?at=home"

    def test_with_another_account_it_is_that_accounts(
        self, connected, connect_account, microsoft, link_to
    ):
        account = microsoft.add_account("second@contoso.example", "Second")
        second = connect_account(connected.user, account, *bundles.SHARED)
        page = Page(connected).open(IMPORT, at="home", account=second.pk)
        microsoft.clear_requests()

        assert "Pier" in open_on(page, link_to("Harbour")).links

        asked = {one.account for one in microsoft.requests if one.service == "graph"}
        assert asked == {account.username}


class TestEditLocation:
    @pytest.fixture
    def admin(self, connected):
        connected.user.is_superuser = True
        connected.user.save()
        return connected

    def test_a_librarys_folder_is_found_by_its_link(self, admin, microsoft):
        library = microsoft.add_library("Press", admin.account)
        library.folder("Website")
        assert admin.get(settings_page()).status_code == 200
        window = open_in(Window(admin), microsoft.authority + library.share("Website"))

        chosen = window.follow("Choose this folder").chosen
        save_settings(admin, edit_place="library", edit_library=chosen.sign())

        assert M365Settings.load().edit_folder_id == library.item("Website").id

    def test_a_colleagues_onedrive_is_no_library(self, admin, link_to):
        chosen = open_in(Window(admin), link_to("Harbour"))
        folder = chosen.follow("Choose this folder").chosen

        answer = save_settings(admin, edit_place="library", edit_library=folder.sign())

        assert "folder of a SharePoint or Teams library" in answer.text
