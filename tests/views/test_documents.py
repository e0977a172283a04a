from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from wagtail.log_actions import log
from wagtail.models import Collection

from wagtail_m365.models import DocumentVersion
from wagtail_m365.views.documents import (
    M365DocumentEditMixin,
    M365DocumentIndexMixin,
    extended_views,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("switched_on")]

LISTING = "wagtaildocs:index"


@pytest.fixture
def person(client, writer):
    client.force_login(writer)
    return client


def html(response):
    assert response.status_code == 200
    return response.content.decode()


def edit_page(client, document):
    return html(client.get(reverse("wagtaildocs:edit", args=[document.pk])))


def address(name, document):
    return reverse(f"wagtail_m365:{name}", args=[document.pk])


def queries_of(client):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        html(client.get(reverse(LISTING)))
    return len(captured)


def test_wagtails_own_addresses_lead_to_our_views():
    listing = resolve(reverse(LISTING)).func.view_class
    edit = resolve(reverse("wagtaildocs:edit", args=[1])).func.view_class

    assert issubclass(listing, M365DocumentIndexMixin)
    assert issubclass(edit, M365DocumentEditMixin)


def test_a_site_can_keep_its_own_document_views(settings):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "EXTEND_DOCUMENT_VIEWS": False}

    assert extended_views() == []


def menu(client, document, next_url=""):
    """What the script of a row fetches: below the page that the row links to."""
    url = address("document_actions", document) + "menu/"
    return html(client.get(url, {"next": next_url} if next_url else {}))


def test_each_row_has_a_named_link_to_its_actions_that_leads_back(person, document):
    page = html(person.get(reverse(LISTING), {"q": ""}))

    back = urlencode({"next": f"{reverse(LISTING)}?q="})
    assert f"{address('document_actions', document)}?{back}" in page
    assert 'aria-label="Microsoft 365 actions for “Visitor rules”"' in page
    assert address("save", document) not in page


def test_a_rows_menu_offers_to_open_and_to_save(person, document):
    found = menu(person, document)

    assert address("open", document) in found
    assert address("save", document) in found
    assert address("bring_back", document) not in found


def test_the_menu_of_a_document_of_mine_offers_to_bring_it_back(
    person, document, writer, open_session
):
    open_session(document, writer)

    assert address("bring_back", document) in menu(person, document)


def test_an_action_of_the_menu_leads_back_to_the_listing(person, document):
    listing = f"{reverse(LISTING)}?p=2"

    assert urlencode({"next": listing}) in menu(person, document, listing)
    assert "evil.example" not in menu(person, document, "https://evil.example/")


def test_the_row_menu_opens_a_new_tab_that_cannot_reach_back(person, document):
    found = menu(person, document)

    assert 'target="_blank"' in found
    assert 'rel="noopener"' in found


def test_a_file_that_office_cannot_edit_is_not_offered_to_open(person, make_document):
    document = make_document(filename="leaflet.pdf")

    found = menu(person, document)

    assert address("open", document) not in found
    assert address("save", document) in found


def test_without_script_a_page_has_the_same_actions(
    person, document, writer, open_session
):
    open_session(document, writer)

    page = html(person.get(address("document_actions", document)))

    for action in ("open", "bring_back", "save"):
        assert address(action, document) in page
    assert "Open in Microsoft 365" in page


def test_names_of_people_and_documents_are_no_markup(
    person, make_document, make_writer, open_session
):
    document = make_document(title='<b>"Rules"</b>')
    open_session(document, make_writer("<i>ada</i>"))

    page = html(person.get(reverse(LISTING)))

    assert "&lt;i&gt;ada&lt;/i&gt; ·" in page
    assert "“&lt;b&gt;&quot;Rules&quot;&lt;/b&gt;”" in page
    assert "<i>ada" not in page


def test_the_listing_says_who_has_a_document_open(
    person, document, writer, open_session
):
    open_session(document, writer)

    page = html(person.get(reverse(LISTING)))

    assert "Open in Microsoft 365" in page
    assert "You ·" in page


def test_the_listing_names_another_person(person, document, make_writer, open_session):
    open_session(document, make_writer("ada"))

    assert "ada ·" in html(person.get(reverse(LISTING)))


@pytest.mark.parametrize(
    "noticed",
    [
        ({"remote_copy": "gone"}, "Not found in Microsoft 365 any more"),
        (
            {"sent_name": "rules.docx", "item_name": "laws.docx"},
            "renamed to “laws.docx”",
        ),
        ({"folder_id": "1", "remote_folder_id": "2"}, "moved to another folder"),
        ({"base_ctag": "1", "remote_ctag": "2"}, "Changed in Microsoft 365"),
    ],
)
def test_the_listing_says_what_was_noticed(
    person, document, writer, open_session, noticed
):
    columns, words = noticed
    session = open_session(document, writer)
    session.note_remote(**columns)

    assert words in html(person.get(reverse(LISTING)))


def test_results_of_a_search_look_the_same(person, document):
    if connection.vendor == "mysql":
        pytest.skip("MariaDB's full-text index knows committed rows only")
    page = html(person.get(reverse("wagtaildocs:index_results"), {"q": "visitor"}))

    back = urlencode({"next": f"{reverse(LISTING)}?q=visitor"})
    assert f"{address('document_actions', document)}?{back}" in page


def test_the_listing_costs_the_same_whatever_its_length(
    person, writer, make_document, open_session
):
    open_session(make_document(), writer)
    person.get(reverse(LISTING))
    few = queries_of(person)
    for number in range(12):
        open_session(make_document(title=f"Document {number}"), writer)

    assert queries_of(person) == few


def test_the_listing_costs_one_query_more_than_wagtails(
    person, writer, document, settings
):
    with_ours = queries_of(person)
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "ENABLED": False}

    assert with_ours == queries_of(person) + 1


def test_nothing_is_shown_while_switched_off(person, document, settings):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "ENABLED": False}

    assert "Microsoft 365" not in html(person.get(reverse(LISTING)))
    assert address("open", document) not in edit_page(person, document)


def test_nothing_is_shown_to_people_without_the_permission(
    client, make_writer, document
):
    client.force_login(make_writer("plain", None, "wagtailadmin.access_admin"))

    assert "Microsoft 365" not in html(client.get(reverse(LISTING)))
    page = edit_page(client, document)
    assert address("open", document) not in page
    assert 'data-side-panel="m365"' not in page


def test_the_edit_page_has_menu_and_side_panel(person, document):
    page = edit_page(person, document)

    assert 'data-side-panel="m365"' in page
    assert page.count(address("open", document)) == 2
    assert address("save", document) in page
    assert "Not open in Microsoft 365" in page


def test_the_side_panel_says_how_the_edit_session_stands(
    person, document, writer, open_session
):
    open_session(document, writer)

    page = edit_page(person, document)

    assert "Bring back and close" in page
    assert "Keep editing" in page
    assert "writer@contoso.example" in page
    assert address("discard", document) in page
    assert address("check", document) in page


def test_the_side_panels_forms_are_guarded_against_forgery(
    person, document, writer, open_session
):
    open_session(document, writer)

    panel = edit_page(person, document).partition('class="m365-panel ')[2]

    bring_back, check = panel.split("<form")[1:3]
    assert "csrfmiddlewaretoken" in bring_back
    assert "csrfmiddlewaretoken" in check


def test_what_was_cut_short_while_it_was_sent_can_be_sent_again(
    person, document, writer, open_session
):
    open_session(document, writer, state="opening")

    page = edit_page(person, document)

    assert "Send again" in page
    assert "Bring back and close" not in page
    assert address("bring_back", document) not in page


def test_the_side_panel_explains_why_an_old_format_cannot_be_opened(
    person, make_document, settings
):
    settings.WAGTAILDOCS_EXTENSIONS = ["doc"]

    page = edit_page(person, make_document(filename="letter.doc"))

    assert "Save the file as .docx" in page


def test_the_side_panel_lists_earlier_versions(person, document, writer):
    version = DocumentVersion.objects.create(
        document=document,
        file="nowhere.docx",
        filename="rules-before.docx",
        stage=DocumentVersion.Stage.KEPT,
        replaced_by=writer,
    )

    page = edit_page(person, document)

    assert "rules-before.docx" in page
    assert reverse("wagtail_m365:version_download", args=[version.pk]) in page


def test_the_edit_page_leads_to_the_history(person, document):
    assert address("document_history", document) in edit_page(person, document)


def test_the_history_shows_what_happened(person, document, writer):
    log(document, "wagtail.edit", user=writer)

    page = html(person.get(address("document_history", document)))

    assert "writer" in page


def test_the_history_can_be_filtered(person, document, writer):
    log(document, "wagtail.edit", user=writer)

    response = person.get(address("document_history_results", document))

    assert "writer" in html(response)


def test_the_history_is_asked_of_the_document_itself(
    client, make_writer, make_document
):
    mine = Collection.get_first_root_node().add_child(name="Press")
    theirs = Collection.get_first_root_node().add_child(name="Board")
    client.force_login(make_writer("press", mine))

    own = client.get(address("document_history", make_document(collection=mine)))
    foreign = client.get(address("document_history", make_document(collection=theirs)))

    assert own.status_code == 200
    assert foreign.status_code == 302
    assert foreign.url == reverse("wagtailadmin_home")


def test_the_edit_page_still_saves(person, document):
    posted = {"title": "New title", "collection": document.collection_id, "tags": ""}

    response = person.post(reverse("wagtaildocs:edit", args=[document.pk]), posted)

    document.refresh_from_db()
    assert response.status_code == 302
    assert document.title == "New title"
