from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core import mail
from django.utils import timezone

from wagtail_m365 import tasks
from wagtail_m365.errors import ReconnectRequired
from wagtail_m365.models import Connection, ConsentRequest
from wagtail_m365.signals import connection_lost
from wagtail_m365.tokens import notices
from wagtail_m365.tokens.broker import get_token
from wagtail_m365.tokens.revoking import revoke

pytestmark = pytest.mark.django_db


@pytest.fixture
def by_mail(site):
    site.WAGTAIL_M365 = {**site.WAGTAIL_M365, "NOTIFY_BY_EMAIL": True}
    return site


def in_trouble(connection, code="reconnect_required", **details):
    connection.state = details.pop("state", Connection.State.NEEDS_RECONNECT)
    connection.state_details = {"code": code, **details}
    connection.save()
    return connection


def test_a_lost_connection_is_told_to_its_owner_by_mail(
    connection, person, by_mail, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        revoke(connection, user=None, reason="Stolen laptop.")

    (sent,) = mail.outbox
    assert sent.to == [person.email]
    assert connection.username in sent.subject
    assert "Stolen laptop." in sent.body
    assert "/admin/account/#tab-m365" in sent.body


def test_without_the_setting_nobody_gets_a_mail(
    connection, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        revoke(connection, user=None)
    assert mail.outbox == []


def test_no_mail_leaves_before_the_commit(connection, by_mail):
    # The test's own transaction is open and never committed.
    revoke(connection, user=None)
    assert mail.outbox == []


def test_each_trouble_is_mailed_once(connection):
    in_trouble(connection)
    assert notices.tell_by_mail(connection)
    assert not notices.tell_by_mail(connection)
    connection.refresh_from_db()
    assert notices.tell_by_mail(in_trouble(connection, "undecryptable"))
    assert len(mail.outbox) == 2


def test_a_connection_that_worked_again_may_fail_again(connection, endpoint):
    notices.tell_by_mail(in_trouble(connection))
    connection.refresh_from_db()
    connection.state, connection.state_details = Connection.State.ACTIVE, {}
    connection.save()
    get_token(connection, force_refresh=True, world=endpoint.world())
    connection.refresh_from_db()
    assert connection.told_trouble == ""
    assert notices.tell_by_mail(in_trouble(connection))


def test_what_only_others_can_mend_is_not_mailed_to_the_editor(connection):
    state = Connection.State.NEEDS_CONSENT
    code = "admin_consent_required"
    in_trouble(connection, code, state=state, scopes=["Mail.Send"], admin=True)
    assert not notices.tell_by_mail(connection)
    assert notices.troubles_of(connection.user) == []


def test_a_mail_server_that_fails_hinders_nobody(connection, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert not notices.tell_by_mail(in_trouble(connection))


def test_a_receiver_passes_on_nothing_but_a_key(connection, by_mail):
    in_trouble(connection)
    error = ReconnectRequired()
    connection_lost.send(Connection, connection=connection, error=error)
    assert len(mail.outbox) == 1


def test_a_service_connection_is_told_to_those_who_manage_them(person):
    manager = get_user_model().objects.create_user("manager", "manager@example.com")
    manager.user_permissions.add(Permission.objects.get(codename="manage_connections"))
    in_trouble(Connection.objects.create(service_name="newsletter", object_id="o"))
    notices.tell_by_mail(Connection.objects.get())

    assert [sent.to for sent in mail.outbox] == [["manager@example.com"]]
    assert "/m365/service-connections/named/newsletter/" in mail.outbox[0].body


def test_a_granted_request_is_mailed_once(person, connection):
    ConsentRequest.objects.create(
        user=person,
        connection=connection,
        scopes="Mail.Send",
        granted_at=timezone.now(),
    )
    assert notices.tell_of_granted_consents() == 1
    assert notices.tell_of_granted_consents() == 0
    assert "Mail.Send" in mail.outbox[0].body


def test_the_hourly_task_notices_what_was_granted(
    microsoft, connected, person, by_mail
):
    by_mail.WAGTAIL_M365 = {**microsoft.settings(), "NOTIFY_BY_EMAIL": True}
    waiting = ConsentRequest.objects.create(
        user=person, connection=connected, scopes="User.Read"
    )
    result = tasks.notice_granted_consents.enqueue()

    waiting.refresh_from_db()
    assert result.return_value == 1
    assert waiting.granted_at
    assert waiting.told_at
    assert len(mail.outbox) == 1
