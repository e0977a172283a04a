"""Rotated refresh tokens that a rollback of the caller would lose, kept until it is over."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from django.core.signals import request_finished
from django.db import transaction

from wagtail_m365.models import Connection

from .apart import database, in_transaction

#: Connection → the version that the row has after a rollback, and what to write then.
_unsettled: dict[Any, tuple[int, dict[str, Any]]] = {}
_guard = threading.Lock()


def keep_over_rollback(
    connection_id: Any, version: int, changes: Mapping[str, Any]
) -> None:
    """Remember what was written, until the caller's transaction is known to be kept."""
    with _guard:
        _unsettled[connection_id] = (version, dict(changes))
    transaction.on_commit(
        lambda: _unsettled.pop(connection_id, None), using=database().alias
    )


def settle(**kwargs: Any) -> None:
    """Write again what was rolled back; called when a request is over."""
    if not _unsettled or in_transaction():
        return
    with _guard:
        waiting = list(_unsettled.items())
        _unsettled.clear()
    for connection_id, (version, changes) in waiting:
        # The fence: whoever has refreshed since then has the newer token.
        rows = Connection.objects.filter(pk=connection_id, version=version)
        rows.update(lease_owner="", lease_until=0, **changes)


# Here and not at start: only who has fetched a token has something to settle.
request_finished.connect(settle, dispatch_uid="wagtail_m365_rescue")
