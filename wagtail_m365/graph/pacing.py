"""When a request may be repeated: bounded, with jitter, never sooner than told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

_ATTEMPTS = 6
_FIRST_PAUSE = 0.4
_LONGEST_PAUSE = 8.0


class Throttle(Protocol):
    """Remembers until when Microsoft wants to be left alone.

    One may be shared by all processes that act for one connection, so that a
    request that was told to wait is not followed by others that were not.
    """

    def not_before(self) -> float:
        """POSIX time before which nothing should be sent; 0 when anything may."""
        ...

    def wait_until(self, moment: float) -> None:
        """Microsoft answered that nothing should be sent before this POSIX time."""
        ...


class OwnThrottle:
    """A throttle that only this transport knows of."""

    def __init__(self) -> None:
        self._moment = 0.0

    def not_before(self) -> float:
        return self._moment

    def wait_until(self, moment: float) -> None:
        self._moment = max(self._moment, moment)


@dataclass(kw_only=True)
class Patience:
    """How often and how long one request may still wait."""

    #: Seconds that all pauses together may take.
    budget: float
    #: A random number between 0 and 1.
    jitter: Callable[[], float]
    attempts: int = 0

    def wait_for_others(self, seconds: float) -> float | None:
        """Seconds to wait for what others were told; ``None``: give up.

        Args:
            seconds: How long Microsoft still wants to be left alone.
        """
        return self._within_budget(self._asked(seconds))

    def pause(self, told: float | None) -> float | None:
        """Seconds to wait before the next attempt; ``None``: give up.

        Args:
            told: Seconds that Microsoft asked to wait, if it did.
        """
        self.attempts += 1
        if self.attempts >= _ATTEMPTS:
            return None
        seconds = self._asked(told) if told is not None else self._own_choice()
        return self._within_budget(seconds)

    def _within_budget(self, seconds: float) -> float | None:
        if seconds > self.budget:
            return None
        self.budget -= seconds
        return seconds

    def _asked(self, told: float) -> float:
        # A tenth more at random, so that those who were told together do not
        # come back together.
        return told + self.jitter() * min(1.0, 0.1 + told / 10)

    def _own_choice(self) -> float:
        ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**self.attempts)
        return ceiling * (0.5 + self.jitter() / 2)
