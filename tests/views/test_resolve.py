from __future__ import annotations

import io

import docx
import pytest
from django.contrib.messages import get_messages
from django.core.files.base import ContentFile
from django.urls import reverse
from wagtail.documents import get_document_model

from tests.testapp.models import Policy
from wagtail_m365.models import DocumentVersion, EditSession

from .conftest import may

pytestmark = pytest.mark.django_db


def word(text):
    document, target = docx.Document(), io.BytesIO()
    document.add_paragraph(text)
    document.save(target)
    return target.getvalue()


def address(name, document):
    return reverse(f"wagtail_m365:{name}", args=[document.pk])


@pytest.fixture
def conflict(connected, document):
    """A document that was changed on both sides."""
    connected.post(address("open", document))
    connected.drive.edit(connected.drive.paths()[0], b"edited")
    document.file.save("rules.docx", ContentFile(b"replaced"), save=False)
    document.file_hash, document.file_size = "", None
    document._set_document_file_metadata()
    document.save()
    document.file.close()
    connected.post(address("bring_back", document))
    return document


def choose(browser, document, choice):
    return browser.post(address("resolve", document), {"choice": choice})


def told(response):
    assert response.status_code == 302
    return " ".join(map(str, get_messages(response.wsgi_request)))


def content_of(document):
    document.refresh_from_db()
    with document.open_file() as file:
        return file.read()


def test_a_choice_on_a_page_from_before_is_not_made_twice(connected, conflict):
    connected.drive.lock(connected.drive.paths()[0])
    told(choose(connected, conflict, "both"))
    again = choose(connected, conflict, "both")
    assert again.url.startswith(address("bring_back", conflict))
    assert get_document_model().objects.count() == 2


def test_the_page_shows_both_sides(connected, conflict):
    text = connected.get(address("resolve", conflict)).content.decode()

    assert "In Microsoft 365" in text
    assert "On the site" in text
    for choice in ("theirs", "ours", "both"):
        assert f'value="{choice}"' in text


def test_the_page_says_where_the_document_is_shown(connected, conflict):
    assert "No page or snippet shows this document." in (
        connected.get(address("resolve", conflict)).content.decode()
    )
    Policy.objects.create(name="Visitors", document=conflict)
    page = connected.get(address("resolve", conflict)).content.decode()
    assert "No page or snippet" not in page
    assert "(Private policy)" in page


def test_only_who_may_edit_what_shows_the_document_reads_its_title(connected, conflict):
    Policy.objects.create(name="Lay-offs in June", document=conflict)
    before = connected.get(address("resolve", conflict)).content.decode()
    may(connected.user, "testapp.change_policy")
    after = connected.get(address("resolve", conflict)).content.decode()

    assert "Lay-offs" not in before
    assert "Lay-offs in June" in after


def test_the_side_panel_leads_to_the_choice(connected, conflict):
    page = connected.get(reverse("wagtaildocs:edit", args=[conflict.pk]))

    assert address("resolve", conflict) in page.content.decode()


def test_the_edited_file_can_be_taken(connected, conflict):
    message = told(choose(connected, conflict, "theirs"))

    assert content_of(conflict) == b"edited"
    assert "has the file that was edited" in message
    assert EditSession.objects.get().state == EditSession.State.BROUGHT_BACK


def test_the_sites_file_can_be_kept(connected, conflict):
    told(choose(connected, conflict, "ours"))

    assert content_of(conflict) == b"replaced"
    assert DocumentVersion.objects.kept().count() == 1
    assert not EditSession.objects.get().is_unfinished


def test_both_can_be_kept(connected, conflict):
    told(choose(connected, conflict, "both"))

    assert content_of(conflict) == b"replaced"
    new = get_document_model().objects.exclude(pk=conflict.pk).get()
    assert content_of(new) == b"edited"


@pytest.mark.parametrize("choice", ["", "all", "theirs; ours"])
def test_what_is_no_choice_changes_nothing(connected, conflict, choice):
    response = choose(connected, conflict, choice)

    assert response.url.startswith(address("resolve", conflict))
    assert content_of(conflict) == b"replaced"
    assert EditSession.objects.get().is_unfinished


def test_without_a_conflict_there_is_nothing_to_choose(connected, document):
    connected.post(address("open", document))

    response = connected.get(address("resolve", document))

    assert response.url.startswith(address("bring_back", document))


@pytest.fixture
def text_conflict(connected, make_document):
    """The same for a file whose text can be read."""
    document = make_document("Letter", "letter.docx", word("Open on Sundays"))
    connected.post(address("open", document))
    connected.drive.edit(connected.drive.paths()[0], word("Open on Mondays"))
    document.file.save("letter.docx", ContentFile(word("Open on Fridays")), save=False)
    document.file_hash, document.file_size = "", None
    document._set_document_file_metadata()
    document.save()
    document.file.close()
    connected.post(address("bring_back", document))
    return document


def test_the_page_shows_what_differs(connected, text_conflict):
    text = connected.get(address("resolve", text_conflict)).content.decode()

    assert "<mark>Mondays</mark>" in text
    assert "<mark>Fridays</mark>" in text


def test_looking_changes_nothing(connected, text_conflict):
    before = EditSession.objects.get()
    connected.get(address("resolve", text_conflict))

    after = EditSession.objects.get()
    assert (after.state, after.revision) == (before.state, before.revision)
    assert not DocumentVersion.objects.exists()


def test_without_an_answer_from_microsoft_one_can_still_see_the_choice(
    connected, conflict, microsoft
):
    microsoft.fail("server_error", times=20)

    text = connected.get(address("resolve", conflict)).content.decode()

    assert "could not be fetched" in text
    assert 'value="ours"' in text


def test_a_choice_keeps_its_comment(connected, conflict):
    connected.post(
        address("resolve", conflict), {"choice": "ours", "comment": "Ours is newer"}
    )

    assert DocumentVersion.objects.kept().get().comment == "Ours is newer"
