"""One refresh per connection at a time, across threads, processes and hosts.

The lease is a conditional UPDATE of the connection's own row, committed at once: it
works alike on SQLite, PostgreSQL and MariaDB, needs no other server, and neither a
transaction nor a row lock is held while Microsoft is asked. Who dies with the lease
loses it by the clock. A lease only saves requests; what protects the tokens is the
fence, ``Connection.version``, which every writer must name.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from wagtail_m365.models import Connection

from .apart import short_wait

#: Seconds by which the clocks of two hosts may differ, and for two short statements.
_MARGIN = 3.5
#: Seconds between two looks of a waiting process: short enough not to be felt, and not
#: all at the same moment.
_LOOK_EVERY = (0.015, 0.045)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to refresh one connection, until the clock says otherwise."""

    connection_id: Any
    #: `Connection.version` for which it was given.
    version: int
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """How long things take, and the clock and the sleep to tell it by."""

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    #: Seconds to connect, seconds between two bytes: the lease must outlast both.
    timeout: tuple[float, float] = (3.05, 10.0)
    random: Callable[[float, float], float] = random.uniform  # noqa: S311  # it only spreads waiters

    @property
    def lease_seconds(self) -> float:
        """A request to Microsoft with one more attempt to connect ends before this."""
        connect, read = self.timeout
        return 2 * connect + read + _MARGIN

    def take(self, connection: Connection) -> Lease | None:
        """The lease, or ``None`` when somebody else has it or the row has changed.

        Raises:
            OutOfReach: A caller who waits for this thread has locked the row.
        """
        now = self.clock()
        if connection.lease_until > now:
            return None
        owner = secrets.token_hex(12)
        # As it was read: neither refreshed nor failed by somebody else since then.
        free = Connection.objects.filter(
            pk=connection.pk,
            version=connection.version,
            failures=connection.failures,
            lease_until__lte=now,
        )
        until = now + self.lease_seconds
        with short_wait():
            taken = free.update(lease_owner=owner, lease_until=until)
        if not taken:
            return None
        return Lease(
            connection_id=connection.pk, version=connection.version, owner=owner
        )

    def pause(self, lease: Lease, seconds: float) -> None:
        """Wait with the lease in hand, and have it renewed afterwards."""
        self.sleep(seconds)
        self._held(lease).update(lease_until=self.clock() + self.lease_seconds)

    def give_back(self, lease: Lease, **changes: Any) -> bool:
        """End the lease and change the row with it; ``False``: the fence has moved."""
        rows = Connection.objects.filter(pk=lease.connection_id, version=lease.version)
        return bool(rows.update(lease_owner="", lease_until=0, **changes))

    def abandon(self, lease: Lease) -> None:
        """End the lease and change nothing else."""
        self._held(lease).update(lease_owner="", lease_until=0)

    def looks(self) -> Iterator[bool]:
        """A turn for each look at the row, until even a dead holder's lease is over.

        Yields:
            Is it the first, for which nobody has waited?
        """
        patience = self.lease_seconds + _MARGIN
        deadline = self.clock() + patience
        yield True
        while self.clock() < deadline:
            self.sleep(self.random(*_LOOK_EVERY))
            yield False

    def _held(self, lease: Lease) -> Any:
        return Connection.objects.filter(
            pk=lease.connection_id, lease_owner=lease.owner
        )
