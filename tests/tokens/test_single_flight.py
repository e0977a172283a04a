from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from django.db import connection as database
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from wagtail_m365.errors import NotConnected, ReconnectRequired, TemporarilyUnavailable
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens.broker import get_token
from wagtail_m365.tokens.disconnecting import disconnect
from wagtail_m365.tokens.single_flight import Flight

pytestmark = pytest.mark.django_db


@dataclass
class Waiting:
    """Time that passes only when somebody sleeps, and what happens meanwhile."""

    now: float = field(default_factory=time.time)
    slept: float = 0
    happens: dict[int, object] = field(default_factory=dict)
    turns: int = 0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        self.turns += 1
        if happens := self.happens.pop(self.turns, None):
            happens()


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def ask(endpoint, waiting):
    def ask(owner, **more):
        world = endpoint.world(clock=waiting.clock, sleep=waiting.sleep)
        return get_token(owner, world=world, **more)

    return ask


def lease_of_another(connection, waiting, seconds=20.0):
    Connection.objects.filter(pk=connection.pk).update(
        lease_owner="another worker", lease_until=waiting.now + seconds
    )


def test_the_lease_outlasts_a_request_that_is_tried_twice():
    assert Flight(timeout=(3, 10)).lease_seconds > 2 * 3 + 10


def test_a_lease_is_given_once(connection):
    flight = Flight()
    assert flight.take(connection)
    assert flight.take(connection) is None


def test_a_lease_is_given_for_the_version_that_was_read(connection):
    Connection.objects.update(version=F("version") + 1)
    assert Flight().take(connection) is None


def test_a_lease_is_not_given_to_who_missed_a_failure(connection):
    Connection.objects.update(failures=F("failures") + 1)
    assert Flight().take(connection) is None


def test_a_lease_that_is_given_back_can_be_taken_again(connection):
    flight = Flight()
    flight.abandon(flight.take(connection))
    assert flight.take(connection)


def test_an_ageing_token_is_served_while_another_worker_refreshes(
    connection, have_token, ask, endpoint, waiting
):
    have_token(connection, left=100)
    lease_of_another(connection, waiting)
    assert ask(connection).token == "access-0"
    assert not endpoint.asked
    assert waiting.slept == 0


def test_a_caller_waits_for_anothers_refresh_and_uses_its_token(
    connection, have_token, ask, endpoint, waiting
):
    lease_of_another(connection, waiting)

    def the_other_is_done():
        Connection.objects.update(lease_owner="", lease_until=0, version=1)
        connection.version = 1
        have_token(connection, "of the other")

    waiting.happens[3] = the_other_is_done
    assert ask(connection).token == "of the other"
    assert not endpoint.asked


def test_the_lease_of_a_dead_worker_is_taken_over_when_it_ends(
    person, connection, ask, waiting
):
    lease_of_another(connection, waiting, seconds=15)
    assert ask(person).token == "access-1"
    assert waiting.slept >= 15


def test_a_refresh_that_never_ends_is_told_and_not_waited_for(
    person, connection, ask, waiting
):
    Connection.objects.update(lease_owner="another", lease_until=waiting.now + 9999)
    with pytest.raises(TemporarilyUnavailable) as failed:
        ask(person)
    assert failed.value.code == "refresh_stuck"


def test_who_was_overtaken_serves_the_newer_token_and_overwrites_nothing(
    person, connection, have_token, ask, endpoint
):
    def somebody_is_faster():
        fresh = Connection.objects.get()
        fresh.set_refresh_token(Secret("the winner's"))
        fresh.version += 1
        fresh.save()
        have_token(fresh, "of the winner")

    endpoint.meanwhile = somebody_is_faster
    assert ask(person).token == "of the winner"
    connection.refresh_from_db()
    assert connection.open_refresh_token() == Secret("the winner's")
    assert CachedAccessToken.objects.count() == 1


def test_a_refusal_of_an_overtaken_refresh_changes_nothing(
    person, connection, have_token, ask, endpoint
):
    def somebody_is_faster():
        Connection.objects.update(version=F("version") + 1)
        have_token(Connection.objects.get(), "of the winner")

    endpoint.meanwhile = somebody_is_faster
    endpoint.failures = [ReconnectRequired()]
    assert ask(person).token == "of the winner"
    connection.refresh_from_db()
    assert connection.state == "active"


def test_a_connection_removed_during_the_refresh_stays_removed(
    person, connection, ask, endpoint
):
    endpoint.meanwhile = lambda: disconnect(Connection.objects.get())
    with pytest.raises(NotConnected):
        ask(person)
    assert not Connection.objects.exists()
    assert not CachedAccessToken.objects.exists()


def test_an_unexpected_error_leaves_no_lease_behind(person, connection, ask, endpoint):
    endpoint.failures = [KeyError("a bug")]
    with pytest.raises(KeyError):
        ask(person)
    connection.refresh_from_db()
    assert connection.lease_owner == ""


@pytest.mark.django_db(transaction=True)
def test_the_new_token_is_there_as_soon_as_the_lease_is_over(
    person, connection, have_token, endpoint
):
    have_token(connection, left=-10)
    within = []

    def watch(execute, sql, *args):
        if sql.startswith("UPDATE") and endpoint.asked:
            within.append(database.in_atomic_block)
        return execute(sql, *args)

    with database.execute_wrapper(watch):
        assert get_token(person, world=endpoint.world()).token == "access-1"
    # Whoever looks between two commits would think that nobody has refreshed.
    assert within == [True, True]


def test_who_waits_asks_one_small_question_per_turn(connection, ask, waiting):
    lease_of_another(connection, waiting, seconds=15)
    with CaptureQueriesContext(database) as captured:
        ask(connection)
    of_the_refresh = 30
    assert waiting.turns > 100
    assert len(captured) <= waiting.turns + of_the_refresh
