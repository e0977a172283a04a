from __future__ import annotations

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Collection, ReferenceIndex

from tests.testapp.models import Circular, Leaflet, Motto, Policy

from .conftest import may

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("switched_on")]

SNIPPETS = [
    f"testapp.change_{name}" for name in ("policy", "leaflet", "motto", "circular")
]


@pytest.fixture
def person(client, writer):
    client.force_login(may(writer, *SNIPPETS))
    return client


def leaflet_with(*documents):
    blocks = [
        {"type": "document", "value": each.pk, "id": str(uuid.uuid4())}
        for each in documents
    ]
    leaflet = Leaflet.objects.create(name="Leaflet", body=json.dumps(blocks))
    ReferenceIndex.create_or_update_for_object(leaflet)
    return leaflet


def html(response):
    assert response.status_code == 200
    return response.content.decode()


def listing(client, model):
    return html(client.get(reverse(model.snippet_viewset.get_url_name("list"))))


def edit(client, snippet):
    name = type(snippet).snippet_viewset.get_url_name("edit")
    return html(client.get(reverse(name, args=[snippet.pk])))


def address(name, document):
    return reverse(f"wagtail_m365:{name}", args=[document.pk])


def choice(snippet):
    names = [snippet._meta.app_label, snippet._meta.model_name, snippet.pk]
    return reverse("wagtail_m365:snippet_documents", args=names)


def test_a_row_offers_its_document(person, document):
    Policy.objects.create(name="House rules", document=document)

    page = listing(person, Policy)

    assert address("open", document) in page
    assert address("save", document) in page


def test_a_row_without_a_document_offers_nothing(person, db):
    Policy.objects.create(name="No rules")

    assert "Microsoft 365" not in listing(person, Policy)


def test_a_listing_of_snippets_costs_nothing_per_row(person, make_document):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            listing(person, Policy)
        return len(captured)

    Policy.objects.create(name="First", document=make_document())
    queries()
    few = queries()
    for number in range(10):
        Policy.objects.create(name=f"Rules {number}", document=make_document())

    assert queries() == few


def test_the_edit_menu_offers_the_snippets_document(person, document):
    page = edit(person, Policy.objects.create(name="House rules", document=document))

    assert address("open", document) in page
    assert address("save", document) in page


def test_the_edit_menu_offers_to_bring_back_an_open_document(
    person, writer, document, open_session
):
    open_session(document, writer)

    page = edit(person, Policy.objects.create(name="House rules", document=document))

    assert address("bring_back", document) in page


def test_save_stays_the_default_action_of_a_snippet(person, document):
    page = edit(person, Policy.objects.create(name="House rules", document=document))

    assert page.index("button action-save") < page.index(address("open", document))


def test_the_edit_menu_finds_a_document_in_a_stream(person, document):
    assert address("open", document) in edit(person, leaflet_with(document))


def test_several_documents_are_chosen_on_a_page(person, make_document):
    rules, prices = (
        make_document(),
        make_document(title="Prices", filename="prices.xlsx"),
    )
    leaflet = leaflet_with(rules, prices)

    assert choice(leaflet) in edit(person, leaflet)
    page = html(person.get(choice(leaflet)))

    assert address("open", rules) in page
    assert address("open", prices) in page


def test_a_drafts_documents_are_offered_where_the_menu_leads(person, make_document):
    published, drafted = make_document("Old rules"), make_document("New rules")
    circular = Circular.objects.create(name="Circular", document=published)
    ReferenceIndex.create_or_update_for_object(circular)
    circular.document = drafted
    circular.save_revision()

    assert choice(circular) in edit(person, circular)

    shown = html(person.get(choice(circular)))
    assert "Old rules" in shown
    assert "New rules" in shown


def test_a_snippet_without_documents_has_no_menu_item(person, db):
    assert "Microsoft 365" not in edit(person, Motto.objects.create(text="Ahoy"))


def test_a_document_that_somebody_may_not_change_is_not_offered(
    client, make_writer, make_document
):
    mine = Collection.get_first_root_node().add_child(name="Press")
    theirs = Collection.get_first_root_node().add_child(name="Board")
    own, foreign = make_document(collection=mine), make_document(collection=theirs)
    client.force_login(may(make_writer("press", mine), *SNIPPETS))

    page = edit(client, leaflet_with(own, foreign))

    assert address("open", own) in page
    assert address("open", foreign) not in page


def test_the_choice_is_for_people_who_may_change_the_snippet(client, writer, document):
    client.force_login(writer)

    response = client.get(choice(leaflet_with(document)))

    assert response.status_code == 302
    assert response.url == reverse("wagtailadmin_home")


@pytest.mark.parametrize(
    "where",
    [("testapp", "policy", "99999"), ("auth", "user", "1"), ("testapp", "policy", "x")],
)
def test_a_choice_for_no_snippet_is_not_found(person, where):
    response = person.get(reverse("wagtail_m365:snippet_documents", args=where))

    assert response.status_code == 404


def test_nothing_is_shown_to_people_without_the_permission(
    client, make_writer, document
):
    plain = make_writer("plain", None, "wagtailadmin.access_admin")
    client.force_login(may(plain, *SNIPPETS))
    policy = Policy.objects.create(name="House rules", document=document)

    assert "Microsoft 365" not in listing(client, Policy)
    assert "Microsoft 365" not in edit(client, policy)
