"""Callers of one process that want the same token: one goes, the others get what it got.

The lease of :mod:`.single_flight` holds between processes; here nobody even looks at
the database while waiting.
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

from wagtail_m365.errors import M365Error, TemporarilyUnavailable

Result = TypeVar("Result")

_lock = threading.Lock()
_under_way: dict[Hashable, Future[Any]] = {}


def join(
    key: Hashable,
    go: Callable[[], Result],
    *,
    instead: Callable[[], Result | None],
    patience: float,
) -> Result:
    """What ``go`` gives, called by one of all who join under the same key at a time.

    Args:
        key: What the callers have in common.
        go: The way to the result, for the one who goes.
        instead: Something that serves the others without waiting, if there is.
        patience: Seconds after which the others give up.

    Raises:
        TemporarilyUnavailable: ``refresh_stuck``, when patience is over.
        Exception: Whatever ``go`` raises, for everybody.
    """
    with _lock:
        others = _under_way.get(key)
        mine: Future[Result] = Future()
        if others is None:
            _under_way[key] = mine
    if others is None:
        return _gone(key, mine, go)
    if (at_hand := instead()) is not None:
        return at_hand
    shared: Result = _shared(others, patience)
    return shared


def _gone(key: Hashable, mine: Future[Result], go: Callable[[], Result]) -> Result:
    try:
        result = go()
    except BaseException as error:
        _settle(key)
        mine.set_exception(error)
        raise
    _settle(key)
    mine.set_result(result)
    return result


def _settle(key: Hashable) -> None:
    """Whoever comes from now on begins anew."""
    with _lock:
        del _under_way[key]


def _shared(others: Future[Any], patience: float) -> Any:
    try:
        return others.result(timeout=patience)
    except M365Error as error:
        # Each caller raises its own: an error collects the frames it passes.
        raise copy.copy(error) from None
    except TimeoutError:
        raise TemporarilyUnavailable(
            "A refresh in this process does not end.",
            code="refresh_stuck",
            retry_after=patience,
        ) from None


def _begin_anew() -> None:
    """In a forked worker: nobody of the parent's threads is here to end anything."""
    global _lock  # noqa: PLW0603  # another thread may have held it
    _lock = threading.Lock()
    _under_way.clear()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_begin_anew)
