"""What a watched folder with many files costs: the first run, a later one, a killed one."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from . import databases, site
from .processes import Worker
from .table import Entry, Row

TITLE = "A watched folder"
#: Files in it, of which so many pass its filter and become documents.
FILES = 50_000 if "--large" in sys.argv else 5_000
TAKEN, CHANGED = 500, 10
#: Seconds after which the first run is killed.
_KILLED_AFTER = 8.0


def run() -> list[Entry]:
    with databases.sqlite() as database, ExitStack() as stack:
        microsoft = site.opened(stack, "microsoft", {})
        environment = site.environment(microsoft, database)
        worker = site.opened(stack, "watching_worker", environment)
        site.connect(worker, microsoft)
        place = microsoft.ask("fill", count=FILES, taken=TAKEN)
        worker.ask("watch", **place)
        microsoft.ask("graph_requests")
        worker.tell("run")
        time.sleep(_KILLED_AFTER)  # it is a moment, and no measure
        worker.kill()
        first = microsoft.ask("graph_requests")
        second = site.opened(stack, "watching_worker", environment)
        known = second.ask("expire_lease")
        return list(_measured(microsoft, second, first, known))


def _measured(
    microsoft: Worker, worker: Worker, first: int, known: int
) -> Iterator[Row]:
    yield Row(what="items known when the first run was killed", value=known, unit="")
    done = worker.ask("run")
    assert not done["error"], done
    again = microsoft.ask("graph_requests")
    yield Row(
        what=f"{FILES:,} items: memory above idle",
        value=done["memory"],
        unit="MiB",
        at_most=64,
    )
    yield Row(
        what="requests of both runs, to those without a kill",
        value=first + again,
        unit="",
        ratio=(first + again) / _fewest(),
        at_most=1.05,
    )
    yield Row(
        what="documents, to files that pass the filter",
        value=worker.ask("documents"),
        unit="",
        ratio=worker.ask("documents") / TAKEN,
        at_most=1,
        at_least=1,
    )
    yield from _later(microsoft, worker)


def _later(microsoft: Worker, worker: Worker) -> Iterator[Row]:
    worker.ask("run")
    microsoft.ask("graph_requests")
    worker.ask("run")
    idle = microsoft.ask("graph_requests")
    yield Row(what="requests of a run without changes", value=idle, unit="", at_most=1)
    microsoft.ask("change", count=CHANGED)
    worker.ask("run")
    changed = microsoft.ask("graph_requests")
    yield Row(
        what=f"requests of a run with {CHANGED} changes, each",
        value=(changed - idle) / CHANGED,
        unit="",
        at_most=4,
    )


def _fewest() -> int:
    """A link, the pages of 101 folders, and three requests for each document."""
    pages = 100 * -(-FILES // 100 // 200) + 1
    return 1 + pages + 3 * TAKEN
