"""Seal everything anew with the newest key, so that old keys can go.

Rows on the newest key are not touched again: a run that was stopped is resumed by
starting another, and several may run at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from wagtail_m365.errors import Undecryptable
from wagtail_m365.models import (
    AppRegistration,
    CachedAccessToken,
    Connection,
    Transfer,
)
from wagtail_m365.models.connections import refresh_token_context
from wagtail_m365.models.vault import vault

from . import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """What became of one sealed value."""

    #: Model and field: ``Connection.refresh_token``.
    what: str
    row_id: Any
    #: ``False``: no key of this site opens it; its owner has to enter it again.
    readable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column that holds sealed values."""

    model: type[Model]
    column: str
    field: str

    def context(self, row_id: Any) -> tuple[str, ...]:
        """What a value of this column is bound to."""
        if self.model is Connection:
            return refresh_token_context(row_id)
        return (self.model.__name__, str(row_id), self.field)

    def stale(self) -> QuerySet[Any]:
        """Rows whose value is sealed with another key than the newest."""
        newest = {f"{self.column}__startswith": f"m1.{vault().primary}."}
        rows: QuerySet[Any] = self.model._default_manager.exclude(**{self.column: ""})
        return rows.exclude(**newest).order_by("pk")


_COLUMNS = (
    _Column(model=Connection, column="refresh_token_sealed", field="refresh_token"),
    _Column(
        model=AppRegistration, column="client_secret_sealed", field="client_secret"
    ),
    _Column(model=AppRegistration, column="certificate_sealed", field="certificate"),
    _Column(model=Transfer, column="session_sealed", field="session"),
)


def count_stale() -> int:
    """How many values are sealed with an old key."""
    return sum(column.stale().count() for column in _COLUMNS)


def reseal(*, batch: int = 500) -> Iterator[Resealed]:
    """Seal anew, one value after the other; memory does not grow with their number.

    Access tokens are only kept ready: those on an old key are dropped. Wagtail's log is
    told how far it came, also when it is stopped.

    Args:
        batch: Rows in memory at a time.

    Yields:
        What became of each value.
    """
    newest = f"m1.{vault().primary}."
    CachedAccessToken.objects.exclude(token_sealed__startswith=newest).delete()
    told = {True: 0, False: 0}
    try:
        for column in _COLUMNS:
            for value in _reseal_column(column, batch):
                told[value.readable] += 1
                yield value
    finally:
        if any(told.values()):
            key, sealed, unreadable = vault().primary, told[True], told[False]
            audit.keys_rotated(key, sealed=sealed, unreadable=unreadable)


def _reseal_column(column: _Column, size: int) -> Iterator[Resealed]:
    last = None
    while True:
        rows = column.stale() if last is None else column.stale().filter(pk__gt=last)
        batch = list(rows.values_list("pk", column.column)[:size])
        for row_id, sealed in batch:
            yield _reseal_value(column, row_id, sealed)
        if len(batch) < size:
            return
        last = batch[-1][0]


def _reseal_value(column: _Column, row_id: Any, sealed: str) -> Resealed:
    what = f"{column.model.__name__}.{column.field}"
    context = column.context(row_id)
    try:
        fresh = vault().seal(vault().open(sealed, *context), *context)
    except Undecryptable:
        return Resealed(what=what, row_id=row_id, readable=False)
    # Whoever stored another value meanwhile has sealed it with the newest key.
    rows = column.model._default_manager.filter(pk=row_id, **{column.column: sealed})
    rows.update(**{column.column: fresh})
    return Resealed(what=what, row_id=row_id, readable=True)
