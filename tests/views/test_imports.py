from __future__ import annotations

import re
from html import unescape

import pytest
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.models import Collection

from wagtail_m365.documents.folders import Location, Place
from wagtail_m365.models import RecentFolder, Transfer
from wagtail_m365.tokens import bundles

pytestmark = pytest.mark.django_db

IMPORT = reverse("wagtail_m365:import")
FILES = reverse("wagtail_m365:import_files")
LISTING = reverse("wagtaildocs:index")


@pytest.fixture(autouse=True)
def _media_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def connected(browser):
    return browser.connect(*bundles.SAVE)


@pytest.fixture
def page(connected):
    for name, content in [("plan.pdf", b"plan"), ("notes.docx", b"notes")]:
        connected.drive.put(f"Press/{name}", content)
    connected.drive.put("setup.exe", b"program")
    return Page(connected)


class Page:
    """Somebody on the page *Add from OneDrive*."""

    def __init__(self, browser):
        self.browser = browser
        self.open(IMPORT)

    def open(self, url, **query):
        return self.take(self.browser.get(url, query or None, follow=True))

    def take(self, response):
        self.response, self.html = response, response.text
        return self

    @property
    def text(self):
        body = self.html.partition("<main")[2]
        return " ".join(unescape(re.sub("<[^>]+>", " ", body)).split())

    @property
    def links(self):
        found = re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', self.html, re.DOTALL)
        return {
            " ".join(unescape(re.sub("<[^>]+>", "", text)).split()): unescape(url)
            for url, text in found
        }

    @property
    def ticks(self):
        """Each file's name and the value of its checkbox."""
        found = re.findall(
            r'name="file" value="([^"]+)"[^>]*?>.*?<label[^>]*>([^<]*)',
            self.html,
            re.DOTALL,
        )
        return {unescape(label).strip(): value for value, label in found}

    @property
    def at(self):
        return re.search(r'name="at" value="([^"]*)"', self.html)[1]

    def follow(self, text):
        return self.open(self.links[text])

    def choose(self, *names, **more):
        files = [self.ticks[name] for name in names]
        fields = {"file": files, "at": self.at, **more}
        return self.take(self.browser.post(IMPORT, fields, follow=True))

    def bring(self, *names, **more):
        files = [value for name, value in self.ticks.items() if name in names]
        collection = more.pop("collection", Collection.get_first_root_node())
        fields = {"file": files, "collection": collection.pk, **more}
        return self.take(self.browser.post(FILES, fields, follow=True))

    def in_folder(self, *names):
        self.open(IMPORT, at="home").follow("My OneDrive")
        for name in names:
            self.follow(name)
        return self


def titles():
    return sorted(get_document_model().objects.values_list("title", flat=True))


def test_the_documents_listing_leads_there(page):
    assert page.open(LISTING).links["Add from OneDrive"] == IMPORT
    root = Collection.get_first_root_node().pk
    page.open(LISTING, collection_id=root)
    assert page.links["Add from OneDrive"] == f"{IMPORT}?collection={root}"


CHOOSER = reverse("wagtaildocs_chooser:choose")


def test_the_document_chooser_leads_there(connected, page):
    window = connected.get(CHOOSER).json()
    assert window["step"] == "choose"
    assert f'href="{IMPORT}"' in window["html"]
    assert "data-chooser-modal-creation-form" in window["html"]


def test_the_chooser_is_as_it_was_for_whoever_does_not_use_microsoft(
    client, make_writer
):
    client.force_login(make_writer("other", None, "wagtailadmin.access_admin"))
    window = client.get(CHOOSER).json()["html"]
    assert "data-chooser-modal-creation-form" in window
    assert IMPORT not in window


def test_whoever_may_add_nothing_is_neither_led_there_nor_let_in(
    client, outsider, page
):
    client.force_login(outsider)
    for url in (IMPORT, FILES, reverse("wagtail_m365:import_result")):
        assert client.get(url).status_code in (302, 403)
        assert client.post(url).status_code in (302, 403)


def test_chosen_files_become_documents(page):
    page.in_folder("Press").choose("plan.pdf", "notes.docx")
    assert "Where do these files go?" in page.text
    page.bring("plan.pdf", "notes.docx", tags="press")
    assert "2 documents were added" in page.text
    assert titles() == ["notes", "plan"]


def test_files_of_several_folders_are_chosen_together(page):
    page.browser.drive.put("Arts/poem.pdf", b"poem")
    page.in_folder("Press").choose("plan.pdf", more="1")
    assert "1 file is chosen" in page.text
    page.in_folder("Arts").choose("poem.pdf")
    assert list(page.ticks) == ["plan.pdf", "poem.pdf"]
    page.bring("poem.pdf")
    assert titles() == ["poem"]


def test_what_the_site_does_not_take_cannot_be_ticked(page):
    page.in_folder()
    assert "setup.exe" not in page.ticks
    assert "This site takes no files of this format." in page.text


def test_a_duplicate_is_pointed_out_and_imported_all_the_same_on_request(page):
    page.in_folder("Press").choose("plan.pdf")
    page.bring("plan.pdf")
    page.browser.drive.put("Press/copy.pdf", b"plan")
    page.in_folder("Press").choose("copy.pdf")
    page.bring("copy.pdf")
    assert "1 file is on this site already" in page.text
    assert "plan" in page.links
    assert titles() == ["plan"]
    page.bring("copy.pdf", anyway="1")
    assert titles() == ["copy", "plan"]


def test_what_was_imported_before_is_marked_in_the_listing(page):
    page.in_folder("Press").choose("plan.pdf")
    page.bring("plan.pdf")
    assert "Imported before: plan" in page.in_folder("Press").text


def test_each_file_that_fails_is_explained_and_can_be_tried_again(page):
    page.in_folder("Press").choose("plan.pdf", "notes.docx")
    page.browser.drive.delete("Press/plan.pdf")
    page.bring("plan.pdf", "notes.docx")
    assert "1 document was added" in page.text
    assert "1 file was not imported" in page.text
    assert "Its name was “plan.pdf”." in page.text


def test_the_browser_begins_where_one_was_the_last_time(page):
    page.in_folder("Press").choose("plan.pdf")
    page.bring("plan.pdf")
    assert RecentFolder.objects.get().path == "Press"
    assert "notes.docx" in page.open(IMPORT).ticks


def test_recent_and_shared_files_can_be_chosen(page):
    page.open(IMPORT, at="home").follow("Recent files")
    assert {"plan.pdf", "notes.docx"} <= set(page.ticks)
    page.choose("plan.pdf").bring("plan.pdf")
    assert titles() == ["plan"]


def test_files_of_a_sharepoint_library_can_be_chosen(browser):
    browser.connect(*bundles.SAVE, *bundles.SITES)
    library = browser.microsoft.add_library("Plans", browser.account)
    library.put("2026/quay.pdf", b"quay")
    page = Page(browser).open(IMPORT, at="home").follow("SharePoint and Teams")
    for name in ("Plans", "Plans", "2026"):
        page.follow(name)
    page.choose("quay.pdf").bring("quay.pdf")
    assert titles() == ["quay"]


def test_a_library_whose_rights_are_missing_offers_to_ask_for_them(page):
    page.open(IMPORT, at="home")
    assert any("Sites.Read.All" in url for url in page.links.values())


def test_a_folder_that_one_may_not_see_is_told(page):
    library = page.browser.microsoft.add_account("carl@contoso.example", name="Carl")
    secret = page.browser.microsoft.drive(library).folder("Secret")
    drive = page.browser.microsoft.drive(library).drive.id
    where = Location(place=Place.MINE, drive_id=drive, item_id=secret.id, path="Secret")
    page.open(IMPORT, at=where.sign())
    assert "may not" in page.text
    assert not page.ticks


def test_a_search_finds_files(page):
    page.open(IMPORT, at=page.in_folder().at, q="plan")
    assert list(page.ticks) == ["plan.pdf"]


def test_an_empty_folder_says_so(page):
    page.browser.drive.folder("Nothing")
    assert "This folder is empty." in page.in_folder("Nothing").text


def test_a_long_folder_is_read_to_its_end(page):
    for number in range(1005):
        page.browser.drive.put(f"Many/{number:04}.pdf", b"x")
    page.in_folder("Many")
    seen = set(page.ticks)
    page.follow("Show what comes next")
    assert len(seen | set(page.ticks)) == 1005


@pytest.mark.parametrize(
    ("fault", "how", "words"),
    [
        ("throttled", {"retry_after": 900}, "Microsoft asks to wait 900 seconds."),
        ("server_error", {}, "Try again"),
        ("cut_connection", {}, "Try again"),
    ],
)
def test_a_slow_or_broken_microsoft_is_told(page, fault, how, words):
    page.browser.microsoft.fail(fault, 99, service="graph", **how)
    assert words in page.open(IMPORT, at=Where.mine).text


class Where:
    from wagtail_m365.documents.folders import Location

    mine = Location().sign()


def test_a_forbidden_folder_is_told(page):
    page.browser.microsoft.fail("claims_challenge", 9, service="graph")
    page.open(IMPORT, at=Where.mine)
    assert "Sign in to Microsoft 365" in page.links


def test_an_expired_grant_leads_to_the_sign_in(page):
    page.browser.user.m365_connections.get().access_tokens.all().delete()
    page.browser.microsoft.fail("revoked_grant", 9)
    page.open(IMPORT, at=Where.mine)
    assert "Sign in to Microsoft 365" in page.links


def test_a_disconnected_account_leads_to_the_sign_in(page):
    page.browser.user.m365_connections.all().delete()
    page.open(IMPORT)
    assert page.response.status_code == 200
    assert "Sign in to Microsoft 365" in page.links


def test_a_forged_file_is_refused(page):
    response = page.browser.post(IMPORT, {"file": "forged", "at": page.at})
    assert response.status_code == 400


def test_nobody_imports_into_a_collection_that_is_not_theirs(
    make_writer, client, microsoft, page
):
    page.in_folder("Press").choose("plan.pdf")
    board = Collection.get_first_root_node().add_child(name="Board")
    group = page.browser.user.groups.get()
    press = Collection.get_first_root_node().add_child(name="Press")
    group.collection_permissions.update(collection=press)
    page.bring("plan.pdf", collection=board)
    assert titles() == []


class TestManyOrLargeFiles:
    """They are transfers: nobody waits in one request for them."""

    @pytest.fixture
    def many(self, page):
        for number in range(11):
            page.browser.drive.put(f"Many/{number:02}.pdf", b"%d" % number)
        return page.in_folder("Many")

    def test_the_page_of_their_batch_shows_what_comes_of_each(self, many, go_on):
        names = [f"{number:02}.pdf" for number in range(11)]
        many.choose(*names)
        many.browser.drive.delete("Many/03.pdf")
        many.browser.microsoft.clear_requests()
        many.bring(*names, tags="press")
        assert "0 of 11 files imported." in many.text
        assert not many.browser.microsoft.requests
        address = many.response.redirect_chain[-1][0]
        go_on(many.browser, address)
        many.open(address)
        assert "10 of 11 files imported. 1 was not imported." in many.text
        assert "Its name was “03.pdf”." in many.text
        document = get_document_model().objects.get(title="04")
        assert reverse("wagtaildocs:edit", args=[document.pk]) in many.html
        assert [tag.name for tag in document.tags.all()] == ["press"]

    def test_one_large_file_is_enough(self, page):
        page.browser.drive.put("Press/film.pdf", b"x" * (20 * 1024 * 1024 + 1))
        page.in_folder("Press").choose("film.pdf")
        page.bring("film.pdf")
        assert "0 of 1 file imported." in page.text
        assert titles() == []

    def test_what_was_chosen_is_not_chosen_any_more(self, many):
        names = [f"{number:02}.pdf" for number in range(11)]
        many.choose(*names).bring(*names)
        assert "Where do these files go?" not in many.open(FILES).text

    def test_nothing_is_planned_for_a_collection_that_is_not_theirs(self, many):
        names = [f"{number:02}.pdf" for number in range(11)]
        many.choose(*names)
        root = Collection.get_first_root_node()
        board, press = root.add_child(name="Board"), root.add_child(name="Press")
        group = many.browser.user.groups.get()
        group.collection_permissions.update(collection=press)
        many.bring(*names, collection=board)
        assert not Transfer.objects.exists()
