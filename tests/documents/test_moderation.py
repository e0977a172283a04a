from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError
from django.db import connection as database
from django.db.models.signals import pre_save
from wagtail.models import GroupCollectionPermission, ModelLogEntry

from wagtail_m365.documents.bringing_back import bring_back
from wagtail_m365.documents.checking import check, known_change
from wagtail_m365.documents.keeping import Occasion, keep
from wagtail_m365.documents.mending import settle
from wagtail_m365.documents.moderation import approve, reject, withdraw
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.proposing import propose
from wagtail_m365.documents.resolving import keep_both, take_theirs
from wagtail_m365.documents.versions import opened_version, restore, versions_of
from wagtail_m365.documents.writing_back import replace_file
from wagtail_m365.errors import (
    BothChanged,
    NotAllowed,
    WriteFailed,
    WriteRefused,
    WrongState,
)
from wagtail_m365.models import DocumentVersion, EditSession, Proposal
from wagtail_m365.models.proposals import PROPOSAL_TRANSITIONS

from .storages import Died


@pytest.fixture
def moderated(microsoft, settings):
    settings.WAGTAIL_M365 = microsoft.settings(MODERATION=True)


@pytest.fixture
def drive(moderated, document, ada, connect, onedrive):
    drive = onedrive(connect(ada))
    open_document(document, ada)
    return drive


@pytest.fixture
def right():
    return Permission.objects.get(codename="publish_brought_back")


@pytest.fixture
def chief(make_editor, right):
    chief = make_editor("chief")
    chief.groups.get().permissions.add(right)
    return chief


@pytest.fixture
def waiting(document, ada, drive):
    drive.edit(b"second")
    return bring_back(document, ada, comment="new figures").proposal


def content_of(version, user):
    with opened_version(version, user) as file:
        return file.read()


def logged():
    return set(ModelLogEntry.objects.values_list("action", flat=True))


def test_what_is_brought_back_waits_and_the_document_stays(
    document, ada, drive, waiting, read
):
    assert waiting.state == "waiting"
    assert read(document) == b"first"
    assert content_of(waiting.version, ada) == b"second"
    assert waiting.comment == "new figures"
    assert not versions_of(document, ada).exists()
    assert "wagtail_m365.propose" in logged()
    assert drive.content == b"second"


def test_a_copy_is_deleted_only_when_what_it_held_waits_safely(document, ada, drive):
    drive.edit(b"second")
    outcome = bring_back(document, ada, close=True)
    assert (outcome.outcome, outcome.closed) == ("pending", True)
    assert drive.paths == []
    assert content_of(outcome.proposal.version, ada) == b"second"


def test_an_approved_file_becomes_the_documents(document, ada, chief, waiting, read):
    approve(waiting, chief, comment="thank you")
    assert read(document) == b"second"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by) == ("approved", chief)
    assert waiting.decision_comment == "thank you"
    (kept,) = versions_of(document, ada)
    assert content_of(kept, ada) == b"first"
    assert kept.replaced_by == ada
    assert "wagtail_m365.approve" in logged()


def test_after_an_approval_the_session_goes_on_from_there(
    document, chief, drive, waiting, read
):
    ada = waiting.author
    approve(waiting, chief)
    assert bring_back(document, ada).outcome == "unchanged"
    drive.edit(b"third")
    assert bring_back(document, ada).outcome == "pending"
    approve(Proposal.objects.waiting().get(), chief)
    assert read(document) == b"third"


def test_a_base_that_has_moved_since_is_left_as_it_is(
    document, chief, drive, waiting, read
):
    """Else what the site has by then would look as if nobody had changed it."""
    EditSession.objects.update(base_file_hash="another", base_sha256="another")
    approve(waiting, chief)
    assert EditSession.objects.get().base_sha256 == "another"
    assert bring_back(document, waiting.author).outcome == "unchanged"
    drive.edit(b"third")
    assert bring_back(document, waiting.author).outcome == "pending"


def test_an_approval_moves_the_base_although_the_session_has_moved_on(
    document, chief, waiting
):
    """Somebody looks at the copy, which raises the revision, between reading and writing."""
    moved = []

    def move_on(execute, sql, params, many, context):
        if "approved" in (params or ()) and not moved:
            moved.append(EditSession.objects.get().advance())
        return execute(sql, params, many, context)

    # The object that the approver's page holds knows an older revision.
    assert not waiting.edit_session.is_gone
    with database.execute_wrapper(move_on):
        approve(waiting, chief)
    assert moved == [True]
    session = EditSession.objects.get()
    assert session.base_file_hash == type(document).objects.get().file_hash


def test_after_an_approval_nothing_is_said_of_the_copy_before_microsoft_is_asked(
    document, chief, waiting
):
    check(document, waiting.author)
    assert known_change(EditSession.objects.get()) is True
    approve(waiting, chief)
    assert known_change(EditSession.objects.get()) is None
    check(document, waiting.author)
    assert known_change(EditSession.objects.get()) is False


def test_a_rejected_file_stays_among_the_versions(document, ada, chief, waiting, read):
    reject(waiting, chief, comment="figures are wrong")
    assert read(document) == b"first"
    (kept,) = versions_of(document, ada)
    assert content_of(kept, ada) == b"second"
    assert Proposal.objects.get().decision_comment == "figures are wrong"
    assert "wagtail_m365.reject" in logged()


def test_the_author_may_withdraw_and_nobody_else(document, ada, ben, waiting):
    with pytest.raises(NotAllowed):
        withdraw(waiting, ben)
    withdraw(waiting, ada)
    assert Proposal.objects.get().state == "withdrawn"
    assert versions_of(document, ada).count() == 1


def test_nobody_decides_without_the_permission(ada, ben, waiting):
    for person in (ada, ben):
        with pytest.raises(NotAllowed):
            approve(waiting, person)
        with pytest.raises(NotAllowed):
            reject(waiting, person)
    assert Proposal.objects.get().state == "waiting"


def test_a_permission_on_a_collection_is_enough_there_and_below(
    document, ben, right, waiting, read
):
    collection = document.collection
    where = {"group": ben.groups.get(), "permission": right}
    elsewhere = collection.get_parent().add_child(name="Elsewhere")
    GroupCollectionPermission.objects.create(collection=elsewhere, **where)
    with pytest.raises(NotAllowed):
        approve(waiting, ben)
    GroupCollectionPermission.objects.create(
        collection=collection.get_parent(), **where
    )
    approve(waiting, ben)
    assert read(document) == b"second"


def test_who_may_publish_needs_no_approval(
    document, chief, moderated, connect, onedrive
):
    drive = onedrive(connect(chief))
    open_document(document, chief)
    drive.edit(b"second")
    assert bring_back(document, chief).outcome == "taken"


def test_without_moderation_nothing_waits(document, ada, drive, microsoft, settings):
    settings.WAGTAIL_M365 = microsoft.settings()
    drive.edit(b"second")
    assert bring_back(document, ada).outcome == "taken"


def test_a_file_that_came_in_between_is_not_written_over_unseen(
    document, ada, chief, waiting, read
):
    replace_file(
        document, chief, io.BytesIO(b"urgent"), expected_hash=document.file_hash
    )
    with pytest.raises(BothChanged):
        approve(waiting, chief)
    with pytest.raises(BothChanged):
        approve(waiting, chief, seen_hash="another file's")
    assert read(document) == b"urgent"
    document.refresh_from_db()
    approve(waiting, chief, seen_hash=document.file_hash)
    assert read(document) == b"second"
    kept = {content_of(each, ada) for each in versions_of(document, ada)}
    assert kept == {b"first", b"urgent"}


def test_what_is_decided_stays_decided(chief, ada, waiting):
    stale = Proposal.objects.get()
    reject(waiting, chief)
    for decide in (approve, reject):
        with pytest.raises(WrongState):
            decide(stale, chief)
    with pytest.raises(WrongState):
        withdraw(stale, ada)


def test_two_decisions_at_once_make_one(chief, waiting):
    other = Proposal.objects.get()
    assert waiting.decide("rejected")
    assert not other.decide("approved")


def test_no_transition_leads_out_of_a_decision():
    for state, following in PROPOSAL_TRANSITIONS.items():
        assert bool(following) is (state == "waiting")
    with pytest.raises(ValueError, match="does not go"):
        Proposal(state="rejected").decide("approved")


def test_bringing_back_twice_makes_one_proposal(document, ada, waiting):
    again = bring_back(document, ada)
    assert again.proposal == waiting
    assert DocumentVersion.objects.count() == 1


def test_a_newer_file_takes_the_place_of_the_older_one(document, ada, drive, waiting):
    drive.edit(b"third")
    newer = bring_back(document, ada).proposal
    waiting.refresh_from_db()
    assert (waiting.state, newer.state) == ("superseded", "waiting")
    assert content_of(waiting.version, ada) == b"second"
    assert waiting.version in versions_of(document, ada)


def test_restoring_follows_the_same_rule(document, ada, chief, moderated, read):
    replace_file(
        document, chief, io.BytesIO(b"second"), expected_hash=document.file_hash
    )
    proposal = restore(versions_of(document, ada).get(), ada)
    assert read(document) == b"second"
    approve(proposal, chief)
    assert read(document) == b"first"


def test_a_conflict_that_is_decided_for_theirs_waits_too(
    document, ada, chief, drive, read
):
    drive.edit(b"theirs")
    replace_file(document, chief, io.BytesIO(b"ours"), expected_hash=document.file_hash)
    with pytest.raises(BothChanged):
        bring_back(document, ada)
    proposal = take_theirs(document, ada, close=True).proposal
    assert read(document) == b"ours"
    approve(proposal, chief)
    assert read(document) == b"theirs"


def test_keeping_both_makes_a_document_only_when_approved(
    document, ada, chief, drive, read
):
    drive.edit(b"theirs")
    kept = keep_both(document, ada, title="Theirs")
    assert kept.document is None
    assert type(document).objects.count() == 1
    new = approve(Proposal.objects.waiting().get(), chief)
    assert (new.title, read(new), read(document)) == ("Theirs", b"theirs", b"first")
    assert not DocumentVersion.objects.filter(stage="pending").exists()


def test_what_the_sites_form_refuses_does_not_wait(document, ada, drive, settings):
    settings.WAGTAILDOCS_MAX_UPLOAD_SIZE = 3
    drive.edit(b"too long")
    with pytest.raises(WriteRefused):
        bring_back(document, ada, close=True)
    assert not Proposal.objects.exists()
    assert drive.content == b"too long"


def test_a_storage_that_fails_leaves_nothing_waiting(
    saboteur, make_document, ada, moderated
):
    document = make_document()
    saboteur.arm(1, OSError)
    with pytest.raises(WriteFailed):
        propose(document, io.BytesIO(b"second"), Occasion(user=ada), base_file_hash="x")
    assert not Proposal.objects.exists()
    assert not DocumentVersion.objects.exists()


def test_a_death_before_the_proposal_is_written_leaves_the_copy_and_no_stray_bytes(
    document, ada, drive, django_capture_on_commit_callbacks
):
    drive.edit(b"second")

    def die(instance, **_):
        raise Died

    pre_save.connect(die, sender=Proposal)
    try:
        with pytest.raises(Died):
            bring_back(document, ada, close=True)
    finally:
        pre_save.disconnect(die, sender=Proposal)
    (left,) = DocumentVersion.objects.all()
    storage, name = left.file.storage, left.file.name
    assert storage.exists(name)
    assert drive.content == b"second"
    DocumentVersion.objects.update(replaced_at="2020-01-01T00:00Z")
    with django_capture_on_commit_callbacks(execute=True):
        assert bring_back(document, ada, close=True).outcome == "pending"
    assert not storage.exists(name)
    (version,) = DocumentVersion.objects.all()
    assert content_of(version, ada) == b"second"


def test_a_database_that_fails_leaves_nothing_waiting(
    document, ada, moderated, django_capture_on_commit_callbacks
):
    def fail(instance, **_):
        raise DatabaseError

    pre_save.connect(fail, sender=Proposal)
    try:
        with pytest.raises(WriteFailed):
            propose(
                document, io.BytesIO(b"new"), Occasion(user=ada), base_file_hash="x"
            )
    finally:
        pre_save.disconnect(fail, sender=Proposal)
    assert not DocumentVersion.objects.exists()


def test_a_death_while_approving_leaves_it_waiting(
    saboteur, make_document, chief, moderated, read
):
    ada = chief
    document = make_document()
    proposal = propose(
        document,
        io.BytesIO(b"second"),
        Occasion(user=ada),
        base_file_hash=document.file_hash,
    )
    saboteur.arm(8, Died)
    with pytest.raises(Died):
        approve(proposal, chief)
    saboteur.disarm()
    list(versions_of(document, ada))
    DocumentVersion.objects.unsettled().update(replaced_at="2020-01-01T00:00Z")
    list(versions_of(document, ada))
    assert read(document) == b"first"
    assert Proposal.objects.get().state == "waiting"
    approve(Proposal.objects.get(), chief)
    assert read(document) == b"second"


def test_an_approval_of_what_the_site_has_already_changes_nothing(
    document, ada, chief, waiting, read
):
    replace_file(
        document, chief, io.BytesIO(b"second"), expected_hash=document.file_hash
    )
    document.refresh_from_db()
    approve(waiting, chief, seen_hash=document.file_hash)
    assert read(document) == b"second"
    assert DocumentVersion.objects.count() == 1


def test_what_another_approval_is_just_putting_there_is_not_the_documents_own(
    saboteur, make_document, chief, moderated, read
):
    """It may yet fail, and put the old file back: then the proposed one would be gone."""
    document = make_document()
    proposal = propose(
        document,
        io.BytesIO(b"second"),
        Occasion(user=chief),
        base_file_hash=document.file_hash,
    )
    begun = []

    def another_begins():
        begun.append(keep(document, Occasion(user=chief)))
        document.file.storage.files[document.file.name] = b"second"

    saboteur.arm(2, another_begins)  # as the document's file is opened
    approve(proposal, chief)
    (version,) = begun
    settle(version)
    assert read(document) == b"second"


def test_an_approval_of_what_was_replaced_at_that_moment_waits(
    document, chief, waiting
):
    replace_file(
        document, chief, io.BytesIO(b"second"), expected_hash=document.file_hash
    )
    done = []

    def another_is_quicker(execute, sql, params, many, context):
        if "UPDATE" in sql and "collection_id" in sql and not done:
            done.append(type(document).objects.update(file_hash="another"))
        return execute(sql, params, many, context)

    with (
        database.execute_wrapper(another_is_quicker),
        pytest.raises(BothChanged) as refused,
    ):
        approve(waiting, chief, seen_hash=document.file_hash)
    assert (refused.value.code, done) == ("changed_meanwhile", [1])
    waiting.refresh_from_db()
    assert waiting.is_waiting
    assert content_of(waiting.version, chief) == b"second"


def test_a_deleted_document_takes_what_waits_with_it(
    document, waiting, django_capture_on_commit_callbacks
):
    storage, name = waiting.version.file.storage, waiting.version.file.name
    with django_capture_on_commit_callbacks(execute=True):
        document.delete()
    assert not Proposal.objects.exists()
    assert not storage.exists(name)
    assert EditSession.objects.get().document is None
