"""Who may do what, asked of every page about a document, with GET and with POST."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.urls import resolve, reverse
from wagtail.models import Collection

from wagtail_m365.models import DocumentVersion, EditSession

from .conftest import may
from .test_matrix import pages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("switched_on")]

PAGES = ["open", "bring_back", "discard", "save"]
ACTIONS = ["check", "resolve"]
VERSION_PAGES = ["version_download", "version_restore"]


@pytest.fixture
def press(db):
    return Collection.get_first_root_node().add_child(name="Press")


@pytest.fixture
def people(django_user_model, make_writer, outsider, press):
    """Everybody who may knock, by what they are."""
    board = Collection.get_first_root_node().add_child(name="Board")
    create = django_user_model.objects
    return {
        "superuser": create.create_superuser("superuser", password="x"),
        "editor": make_writer("editor"),
        "collection editor": make_writer("press editor", press),
        "editor of another collection": make_writer("board editor", board),
        "editor without our permission": make_writer(
            "plain", press, "wagtailadmin.access_admin"
        ),
        "our permission only": may(outsider, "wagtail_m365.use_microsoft365"),
    }


ALLOWED = ["superuser", "editor", "collection editor"]
REFUSED = [
    "editor of another collection",
    "editor without our permission",
    "our permission only",
]


@pytest.fixture
def document(make_document, press):
    return make_document(collection=press)


@pytest.fixture
def addresses(document):
    version = DocumentVersion.objects.create(
        document=document,
        file=ContentFile(b"before", name="before.docx"),
        filename="before.docx",
        stage=DocumentVersion.Stage.KEPT,
    )
    pages = {name: [document.pk] for name in [*PAGES, *ACTIONS]}
    pages |= {name: [version.pk] for name in VERSION_PAGES}
    return {
        name: reverse(f"wagtail_m365:{name}", args=args) for name, args in pages.items()
    }


@pytest.fixture
def knock(client, people, document, addresses, open_session):
    """Somebody who has the document open asks for one of its pages."""

    def knock(who, name, method="get"):
        open_session(document, people[who])
        client.force_login(people[who])
        response = getattr(client, method)(addresses[name])
        if response.streaming:
            # Read to its end it closes itself; `close()` would end the database, too.
            b"".join(response.streaming_content)
        return response

    return knock


@pytest.mark.parametrize("who", ALLOWED)
@pytest.mark.parametrize("name", [*PAGES, *VERSION_PAGES])
def test_those_who_may_change_it_are_let_in(knock, who, name):
    assert knock(who, name).status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", REFUSED)
@pytest.mark.parametrize("name", [*PAGES, *ACTIONS, *VERSION_PAGES])
def test_everybody_else_is_led_away(knock, who, name, method):
    response = knock(who, name, method)

    assert response.status_code == 302
    assert response.url == reverse("wagtailadmin_home")
    assert EditSession.objects.get().is_unfinished


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", [*PAGES, *ACTIONS, *VERSION_PAGES])
def test_strangers_are_asked_to_log_in(client, addresses, name, method):
    response = getattr(client, method)(addresses[name])

    assert response.status_code == 302
    assert response.url.startswith(reverse("wagtailadmin_login"))


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", PAGES)
def test_a_document_that_is_not_there_is_not_found(client, people, name, method):
    client.force_login(people["superuser"])

    response = getattr(client, method)(reverse(f"wagtail_m365:{name}", args=[99999]))

    assert response.status_code == 404


@pytest.mark.parametrize("name", [*PAGES, *ACTIONS, *VERSION_PAGES])
def test_no_transaction_waits_for_microsoft(addresses, name):
    # With ATOMIC_REQUESTS, Django asks the view for this mark.
    assert "default" in resolve(addresses[name]).func._non_atomic_requests


def wants_no_transaction(callback):
    return "default" in getattr(callback, "_non_atomic_requests", ())


def test_no_view_loses_the_mark_of_a_class_that_it_is_made_of():
    # A class that has a `dispatch` of its own hides the mark of the one below.
    lost = [
        name
        for name, page in pages().items()
        if any(
            wants_no_transaction(vars(each).get("dispatch"))
            for each in getattr(page.callback, "view_class", type).__mro__
        )
        and not wants_no_transaction(page.callback)
    ]

    assert lost == []


def test_the_answer_to_another_account_waits_outside_a_transaction():
    assert wants_no_transaction(pages()["wagtail_m365:other_account"].callback)
