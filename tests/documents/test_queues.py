"""Real queues: two worker processes, one of which is killed in mid-transfer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from wagtail.documents import get_document_model

from tests.shared_database import SharedDatabase
from wagtail_m365.conf import configured

from .transfers import LARGE, plan

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/11")
FILES = 4
#: How a worker is started, and what it says once it listens.
WORKERS = {
    "database": (
        ["db_worker", "--interval", "0.1", "--no-startup-delay", "--no-reload"],
        "Starting worker",
    ),
    "redis": (
        # A worker that does not fork: what is killed is what does the work.
        [
            *("rqworker", "--worker-class", "rq.SimpleWorker"),
            *("--job-class", "django_tasks_rq.Job"),
        ],
        "Listening on",
    ),
}


def until(happened: Callable[[], object], seconds: float = 120) -> None:
    """Wait for something in another process, and not for ever."""
    tick, end = threading.Event(), time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "It did not happen."
        tick.wait(0.02)


class Site:
    """A site with a queue: a database, its workers, and what its schedule calls."""

    def __init__(self, queue: str, folder: Path, media: Path) -> None:
        self.queue = queue
        self.media = media
        self.folder = folder
        self.database = SharedDatabase(folder)

    def run(self, *command: str) -> None:
        """A command, to its end."""
        subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=self._environment(),
            check=True,
            timeout=120,
        )

    @contextmanager
    def worker(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker that listens."""
        command, sign = WORKERS[self.queue]
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "django", *command],
                cwd=ROOT,
                env=self._environment(),
                stdout=output,
                stderr=output,
            )
        try:
            until(lambda: sign in log.read_text() or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield process
        finally:
            process.kill()
            process.wait()

    def counts(self) -> dict[object, object]:
        """State → how many transfers are in it."""
        sql = "SELECT state, COUNT(*) FROM wagtail_m365_transfer GROUP BY state"
        return dict(self.database.ask(sql))

    def sending(self) -> int:
        """How many transfers have begun an upload session that is not over."""
        sql = "SELECT COUNT(*) FROM wagtail_m365_transfer WHERE session_sealed <> ''"
        return int(str(self.database.ask(sql)[0][0]))

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings_worker",
            "WORKER_DOCUMENT_MODEL": get_document_model()._meta.label,
            "DATABASE_URL": self.database.url(),
            "REDIS_URL": REDIS_URL,
            "WORKER_QUEUE": self.queue,
            "WORKER_MEDIA": str(self.media),
            "WORKER_SETTINGS": json.dumps(dict(configured())),
            "PYTHONUNBUFFERED": "1",
        }


def forget_jobs() -> None:
    with redis.Redis.from_url(REDIS_URL) as server:
        for key in server.scan_iter("rq:*"):
            server.delete(key)


@pytest.fixture(params=WORKERS)
def queue(request) -> Iterator[str]:
    if request.param != "redis":
        yield request.param
        return
    try:
        forget_jobs()
    except redis.ConnectionError:
        pytest.skip("No Redis answers at REDIS_URL")
    yield request.param
    forget_jobs()


@pytest.fixture
def microsoft_drive(ada, connect, onedrive, make_document):
    account = connect(ada)
    documents = [
        make_document(LARGE, name=f"film{number}.zip", title=f"Film {number}")
        for number in range(FILES)
    ]
    plan(documents, ada, account, below="Press")
    return onedrive(account)


def test_one_of_two_workers_is_killed_and_the_other_finishes_everything(
    queue, microsoft_drive, microsoft, settings, tmp_path
):
    site = Site(queue, tmp_path, settings.MEDIA_ROOT)
    site.database.publish()
    if queue == "database":
        site.run("tests.documents.queueing", "prepare")
    # Their first fragments take a while, so that both are in the middle of one.
    microsoft.fail("slow", times=2, where={"method": "PUT"}, delay=3)
    with site.worker("victim") as victim, site.worker("survivor"):
        site.run("tests.documents.queueing", "start")
        until(lambda: site.sending() == 2)
        victim.kill()
        victim.wait()
        until(lambda: site.counts() == {"done": FILES - 1, "running": 1})

        # Its lease ends by the clock, which nobody wants to wait for here.
        site.database.ask(
            "UPDATE wagtail_m365_transfer SET lease_until = 1 WHERE state = 'running'"
        )
        site.run("tests.documents.queueing", "sweep")
        until(lambda: site.counts() == {"done": FILES})

    assert sorted(microsoft_drive.paths) == [
        f"Press/film{number}.zip" for number in range(FILES)
    ]
    for path in microsoft_drive.paths:
        assert microsoft_drive.seam.file(path) == LARGE
