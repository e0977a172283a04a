"""Refresh idle connections before Microsoft lets their refresh tokens lapse.

A refresh token ends 90 days after its last use (Microsoft, "Refresh tokens in the
Microsoft identity platform"). What was refreshed is idle no more, so a run that was
stopped is resumed by starting another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from wagtail_m365.errors import M365Error, TemporarilyUnavailable
from wagtail_m365.models import Connection

from .apart import in_transaction
from .broker import token_for
from .demands import GRAPH, Demand
from .fetching import World
from .states import may_be_refreshed

#: Failures of Microsoft's, one after the other, after which the run is broken off.
_PATIENCE = 5
_DEMAND = Demand(audience=GRAPH, scopes=frozenset(), force=True, in_use=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of one idle connection."""

    connection_id: Any
    #: ``None``: its refresh token is new.
    error: M365Error | None = None


def keep_alive(
    *, idle_days: int = 60, batch: int = 500, world: World | None = None
) -> Iterator[Kept]:
    """Refresh every connection that was not refreshed for so long, one by one.

    Args:
        idle_days: Days since the last refresh.
        batch: Keys in memory at a time.
        world: Other collaborators, for tests.

    Returns:
        What became of each, while it goes on; memory does not grow with their number.

    Raises:
        RuntimeError: A transaction is open. Each refresh is committed by itself: one
            rollback would lose thousands of rotated refresh tokens, and what is kept
            for that case would fill the memory.
        TemporarilyUnavailable: Microsoft failed several times in a row.
    """
    if in_transaction():
        raise RuntimeError(
            "keep_alive() commits each refresh by itself: call it outside of "
            "transaction.atomic(), or enqueue the task keep_connections_alive on commit."
        )
    return _keep_alive(idle_days, batch, world)


def _keep_alive(idle_days: int, batch: int, world: World | None) -> Iterator[Kept]:
    failures = 0
    since = timezone.now() - timedelta(days=idle_days)
    for connection_id in _idle(since, batch):
        error = _refreshed(connection_id, world)
        yield Kept(connection_id=connection_id, error=error)
        failures = failures + 1 if isinstance(error, TemporarilyUnavailable) else 0
        if error is not None and failures >= _PATIENCE:
            raise error


def _idle(since: datetime, size: int) -> Iterator[Any]:
    """Keys of idle connections, the longest idle first, a batch at a time."""
    rows = Connection.objects.idle_since(since).filter(may_be_refreshed())
    idle = rows.order_by("last_refreshed_at", "pk")
    after = Q()
    while True:
        batch = list(idle.filter(after).values_list("pk", "last_refreshed_at")[:size])
        for connection_id, _moment in batch:
            yield connection_id
        if len(batch) < size:
            return
        # Those that failed are still idle: go on behind the last one.
        last_id, moment = batch[-1]
        after = Q(last_refreshed_at__gt=moment) | Q(
            last_refreshed_at=moment, pk__gt=last_id
        )


def _refreshed(connection_id: Any, world: World | None) -> M365Error | None:
    connection = Connection.objects.filter(pk=connection_id).first()
    if connection is None:
        return None
    try:
        token_for(connection, _DEMAND, world)
    except M365Error as error:
        return error
    return None
