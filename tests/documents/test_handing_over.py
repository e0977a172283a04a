from __future__ import annotations

from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Permission
from django.db import connection as database

from wagtail_m365.documents import remote
from wagtail_m365.documents.bringing_back import bring_back
from wagtail_m365.documents.closing import end
from wagtail_m365.documents.handing_over import hand_over
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.sweeping import sweep
from wagtail_m365.errors import (
    AlreadyOpen,
    NotAllowed,
    NotConnected,
    QuotaExceeded,
    WrongState,
)
from wagtail_m365.models import EditSession

NEW = b"edited by ada"


@pytest.fixture
def ada_drive(document, ada, connect, onedrive):
    drive = onedrive(connect(ada))
    open_document(document, ada)
    drive.edit(NEW)
    return drive


@pytest.fixture
def ben_drive(ben, connect, onedrive):
    return onedrive(connect(ben))


@pytest.fixture
def manager(django_user_model):
    return django_user_model.objects.create_superuser("root")


def test_the_edits_go_with_the_session(document, ada, ben, ada_drive, ben_drive):
    session = hand_over(document, ben, ada)
    assert session.owner == ben
    assert session.open_for == document
    assert ben_drive.content == NEW
    assert ada_drive.paths == []


def test_the_new_owner_brings_the_edits_back(document, ben, ada_drive, ben_drive, read):
    hand_over(document, ben, EditSession.objects.get().owner)
    assert read(document) == b"first"
    assert bring_back(document, ben).outcome == "taken"
    assert read(document) == NEW


def test_the_old_session_says_where_it_went(document, ada, ben, ada_drive, connect):
    connect(ben)
    hand_over(document, ben, ada)
    old = EditSession.objects.get(owner=ada)
    assert (old.state, old.remote_copy) == ("handed_over", "in_recycle_bin")
    assert old.open_for is None


def test_an_untouched_copy_is_still_untouched(document, ada, ben, connect):
    connect(ada)
    connect(ben)
    open_document(document, ada)
    hand_over(document, ben, ada)
    assert bring_back(document, ben).outcome == "unchanged"


def test_only_the_owner_or_a_manager_may(document, ben, manager, ada_drive, ben_drive):
    with pytest.raises(AlreadyOpen):
        hand_over(document, ben, ben)
    assert hand_over(document, ben, manager).owner == ben


def test_the_new_owner_must_be_allowed_to_edit(document, ada, ada_drive, make_editor):
    reader = make_editor("cleo", "choose_document")
    with pytest.raises(NotAllowed):
        hand_over(document, reader, ada)


def test_the_new_owner_needs_an_account(document, ada, ben, ada_drive):
    with pytest.raises(NotConnected):
        hand_over(document, ben, ada)
    assert EditSession.objects.unfinished().get().owner == ada


def test_nobody_hands_over_to_oneself(document, ada, ada_drive):
    with pytest.raises(WrongState):
        hand_over(document, ada, ada)


def test_a_full_drive_leaves_it_where_it_was(
    document, ben, ada_drive, ben_drive, microsoft
):
    ada = EditSession.objects.get().owner
    microsoft.fail("quota_exceeded")
    with pytest.raises(QuotaExceeded):
        hand_over(document, ben, ada)
    assert EditSession.objects.unfinished().get().owner == ada
    assert ada_drive.content == NEW


def test_a_copy_that_is_open_in_word_is_left_for_later(
    document, ada, ben, ada_drive, connect
):
    connect(ben)
    ada_drive.seam.lock(ada_drive.path)
    hand_over(document, ben, ada)
    assert EditSession.objects.get(owner=ada).remote_copy == "left_behind"


LATER = b"saved by ada in Word while it was handed over"


@contextmanager
def just_before_it_changes_hands(deed):
    """The edits are with the new owner already; the ledger still says the old one."""
    done = []

    def wrapper(execute, sql, params, many, context):
        if "handed_over" in (params or ()) and not done:
            done.append(True)
            deed()
        return execute(sql, params, many, context)

    with database.execute_wrapper(wrapper):
        yield
    assert done


def test_what_is_saved_while_it_changes_hands_stays_with_the_old_owner(
    document, ada, ben, ada_drive, ben_drive
):
    with just_before_it_changes_hands(lambda: ada_drive.edit(LATER)):
        hand_over(document, ben, ada)
    assert ben_drive.content == NEW
    assert ada_drive.content == LATER
    assert EditSession.objects.get(owner=ada).remote_copy == "left_to_owner"
    sweep()
    assert ada_drive.content == LATER


def test_what_is_saved_and_noticed_while_it_changes_hands_is_not_taken_for_carried(
    document, ben, ada_drive, ben_drive, microsoft
):
    """Microsoft fails then, so it is the sweeper that finds what was left behind."""
    old = EditSession.objects.get()

    def save_and_notice():
        ada_drive.edit(LATER)
        remote.read(remote.graph_of(old), old)
        microsoft.fail("not_json", times=9, method="GET")

    with just_before_it_changes_hands(save_and_notice):
        hand_over(document, ben, old.owner)
    assert EditSession.objects.get(pk=old.pk).remote_copy == "left_behind"
    microsoft.world.faults.clear()
    sweep()
    assert ada_drive.content == LATER
    assert EditSession.objects.get(pk=old.pk).remote_copy == "left_to_owner"


def test_what_is_noticed_after_the_end_does_not_let_the_sweeper_delete_it(
    document, ada, ben, ada_drive, ben_drive
):
    """Whoever had the page open asks once more how the copy stands."""
    old = EditSession.objects.get()
    ada_drive.seam.lock(ada_drive.path)
    hand_over(document, ben, ada)
    ada_drive.seam.unlock(ada_drive.path)
    ada_drive.edit(LATER)
    remote.read(remote.graph_of(old), old)
    sweep()
    assert ada_drive.content == LATER


def test_an_admin_may_end_a_session_and_deletes_nothing(document, ada_drive, manager):
    session = end(document, manager)
    assert (session.state, session.remote_copy) == ("discarded", "left_to_owner")
    assert ada_drive.content == NEW
    assert not EditSession.objects.unfinished().exists()


def test_an_editor_may_not_end_the_sessions_of_others(document, ben, ada_drive):
    with pytest.raises(NotAllowed):
        end(document, ben)


def test_managing_is_a_permission(document, ben, ada_drive):
    ben.user_permissions.add(Permission.objects.get(codename="change_m365settings"))
    ben = type(ben).objects.get(pk=ben.pk)
    assert end(document, ben).state == "discarded"
