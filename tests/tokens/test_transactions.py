from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from django.core.signals import request_finished
from django.db import OperationalError, transaction
from django.db import connection as database

from tests.tokens.endpoint import Endpoint
from wagtail_m365.models import Connection
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens import apart
from wagtail_m365.tokens.broker import get_token

pytestmark = pytest.mark.django_db(transaction=True)

IN_MEMORY = "SQLite in memory has one connection only"


class Undone(Exception):
    pass


def undo_after_asking(owner, endpoint, *, having_locked=None, afterwards=lambda: None):
    with transaction.atomic():
        if having_locked:
            having_locked.save(update_fields=["label"])
        assert get_token(owner, world=endpoint.world()).token == "access-1"
        afterwards()
        raise Undone


def undo_after_asking_anew(owner, endpoint, *, times):
    with transaction.atomic():
        for _ in range(times):
            get_token(owner, force_refresh=True, world=endpoint.world())
        raise Undone


def failing_writes(times):
    """The database refuses so many changes of connections, then takes them."""
    left = itertools.repeat(None, times)

    def execute(go_on, sql, *args):
        changes = sql.startswith("UPDATE") and "wagtail_m365_connection" in sql
        if changes and next(left, "none left") is None:
            raise OperationalError("a lock was waited for too long")
        return go_on(sql, *args)

    return execute


def end_another_request():
    """What a worker's other threads do meanwhile."""

    def end():
        try:
            request_finished.send(sender=None)
        finally:
            database.close()
            if database.connection is not None:  # Django leaves it open in memory
                database.connection.close()

    with ThreadPoolExecutor(1) as executor:
        executor.submit(end).result()


def stored_refresh_token(connection) -> Secret:
    return Connection.objects.get(pk=connection.pk).open_refresh_token()


def test_a_rotated_refresh_token_survives_the_rollback_of_its_caller(
    person, connection, endpoint
):
    with pytest.raises(Undone):
        undo_after_asking(person, endpoint)
    request_finished.send(sender=None)
    assert stored_refresh_token(connection) == Secret("refresh-1")


def test_of_two_refreshes_that_a_rollback_undid_the_newer_one_is_kept(
    person, connection, endpoint
):
    with pytest.raises(Undone):
        undo_after_asking_anew(person, endpoint, times=2)
    request_finished.send(sender=None)
    assert stored_refresh_token(connection) == Secret("refresh-2")


def test_a_refresh_undone_by_a_savepoint_alone_is_kept_too(
    person, connection, endpoint
):
    with transaction.atomic():
        get_token(person, world=endpoint.world())
        with pytest.raises(Undone):
            undo_after_asking_anew(person, endpoint, times=1)
    request_finished.send(sender=None)
    assert stored_refresh_token(connection) == Secret("refresh-2")


def test_what_cannot_be_settled_now_is_settled_later_and_holds_up_no_other(
    person, connection, connect
):
    other = connect(person, default_for=None, object_id="bob")
    for owner in connection, other:
        with pytest.raises(Undone):
            undo_after_asking(owner, Endpoint(), having_locked=owner)
    with database.execute_wrapper(failing_writes(1)):
        request_finished.send(sender=None)
    assert stored_refresh_token(other) == Secret("refresh-1")
    request_finished.send(sender=None)
    assert stored_refresh_token(connection) == Secret("refresh-1")


def test_a_transaction_that_is_open_is_not_settled_by_another_thread(
    person, connection, endpoint
):
    with pytest.raises(Undone):
        undo_after_asking(
            person, endpoint, having_locked=connection, afterwards=end_another_request
        )
    request_finished.send(sender=None)
    assert stored_refresh_token(connection) == Secret("refresh-1")


def test_the_next_caller_also_settles_what_a_rollback_lost(
    person, connection, endpoint
):
    with pytest.raises(Undone):
        undo_after_asking(person, endpoint)
    assert get_token(connection, force_refresh=True, world=endpoint.world())
    assert stored_refresh_token(connection) == Secret("refresh-2")


def test_what_was_committed_is_not_written_twice(person, connection, endpoint):
    with transaction.atomic():
        get_token(person, world=endpoint.world())
    version = Connection.objects.get().version
    request_finished.send(sender=None)
    assert Connection.objects.get().version == version


def test_a_token_for_a_connection_made_in_the_same_transaction(
    person, connect, endpoint
):
    with transaction.atomic():
        connect(person)
        assert get_token(person, world=endpoint.world()).token == "access-1"
    assert get_token(person).token == "access-1"


def test_a_token_for_a_connection_that_the_caller_has_locked(
    person, connection, endpoint
):
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(label="Mine")
        assert get_token(person, world=endpoint.world()).token == "access-1"
    kept = Connection.objects.get()
    assert kept.label == "Mine"
    assert kept.open_refresh_token() == Secret("refresh-1")


def test_a_token_after_the_caller_dropped_the_cached_ones(
    person, connection, have_token, endpoint
):
    have_token(connection, left=10)
    with transaction.atomic():
        connection.access_tokens.all().delete()
        assert get_token(person, world=endpoint.world()).token == "access-1"


def test_the_callers_transaction_is_still_usable_afterwards(
    person, connection, endpoint
):
    with transaction.atomic():
        get_token(person, world=endpoint.world())
        person.first_name = "Ada"
        person.save()
    person.refresh_from_db()
    assert person.first_name == "Ada"


def test_no_transaction_of_ours_is_open_while_microsoft_is_asked(
    person, connection, endpoint
):
    seen = []
    endpoint.meanwhile = lambda: seen.append(apart.in_transaction())
    get_token(person, world=endpoint.world())
    assert seen == [False]


@pytest.mark.parametrize("within", [transaction.atomic, nullcontext])
def test_an_answer_that_cannot_be_written_now_is_written_later(
    person, connection, endpoint, within
):
    endpoint.meanwhile = lambda: database.execute_wrappers.append(failing_writes(1))
    with within():
        assert get_token(person, world=endpoint.world()).token == "access-1"
    database.execute_wrappers.clear()
    assert len(endpoint.asked) == 1
    request_finished.send(sender=None)
    assert stored_refresh_token(connection) == Secret("refresh-1")


@pytest.mark.skipif(database.vendor == "sqlite", reason=IN_MEMORY)
def test_the_write_of_an_answer_waits_for_locks_as_long_as_any_other(
    person, connection, endpoint
):
    ask = {
        "postgresql": "SHOW lock_timeout",
        "mysql": "SELECT @@innodb_lock_wait_timeout",
    }[database.vendor]

    def patience():
        with database.cursor() as cursor:
            cursor.execute(ask)
            return cursor.fetchall()

    def execute(go_on, sql, *args):
        if sql.startswith("UPDATE") and "refresh_token_sealed" in sql:
            seen.append(patience())
        return go_on(sql, *args)

    seen = []
    endpoint.meanwhile = lambda: database.execute_wrappers.append(execute)
    with transaction.atomic():
        get_token(person, world=endpoint.world())
    assert seen == [patience()]


@pytest.mark.skipif(database.vendor == "sqlite", reason=IN_MEMORY)
def test_not_even_the_callers_transaction_holds_the_row_meanwhile(
    person, connection, endpoint
):
    seen = []
    endpoint.meanwhile = lambda: seen.append(
        (apart.in_transaction(), Connection.objects.get().lease_owner != "")
    )
    with transaction.atomic():
        get_token(person, world=endpoint.world())
    assert seen == [(False, True)]
