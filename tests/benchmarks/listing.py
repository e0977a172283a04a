"""What Microsoft 365 costs on Wagtail's documents listing."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import ExitStack

from . import databases, site
from .processes import Worker
from .table import Entry, Row

TITLE = "The documents listing"
DOCUMENTS, OTHERS = 1_000, 100_000
#: Rows of Wagtail's own page, and all of them on one.
PAGES = {20: 40, DOCUMENTS: 7}

Rounds = list[dict[str, float]]


def run() -> list[Entry]:
    with databases.sqlite() as database, ExitStack() as stack:
        microsoft = site.opened(stack, "microsoft", {})
        environment = site.environment(microsoft, database)
        worker = site.opened(stack, "listing_worker", environment)
        site.connect(worker, microsoft)
        worker.ask("documents", count=DOCUMENTS)
        alone = {rows: _measured(worker, rows) for rows in PAGES}
        found = [row for rows in PAGES for row in _compared(worker, rows, alone[rows])]
        worker.ask("crowd", others=OTHERS)
        for rows in PAGES:
            among = _measured(worker, rows)
            found.append(
                Row(
                    what=f"{rows} rows, among {OTHERS:,} connections and sessions: growth",
                    value=_median(among, "ours"),
                    unit="ms",
                    ratio=_ratio(among) / _ratio(alone[rows]),
                    at_most=1.1,
                )
            )
        return list(found)


def _measured(worker: Worker, rows: int) -> Rounds:
    found: Rounds = worker.ask("measure", rounds=PAGES[rows], rows=rows)
    return found


def _compared(worker: Worker, rows: int, measured: Rounds) -> Iterator[Row]:
    queries = worker.ask("queries", rows=rows)
    yield Row(
        what=f"{rows} rows: further queries",
        value=queries["ours"] - queries["bare"],
        unit="",
        at_most=1,
    )
    yield Row(what=f"{rows} rows: Wagtail", value=_median(measured, "bare"), unit="ms")
    yield Row(
        what=f"{rows} rows: with wagtail_m365",
        value=_median(measured, "ours"),
        unit="ms",
        ratio=_ratio(measured),
        at_most=1.1,
    )


def _median(rounds: Rounds, name: str) -> float:
    return statistics.median(one[name] for one in rounds)


def _ratio(rounds: Rounds) -> float:
    """Within each round, where both had the same luck; then the median."""
    return statistics.median(one["ours"] / one["bare"] for one in rounds)
