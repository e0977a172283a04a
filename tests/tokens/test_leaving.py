from __future__ import annotations

import socket

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from wagtail.models import ModelLogEntry

from wagtail_m365.errors import NotConnected
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.signals import connection_removed
from wagtail_m365.tokens.broker import get_token
from wagtail_m365.tokens.disconnecting import disconnect

pytestmark = pytest.mark.django_db

PERMISSION = "use_microsoft365"


@pytest.fixture(autouse=True)
def microsoft_is_never_asked(monkeypatch):
    """Tokens are destroyed whether Microsoft answers or not: nobody calls it."""

    def connect(*args):
        raise AssertionError("Somebody asked Microsoft.")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)


@pytest.fixture(autouse=True)
def tokens(connection, have_token):
    have_token(connection)


def test_disconnecting_destroys_every_token(connection):
    disconnect(connection)
    assert not Connection.objects.exists()
    assert not CachedAccessToken.objects.exists()


def test_disconnecting_twice_is_no_failure(connection):
    disconnect(connection)
    disconnect(connection)


def test_an_unreadable_connection_can_be_disconnected(connection):
    Connection.objects.update(refresh_token_sealed="garbage")
    disconnect(connection)
    assert not Connection.objects.exists()


def test_a_token_that_was_kept_for_the_request_ends_with_the_connection(
    person, connection
):
    get_token(person)
    disconnect(connection)
    with pytest.raises(NotConnected):
        get_token(person)


def test_another_connection_becomes_the_default(person, connection, connect):
    other = connect(person, object_id="other", default_for=None)
    disconnect(connection)
    other.refresh_from_db()
    assert other.is_default


def test_disconnecting_is_logged_without_a_secret(connection, person):
    disconnect(connection, user=person)
    entry = ModelLogEntry.objects.get(action="wagtail_m365.disconnect")
    assert entry.user == person
    assert entry.data["account"] == "ada@contoso.example"
    assert "refresh" not in str(entry.data)


def test_others_are_told_when_a_connection_was_removed(
    connection, django_capture_on_commit_callbacks
):
    heard = []

    def listen(reason, **kwargs):
        heard.append(reason)

    connection_removed.connect(listen)
    with django_capture_on_commit_callbacks(execute=True):
        disconnect(connection)
    assert heard == ["asked"]


def test_a_deactivated_user_loses_the_tokens(person):
    person.is_active = False
    person.save()
    assert not Connection.objects.exists()


def test_a_deleted_user_loses_the_tokens(person):
    person.delete()
    assert not Connection.objects.exists()
    assert ModelLogEntry.objects.filter(action="wagtail_m365.disconnect").exists()


@pytest.mark.parametrize(
    ("leave", "why"),
    [
        (lambda person, group: person.delete(), "its owner was deleted"),
        (
            lambda person, group: person.groups.remove(group),
            "its owner may not use Microsoft 365 any more",
        ),
    ],
)
def test_the_log_says_why_a_connection_ended(person, editors_group, leave, why):
    leave(person, editors_group)
    entry = ModelLogEntry.objects.get(action="wagtail_m365.disconnect")
    assert entry.message == f"Microsoft account disconnected: {why}"


def test_who_leaves_the_group_loses_the_tokens(person, editors_group):
    person.groups.remove(editors_group)
    assert not Connection.objects.exists()


def test_who_is_removed_from_the_groups_side_loses_the_tokens(person, editors_group):
    editors_group.user_set.remove(person)
    assert not Connection.objects.exists()


def test_who_is_cleared_from_the_group_loses_the_tokens(editors_group):
    editors_group.user_set.clear()
    assert not Connection.objects.exists()


def test_who_is_cleared_of_groups_loses_the_tokens(person):
    person.groups.clear()
    assert not Connection.objects.exists()


def test_a_group_that_loses_the_permission_takes_the_tokens_along(editors_group):
    editors_group.permissions.clear()
    assert not Connection.objects.exists()


def test_a_group_that_goes_takes_the_tokens_along(editors_group):
    editors_group.delete()
    assert not Connection.objects.exists()


def test_a_permission_taken_from_its_own_side_takes_the_tokens_along(editors_group):
    Permission.objects.get(codename=PERMISSION).group_set.remove(editors_group)
    assert not Connection.objects.exists()


def test_a_superuser_who_is_none_any_more_loses_the_tokens(connect):
    boss = get_user_model().objects.create_superuser("boss", "boss@example.com", "pw")
    theirs = connect(boss, object_id="boss")
    boss.is_superuser = False
    boss.save()
    assert not Connection.objects.filter(pk=theirs.pk).exists()


def test_who_keeps_the_permission_another_way_keeps_the_tokens(person, editors_group):
    person.user_permissions.add(Permission.objects.get(codename=PERMISSION))
    person.groups.clear()
    assert Connection.objects.exists()


def test_a_log_in_asks_nothing_about_rights(person, django_assert_num_queries):
    with django_assert_num_queries(1):
        person.save(update_fields=["last_login"])


def test_a_change_of_name_keeps_the_tokens(person):
    person.first_name = "Ada"
    person.save()
    assert Connection.objects.exists()


def test_what_no_signal_tells_is_noticed_at_the_next_refresh(
    person, connection, endpoint
):
    get_user_model().objects.update(is_active=False)
    CachedAccessToken.objects.all().delete()
    with pytest.raises(NotConnected):
        get_token(connection, world=endpoint.world())
    assert not Connection.objects.exists()
    assert not endpoint.asked
