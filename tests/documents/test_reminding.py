"""Owners of forgotten edit sessions are told once in a period."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection as database
from django.utils import timezone
from django.utils.formats import date_format

from wagtail_m365.documents import reminding
from wagtail_m365.documents.checking import check
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.sweeping import sweep
from wagtail_m365.models import EditSession

LONG_AGO = timedelta(days=8)


@pytest.fixture
def by_mail(microsoft, settings):
    settings.WAGTAIL_M365 |= {"NOTIFY_BY_EMAIL": True}
    settings.WAGTAILADMIN_BASE_URL = "https://press.example"


@pytest.fixture
def drive(document, ada, connect, onedrive):
    drive = onedrive(connect(ada))
    open_document(document, ada)
    age()
    return drive


@pytest.fixture
def session(drive):
    return EditSession.objects.get()


def age(**columns):
    long_ago = timezone.now() - LONG_AGO
    EditSession.objects.update(
        opened_at=long_ago, remote_modified_at=long_ago, **columns
    )


def told():
    return [message.subject for message in mail.outbox]


def test_a_mail_names_the_document_when_it_was_opened_and_where_to_act(
    by_mail, session, document, ada
):
    assert sweep().reminded == [session]
    (sent,) = mail.outbox
    assert sent.to == [ada.email]
    assert "Report" in sent.subject
    session.refresh_from_db()
    assert date_format(timezone.localtime(session.opened_at)) in sent.body
    assert f"https://press.example/admin/documents/edit/{document.pk}/" in sent.body


def test_without_the_setting_nobody_gets_a_mail_and_the_dashboard_tells_it(
    session, ada
):
    sweep()
    assert mail.outbox == []
    assert reminding.reminders_for(ada) == [session]


def test_nobody_is_told_before_a_session_is_forgotten(by_mail, session):
    EditSession.objects.update(opened_at=timezone.now())
    assert not sweep().reminded
    assert mail.outbox == []


def test_nobody_is_told_twice_in_a_period_and_everybody_in_the_next(by_mail, session):
    sweep()
    assert not sweep().reminded
    assert len(told()) == 1
    EditSession.objects.update(reminded_at=timezone.now() - timedelta(days=7))
    assert sweep().reminded == [session]
    assert len(told()) == 2


def test_the_period_is_a_setting(by_mail, session, settings):
    settings.WAGTAIL_M365 |= {"REMIND_AFTER_DAYS": 1}
    EditSession.objects.update(reminded_at=timezone.now() - timedelta(days=2))
    assert sweep().reminded == [session]


@pytest.mark.parametrize("off", [0, None])
def test_reminders_can_be_switched_off(by_mail, session, ada, settings, off):
    sweep()
    mail.outbox.clear()
    EditSession.objects.update(reminded_at=timezone.now() - LONG_AGO)
    settings.WAGTAIL_M365 |= {"REMIND_AFTER_DAYS": off}
    swept = sweep()
    assert swept.forgotten == [session]
    assert not swept.reminded
    assert mail.outbox == []
    assert reminding.reminders_for(ada) == []


def test_a_dry_run_says_who_would_be_told_and_tells_nobody(
    by_mail, session, ada, capsys
):
    call_command("m365_sweep", "--dry-run")
    assert "Owner reminded: Report (ada, since" in capsys.readouterr().out
    assert mail.outbox == []
    session.refresh_from_db()
    assert session.reminded_at is None


def test_of_two_sweepers_at_once_one_tells_it(by_mail, session):
    """The other one begins when the first has read whose turn it is."""
    others = []

    def let_another_sweep(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and "reminded_at" in sql and not others:
            others.append(None)
            others[:] = [sweep().reminded]
        return execute(sql, params, many, context)

    with database.execute_wrapper(let_another_sweep):
        mine = sweep().reminded
    assert (mine, others) == ([], [[session]])
    assert len(told()) == 1


def test_somebody_who_left_is_not_written_to(by_mail, session, ada):
    ada.is_active = False
    ada.save()
    assert not sweep().reminded
    assert mail.outbox == []


def test_a_mail_server_that_is_down_hinders_nobody(by_mail, session, ada, settings):
    settings.EMAIL_BACKEND = "tests.health.broken_mail.EmailBackend"
    assert sweep().reminded == [session]
    assert reminding.reminders_for(ada) == [session]


def test_what_was_edited_since_needs_no_reminder_any_more(session, ada):
    sweep()
    EditSession.objects.update(remote_modified_at=timezone.now())
    assert reminding.reminders_for(ada) == []


def test_who_may_not_change_the_document_any_more_is_led_to_the_list(
    by_mail, session, ada
):
    ada.groups.get().collection_permissions.all().delete()
    sweep()
    assert "/admin/reports/" in mail.outbox[0].body or "edit-sessions" in (
        mail.outbox[0].body
    )


class TestWhatIsSaidOfTheCopy:
    def said(self, session):
        session.refresh_from_db()
        return reminding.sentence_about_change(session)

    def test_nothing_is_said_to_be_known_before_microsoft_was_asked(self, session):
        assert "not known" in self.said(session)

    def test_unchanged_when_microsoft_was_asked(self, session, document, ada):
        check(document, ada)
        today = date_format(timezone.localdate())
        assert self.said(session) == (
            f"The copy had not been changed when Microsoft was asked on {today}."
        )

    def test_changed_as_of_that_day(self, session, drive, document, ada):
        drive.edit(b"edited in Word")
        check(document, ada)
        assert "was changed there and has not been brought back" in self.said(session)

    def test_not_found(self, session):
        session.note_seen("gone")
        assert "did not find the copy" in self.said(session)
