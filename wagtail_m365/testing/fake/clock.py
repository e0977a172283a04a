"""The world's own time: it runs with the machine's and can be moved ahead."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(slots=True)
class Clock:
    """POSIX time that tests move instead of waiting.

    Attributes:
        ahead: Seconds by which this world is ahead of the machine.
        stopped_at: POSIX seconds at which it stands still; None while it runs.
    """

    ahead: float = 0.0
    stopped_at: float | None = None

    def time(self) -> float:
        """POSIX seconds in this world."""
        if self.stopped_at is not None:
            return self.stopped_at
        return time.time() + self.ahead

    def now(self) -> datetime:
        """The same, as a moment in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def advance(self, seconds: float) -> None:
        """Let time pass at once.

        Args:
            seconds: How much; negative values go back.
        """
        self.ahead += seconds
        if self.stopped_at is not None:
            self.stopped_at += seconds

    def stop(self, at: float | None = None) -> None:
        """Stand still, now or at a given time, until :meth:`reset`.

        Args:
            at: POSIX seconds.
        """
        self.stopped_at = self.time() if at is None else at

    def reset(self) -> None:
        """Back to the machine's time."""
        self.ahead = 0.0
        self.stopped_at = None
