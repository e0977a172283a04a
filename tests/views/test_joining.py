"""A second editor at the page of a document that is open, and what is offered there."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from wagtail_m365.models import EditSession, JoinedEditor

pytestmark = pytest.mark.django_db


def address(name, document):
    return reverse(f"wagtail_m365:{name}", args=[document.pk])


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


@pytest.fixture
def opened(connected, document):
    """The writer has the document open."""
    connected.post(address("open", document))
    return EditSession.objects.get()


@pytest.fixture
def second(make_writer):
    """Another editor's browser; no account is connected."""
    client = Client()
    client.force_login(make_writer("second"))
    return client


@pytest.fixture
def library(connected, settings):
    """The site edits in a library that the writer's account reaches."""
    library = connected.microsoft.add_library("Press", connected.account)
    settings.WAGTAIL_M365 |= {"EDIT_LOCATION": {"library": library.drive.id}}
    connected.connect("Files.ReadWrite.All")
    return library


def test_the_second_editor_is_told_who_has_it_and_may_join(second, opened, document):
    text = html(second.get(address("open", document)))

    assert "writer is editing this document" in text
    assert "Join" in text
    assert "by a link that is made now" in text


def test_looking_makes_no_link(second, opened, document, connected):
    connected.microsoft.clear_requests()
    second.get(address("open", document))
    second.get(address("join", document))

    assert not connected.microsoft.requests


def test_joining_leads_to_the_file_and_leaves_no_trace_of_the_way(
    second, opened, document
):
    response = second.post(address("join", document))

    assert response.status_code == 302
    assert "/word/s/" in response["Location"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert JoinedEditor.objects.get().user.username == "second"


def test_the_panel_lists_who_has_joined(second, opened, document, connected):
    second.post(address("join", document))

    assert "second" in html(connected.get(address("panel", document)))


def test_the_panel_offers_others_to_join(second, opened, document):
    assert address("join", document) in html(second.get(address("panel", document)))


def test_where_links_are_forbidden_nobody_is_offered_one(
    second, opened, document, settings
):
    settings.WAGTAIL_M365 |= {"JOIN_BY_LINK": "forbid"}

    assert "ask for the document to be" in html(second.get(address("open", document)))
    refused = html(second.post(address("join", document)), 403)
    assert "does not let people join by a link" in refused


def test_joining_is_refused_to_who_may_not_edit_the_document(
    client, outsider, opened, document
):
    client.force_login(outsider)

    assert client.post(address("join", document)).status_code == 302
    assert not JoinedEditor.objects.exists()


def test_in_a_library_the_own_account_is_asked_for(second, library, opened, document):
    text = html(second.get(address("open", document)))
    response = second.post(address("join", document))

    assert "lies in a library" in text
    assert "/connect/" in response["Location"]
    assert "Files.ReadWrite.All" in response["Location"]


def test_a_refused_link_is_explained(second, opened, document, connected):
    connected.microsoft.fail("sharing_refused")

    text = html(second.post(address("join", document)), 502)

    assert "Microsoft gives no link" in text


def test_a_preview_opens_without_being_kept(opened, document, connected, caplog):
    response = connected.post(address("preview", document))

    assert response.status_code == 302
    assert "no-store" in response["Cache-Control"]
    assert response["Location"] not in caplog.text
    assert response["Location"] not in [
        str(value) for value in vars(EditSession.objects.get()).values()
    ]


def test_a_preview_that_microsoft_refuses_is_explained(opened, document, connected):
    connected.microsoft.fail("preview_refused")

    text = html(connected.post(address("preview", document)), 409)

    assert "gives no preview" in text


class TestOpeningWith:
    def test_the_desktop_app_leaves_a_page_behind(self, connected, document, settings):
        settings.WAGTAIL_M365 |= {"OPEN_WITH": {"word": "desktop"}}

        response = connected.post(address("open", document))

        assert "opens in Word" in html(response)
        assert response["Refresh"] == f"0; url={address('desktop', document)}"

    def test_asking_offers_both_and_waits(self, connected, document, settings):
        settings.WAGTAIL_M365 |= {"OPEN_WITH": {"word": "ask"}}

        text = html(connected.get(address("open", document)))

        assert 'name="with" value="browser"' in text
        assert 'name="with" value="desktop"' in text
        chosen = connected.post(address("open", document), {"with": "browser"})
        assert chosen.status_code == 302

    def test_other_applications_are_not_concerned(self, connected, document, settings):
        settings.WAGTAIL_M365 |= {"OPEN_WITH": {"excel": "desktop"}}

        assert connected.post(address("open", document)).status_code == 302


def test_an_old_format_can_be_saved_to_onedrive_to_look_at_it(connected, make_document):
    old = make_document(filename="rules.doc")

    text = html(connected.get(address("open", old)))

    assert address("save", old) in text
    assert "read-only" in text
    assert not EditSession.objects.exists()


def test_a_drive_without_room_is_explained_before_anything_is_sent(connected, document):
    connected.connect("Files.ReadWrite")  # the app folder's right shows no quota
    connected.drive.set_quota(2)

    text = html(connected.post(address("open", document)), 502)

    assert "There is no room for the file" in text
