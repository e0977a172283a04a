"""Many callers at once on a token that has expired, and a refresher that is killed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from . import databases, site
from .databases import Database
from .processes import Worker
from .table import Entry, Row, Skipped

TITLE = "A herd on an expired token"
CALLERS, PROCESSES = 64, 8
ROUNDS = 7
#: Seconds that the token endpoint takes.
LATENCY = 0.150
#: Seconds until all are in place before they start together.
_RUN_UP = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one herd."""

    #: On the clock of ``time.monotonic``.
    began: float
    requests: int
    failed: list[str]
    tokens: int
    #: Seconds of the slowest caller, and of the one in the middle.
    slowest: float
    median: float


class Herd:
    """A site's processes with their threads, and the Microsoft they ask."""

    def __init__(self, stack: ExitStack, database: Database, processes: int) -> None:
        self.microsoft = site.opened(stack, "microsoft", {})
        self._environment = site.environment(self.microsoft, database)
        self._stack = stack
        #: Looks after the database, and asks for nothing.
        self.keeper = self.another()
        site.connect(self.keeper, self.microsoft)
        self.workers = [self.another() for _ in range(processes)]
        for worker in self.workers:
            worker.tell("open_threads", count=CALLERS // processes)
        for worker in self.workers:
            worker.hear()

    def another(self) -> Worker:
        return site.opened(self._stack, "herd_worker", self._environment)

    def warm_up(self) -> None:
        """Each process refreshes once: none is measured on its first day."""
        self.microsoft.ask("behave", latency=0, strict_rotation=True)
        for worker in self.workers:
            self.keeper.ask("expire")
            worker.ask("ask", callers=1, at=0)
        self.microsoft.ask("token_requests")

    def ask(self) -> Outcome:
        at = time.monotonic() + _RUN_UP
        for worker in self.workers:
            worker.tell("ask", callers=CALLERS // len(self.workers), at=at)
        answers: list[dict[str, Any]] = [
            one for worker in self.workers for one in worker.hear()
        ]
        seconds = [one["seconds"] for one in answers]
        return Outcome(
            began=at,
            requests=self.microsoft.ask("token_requests"),
            failed=[one["failed"] for one in answers if "failed" in one],
            tokens=len({one["token"] for one in answers if "token" in one}),
            slowest=max(seconds),
            median=statistics.median(seconds),
        )


def run() -> list[Entry]:
    rows: list[Entry] = []
    for name, make in databases.ALL:
        try:
            with make() as database:
                rows += _on(database)
        except databases.Unreachable as error:
            rows.append(Skipped(what=name, reason=str(error)))
    return rows


def _on(database: Database) -> Iterator[Row]:
    # SQLite is for one process; what it is asked to do is threads.
    processes = 1 if database.name == "SQLite" else PROCESSES
    name = f"{database.name}, {processes} × {CALLERS // processes}"
    with ExitStack() as stack:
        herd = Herd(stack, database, processes)
        yield from _expired(name, herd)
        if processes > 1:
            yield from _killed(database.name, herd)


def _expired(name: str, herd: Herd) -> Iterator[Row]:
    herd.warm_up()
    herd.microsoft.ask("behave", latency=LATENCY, strict_rotation=True)
    outcomes = []
    for _ in range(ROUNDS):
        herd.keeper.ask("expire")
        outcomes.append(herd.ask())
    most = max(one.requests for one in outcomes)
    yield Row(what=f"{name}: token requests", value=most, unit="", at_most=1)
    yield from _served(name, outcomes)
    slowest = statistics.median(one.slowest for one in outcomes)
    yield Row(
        what=f"{name}: the caller in the middle",
        value=1000 * statistics.median(one.median for one in outcomes),
        unit="ms",
    )
    yield Row(
        what=f"{name}: the slowest caller, to the latency",
        value=1000 * slowest,
        unit="ms",
        ratio=slowest / LATENCY,
        at_most=2,
    )


def _served(name: str, outcomes: list[Outcome]) -> Iterator[Row]:
    failed = [each for one in outcomes for each in one.failed]
    if failed:
        name = f"{name} ({failed[0]})"
    yield Row(
        what=f"{name}: callers that failed", value=len(failed), unit="", at_most=0
    )
    yield Row(
        what=f"{name}: different tokens",
        value=max(one.tokens for one in outcomes),
        unit="",
        at_most=1,
    )


def _killed(name: str, herd: Herd) -> Iterator[Row]:
    """The refresher dies while Microsoft is at work; as at Entra, its token lives on."""
    victim = herd.another()
    victim.ask("open_threads", count=1)
    herd.microsoft.ask("behave", latency=LATENCY, strict_rotation=False)
    herd.microsoft.ask("token_requests")
    herd.keeper.ask("expire")
    victim.tell("ask", callers=1, at=0)
    while not herd.keeper.ask("has_lease"):
        time.sleep(0.005)
    taken = time.monotonic()
    # Now its request is on its way, and no answer yet.
    time.sleep(LATENCY / 3)
    victim.kill()
    outcome = herd.ask()
    recovered = outcome.began + outcome.slowest - taken
    yield Row(
        what=f"{name}, refresher killed: token requests, its own included",
        value=outcome.requests,
        unit="",
        at_most=2,
    )
    yield from _served(f"{name}, refresher killed", [outcome])
    yield Row(
        what=f"{name}, refresher killed: all served, after the lease was taken",
        value=recovered,
        unit="s",
        at_most=herd.keeper.ask("lease_seconds") + 2 * LATENCY,
    )
