"""What a process keeps between two operations of the identity client.

Nothing of a person, and no token: connections and discovery documents. A forked worker
starts afresh: two processes must not share a socket.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

from wagtail_m365.http import HttpOptions

from . import assertions
from .registration import Registration
from .transport import Transport

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

#: How many configurations are remembered; a site has one, tests have many.
_MOST = 32

_lock = threading.Lock()
_transports: dict[Hashable, Transport] = {}


def transport(options: HttpOptions, registration: Registration) -> Transport:
    """The one transport of this process for these options and this authority."""
    authority = registration.cloud.authority
    insecure_origin = authority if authority.startswith("http://") else ""
    key = (
        options.timeout,
        tuple(sorted(options.proxies.items())),
        options.ca_bundle,
        options.pool_size,
        insecure_origin,
    )
    return _remembered(
        _transports, key, lambda: Transport(options, insecure_origin=insecure_origin)
    )


def forget() -> None:
    """Forget everything, for tests and for a configuration that has changed."""
    global _lock  # noqa: PLW0603  # after a fork, another thread may have held it
    _lock = threading.Lock()
    _transports.clear()
    assertions.signer.cache_clear()


def _remembered(kept: dict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
    with _lock:
        if key not in kept:
            while len(kept) >= _MOST:
                kept.pop(next(iter(kept)))
            kept[key] = make()
        return kept[key]


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=forget)
