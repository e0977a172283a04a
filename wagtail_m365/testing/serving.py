"""A WSGI server for the fake: threads, connections kept alive, no delays, no chatter.

werkzeug's own handler closes each connection and waits 10 ms to do so; tests make
thousands of requests.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_log = logging.getLogger("wagtail_m365.testing")
_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


class Handler(WSGIRequestHandler):
    """One connection: request after request."""

    protocol_version = "HTTP/1.1"
    # Small answers must not wait for the other side's acknowledgement (40 ms each).
    disable_nagle_algorithm = True
    wbufsize = -1
    #: Seconds for which an idle connection is kept.
    timeout = 60

    def handle_expect_100(self) -> bool:
        """Tell the client to go on (RFC 9110 §10.1.1)."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def run_wsgi(self) -> None:
        """Answer one request."""
        self.environ = environ = self.make_environ()
        environ["wsgi.input"] = body = _Body(self)
        try:
            answer = _Answer(self)
            self._send(answer, self.server.app(environ, answer.start))
            # Before the next request can be read, this one must be read to its end.
            body.drain()
        except (ConnectionError, TimeoutError):
            self._hang_up()

    def _send(self, answer: _Answer, chunks: Iterable[bytes]) -> None:
        try:
            for chunk in chunks:
                answer.write(chunk)
            answer.end()
            self.wfile.flush()
        finally:
            getattr(chunks, "close", lambda: None)()

    def _hang_up(self) -> None:
        self.close_connection = True
        try:
            # What was sent before the line was cut does arrive.
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            _log.debug("The other side has hung up already.")

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # werkzeug's name
        """Say nothing: requests are in ``FakeMicrosoft.requests``."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """For the header ``Date``, by the clock of the world that is served."""
        if timestamp is None and isinstance(self.server, Server):
            world = getattr(self.server.app, "world", None)
            timestamp = world.clock.time() if world else None
        return super().date_time_string(timestamp)


class _Body:
    """The request's body: ends where the client said it does (PEP 3333)."""

    def __init__(self, handler: Handler) -> None:
        stream = handler.environ["wsgi.input"]
        chunked = handler.environ.get("wsgi.input_terminated", False)
        self._stream = stream
        self._left = (
            None if chunked else int(handler.headers.get("Content-Length") or 0)
        )

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; all that are left when negative."""
        if self._left is None:
            data: bytes = self._stream.read(size)
            return data
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._stream.read(wanted) if wanted else b""
        self._left -= len(data)
        if len(data) < wanted:
            raise ConnectionError("The body is shorter than it said.")
        return data

    def readline(self, size: int = -1) -> bytes:
        """One line."""
        if self._left is None:
            data: bytes = self._stream.readline(size)
            return data
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._stream.readline(wanted) if wanted else b""
        self._left -= len(data)
        return data

    def readinto(self, buffer: bytearray) -> int:
        """As :class:`io.RawIOBase` has it."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def drain(self) -> None:
        """Read what nobody wanted."""
        while self.read(1 << 20):
            pass


class _Answer:
    """The response on its way: headers before the first byte, chunks where needed."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._head: tuple[str, list[tuple[str, str]]] | None = None
        self._began = False
        self._chunked = False
        self._bodiless = False

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Any:
        """``start_response`` (PEP 3333)."""
        self._head = (status, headers)
        return self.write

    def write(self, data: bytes) -> None:
        """Send a part of the body."""
        self._begin()
        if not data or self._bodiless:
            return
        if self._chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        self._handler.wfile.write(data)

    def end(self) -> None:
        """Nothing more comes."""
        self._begin()
        if self._chunked:
            self._handler.wfile.write(b"0\r\n\r\n")

    def _begin(self) -> None:
        if self._began or self._head is None:
            return
        self._began = True
        status, headers = self._head
        code = int(status.split(maxsplit=1)[0])
        self._bodiless = code in _BODILESS or self._handler.command == "HEAD"
        names = {name.casefold() for name, _ in headers}
        self._chunked = not self._bodiless and "content-length" not in names
        self._handler.send_response(code)
        for name, value in headers:
            self._handler.send_header(name, value)
        if self._chunked:
            self._handler.send_header("Transfer-Encoding", "chunked")
        self._handler.end_headers()


class Server(ThreadedWSGIServer):
    """Listens; a stop ends the connections that are kept, too."""

    request_queue_size = 128

    def __init__(self, host: str, port: int, app: WSGIApplication) -> None:
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(host, port, app, handler=Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        with self._listed(request):
            super().finish_request(request, client_address)

    @contextmanager
    def _listed(self, connection: socket.socket) -> Iterator[None]:
        with self._guard:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._guard:
                self._open.discard(connection)

    def hang_up(self) -> None:
        """End every connection that is open."""
        with self._guard:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                _log.debug("The other side has hung up already.")
