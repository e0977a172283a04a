from __future__ import annotations

import pytest
from django.core import mail
from django.db.models.signals import post_save
from wagtail.documents import get_document_model

from wagtail_m365 import tasks
from wagtail_m365.documents.noticing import follow_what_is_wanted
from wagtail_m365.models import Connection, FollowedDrive, WatchedFolder

pytestmark = pytest.mark.django_db


@pytest.fixture
def followed(watch):
    follow_what_is_wanted()
    return FollowedDrive.objects.get(drive_id=watch.folder.drive_id)


@pytest.fixture
def second(watch):
    """Another folder that is read with the same account."""
    item = watch.drive.folder("Arts")
    row = WatchedFolder.objects.get(pk=watch.folder.pk)
    row.pk, row.item_id, row.name = None, item.id, "Arts"
    row.save(force_insert=True)
    return row


@pytest.fixture
def revoked(watch):
    watch.folder.connection.access_tokens.all().delete()
    watch.microsoft.fail("revoked_grant", 9)


def test_a_folder_runs_when_microsoft_tells_that_its_drive_has_changed(watch, followed):
    watch.put("plan.pdf", b"plan")
    tasks.notice_drive.enqueue(str(followed.pk))
    assert watch.titles == ["plan"]


def test_it_runs_after_the_drives_changes_are_read_and_not_meanwhile(watch, followed):
    watch.put("plan.pdf", b"plan")
    held = []

    def look(sender, created, **kwargs):
        if created:
            held.append(FollowedDrive.objects.get(pk=followed.pk).busy_until)

    post_save.connect(look, sender=get_document_model())
    tasks.notice_drive.enqueue(str(followed.pk))
    post_save.disconnect(look, sender=get_document_model())
    assert held == [None]


def test_a_folder_that_microsoft_asked_to_wait_is_not_run_by_a_notice(watch, followed):
    watch.set(not_before=9_999_999_999)
    watch.put("plan.pdf", b"plan")
    tasks.notice_drive.enqueue(str(followed.pk))
    assert watch.titles == []


def test_folders_on_other_drives_are_left_alone(watch, followed):
    watch.put("plan.pdf", b"plan")
    watch.set(drive_id="another")
    tasks.notice_drive.enqueue(str(followed.pk))
    assert watch.row.last_run_at is None


def test_two_folders_of_one_lost_account_are_one_trouble(watch, second, revoked):
    Connection.objects.update(state=Connection.State.ACTIVE)
    tasks.watch_folders.enqueue()
    states = WatchedFolder.objects.values_list("state", flat=True)
    assert set(states) == {"stopped"}
    assert len(mail.outbox) == 1


def test_whoever_gets_a_mail_about_the_account_gets_none_about_its_folders(
    watch, revoked, settings, django_capture_on_commit_callbacks
):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "NOTIFY_BY_EMAIL": True}
    with django_capture_on_commit_callbacks(execute=True):
        watch.run()
    assert watch.row.state == "stopped"
    assert len(mail.outbox) == 1
    assert "Press" not in mail.outbox[0].subject


def test_what_is_no_trouble_of_the_account_is_told_all_the_same(watch, settings):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "NOTIFY_BY_EMAIL": True}
    watch.run()
    watch.drive.delete("Press")
    watch.run()
    assert ["Press" in letter.subject for letter in mail.outbox] == [True]
