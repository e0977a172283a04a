"""What it costs to ask for a token that is there: the hot path of every plugin."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import ExitStack

from . import databases, others, site
from .databases import Database
from .processes import Worker
from .table import Entry, Row, Skipped

TITLE = "A valid token out of the database"
ROUNDS, CALLS = 15, 200
OTHERS = 100_000
_UNIT = "\N{GREEK SMALL LETTER MU}s"

OURS, LIMIT, BLOB = "wagtail_m365", "bare limit", "MSAL cache, sealed"
PLAIN = {
    "django-allauth": "django-allauth",
    "social-auth-app-django": "social-app-django",
}
Rounds = list[dict[str, float]]


def run() -> list[Entry]:
    missing = others.ensure(others.TOKENS)
    rows: list[Entry] = [
        Skipped(what=name, reason=reason) for name, reason in missing.items()
    ]
    for name, make in databases.ALL[:2]:
        try:
            with make() as database:
                rows += _on(
                    database, [one for one in others.TOKENS if one not in missing]
                )
        except databases.Unreachable as error:
            rows.append(Skipped(what=name, reason=str(error)))
    return rows


def _on(database: Database, chosen: list[str]) -> Iterator[Row]:
    with ExitStack() as stack:
        microsoft = site.opened(stack, "microsoft", {})
        environment = site.environment(microsoft, database, chosen)
        worker = site.opened(stack, "hot_path_worker", environment)
        site.connect(worker, microsoft)
        worker.ask("prepare")
        yield from _queries(database.name, worker)
        alone: Rounds = worker.ask("measure", rounds=ROUNDS, calls=CALLS)
        yield from _compared(database.name, alone)
        worker.ask("crowd", others=OTHERS)
        among: Rounds = worker.ask("measure", rounds=ROUNDS, calls=CALLS)
        name = f"{database.name}, {OTHERS:,} others"
        yield from _compared(name, among)
        yield Row(
            what=f"{name}: growth of the ratio to the limit",
            value=_median(among, OURS),
            unit=_UNIT,
            ratio=_ratio(among, OURS, LIMIT) / _ratio(alone, OURS, LIMIT),
            at_most=1.15,
        )


def _queries(name: str, worker: Worker) -> Iterator[Row]:
    first, second = worker.ask("queries")
    yield Row(
        what=f"{name}: queries of the first ask in a request",
        value=first,
        unit="",
        at_most=1,
    )
    yield Row(
        what=f"{name}: queries of the second ask in it",
        value=second,
        unit="",
        at_most=0,
    )


def _compared(name: str, rounds: Rounds) -> Iterator[Row]:
    yield Row(what=f"{name}: bare limit", value=_median(rounds, LIMIT), unit=_UNIT)
    yield Row(
        what=f"{name}: wagtail_m365, to the limit",
        value=_median(rounds, OURS),
        unit=_UNIT,
        ratio=_ratio(rounds, OURS, LIMIT),
        at_most=1.3,
    )
    for peer in [*PLAIN.values(), BLOB]:
        if peer in rounds[0]:
            yield from _beside(name, rounds, peer)


def _beside(name: str, rounds: Rounds, peer: str) -> Iterator[Row]:
    yield Row(
        what=f"{name}: {peer}, to the limit",
        value=_median(rounds, peer),
        unit=_UNIT,
        ratio=_ratio(rounds, peer, LIMIT),
    )
    yield Row(
        what=f"{name}: wagtail_m365, to {peer}",
        value=_median(rounds, OURS),
        unit=_UNIT,
        ratio=_ratio(rounds, OURS, peer),
        at_most=1,
    )


def _median(rounds: Rounds, way: str) -> float:
    return statistics.median(one[way] for one in rounds)


def _ratio(rounds: Rounds, way: str, other: str) -> float:
    """Within each round, where both had the same luck; then the median."""
    return statistics.median(one[way] / one[other] for one in rounds)
