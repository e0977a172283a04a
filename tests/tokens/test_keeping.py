"""Keep-alive and the rotation of encryption keys."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from wagtail_m365.errors import ReconnectRequired, TemporarilyUnavailable
from wagtail_m365.models import (
    AppRegistration,
    CachedAccessToken,
    Connection,
    TokenUse,
    Transfer,
)
from wagtail_m365.models.vault import vault
from wagtail_m365.redaction import Secret
from wagtail_m365.tasks import keep_connections_alive
from wagtail_m365.tokens import key_rotation
from wagtail_m365.tokens.keep_alive import keep_alive

pytestmark = pytest.mark.django_db


@pytest.fixture
def idle(connect):
    def idle(name: str, days: int = 61, **more) -> Connection:
        moment = timezone.now() - timedelta(days=days)
        return connect(
            service_name=name, refresh=f"{name}-0", last_refreshed_at=moment, **more
        )

    return idle


def test_an_idle_connection_is_refreshed_without_being_used(idle, endpoint):
    connection = idle("old")
    endpoint.valid = "old-0"
    assert [one.error for one in keep_alive(world=endpoint.world())] == [None]
    connection.refresh_from_db()
    assert connection.open_refresh_token() == Secret("refresh-1")
    assert connection.last_used_at is None


def test_who_was_refreshed_lately_is_left_alone(idle, endpoint):
    idle("young", days=59)
    assert not list(keep_alive(world=endpoint.world()))


def test_a_lost_connection_is_told_and_hinders_no_other(idle, endpoint):
    idle("lost", days=70)
    idle("kept", days=65)
    endpoint.valid = "kept-0"
    told = [one.error for one in keep_alive(world=endpoint.world())]
    assert [type(error) for error in told] == [ReconnectRequired, type(None)]


def test_a_run_that_was_broken_off_is_resumed_by_another(idle, endpoint):
    for number in range(3):
        idle(f"c{number}", days=70 - number)
    endpoint.rotates = False
    endpoint.valid = "c0-0"
    run = keep_alive(batch=2, world=endpoint.world())
    assert next(run).error is None
    run.close()
    endpoint.valid = "c1-0"
    assert [
        one.error is None for one in keep_alive(batch=1, world=endpoint.world())
    ] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("needs_reconnect", "other_authority"),
        ("needs_reconnect", "other_registration"),
        ("misconfigured", "invalid_client"),
        ("needs_consent", "consent_required"),
        ("denied", "access_denied"),
    ],
)
def test_a_connection_whose_trouble_may_have_ended_is_kept_alive(
    idle, endpoint, state, code
):
    connection = idle("set-back", state=state, state_details={"code": code})
    endpoint.valid = "set-back-0"

    assert [one.error for one in keep_alive(world=endpoint.world())] == [None]
    connection.refresh_from_db()
    assert connection.state == "active"


@pytest.mark.parametrize("state", ["needs_reconnect", "needs_interaction"])
def test_what_only_its_owner_can_mend_is_not_asked_for(idle, endpoint, state):
    idle("gone", state=state, state_details={"code": "reconnect_required"})

    assert not list(keep_alive(world=endpoint.world()))
    assert not endpoint.asked


def test_a_run_within_a_transaction_is_refused_before_it_begins(idle, endpoint):
    idle("old")
    with transaction.atomic(), pytest.raises(RuntimeError, match="outside of"):
        keep_alive(world=endpoint.world())
    assert not endpoint.asked


def test_an_outage_ends_the_run(idle, endpoint):
    for number in range(9):
        idle(f"c{number}")
    endpoint.failures = [TemporarilyUnavailable() for _ in range(9)]
    run = keep_alive(world=endpoint.world())
    with pytest.raises(TemporarilyUnavailable):
        list(run)
    assert len(endpoint.asked) == 5


def test_everything_is_sealed_anew_and_opens_without_the_old_key(
    connection, have_token, new_key
):
    registration = AppRegistration(name="Ours", client_id="x")
    registration.set_client_secret(Secret("the secret"))
    registration.set_certificate(private_key=Secret("the key"), certificate="PEM")
    registration.save()
    have_token(connection)
    new_key()
    assert key_rotation.count_stale() == 3
    assert all(value.readable for value in key_rotation.reseal())
    assert key_rotation.count_stale() == 0
    new_key(drop_old=True)
    connection.refresh_from_db()
    registration.refresh_from_db()
    assert connection.open_refresh_token() == Secret("refresh-0")
    assert registration.client_secret() == Secret("the secret")
    assert registration.certificate()["private_key"] == Secret("the key")
    assert not CachedAccessToken.objects.exists()


def test_the_upload_session_of_a_transfer_survives_a_change_of_keys(
    connection, new_key
):
    transfer = Transfer.objects.create(connection=connection, kind="save")
    address = Secret("https://storage.example/upload")
    transfer.write(session_sealed=transfer.seal_session(address))
    new_key()
    assert all(value.readable for value in key_rotation.reseal())
    new_key(drop_old=True)
    transfer.refresh_from_db()
    assert transfer.open_session() == address


def test_a_rotation_can_be_stopped_and_resumed(connect, new_key):
    for number in range(5):
        connect(service_name=f"c{number}")
    new_key()
    run = key_rotation.reseal(batch=2)
    next(run)
    run.close()
    assert key_rotation.count_stale() == 4
    assert len(list(key_rotation.reseal(batch=2))) == 4


def test_what_no_key_opens_is_told_and_hinders_nothing(connect, new_key):
    connect(service_name="good")
    lost = connect(service_name="lost")
    Connection.objects.filter(pk=lost.pk).update(refresh_token_sealed="m1.00000000.AA")
    new_key()
    unreadable = [value for value in key_rotation.reseal(batch=1) if not value.readable]
    assert [value.row_id for value in unreadable] == [lost.pk]


def test_the_log_tells_of_a_rotation_even_if_it_was_stopped(
    connect, new_key, admin_user, client
):
    for name in ("one", "two", "lost"):
        connect(service_name=name)
    Connection.objects.filter(service_name="lost").update(refresh_token_sealed="m1.0.A")
    new_key()
    run = key_rotation.reseal()
    next(run)
    run.close()
    list(key_rotation.reseal())
    entries = list(ModelLogEntry.objects.filter(action="wagtail_m365.rotate_keys"))

    assert sum(entry.data["sealed"] for entry in entries) == 2
    assert entries[0].data["key"] == vault().primary
    client.force_login(admin_user)
    history = client.get(reverse("wagtailadmin_reports:site_history")).text
    assert f"Values sealed with key {vault().primary}: " in history


def test_a_rotation_with_nothing_to_do_is_not_told(connection):
    assert list(key_rotation.reseal()) == []
    assert not ModelLogEntry.objects.exists()


def test_the_command_tells_what_it_did(connection, new_key):
    new_key()
    out = StringIO()
    call_command("m365_rotate_keys", stdout=out)
    assert "1 values are not on the newest key" in out.getvalue()
    assert "0 cannot be read" in out.getvalue()


def test_the_command_names_what_cannot_be_read(connection, new_key):
    new_key(drop_old=True)
    out, err = StringIO(), StringIO()
    call_command("m365_rotate_keys", stdout=out, stderr=err)
    assert str(connection.pk) in err.getvalue()


def test_keep_alive_has_nothing_to_do_on_a_young_site(connection):
    out = StringIO()
    call_command("m365_keep_alive", stdout=out)
    assert "0 connections refreshed" in out.getvalue()


def test_keep_alive_says_when_microsoft_is_out_of_reach(idle, site):
    for number in range(5):
        idle(f"c{number}")
    server = "https://127.0.0.1:9"
    Connection.objects.update(authority=server, graph_origin=server)
    nowhere = {"authority": server, "graph": f"{server}/v1.0"}
    site.WAGTAIL_M365 = {**site.WAGTAIL_M365, "CLOUD": nowhere}
    with pytest.raises(CommandError, match="start again later"):
        call_command("m365_keep_alive", stdout=StringIO(), stderr=StringIO())


def test_a_worker_keeps_connections_alive_too(connected):
    Connection.objects.update(last_refreshed_at=timezone.now() - timedelta(days=70))
    result = keep_connections_alive.enqueue()
    assert result.return_value == {"kept": 1, "lost": 0}
    before = connected.open_refresh_token()
    connected.refresh_from_db()
    assert connected.open_refresh_token() != before


def test_a_worker_shortens_the_use_log_too(connected):
    TokenUse.objects.add(connected, "press_kit.files", timezone.now(), 1)
    TokenUse.objects.update(day="2001-01-01")
    keep_connections_alive.enqueue()
    assert not TokenUse.objects.exists()
