"""Keep-alive among very many connections: bounded memory, and runs that are resumed."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta

import pytest
from django.utils import timezone

from wagtail_m365.models import Connection
from wagtail_m365.tokens.keep_alive import keep_alive

pytestmark = pytest.mark.django_db

MANY = 100_000
#: Bytes. Reading all keys at once would take more than ten times as much.
BOUND = 2_000_000


def rows(count, days, first=0, **more):
    """Connections that were refreshed so many days ago, without a token."""
    moment = timezone.now() - timedelta(days=days)
    for number in range(first, first + count):
        yield Connection(
            service_name=f"c{number}",
            client_id="client",
            object_id=str(number),
            last_refreshed_at=moment,
            **more,
        )


def insert(each):
    Connection.objects.bulk_create(each, batch_size=500)


def peak_of(run):
    """What a run yields, and the most memory that it took."""
    tracemalloc.start()
    try:
        found = sum(1 for _ in run)
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_hundred_thousand_connections_take_little_memory(endpoint):
    """The few idle ones are found among all the others."""
    for start in range(0, MANY, 10_000):
        insert(rows(10_000, days=1, first=start))
    insert(rows(20, days=70, first=MANY))

    found, peak = peak_of(keep_alive(world=endpoint.world()))

    assert found == 20
    assert peak < BOUND


# Committed for real: a transaction around the test would keep what waits for its end.
@pytest.mark.django_db(transaction=True)
def test_memory_does_not_grow_with_the_number_of_idle_ones(endpoint):
    insert(rows(500, days=70))

    # Fifty at a time; whoever kept all of them would grow with their number.
    many, peak = peak_of(keep_alive(batch=50, world=endpoint.world()))

    assert many == 500
    assert peak < BOUND


def test_a_run_that_was_killed_is_resumed_where_it_stopped(connect, endpoint):
    moment = timezone.now() - timedelta(days=70)
    for number in range(50):
        connect(
            service_name=f"c{number}",
            refresh="the same",
            object_id=str(number),
            last_refreshed_at=moment + timedelta(seconds=number),
        )
    endpoint.valid, endpoint.rotates = "the same", False
    run = keep_alive(batch=7, world=endpoint.world())
    first = [next(run).connection_id for _ in range(20)]
    run.close()

    rest = [one.connection_id for one in keep_alive(batch=7, world=endpoint.world())]

    assert len(rest) == 30
    assert not set(first) & set(rest)
    assert len(endpoint.asked) == 50
    assert not list(keep_alive(world=endpoint.world()))
