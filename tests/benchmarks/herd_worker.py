"""A process of the site with many threads, which all ask for one token at a time."""

from __future__ import annotations

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

from . import site
from .processes import serve

_threads: list[ThreadPoolExecutor] = []


def open_threads(count: int) -> None:
    """Threads with a database connection each, as those of a server have."""
    _threads.append(ThreadPoolExecutor(count))
    barrier = threading.Barrier(count)

    def open_connection() -> None:
        from django.db import connection

        connection.ensure_connection()
        barrier.wait()

    for done in [_threads[0].submit(open_connection) for _ in range(count)]:
        done.result()


def ask(callers: int, at: float) -> list[dict[str, Any]]:
    """All ask when the clock says so; what each got, and how long it took."""
    user_id = site.person().pk
    barrier = threading.Barrier(callers)
    asked = [
        _threads[0].submit(_ask_once, user_id, barrier, at) for _ in range(callers)
    ]
    return [one.result() for one in asked]


def _ask_once(user_id: int, barrier: threading.Barrier, at: float) -> dict[str, Any]:
    from django.contrib.auth import get_user_model

    from wagtail_m365 import api
    from wagtail_m365.errors import M365Error

    user = get_user_model().objects.get(pk=user_id)
    barrier.wait()
    time.sleep(max(0.0, at - time.monotonic()))
    try:
        token = api.get_token(user, "User.Read").token
    except M365Error as error:
        return {"failed": repr(error), "seconds": time.monotonic() - at}
    seconds = time.monotonic() - at
    return {"token": hashlib.sha256(token.encode()).hexdigest(), "seconds": seconds}


if __name__ == "__main__":
    django.setup()
    serve(site.COMMANDS | {"open_threads": open_threads, "ask": ask})
