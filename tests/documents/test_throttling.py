"""What Microsoft tells one process to wait holds for all that use the connection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import connection as database
from django.db import transaction

from tests.shared_database import SharedDatabase
from tests.throttled import the_wait_is_over
from wagtail_m365.conf import configured
from wagtail_m365.documents.clients import graph_for
from wagtail_m365.errors import TemporarilyUnavailable
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.tokens.bundles import SAVE
from wagtail_m365.tokens.throttling import SharedThrottle

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]


class Worker:
    """One process of the site."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert self._read() == "ready\n"

    def ask(self, *, patience: float = 5) -> dict[str, object]:
        """It asks Graph, and tells what became of it."""
        self._process.stdin.write(f"{patience}\n")
        self._process.stdin.flush()
        return json.loads(self._read())

    def _read(self) -> str:
        return self._process.stdout.readline()


@contextmanager
def worker(account: Connection, shared: SharedDatabase) -> Iterator[Worker]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.documents.asking", str(account.pk)],
        cwd=ROOT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": shared.url(),
            "ASKING_SETTINGS": json.dumps(dict(configured())),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Worker(process)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture
def account(ada, connect) -> Connection:
    return connect(ada)


@pytest.fixture
def shared(tmp_path) -> SharedDatabase:
    return SharedDatabase(tmp_path)


@pytest.fixture
def workers(account, shared) -> Iterator[tuple[Worker, Worker]]:
    """Two processes that share a database and a connection."""
    shared.publish()
    with ExitStack() as stack:
        yield tuple(stack.enter_context(worker(account, shared)) for _ in range(2))


@pytest.fixture
def asked(microsoft):
    """What Graph was asked since."""
    microsoft.clear_requests()
    return lambda: [one for one in microsoft.requests if one.service == "graph"]


def test_no_process_asks_before_the_time_that_one_was_told(
    workers, shared, asked, microsoft
):
    first, second = workers
    assert second.ask() == {"error": None}
    microsoft.fail("throttled", service="graph", retry_after=600)
    microsoft.clear_requests()

    assert first.ask() == {"error": "temporarily_unavailable", "retry_after": 600}
    assert len(asked()) == 1
    for other in (second, first, second):
        told = other.ask()
        assert told["error"] == "temporarily_unavailable"
        assert 0 < told["retry_after"] <= 600
    assert len(asked()) == 1

    shared.ask("UPDATE wagtail_m365_cachedaccesstoken SET not_before = 0")
    assert second.ask() == first.ask() == {"error": None}


def test_a_short_while_is_waited_for_by_all(workers, asked, microsoft):
    first, second = workers
    microsoft.fail("throttled", service="graph", retry_after=1)

    assert first.ask(patience=0)["error"] == "temporarily_unavailable"
    assert second.ask() == {"error": None}

    told, answered = asked()
    assert (told.status, answered.status) == (429, 200)
    assert answered.at - told.at >= 1


def ask(owner, **how):
    return graph_for(owner, SAVE, **how).drives.mine()


def test_it_is_read_with_the_token_in_one_query(account, django_assert_num_queries):
    account = Connection.objects.get(pk=account.pk)
    with django_assert_num_queries(1):
        ask(account)


@pytest.fixture
def throttled(ada, account, microsoft, asked):
    """Ada was told to wait."""
    microsoft.fail("throttled", service="graph", retry_after=600)
    with pytest.raises(TemporarilyUnavailable):
        ask(ada)
    assert len(asked()) == 1
    return ada


def is_waiting(owner, asked) -> bool:
    before = len(asked())
    with pytest.raises(TemporarilyUnavailable):
        ask(owner)
    return len(asked()) == before


def test_it_holds_however_the_owner_is_named(throttled, account, asked):
    fresh = type(throttled).objects.get(pk=throttled.pk)
    assert is_waiting(throttled, asked)
    assert is_waiting(fresh, asked)
    assert is_waiting(Connection.objects.get(pk=account.pk), asked)


def test_it_holds_for_a_service_by_its_name(account, microsoft, asked):
    Connection.objects.filter(pk=account.pk).update(service_name="newsletter")
    microsoft.fail("throttled", service="graph", retry_after=600)
    with pytest.raises(TemporarilyUnavailable):
        ask("newsletter")
    assert is_waiting("newsletter", asked)


def test_other_connections_go_on(throttled, ben, connect):
    connect(ben)
    assert ask(ben)


def test_a_new_token_does_not_end_it(throttled, account, asked):
    CachedAccessToken.objects.update(expires_on=1)
    assert is_waiting(Connection.objects.get(pk=account.pk), asked)
    the_wait_is_over()
    assert ask(Connection.objects.get(pk=account.pk))


def test_a_shorter_wait_does_not_replace_a_longer_one(throttled, account):
    SharedThrottle(account).wait_until(time.time() + 5)
    assert CachedAccessToken.objects.get().not_before > time.time() + 500


def test_graph_is_asked_again_after_an_hour_whatever_an_answer_says(account):
    SharedThrottle(account).wait_until(time.time() + 10**9)
    assert CachedAccessToken.objects.get().not_before <= time.time() + 3600


def test_it_stays_when_the_caller_rolls_back(account):
    if database.vendor == "sqlite":
        pytest.skip("SQLite in memory has one connection only")
    with transaction.atomic():
        SharedThrottle(account).wait_until(time.time() + 60)
        transaction.set_rollback(True)
    assert CachedAccessToken.objects.get().not_before > time.time()


def test_a_database_that_cannot_be_told_leaves_the_client_itself_waiting(account):
    throttle = SharedThrottle(account)
    with transaction.atomic():
        CachedAccessToken.objects.select_for_update().get()
        throttle.wait_until(time.time() + 60)
    assert throttle.not_before() > time.time()
