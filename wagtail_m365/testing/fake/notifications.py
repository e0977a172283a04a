"""The thread that calls subscribers.

Source: "Receive change notifications through webhooks": validation with a token that must
be echoed as plain text within ten seconds; notifications in a list under ``value``.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import urllib.error
import urllib.request
from collections import deque
from typing import Any
from urllib.parse import quote

_SECONDS = 10
_ATTEMPTS = 3
_OK = range(200, 300)
_logger = logging.getLogger(__name__)
#: Straight to the subscriber: no proxy of the environment.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Notifier:
    """Posts notifications one after the other, away from the requests that cause them."""

    def __init__(self) -> None:
        self._orders: deque[tuple[str, dict[str, Any]]] = deque()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def validates(self, url: str) -> bool:
        """Whether the address echoes a validation token."""
        token = f"Validation: Testing client application {secrets.token_hex(8)}"
        joint = "&" if "?" in url else "?"
        status, body, kind = _post(f"{url}{joint}validationToken={quote(token)}", b"")
        return status == 200 and body.decode() == token and kind == "text/plain"  # noqa: PLR2004 - HTTP

    def send(self, url: str, notification: dict[str, Any]) -> None:
        """Have a notification sent soon."""
        with self._guard:
            self._orders.append((url, notification))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="fake-microsoft-notifier", daemon=True
                )
                self._thread.start()

    def flush(self) -> None:
        """Wait until all that was ordered is sent."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def stop(self) -> None:
        """Forget what is waiting, and wait for the call that is under way."""
        with self._guard:
            self._orders.clear()
        self.flush()

    def _next(self) -> tuple[str, dict[str, Any]] | None:
        """The next order; the thread ends when there is none."""
        with self._guard:
            if self._orders:
                return self._orders.popleft()
            self._thread = None
            return None

    def _work(self) -> None:
        while (order := self._next()) is not None:
            url, notification = order
            body = json.dumps({"value": [notification]}).encode()
            for _ in range(_ATTEMPTS):
                if _post(url, body)[0] in _OK:
                    break


def _post(url: str, body: bytes) -> tuple[int, bytes, str]:
    """Status, body and media type of the answer; status 0 if there was none."""
    kind = "application/json" if body else "text/plain; charset=utf-8"
    request = urllib.request.Request(  # noqa: S310 - http and https only, checked before
        url, data=body, headers={"Content-Type": kind}, method="POST"
    )
    try:
        with _opener.open(request, timeout=_SECONDS) as response:
            return response.status, response.read(), response.headers.get_content_type()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, b"", ""
    except OSError as error:
        _logger.info("A subscriber could not be reached: %s", error)
        return 0, b"", ""
