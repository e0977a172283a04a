"""Work on the bytes of a file in a thread of its own, while the line carries others.

The sockets work without Python's lock, and so do ``hashlib`` and numpy; Pillow holds it for
a tenth of a millisecond at a time. A second processor hashes what the first one moves.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

#: Pieces that wait at most: what is not hashed yet stays in memory.
_AHEAD = 2


class Beside:
    """Does its work piece by piece, in order; the caller leaves the pieces as they are.

    Args:
        work: Called with each piece.
        threaded: In a thread of its own, or at once.
    """

    def __init__(self, work: Callable[[Any], None], *, threaded: bool) -> None:
        self._work = work
        self._threaded = threaded
        self._thread: ThreadPoolExecutor | None = None
        self._waiting: deque[Future[None]] = deque()

    def put(self, piece: bytes | memoryview) -> None:
        """One more piece; waits where two others are not done.

        Raises:
            Exception: What the work on an earlier piece has raised.
        """
        if not self._threaded:
            self._work(piece)
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "m365-hash")
        while len(self._waiting) >= _AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._work, piece))

    def settle(self) -> None:
        """Wait until everything is done, and the pieces may change.

        Raises:
            Exception: What the work on a piece has raised.
        """
        while self._waiting:
            self._waiting.popleft().result()

    def close(self) -> None:
        """End the thread, whatever is not done."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None
        self._waiting.clear()


def another_processor() -> bool:
    """May this process use more than one?"""
    try:
        return len(os.sched_getaffinity(0)) > 1
    except AttributeError:  # macOS, Windows
        return (os.cpu_count() or 1) > 1
