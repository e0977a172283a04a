from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from wagtail.models import Collection

from tests.throttled import the_wait_is_over
from wagtail_m365.documents import recent_folders
from wagtail_m365.documents.folders import Folder, Location, Place
from wagtail_m365.models import RecentFolder
from wagtail_m365.tokens import bundles

pytestmark = pytest.mark.django_db

CHOOSE = reverse("m365_folders:choose")
RESULTS = reverse("m365_folders:choose_results")
CREATE = reverse("m365_folders:create")
SAVE_PAGE = "http://testserver/admin/m365/documents/7/save/"
MINE = Location().sign()


class Window:
    """The chooser's window, as somebody clicks through it."""

    def __init__(self, browser, **first):
        self.browser = browser
        self.open(CHOOSE, **first)

    def open(self, url, **query):
        response = self.browser.get(url, query or None, headers={"referer": SAVE_PAGE})
        assert response.status_code == 200
        return self._take(response)

    def _take(self, response):
        is_json = response["Content-Type"].startswith("application/json")
        self.answer = response.json() if is_json else {"step": "results"}
        self.html = self.answer.get("html", "") if is_json else response.text
        return self

    @property
    def links(self):
        """Every link by its text."""
        found = re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', self.html, re.DOTALL)
        return {
            " ".join(unescape(re.sub("<[^>]+>", "", text)).split()): unescape(url)
            for url, text in found
        }

    @property
    def text(self):
        return " ".join(unescape(re.sub("<[^>]+>", " ", self.html)).split())

    @property
    def heading(self):
        found = re.search(
            r'<h2 class="m365-folder__name".*focus">(.*?)</h2>', self.html
        )
        return unescape(found[1])

    @property
    def rows(self):
        """Names of the folders and files, as they are listed."""
        cells = re.findall(
            r'<td class="m365-folders__name">(.*?)</td>', self.html, re.DOTALL
        )
        return [
            " ".join(unescape(re.sub("<[^>]+>", " ", cell)).split()) for cell in cells
        ]

    def follow(self, text):
        return self.open(self.links[text])

    @property
    def chosen(self):
        assert self.answer["step"] == "chosen"
        return Folder.unsign(self.answer["result"]["id"])

    def make(self, name, at=None):
        fields = {"m365-folder-name": name, "m365-folder-at": at or MINE}
        response = self.browser.post(CREATE, fields)
        assert response.status_code == 200
        self._take(response)
        self.html = self.answer.get("htmlFragment", "")
        return self


@pytest.fixture
def connected(browser):
    return browser.connect(*bundles.SAVE)


@pytest.fixture
def with_everything(browser):
    return browser.connect(*bundles.SAVE, *bundles.SITES)


@pytest.fixture
def private(browser, microsoft, settings):
    """A private person's OneDrive."""
    settings.WAGTAIL_M365 = microsoft.settings(TENANT="common")
    browser.account = microsoft.add_account("petra@outlook.example", personal=True)
    return browser.connect(*bundles.SAVE)


@pytest.fixture
def drive(connected):
    """Folders and files, one inside the other."""
    for path in ("Press/2026/June", "Arts", "Press/Old"):
        connected.drive.folder(path)
    connected.drive.put("notes.docx", b"notes")
    connected.drive.put("Press/a file.txt", b"file")
    connected.microsoft.clear_requests()
    return connected.drive


@pytest.fixture
def colleague(microsoft):
    return microsoft.add_account("colleague@contoso.example", name="Carl Colleague")


def share(microsoft, owner, path, account):
    """What the owner does in OneDrive: invite somebody to a folder."""
    from wagtail_m365.testing.fake.drives import author_of
    from wagtail_m365.testing.fake.items import Grant

    person = author_of(account)
    grant = Grant(id="shared", roles=("write",), people={person.id: person})
    microsoft.drive(owner).item(path).grants.append(grant)


def add_site(microsoft, owner, name, *libraries):
    from wagtail_m365.testing.fake.calls import state_of
    from wagtail_m365.testing.fake.drives import author_of

    state, author = state_of(microsoft.world), author_of(owner)
    site = state.add_site(name, f"sites/{name}", owner.tenant_id, author)
    return [state.add_library(site, library, author) for library in libraries]


def requests_of(browser):
    return [each.path for each in browser.microsoft.requests]


class TestPlaces:
    def test_the_first_time_all_places_are_offered(self, connected):
        window = Window(connected)

        assert window.heading == "All places"
        assert "My OneDrive" in window.links
        assert requests_of(connected) == []

    def test_places_that_need_more_rights_offer_to_ask_for_them(self, connected):
        window = Window(connected)

        wish = parse_qs(urlsplit(window.links["Allow it: SharePoint and Teams"]).query)
        assert wish["scopes"] == ["Files.ReadWrite.All Sites.Read.All"]
        assert wish["next"] == [urlsplit(SAVE_PAGE).path]
        assert "SharePoint and Teams" not in window.links

    def test_a_right_that_is_granted_opens_its_place(self, connected):
        url = Window(connected).links["Allow it: SharePoint and Teams"]

        connected.through_sign_in(url)

        assert "SharePoint and Teams" in Window(connected).links

    def test_a_private_account_has_no_sharepoint(self, private):
        window = Window(private)

        assert "SharePoint" not in window.text
        assert window.follow("My OneDrive").heading == "My OneDrive"


class TestBrowsing:
    def test_folders_come_before_files(self, connected, drive):
        window = Window(connected).follow("My OneDrive")

        assert window.rows == ["Arts", "Press", "File: notes.docx"]

    def test_files_are_shown_but_cannot_be_chosen(self, connected, drive):
        window = Window(connected).follow("My OneDrive")

        assert "Choose Press" in window.links
        assert not any("notes" in text for text in window.links)

    def test_one_step_is_one_request_that_names_its_members(self, connected, drive):
        window = Window(connected).follow("My OneDrive")
        window.follow("Press").follow("2026").follow("Press")

        assert len(connected.microsoft.requests) == 4
        assert all("select=id" in each.query for each in connected.microsoft.requests)

    def test_the_size_of_a_folder_costs_no_queries(
        self, connected, drive, django_assert_max_num_queries
    ):
        for number in range(90):
            drive.folder(f"Press/Folder {number:02}")
        window = Window(connected, at=MINE)

        # What Wagtail asks at each request, the connection, and its token.
        with django_assert_max_num_queries(8):
            window.follow("Press")

        assert len(window.rows) > 90

    def test_breadcrumbs_lead_back(self, connected, drive):
        window = Window(connected).follow("My OneDrive").follow("Press")
        window.follow("2026").follow("June")
        assert window.heading == "June"
        names = list(window.links)
        way = ["All places", "My OneDrive", "Press", "2026"]
        assert names[: len(way)] == way

        assert window.follow("Press").rows == ["2026", "Old", "File: a file.txt"]
        assert window.follow("All places").heading == "All places"

    @pytest.mark.parametrize(
        "name",
        ["100% #1 & co", "Größe 北京 🙂", "it's; a=b+c", "a%2Fb", "..."[:2] + "a"],
    )
    def test_awkward_names_are_walked_and_chosen(self, connected, drive, name):
        drive.folder(f"{name}/in{name}")
        window = Window(connected).follow("My OneDrive").follow(name)
        assert window.heading == name

        window.follow(f"in{name}").follow(name).follow(f"Choose in{name}")

        assert window.chosen.path == f"{name}/in{name}"

    def test_a_private_drive_is_walked_and_chosen(self, private):
        private.drive.folder("Fotos/Ärzte & Co #1")
        window = Window(private, at=MINE).follow("Fotos").follow("Ärzte & Co #1")

        window.follow("Fotos").follow("Choose Ärzte & Co #1")

        assert window.chosen.path == "Fotos/Ärzte & Co #1"
        assert window.chosen.item_id == private.drive.item("Fotos/Ärzte & Co #1").id

    def test_450_folders_are_listed_to_the_end(self, connected):
        for number in range(450):
            connected.drive.folder(f"Many/Folder {number:03}")
        connected.microsoft.clear_requests()
        window = Window(connected, at=MINE).follow("Many")
        assert "450 folders" in window.text
        assert len(connected.microsoft.requests) == 1 + 3

        seen = list(window.rows)
        while url := window.links.get("Next"):
            window.open(url)
            seen += window.rows

        assert seen == [f"Folder {number:03}" for number in range(450)]

    def test_beyond_what_one_look_reads_there_is_a_way_on(self, connected):
        for number in range(1050):
            connected.drive.folder(f"Folder {number:04}")
        window = Window(connected, at=MINE)
        assert "1000 folders – there is more" in window.text.replace(",", "")
        assert "Show what comes next" not in window.links
        window.open(RESULTS, at=MINE, p=10)

        window.follow("Show what comes next")

        assert window.rows == [f"Folder {number:04}" for number in range(1000, 1050)]
        assert "continued" in window.text
        assert "Show what comes next" not in window.links

    def test_a_page_beyond_the_last_is_the_last(self, connected, drive):
        assert Window(connected, at=MINE, p="99").rows[0] == "Arts"

    def test_an_empty_folder_says_so_and_can_be_chosen(self, connected, drive):
        window = Window(connected, at=MINE).follow("Arts")

        assert "This folder is empty" in window.text
        assert "Choose this folder" in window.links


class TestSearch:
    def test_a_search_goes_below_the_folder(self, connected, drive):
        window = Window(connected, at=MINE).open(RESULTS, at=MINE, q="june")

        assert window.answer["step"] == "results"
        assert window.rows == ["June Press/2026"]
        assert window.follow("June").heading == "June"
        assert list(window.links)[:4] == ["All places", "My OneDrive", "Press", "2026"]

    def test_a_search_from_all_places_is_one_in_the_own_drive(self, connected, drive):
        assert Window(connected).open(RESULTS, at="home", q="old").rows == ["Old Press"]

    @pytest.mark.parametrize("words", ["it's", "100% #1", "北京", '"', "a/b?c=d&e"])
    def test_any_words_can_be_searched_for(self, connected, drive, words):
        window = Window(connected).open(RESULTS, at=MINE, q=words)

        assert f"Nothing was found for “{words}”" in window.text

    def test_it_tells_how_much_was_found_to_a_screen_reader(self, connected, drive):
        window = Window(connected).open(RESULTS, at=MINE, q="press")

        assert re.search(r'role="alert"[^<]*>\s*1 folder', window.html)


class TestChoosing:
    def test_the_value_names_drive_and_item(self, connected, drive):
        window = Window(connected, at=MINE).follow("Press").follow("Choose 2026")

        item = drive.item("Press/2026")
        assert window.chosen == Folder(
            drive_id=drive.drive.id,
            item_id=item.id,
            path="Press/2026",
            name="2026",
            place=Place.MINE,
        )
        assert window.answer["result"]["title"] == "My OneDrive › Press › 2026"

    def test_the_top_can_be_chosen(self, connected, drive):
        window = Window(connected, at=MINE).follow("Choose this folder")

        assert window.chosen.path == ""
        assert window.chosen.item_id == drive.drive.root.id
        assert str(window.chosen) == "My OneDrive"

    def test_a_renamed_folder_is_chosen_under_its_new_name(self, connected, drive):
        window = Window(connected, at=MINE)
        drive.rename("Press", "News")

        assert window.follow("Choose Press").chosen.path == "News"

    def test_a_folder_that_vanished_is_explained_with_a_way_on(self, connected, drive):
        window = Window(connected, at=MINE)
        drive.delete("Press")

        window.follow("Choose Press")

        assert window.answer["step"] == "choose"
        assert "not in Microsoft 365 any more" in window.text
        assert "All places" in window.links

    @pytest.mark.parametrize("key", ["nonsense", "_2E_2E", MINE[:-3] + "AAA"])
    def test_a_key_that_is_not_ours_asks_nothing_of_microsoft(self, connected, key):
        url = reverse("m365_folders:chosen", args=[key])

        assert "does not lead to a folder" in Window(connected).open(url).text
        assert requests_of(connected) == []


class TestNewFolder:
    def test_it_is_made_where_one_is_and_chosen(self, connected, drive):
        at = parse_qs(urlsplit(Window(connected, at=MINE).links["Press"]).query)["at"]

        window = Window(connected, at=MINE).make("Räte & #1", at[0])

        assert window.chosen.path == "Press/Räte & #1"
        assert drive.item("Press/Räte & #1").is_folder

    def test_it_can_be_made_at_the_top(self, connected, drive):
        assert Window(connected).make("New").chosen.path == "New"

    @pytest.mark.parametrize("name", ["a:b", "CON", "_vti_", "x" * 256, " ", "a."])
    def test_a_name_that_onedrive_refuses_is_told_at_its_field(
        self, connected, drive, name
    ):
        window = Window(connected).make(name)

        if window.answer["step"] == "chosen":
            # Django strips spaces before anybody sees them.
            assert not name.strip()
        else:
            assert "error-message" in window.html
            assert requests_of(connected) == []

    def test_who_types_what_onedrive_refuses_reads_which_characters_those_are(
        self, connected, drive
    ):
        shown = Window(connected).make("a:b").html

        assert "none of &quot; * : &lt; &gt; ? / \\ |" in shown

    def test_a_name_that_is_taken_is_told_at_its_field(self, connected, drive):
        window = Window(connected).make("Press")

        assert window.answer["step"] == "reshow_creation_form"
        assert "here already" in window.text

    def test_a_refusal_of_microsoft_is_told(self, connected, drive):
        connected.microsoft.fail("quota_exceeded", method="POST")
        window = Window(connected)
        drive.delete("Arts")
        at = Location(drive_id=drive.drive.id, item_id="gone", path="Arts").sign()

        assert "not in Microsoft 365 any more" in window.make("New", at).text


class TestOthersFolders:
    def test_shared_folders_can_be_entered_and_chosen(
        self, with_everything, microsoft, colleague
    ):
        theirs = microsoft.drive(colleague)
        theirs.folder("Plans/Harbour/Pier")
        share(microsoft, colleague, "Plans/Harbour", with_everything.account)

        window = Window(with_everything).follow("Shared with me")
        assert window.rows == ["Harbour"]
        window.follow("Harbour").follow("Choose Pier")

        assert window.chosen.drive_id == theirs.drive.id
        assert window.chosen.item_id == theirs.item("Plans/Harbour/Pier").id
        assert str(window.chosen) == "Harbour › Pier"

    def test_what_is_shared_is_searched_by_name(
        self, with_everything, microsoft, colleague
    ):
        for name in ("Pier", "Mole"):
            microsoft.drive(colleague).folder(name)
            share(microsoft, colleague, name, with_everything.account)
        at = Location(place=Place.SHARED).sign()

        assert Window(with_everything, at=at, q="mol").rows == ["Mole"]

    def test_a_library_of_a_site_is_reached(
        self, with_everything, microsoft, colleague
    ):
        library, _other = add_site(microsoft, colleague, "Harbour", "Plans", "Photos")
        library.create_folder(library.root, "2026", library.owner, "fail")

        window = Window(with_everything).follow("SharePoint and Teams")
        assert window.rows == ["Harbour"]
        assert window.follow("Harbour").rows == ["Photos", "Plans"] or window.rows
        window.follow("Plans").follow("2026").follow("Choose this folder")

        assert window.chosen.drive_id == library.id
        assert window.chosen.place is Place.SITES
        assert str(window.chosen) == "Harbour – Plans › 2026"

    def test_sites_are_searched_by_name(self, with_everything, microsoft, colleague):
        for name in ("Harbour", "Museum"):
            add_site(microsoft, colleague, name, "Documents")
        at = Location(place=Place.SITES).sign()

        assert Window(with_everything, at=at, q="muse").rows == ["Museum"]

    def test_a_folder_one_may_not_see_is_explained(
        self, with_everything, microsoft, colleague
    ):
        secret = microsoft.drive(colleague)
        secret.folder("Secret")
        at = Location(
            place=Place.SHARED,
            drive_id=secret.drive.id,
            item_id=secret.item("Secret").id,
            path="Secret",
        ).sign()

        window = Window(with_everything, at=at)

        assert "may not" in window.text
        assert "All places" in window.links

    def test_nothing_shared_says_so(self, with_everything):
        window = Window(with_everything).follow("Shared with me")

        assert "Microsoft lists nothing here" in window.text


class TestRemembering:
    def test_it_begins_where_documents_of_the_collection_went(self, connected, drive):
        press = Collection.get_first_root_node().add_child(name="Press")
        connection = connected.user.m365_connections.get()
        for path, collection in (("Press/2026", press), ("Arts", None)):
            item = drive.item(path)
            folder = Folder(
                drive_id=drive.drive.id, item_id=item.id, path=path, name=item.name
            )
            recent_folders.remember(connection, folder, collection)

        assert Window(connected, collection=press.pk).heading == "2026"
        assert Window(connected).heading == "Arts"
        assert Window(connected, collection="no number").heading == "Arts"

    def test_recent_folders_are_offered_among_the_places(self, connected, drive):
        connection = connected.user.m365_connections.get()
        item = drive.item("Press/2026")
        folder = Folder(
            drive_id=drive.drive.id, item_id=item.id, path="Press/2026", name="2026"
        )
        recent_folders.remember(connection, folder)
        recent_folders.remember(connection, folder)

        window = Window(connected, at="home")

        assert window.rows == ["2026 My OneDrive › Press › 2026"]
        assert RecentFolder.objects.count() == 1
        assert window.follow("Choose 2026").chosen == folder

    def test_a_remembered_folder_that_vanished_is_forgotten(self, connected, drive):
        connection = connected.user.m365_connections.get()
        item = drive.item("Press/2026")
        folder = Folder(
            drive_id=drive.drive.id, item_id=item.id, path="Press/2026", name="2026"
        )
        recent_folders.remember(connection, folder)
        drive.delete("Press/2026")

        assert "not in Microsoft 365 any more" in Window(connected).text
        assert Window(connected).heading == "All places"

    def test_nobody_sees_the_folders_of_somebody_else(
        self, connected, account_of, make_writer
    ):
        other = account_of(make_writer("other"))
        folder = Folder(drive_id="theirs", item_id="theirs", path="Theirs")
        recent_folders.remember(other, folder)

        assert "Theirs" not in Window(connected).text


class TestTrouble:
    def test_without_a_connection_it_leads_to_the_sign_in_and_back(self, browser):
        window = Window(browser)

        assert "not connected" in window.text.lower()
        back = browser.through_sign_in(window.links["Sign in to Microsoft 365"])
        assert urlsplit(back).path == urlsplit(SAVE_PAGE).path
        assert Window(browser, at=MINE).heading == "My OneDrive"
        assert "This folder is empty" in Window(browser, at=MINE).text

    def test_a_foreign_page_is_no_place_to_come_back_to(self, browser):
        response = browser.get(CHOOSE, headers={"referer": "https://evil.example/"})

        assert "evil.example" not in response.json()["html"]

    def test_a_missing_right_leads_to_consent_and_back(self, browser):
        browser.connect(*bundles.EDIT)
        window = Window(browser, at=MINE)

        wish = parse_qs(urlsplit(window.links["Sign in to Microsoft 365"]).query)
        assert wish["scopes"] == ["Files.ReadWrite"]
        browser.through_sign_in(window.links["Sign in to Microsoft 365"])
        assert "This folder is empty" in Window(browser, at=MINE).text

    @pytest.mark.parametrize(
        "fault", ["revoked_grant", "expired_refresh_token", "mfa_required"]
    )
    def test_a_grant_that_needs_the_person_leads_to_the_sign_in(
        self, connected, microsoft, fault
    ):
        microsoft.fail("expired_token")
        microsoft.fail(fault)

        window = Window(connected, at=MINE)

        back = connected.through_sign_in(window.links["Sign in to Microsoft 365"])
        assert urlsplit(back).path == urlsplit(SAVE_PAGE).path
        assert "This folder is empty" in Window(connected, at=MINE).text

    def test_a_policy_is_explained_without_a_sign_in_that_would_not_help(
        self, connected, microsoft
    ):
        microsoft.fail("expired_token")
        microsoft.fail("blocked_by_policy")

        window = Window(connected, at=MINE)

        assert "Sign in to Microsoft 365" not in window.links
        assert "All places" in window.links

    @pytest.mark.parametrize("fault", ["service_unavailable", "server_error"])
    def test_an_outage_is_explained_after_a_short_wait(
        self, connected, microsoft, fault
    ):
        microsoft.fail(fault, times=9, service="graph", retry_after=60)

        assert "Try again" in Window(connected, at=MINE).links

    def test_throttling_tells_how_long_to_wait(self, connected, microsoft):
        microsoft.fail("throttled", retry_after=90, service="graph")

        window = Window(connected, at=MINE)

        assert "wait 90 seconds" in window.text
        the_wait_is_over()
        assert "This folder is empty" in window.follow("Try again").text

    def test_a_microsoft_out_of_reach_is_explained(self, connected, out_of_reach):
        window = Window(connected, at=MINE)

        assert "Try again" in window.links
        assert window.heading == "My OneDrive"

    @pytest.mark.parametrize("fault", ["not_json", "next_link_on_foreign_host"])
    def test_an_answer_that_makes_no_sense_is_explained(
        self, connected, microsoft, fault
    ):
        for number in range(201):
            connected.drive.folder(f"Folder {number:03}")
        microsoft.fail(fault, service="graph")

        assert "Try again" in Window(connected, at=MINE).links

    def test_trouble_while_typing_is_shown_in_the_listing(self, connected, microsoft):
        microsoft.fail("throttled", retry_after=90, service="graph")

        window = Window(connected, at="home").open(RESULTS, at=MINE, q="a")

        assert 'role="alert"' in window.html
        assert "wait 90 seconds" in window.text

    def test_trouble_at_choosing_does_not_end_silently(
        self, connected, drive, microsoft
    ):
        window = Window(connected, at=MINE)
        microsoft.fail("throttled", retry_after=90, service="graph")

        assert "wait 90 seconds" in window.follow("Choose Press").text

    def test_a_made_up_next_page_is_not_asked(self, connected):
        window = Window(connected, at=MINE, **{"from": "https://evil.example/x"})

        assert "does not lead to a folder" in window.text
        assert requests_of(connected) == []


class TestPermission:
    @pytest.fixture
    def addresses(self):
        return [CHOOSE, RESULTS, reverse("m365_folders:chosen", args=[MINE]), CREATE]

    def test_every_step_asks_for_the_permission(self, client, outsider, addresses):
        client.force_login(outsider)

        for url in addresses:
            for ask in (client.get, client.post):
                answer = ask(url, headers={"x-requested-with": "XMLHttpRequest"})
                assert answer.status_code == 403

    def test_strangers_are_sent_to_the_log_in(self, client, db, addresses):
        for url in addresses:
            assert client.get(url).status_code == 302
