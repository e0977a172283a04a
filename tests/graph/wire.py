"""A real HTTP server that answers as a test says, for answers no sane server gives.

What Microsoft does on a good or an ordinary bad day is asked of the fake Microsoft;
this is for cut lines, forged addresses and other services' ways to put things.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """One answer; ``cut`` ends the line after that many bytes of the body."""

    status: int = 200
    json: Any = None
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None

    def content(self) -> bytes:
        return self.body if self.json is None else json.dumps(self.json).encode()


class HangUp(Exception):
    """End the line without an answer."""


Answer = Reply | Callable[[Asked], Reply] | type[HangUp]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class Wire:
    """Answers per method and path, each used once; the last one stays."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: list[tuple[str, re.Pattern[str], list[Answer]]] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        port = self._server.server_port
        self.graph = f"http://127.0.0.1:{port}/v1.0"
        self.storage = f"http://localhost:{port}/storage"

    def on(self, method: str, path: str, *answers: Answer) -> None:
        """What is answered to requests whose path and query hold this pattern."""
        self._answers.append((method, re.compile(path), list(answers)))

    def of(self, method: str) -> list[Asked]:
        return [each for each in self.asked if each.method == method]

    @contextmanager
    def running(self) -> Iterator[Wire]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def _answer(self, asked: Asked) -> Reply:
        for method, path, answers in self._answers:
            if method == asked.method and path.search(asked.path):
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if answer is HangUp:
                    raise HangUp
                return answer if isinstance(answer, Reply) else answer(asked)
        return Reply(501, {"error": {"code": "notScripted"}})

    def _handler(wire) -> type[BaseHTTPRequestHandler]:  # noqa: N805  # two selves
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                asked = Asked(
                    self.command, self.path, dict(self.headers), self.rfile.read(length)
                )
                wire.asked.append(asked)
                try:
                    self.send(wire._answer(asked))
                except HangUp:
                    self.close_connection = True

            def send(self, reply: Reply) -> None:
                content = reply.content()
                headers = {"Content-Length": str(len(content))} | reply.headers
                if reply.json is not None:
                    headers.setdefault("Content-Type", "application/json")
                self.send_response(reply.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content[: reply.cut])
                self.close_connection = reply.cut is not None

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

        return Handler
