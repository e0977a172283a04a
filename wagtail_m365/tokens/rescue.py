"""Rotated refresh tokens that a failure or a rollback would lose, kept until they stay."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.signals import request_finished
from django.db import Error, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from wagtail_m365.models import Connection

from .apart import database, in_transaction

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """One refresh whose write may fail or be undone."""

    connection_id: Any
    #: What the row has again after a rollback.
    version: int
    changes: dict[str, Any]
    #: Whose transaction decides whether it stays.
    database: BaseDatabaseWrapper

    def may_be_settled(self) -> bool:
        """Is its transaction over, as far as another thread can see?"""
        return self.database is database() or not self.database.in_atomic_block


#: In the order in which they were written.
_unsettled: list[_Written] = []
_guard = threading.Lock()


@contextmanager
def remembered(
    connection_id: Any, version: int, changes: Mapping[str, Any]
) -> Iterator[None]:
    """Around the write of a refresh, which is remembered until it is known to stay.

    All is written or nothing; what a failure or the caller's rollback undoes is written
    again by :func:`settle`.

    Args:
        connection_id: Whose refresh it is.
        version: The connection's version before.
        changes: The columns that are written.
    """
    written = _Written(connection_id, version, dict(changes), database())
    with _guard:
        _unsettled.append(written)
    may_be_undone, alias = in_transaction(), written.database.alias
    with transaction.atomic(using=alias):
        if may_be_undone:
            # A savepoint that is rolled back drops this, and so keeps what it undid.
            transaction.on_commit(lambda: _forget([written]), using=alias)
        yield
    if not may_be_undone:
        _forget([written])


def settle(**kwargs: Any) -> None:
    """Write again what did not stay; called when a request is over."""
    if not _unsettled or in_transaction():
        return
    by_connection: dict[Any, list[_Written]] = {}
    with _guard:
        for written in _unsettled:
            by_connection.setdefault(written.connection_id, []).append(written)
    for several in by_connection.values():
        # Another thread's open transaction holds the row: it will settle that itself.
        if all(written.may_be_settled() for written in several):
            _settle_one(several)


def _settle_one(several: list[_Written]) -> None:
    """Write the newest of one connection's refreshes, whichever of them were undone."""
    newest = several[-1]
    # The fence: whoever has refreshed since then has the newer token.
    rows = Connection.objects.filter(
        pk=newest.connection_id, version__in={written.version for written in several}
    )
    try:
        rows.update(lease_owner="", lease_until=0, **newest.changes)
    except Error:
        # Kept, and tried again when the next request is over.
        logger.warning("A refresh token could not be written again.", exc_info=True)
    else:
        _forget(several)


def _forget(settled: list[_Written]) -> None:
    with _guard:
        _unsettled[:] = [known for known in _unsettled if known not in settled]


# Here and not at start: only who has fetched a token has something to settle.
request_finished.connect(settle, dispatch_uid="wagtail_m365_rescue")
