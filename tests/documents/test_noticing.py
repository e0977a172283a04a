from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from wagtail_m365 import tasks
from wagtail_m365.documents import noticing
from wagtail_m365.documents.clients import graph_for
from wagtail_m365.documents.noticed_sessions import OpenSessions
from wagtail_m365.documents.noticing import notice, notice_all
from wagtail_m365.documents.opening import open_document
from wagtail_m365.errors import TemporarilyUnavailable
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import (
    CachedAccessToken,
    Connection,
    EditSession,
    FollowedDrive,
)
from wagtail_m365.models.connections import access_token_context
from wagtail_m365.models.vault import vault
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens.bundles import EDIT


@pytest.fixture
def connection(ada, connect):
    return connect(ada)


@pytest.fixture
def drive(document, ada, connection, onedrive):
    drive = onedrive(connection)
    open_document(document, ada)
    return drive


@pytest.fixture
def session(drive):
    return EditSession.objects.get


@pytest.fixture
def with_the_app_folder_only():
    Connection.objects.update(granted_scopes="User.Read Files.ReadWrite.AppFolder")


@pytest.fixture
def followed(drive):
    assert notice_all() == []
    return FollowedDrive.objects.select_related("connection").get()


def asked(microsoft):
    return [f"{one.method} {one.path}" for one in microsoft.requests]


class Listener:
    def __init__(self, fail=None):
        self.told = []
        self.fail = fail

    def places(self):
        return []

    def start_over(self, drive, graph):
        self.told.append("everything")

    def take(self, drive, graph, items):
        self.told.append(sorted(item.name for item in items if not item.is_folder))
        if self.fail:
            raise self.fail


def test_an_edit_is_noticed(followed, drive, session):
    drive.edit(b"second")
    notice(followed)
    assert session().remote_size == len(b"second")
    assert session().remote_ctag != session().base_ctag


def test_an_edit_is_noticed_however_the_id_is_written(followed, drive, session):
    drive.edit(b"second")
    told = DriveItem(id=session().item_id.swapcase())
    graph = graph_for(followed.connection, EDIT)
    OpenSessions().take(followed, graph, [told])
    assert session().remote_size == len(b"second")


def test_nothing_is_asked_about_copies_that_did_not_change(followed, drive, microsoft):
    microsoft.clear_requests()
    notice(followed)
    assert [line for line in asked(microsoft) if "delta" in line]
    assert not [line for line in asked(microsoft) if "batch" in line]


def test_a_copy_that_is_gone_is_noted_and_may_come_back(followed, drive, session):
    name = drive.path.rpartition("/")[2]
    drive.seam.delete(drive.path)
    notice(followed)
    assert (session().state, session().is_gone) == ("open", True)
    drive.seam.restore(name)
    notice(followed)
    assert (session().state, session().is_gone) == ("open", False)


def test_a_new_name_and_a_new_place_are_noticed(followed, drive, session):
    assert not session().was_renamed
    assert not session().was_moved
    drive.seam.rename(drive.path, "new name.docx")
    drive.seam.folder("Elsewhere")
    drive.seam.move(drive.path, "Elsewhere")
    notice(followed)
    assert session().was_renamed
    assert session().was_moved
    assert session().item_name == "new name.docx"


def test_what_changed_before_the_first_reading_is_noticed(drive, session):
    drive.edit(b"second")
    assert notice_all() == []
    assert session().remote_size == len(b"second")


def test_a_link_that_is_too_old_begins_anew(followed, drive, session):
    drive.edit(b"second")
    drive.seam.forget_changes()
    notice(followed)
    assert session().remote_size == len(b"second")
    drive.edit(b"the third one")
    notice(followed)
    assert session().remote_size == len(b"the third one")


def test_the_right_to_the_app_folder_alone_is_enough(
    drive, session, microsoft, with_the_app_folder_only
):
    microsoft.clear_requests()
    drive.edit(b"second")
    assert notice_all() == []
    assert session().remote_size == len(b"second")
    assert not [line for line in asked(microsoft) if "delta" in line]
    assert FollowedDrive.objects.get().delta_link == ""


def test_many_copies_are_looked_at_in_few_requests(
    make_document, ada, connect, microsoft, with_the_app_folder_only
):
    connect(ada)
    for number in range(25):
        open_document(make_document(name=f"{number}.docx"), ada)
    Connection.objects.update(granted_scopes="User.Read Files.ReadWrite.AppFolder")
    microsoft.clear_requests()
    notice_all()
    outside = [one for one in asked(microsoft) if one.startswith("POST /v1.0/$batch")]
    assert len(outside) == 2


def test_a_drive_whose_changes_are_refused_is_looked_at_file_by_file(
    followed, connection, drive, session, microsoft
):
    drive.edit(b"second")
    FollowedDrive.objects.update(delta_link="")
    followed.refresh_from_db()
    # The connection believes that it has a right which its token does not carry.
    token = microsoft.world.issue_access_token(
        connection.account, microsoft.app, set(EDIT)
    )
    sealed = vault().seal(Secret(token), *access_token_context(connection.pk, "graph"))
    CachedAccessToken.objects.update(token_sealed=sealed)
    notice(followed)
    assert [line for line in asked(microsoft) if "delta" in line]
    assert session().remote_size == len(b"second")


def test_followers_are_told_everything_first_and_then_what_changed(followed, drive):
    FollowedDrive.objects.update(delta_link="")
    followed.refresh_from_db()
    listener = Listener()
    notice(followed, [listener])
    drive.edit(b"second")
    notice(followed, [listener])
    assert listener.told == ["everything", ["report.docx"]]


def test_what_a_follower_could_not_take_is_told_again(followed, drive):
    drive.edit(b"second")
    failing, other = Listener(TemporarilyUnavailable("later")), Listener()
    with pytest.raises(TemporarilyUnavailable):
        notice(followed, [failing, other])
    followed.refresh_from_db()
    assert followed.last_error == "temporarily_unavailable"
    assert other.told == [["report.docx"]]
    again = Listener()
    notice(followed, [again])
    assert again.told == [["report.docx"]]
    followed.refresh_from_db()
    assert followed.last_error == ""


def test_a_change_told_while_somebody_reads_is_read_by_the_same_one(followed, drive):
    class Meanwhile(Listener):
        def take(self, drive_row, graph, items):
            super().take(drive_row, graph, items)
            if len(self.told) == 1:
                drive.edit(b"third")
                drive_row.note_change()
                # Somebody else is called for it, and leaves it to us.
                notice(FollowedDrive.objects.get(), [Listener(AssertionError())])

    drive.edit(b"second")
    listener = Meanwhile()
    notice(followed, [listener])
    assert listener.told == [["report.docx"], ["report.docx"]]


def test_a_reader_that_died_does_not_block_for_ever(followed, drive, session):
    assert followed.claim()
    drive.edit(b"second")
    notice(FollowedDrive.objects.get())
    assert session().remote_size != len(b"second")
    FollowedDrive.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    notice(FollowedDrive.objects.get())
    assert session().remote_size == len(b"second")


def test_a_session_that_ended_meanwhile_is_not_written_over(followed, drive, session):
    stale = session()
    EditSession.objects.filter(pk=stale.pk).update(
        open_for=None, state="discarded", remote_copy="deleted"
    )
    stale.note_seen("there")
    assert session().remote_copy == "deleted"


def test_an_account_that_gives_no_token_hinders_no_other(
    drive, make_document, ben, connect, onedrive
):
    Connection.objects.update(state="needs_reconnect", refresh_token_sealed="")
    CachedAccessToken.objects.all().delete()
    theirs = onedrive(connect(ben))
    open_document(make_document(), ben)
    theirs.edit(b"edited by Ben")
    assert [code for _, code in notice_all()] == ["reconnect_required"]
    assert EditSession.objects.get(owner=ben).remote_size == len(b"edited by Ben")
    assert tasks.notice_changes.call() == 1


def test_drives_that_nobody_needs_are_named(followed):
    assert noticing.follow_what_is_wanted() == []
    EditSession.objects.update(open_for=None, state="discarded")
    assert noticing.follow_what_is_wanted() == [followed]
