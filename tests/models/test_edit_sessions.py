from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from wagtail.documents import get_document_model
from wagtail.models import Collection

from wagtail_m365.models import EditSession
from wagtail_m365.models.edit_sessions import TRANSITIONS, UNFINISHED, State


@pytest.fixture
def document(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    root = Collection.get_first_root_node()
    file = ContentFile(b"text", "report.docx")
    return get_document_model().objects.create(
        title="Report", file=file, collection=root
    )


@pytest.fixture
def session(document):
    return EditSession.objects.create(
        document=document, open_for=document, document_title=document.title
    )


def test_a_document_is_open_once(document, session):
    with pytest.raises(IntegrityError), transaction.atomic():
        EditSession.objects.create(document=document, open_for=document)


def test_ended_sessions_are_in_nobodys_way(document, session):
    assert session.advance(State.DISCARDED)
    EditSession.objects.create(document=document, open_for=document)
    EditSession.objects.create(document=document)


def test_whoever_comes_second_writes_nothing(session):
    other = EditSession.objects.get()
    assert session.advance(State.OPEN, item_id="one")
    assert not other.advance(State.OPEN, item_id="other")
    assert EditSession.objects.get().item_id == "one"


@pytest.mark.parametrize("state", State)
def test_the_ledger_knows_what_follows_on_what(session, state):
    assert set(TRANSITIONS) == set(State)
    session.state = state
    for following in State:
        allowed = following == state or following in TRANSITIONS[state]
        assert session.may_become(following) is allowed


def test_what_the_ledger_does_not_allow_is_not_written(session):
    session.advance(State.DISCARDED)
    with pytest.raises(ValueError, match="discarded to open"):
        session.advance(State.OPEN)


@pytest.mark.parametrize("state", [s for s in State if s not in UNFINISHED])
def test_an_end_frees_the_document(document, state):
    session = EditSession.objects.create(
        document=document, open_for=document, state=State.OPEN
    )
    assert session.advance(state)
    session.refresh_from_db()
    assert session.open_for is None
    assert session.closed_at
    assert session.document == document
    assert not session.is_unfinished


def test_what_microsoft_tells_moves_nothing(session):
    other = EditSession.objects.get()
    session.note_remote(remote_size=7)
    assert other.advance(State.OPEN)
    assert EditSession.objects.get().remote_size == 7


def test_tags_of_an_old_base_are_not_noted(session):
    other = EditSession.objects.get()
    session.advance(State.OPEN, base_ctag="new")
    other.note_base(base_ctag="old")
    assert EditSession.objects.get().base_ctag == "new"


def test_the_ledger_outlives_the_document(document, session):
    document.delete()
    row = EditSession.objects.all().of_deleted_documents().get()
    assert str(row) == "Report"
    assert not EditSession.objects.unfinished().exists()
