from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.core.files.base import ContentFile
from django.urls import reverse
from wagtail import hooks
from wagtail.models import ModelLogEntry

from wagtail_m365.models import DocumentVersion, EditSession

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(connected, document):
    """A document that the writer has open."""
    connected.post(address("open", document))
    connected.microsoft.clear_requests()
    return document


def address(name, document):
    return reverse(f"wagtail_m365:{name}", args=[document.pk])


def edit_page(document):
    return reverse("wagtaildocs:edit", args=[document.pk])


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def told(response):
    assert response.status_code == 302
    return " ".join(map(str, get_messages(response.wsgi_request)))


def edit(browser, content=b"edited rules"):
    browser.drive.edit(browser.drive.paths()[0], content)


def content_of(document):
    document.refresh_from_db()
    with document.open_file() as file:
        return file.read()


def upload(document, content):
    document.file.save("rules.docx", ContentFile(content), save=False)
    document.file_hash, document.file_size = "", None
    document._set_document_file_metadata()
    document.save()
    document.file.close()


def test_bringing_back_is_asked_first(connected, opened):
    text = html(connected.get(address("bring_back", opened)))

    assert "Bring back and close" in text
    assert "Bring back and keep editing" in text
    assert not connected.microsoft.requests


def test_what_was_edited_becomes_the_documents_file(connected, opened):
    edit(connected)
    url = opened.url

    message = told(connected.post(address("bring_back", opened)))

    assert content_of(opened) == b"edited rules"
    assert opened.url == url
    assert "was brought back" in message
    assert "stays open" in message


def test_the_message_leads_to_the_file_as_it_was(connected, opened):
    edit(connected)

    message = told(connected.post(address("bring_back", opened)))

    version = DocumentVersion.objects.get()
    download = reverse("wagtail_m365:version_download", args=[version.pk])
    assert download in message
    assert b"".join(connected.get(download).streaming_content) == b"rules"


def test_bringing_back_can_close(connected, opened):
    edit(connected)

    message = told(connected.post(address("bring_back", opened), {"close": "1"}))

    assert "It is closed in Microsoft 365" in message
    assert EditSession.objects.get().state == EditSession.State.BROUGHT_BACK
    assert not connected.drive.paths()


def test_a_file_that_office_has_open_stays_open_and_it_says_so(connected, opened):
    edit(connected)
    connected.drive.lock(connected.drive.paths()[0])

    message = told(connected.post(address("bring_back", opened), {"close": "1"}))

    assert content_of(opened) == b"edited rules"
    assert "Office still has the file open" in message


def test_an_unchanged_file_makes_no_version(connected, opened):
    message = told(connected.post(address("bring_back", opened)))

    assert "did not change" in message
    assert not DocumentVersion.objects.exists()


def test_changes_on_both_sides_are_told_and_nothing_is_touched(connected, opened):
    edit(connected)
    upload(opened, b"rules of the site")

    response = connected.post(address("bring_back", opened))

    assert response.url.startswith(address("resolve", opened))
    assert "was changed on both sides" in html(connected.get(response.url))
    assert content_of(opened) == b"rules of the site"
    assert connected.drive.file(connected.drive.paths()[0]) == b"edited rules"
    assert EditSession.objects.get().state == EditSession.State.CONFLICT


def test_bringing_back_leads_back_to_where_one_was(connected, opened):
    there = reverse("wagtaildocs:index") + "?p=2"

    answered = connected.post(address("bring_back", opened), {"next": there})
    led_away = connected.post(
        address("bring_back", opened), {"next": "https://evil.example/"}
    )

    assert answered.url == there
    assert led_away.url == edit_page(opened)


def test_a_copy_that_is_gone_is_explained(connected, opened):
    connected.drive.delete(connected.drive.paths()[0])

    html(connected.post(address("bring_back", opened)), 404)

    assert content_of(opened) == b"rules"
    assert EditSession.objects.get().state == EditSession.State.LOST


def test_a_closed_document_has_nothing_to_bring_back(connected, document):
    for name in ("bring_back", "discard"):
        for told in (
            connected.get(address(name, document)),
            connected.post(address(name, document)),
        ):
            assert "Try again" not in html(told, 404)


def test_a_lost_sign_in_leads_through_microsoft_and_back(connected, opened):
    edit(connected)
    connection = connected.user.m365_connections.get()
    connection.access_tokens.all().delete()
    connected.microsoft.fail("revoked_grant")

    response = connected.post(address("bring_back", opened))

    assert str(connection.pk) in response.url
    back = connected.through_sign_in(response.url)
    assert "Bring back and close" in html(connected.get(back))
    told(connected.post(back))
    assert content_of(opened) == b"edited rules"


def test_discarding_is_asked_first(connected, opened):
    text = html(connected.get(address("discard", opened)))

    assert "Discard the copy" in text
    assert EditSession.objects.get().is_unfinished


def test_discarding_ends_the_session_and_keeps_the_document(connected, opened):
    edit(connected)

    message = told(connected.post(address("discard", opened)))

    assert "is closed in Microsoft 365" in message
    assert content_of(opened) == b"rules"
    assert EditSession.objects.get().state == EditSession.State.DISCARDED
    assert not connected.drive.paths()


def test_checking_tells_the_side_panel_what_microsoft_says(connected, opened):
    edit(connected)

    response = connected.post(address("check", opened))

    assert response.url == edit_page(opened)
    assert "Changed in Microsoft 365" in html(connected.get(response.url))


def test_checking_while_microsoft_is_away_says_so(connected, opened):
    connected.microsoft.fail(
        "service_unavailable", times=20, where={"service": "graph"}
    )

    response = connected.post(address("check", opened))

    assert told(response)
    assert EditSession.objects.get().is_unfinished


def test_checking_is_no_link(connected, opened):
    assert connected.get(address("check", opened)).status_code == 405


def test_only_who_opened_it_brings_it_back(
    connected, document, make_writer, open_session
):
    session = open_session(document, make_writer("ada"))

    html(connected.post(address("bring_back", document)), 409)
    html(connected.post(address("discard", document)), 409)

    session.refresh_from_db()
    assert session.is_unfinished


def test_each_step_is_written_into_the_log(connected, opened):
    edit(connected)
    connected.post(address("bring_back", opened))
    connected.post(address("discard", opened))

    actions = ModelLogEntry.objects.values_list("action", flat=True)
    assert {"wagtail_m365.bring_back", "wagtail_m365.discard"} <= set(actions)


def test_a_plugin_learns_what_was_brought_back(connected, opened):
    learnt = {}

    def learn(*, request, document, session, version):
        learnt.update(document=document, version=version)

    edit(connected)
    with hooks.register_temporarily("after_m365_bring_back", learn):
        connected.post(address("bring_back", opened))

    assert learnt == {"document": opened, "version": DocumentVersion.objects.get()}


def test_a_title_is_text_and_nothing_else(connected, make_document):
    document = make_document(title="<b>50 %s off</b>")
    connected.post(address("open", document))

    message = told(connected.post(address("bring_back", document)))

    assert "&lt;b&gt;50 %s off&lt;/b&gt;" in message


def test_a_comment_is_kept_with_what_was_brought_back(connected, document):
    connected.post(address("open", document))
    connected.drive.edit(connected.drive.paths()[0], b"edited")

    connected.post(address("bring_back", document), {"comment": "New prices"})

    assert DocumentVersion.objects.kept().get().successor_comment == "New prices"


def test_a_comment_that_is_too_long_brings_nothing_back(connected, document):
    connected.post(address("open", document))
    connected.drive.edit(connected.drive.paths()[0], b"edited")

    page = connected.post(address("bring_back", document), {"comment": "x" * 256})

    assert page.status_code == 400
    assert not DocumentVersion.objects.exists()
