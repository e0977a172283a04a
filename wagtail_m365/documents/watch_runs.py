"""One run over a watched folder: what it holds, writes and counts.

A run holds its folder by a lease in the folder's row and names itself in everything it
writes there, so that a run which was taken for dead cannot write over its successor. A
document and the row that knows it are committed together with such a write: a killed
run leaves nothing that the next one would do twice.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from wagtail_m365.errors import WrongState
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.models import Connection, WatchedFolder, WatchedItem

from .clients import graph_for, scopes_for
from .folders import Place

#: Seconds that the pauses of one request may take; nobody looks on.
_PATIENCE = 60.0


class Run:
    """A run that holds its folder.

    Args:
        folder: The folder; claimed by this object, or the call fails.
        clock: POSIX seconds.

    Raises:
        WrongState: Another run holds it, or it is paused (code ``watch_busy``).
    """

    def __init__(
        self, folder: WatchedFolder, clock: Callable[[], float] = time.time
    ) -> None:
        self.name = uuid.uuid4().hex
        self.clock = clock
        self.counts: Counter[str] = Counter()
        if not WatchedFolder.objects.claim(folder.pk, self.name, clock()):
            raise _busy()
        self.folder = WatchedFolder.objects.select_related(
            "owner", "connection", "collection", "private_collection"
        ).get(pk=folder.pk)
        self._graph: GraphClient | None = None

    @property
    def graph(self) -> GraphClient:
        """Asks with the folder's account."""
        if self._graph is None:
            connection = self.connection
            scopes = scopes_for(connection, Place(self.folder.place).scopes)
            self._graph = graph_for(connection, scopes, patience=_PATIENCE)
        return self._graph

    @property
    def connection(self) -> Connection:
        """The folder's account; asked for only once it is known to be there."""
        assert self.folder.connection is not None  # noqa: S101  # for the type checker
        return self.folder.connection

    @property
    def items(self) -> Any:
        """The rows of this folder."""
        return WatchedItem.objects.filter(folder=self.folder)

    def write(self, **changes: Any) -> None:
        """Write to the folder's row, and hold it longer.

        Raises:
            WrongState: Another run has taken it over; whatever goes on must end.
        """
        if not WatchedFolder.objects.write(
            self.folder.pk, self.name, self.clock(), **changes
        ):
            raise _busy()
        for column, value in changes.items():
            setattr(self.folder, column, value)

    def hold(self) -> None:
        """A sign of life.

        Raises:
            WrongState: As :meth:`write`.
        """
        self.write()

    def release(self, **changes: Any) -> None:
        """End the run; what another run holds meanwhile stays as it is."""
        WatchedFolder.objects.write(
            self.folder.pk,
            self.name,
            self.clock(),
            lease_run="",
            lease_until=0,
            last_counts=dict(self.counts),
            **changes,
        )

    def note(self, item: WatchedItem, event: str = "", **changes: Any) -> None:
        """Write to an item's row what was done with it."""
        if event:
            self.counts[event] += 1
            changes |= {"last_event": event, "last_event_at": timezone.now()}
        WatchedItem.objects.filter(pk=item.pk).update(**changes)
        for column, value in changes.items():
            setattr(item, column, value)


def _busy() -> WrongState:
    return WrongState("Another run works on this folder.", code="watch_busy")
