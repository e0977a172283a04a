from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from wagtail_m365 import tasks
from wagtail_m365.documents.bringing_back import bring_back
from wagtail_m365.documents.closing import discard
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.sweeping import sweep
from wagtail_m365.documents.writing_back import replace_file
from wagtail_m365.errors import NothingOpen
from wagtail_m365.models import DocumentVersion, EditSession

from .storages import Died

LONG_AGO = timedelta(days=8)


@pytest.fixture
def drive(document, ada, connect, onedrive):
    drive = onedrive(connect(ada))
    open_document(document, ada)
    return drive


def age(by=LONG_AGO, **columns):
    EditSession.objects.update(opened_at=timezone.now() - by, **columns)


def test_a_healthy_session_is_left_alone(drive):
    swept = sweep()
    assert not (swept.freed)
    assert not (swept.lost)
    assert not (swept.cleared)
    assert not (swept.forgotten)
    assert EditSession.objects.get().state == "open"


def test_what_never_arrived_frees_its_document(document, ada):
    EditSession.objects.create(document=document, open_for=document, owner=ada)
    age()
    sweep()
    session = EditSession.objects.get()
    assert (session.state, session.closing_reason) == ("discarded", "never_arrived")
    assert session.open_for is None
    assert session.remote_copy == "none"


def test_the_folder_of_what_never_arrived_is_cleared_away(drive):
    folder = drive.path.rpartition("/")[0]
    drive.seam.delete(f"/{drive.path}")
    age(state="opening", item_id="")
    sweep()
    session = EditSession.objects.get()
    assert (session.state, session.closing_reason) == ("discarded", "never_arrived")
    assert folder not in [item.path for item in drive.seam.items()]


def test_what_arrived_unnoticed_is_finished(document, ada, drive, read):
    drive.edit(b"found in OneDrive and edited")
    age(state="opening", item_id="", base_ctag="", base_quick_xor="")
    sweep()
    assert EditSession.objects.get().state == "open"
    assert bring_back(document, ada).outcome == "taken"
    assert read(document) == b"found in OneDrive and edited"


def test_only_saying_what_would_be_done_changes_nothing(document, ada):
    EditSession.objects.create(document=document, open_for=document, owner=ada)
    age()
    assert sweep(dry_run=True).freed
    assert EditSession.objects.get().state == "opening"


def test_a_session_that_just_began_is_left_alone(document, ada):
    EditSession.objects.create(document=document, open_for=document, owner=ada)
    assert not sweep().freed


def test_a_forgotten_session_is_reported_and_kept(drive):
    age(remote_modified_at=timezone.now() - LONG_AGO)
    assert sweep().forgotten == [EditSession.objects.get()]
    assert EditSession.objects.get().state == "open"
    age(remote_modified_at=timezone.now())
    assert not sweep().forgotten


def test_a_deleted_document_ends_its_session_and_leaves_the_copy(document, drive):
    document.delete()
    sweep()
    session = EditSession.objects.get()
    assert (session.state, session.remote_copy) == ("lost", "left_to_owner")
    assert drive.content == b"first"


def test_a_person_who_is_gone_frees_the_document(ada, drive):
    ada.delete()
    sweep()
    assert EditSession.objects.get().state == "lost"
    assert not EditSession.objects.unfinished().exists()


def test_a_copy_that_was_left_behind_is_deleted_later(document, ada, drive):
    EditSession.objects.update(
        state="discarded", open_for=None, remote_copy="left_behind"
    )
    assert sweep().cleared
    assert drive.paths == []
    assert EditSession.objects.get().remote_copy == "in_recycle_bin"
    assert not sweep().cleared


def test_a_copy_that_was_edited_after_it_was_left_behind_stays_with_its_owner(drive):
    EditSession.objects.update(
        state="handed_over", open_for=None, remote_copy="left_behind"
    )
    drive.edit(b"saved in Word after the hand-over")
    sweep()
    assert drive.content == b"saved in Word after the hand-over"
    assert EditSession.objects.get().remote_copy == "left_to_owner"


def test_a_copy_that_never_was_noticed_is_deleted_while_it_holds_what_was_sent(drive):
    EditSession.objects.update(
        state="discarded", open_for=None, remote_copy="left_behind", item_id=""
    )
    sweep()
    assert drive.paths == []
    assert EditSession.objects.get().remote_copy == "in_recycle_bin"


def test_a_copy_of_unknown_content_is_left_to_its_owner(drive):
    EditSession.objects.update(
        state="discarded", open_for=None, remote_copy="left_behind", item_id=""
    )
    drive.edit(b"found in OneDrive and edited")
    assert sweep().left
    assert drive.content == b"found in OneDrive and edited"
    assert EditSession.objects.get().remote_copy == "left_to_owner"


def test_a_copy_whose_sent_content_was_never_noted_is_left_to_its_owner(drive):
    EditSession.objects.update(
        state="discarded",
        open_for=None,
        remote_copy="left_behind",
        item_id="",
        base_ctag="",
        base_quick_xor="",
    )
    sweep()
    assert drive.content == b"first"
    assert EditSession.objects.get().remote_copy == "left_to_owner"


def test_a_copy_that_cannot_be_deleted_is_tried_again(drive):
    EditSession.objects.update(
        state="discarded", open_for=None, remote_copy="left_behind"
    )
    drive.seam.lock(drive.path)
    assert sweep().failed
    drive.seam.unlock(drive.path)
    assert sweep().cleared


def test_a_copy_that_was_left_to_its_owner_stays(document, ada, drive):
    EditSession.objects.update(
        state="discarded", open_for=None, remote_copy="left_to_owner"
    )
    sweep()
    assert drive.content == b"first"


def test_a_replacement_that_was_cut_short_is_undone(document, ada, read):
    import io

    def die(*_):
        raise Died

    with pytest.raises(Died):
        replace_file(
            document,
            ada,
            io.BytesIO(b"second"),
            expected_hash=document.file_hash,
            alongside=die,
        )
    hour_ago = timezone.now() - timedelta(hours=2)
    DocumentVersion.objects.update(replaced_at=hour_ago)
    assert sweep().mended
    assert read(document) == b"first"
    assert not DocumentVersion.objects.exists()


def test_the_task_says_how_much_it_did(drive):
    assert tasks.sweep.call()["freed"] == 0


def test_what_was_discarded_cannot_be_discarded_again(document, ada, drive):
    discard(document, ada)
    with pytest.raises(NothingOpen):
        discard(document, ada)


def test_the_command_says_what_it_did(document, ada, capsys):
    EditSession.objects.create(
        document=document, open_for=document, owner=ada, document_title="Report"
    )
    age()
    call_command("m365_sweep", "--dry-run")
    assert "Free again, since nothing arrived: Report" in capsys.readouterr().out
    assert EditSession.objects.get().state == "opening"
    call_command("m365_sweep", "--refresh")
    assert EditSession.objects.get().state == "discarded"
