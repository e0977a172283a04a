"""Many callers, in several processes, on one connection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection as database

from tests.shared_database import SharedDatabase
from wagtail_m365.conf import configured
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.tokens.broker import get_token

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
PROCESSES, THREADS = 3, 4


class Herd(SharedDatabase):
    """Processes that share one database with each other, and on a server with us."""

    def stored(self, column: str) -> object:
        """A column of the only connection, as the others left it."""
        return self.ask(f"SELECT {column} FROM wagtail_m365_connection")[0][0]

    @contextmanager
    def process(
        self, connection: Connection, threads: int
    ) -> Iterator[subprocess.Popen]:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": self.url(),
            "HERD_SETTINGS": json.dumps(dict(configured())),
        }
        command = [sys.executable, "-m", "tests.tokens.herd", connection.pk, threads]
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()

    def run(self, connection: Connection) -> list[dict[str, object]]:
        """What every thread of every process got, when all ask at once."""
        with (
            self.process(connection, THREADS) as one,
            self.process(connection, THREADS) as two,
            self.process(connection, THREADS) as three,
        ):
            processes = [one, two, three]
            for process in processes:
                assert process.stdout.readline() == "ready\n"
            for process in processes:
                tell(process)
            return [
                result
                for process in processes
                for result in json.loads(process.stdout.readline())
            ]


def tell(process: subprocess.Popen) -> None:
    process.stdin.write("go\n")
    process.stdin.flush()


@pytest.fixture
def herd(tmp_path) -> Herd:
    return Herd(tmp_path)


def token_requests(microsoft) -> int:
    return sum(one.path.endswith("/token") for one in microsoft.requests)


@pytest.fixture
def expired(connected, microsoft):
    microsoft.world.options.strict_rotation = True
    CachedAccessToken.objects.update(expires_on=1)
    return connected


def test_one_refresh_serves_a_herd_of_processes(expired, herd, microsoft):
    microsoft.fail("slow_token", delay=0.15)
    herd.publish()
    results = herd.run(expired)
    assert len(results) == PROCESSES * THREADS
    assert [result for result in results if "error" in result] == []
    assert len({result["token"] for result in results}) == 1
    assert token_requests(microsoft) == 1
    assert herd.stored("version") == expired.version + 1


def test_a_herd_that_meets_an_outage_asks_once(expired, herd, microsoft):
    where = {"method": "POST"}
    microsoft.fail("service_unavailable", times=50, where=where, retry_after=60)
    herd.publish()
    results = herd.run(expired)
    assert all("error" in result for result in results)
    assert token_requests(microsoft) == 1


def test_a_herd_whose_grant_is_gone_asks_once(expired, herd, microsoft):
    microsoft.fail("revoked_grant", times=50)
    herd.publish()
    results = herd.run(expired)
    assert all("error" in result for result in results)
    assert token_requests(microsoft) == 1
    assert herd.stored("state") == "needs_reconnect"


def test_who_is_killed_in_the_middle_of_a_refresh_is_replaced(
    expired, herd, microsoft, site
):
    microsoft.world.options.strict_rotation = False
    site.WAGTAIL_M365 = microsoft.settings(TIMEOUT=(0.2, 1.0))
    microsoft.fail("slow_token", delay=0.8)
    herd.publish()
    tick = threading.Event()
    with herd.process(expired, 1) as victim:
        assert victim.stdout.readline() == "ready\n"
        tell(victim)
        while victim.poll() is None and not herd.stored("lease_owner"):
            tick.wait(0.01)
        victim.kill()
    results = herd.run(expired)
    assert [result for result in results if "error" in result] == []
    assert len({result["token"] for result in results}) == 1


def test_threads_of_one_process_share_a_refresh(expired, herd, microsoft):
    herd.publish()
    microsoft.fail("slow_token", delay=0.15)
    with herd.process(expired, 16) as process:
        assert process.stdout.readline() == "ready\n"
        tell(process)
        results = json.loads(process.stdout.readline())
    assert len({result["token"] for result in results}) == 1
    assert token_requests(microsoft) == 1


def test_the_next_request_uses_what_the_herd_fetched(expired, herd, microsoft):
    if database.vendor == "sqlite":
        pytest.skip("The herd has a copy of the database in memory")
    herd.publish()
    herd.run(expired)
    microsoft.clear_requests()
    assert get_token(expired).token
    assert not microsoft.requests
