"""A storage that takes and gives bytes as fast as it can, in a process of its own.

It speaks as much of Graph as an upload session and a download need, and looks at no
byte: what hash a file has, it is told.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .processes import serve

_BUFFER = 1024 * 1024


class Sink:
    """One listening socket, a thread for each connection."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._socket.getsockname()[1]
        self._size, self._hash, self._latency = 0, "", 0.0
        self._file: Path | None = None
        self._received = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def expect(
        self, size: int, quick_xor: str, path: str = "", latency: float = 0
    ) -> int:
        """What the next files are; where it listens.

        Args:
            size: Bytes.
            quick_xor: Hash, as it will be told.
            path: The file that is given to who downloads.
            latency: Seconds before each answer.
        """
        self._size, self._hash, self._latency = size, quick_xor, latency
        self._file = Path(path) if path else None
        return self.port

    def received(self) -> int:
        """Bytes of bodies that came since it was last asked."""
        received, self._received = self._received, 0
        return received

    def _accept(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=self._serve, args=(connection,), daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        buffer = bytearray(_BUFFER)
        with connection:
            while head := _head(connection, buffer):
                method, path, headers, began = head
                length = int(headers.get("content-length", 0))
                _swallow(connection, buffer, length - began)
                self._received += length
                time.sleep(self._latency)
                self._answer(connection, method, path, headers)

    def _answer(
        self, connection: socket.socket, method: str, path: str, headers: dict[str, str]
    ) -> None:
        # Some write the colon of a path as %3A, some name the action with its namespace.
        if path.lower().rpartition(".")[2].endswith("/createuploadsession"):
            url = f"http://localhost:{self.port}/upload"
            ends = {"expirationDateTime": "2099-01-01T00:00:00Z"}
            _send(connection, "200 OK", {"uploadUrl": url} | ends)
        elif path.startswith("/upload"):
            self._take_fragment(connection, headers)
        elif path.startswith("/download"):
            self._give(connection)
        elif method == "GET":
            url = f"http://localhost:{self.port}/download"
            _send(connection, "302 Found", {}, f"Location: {url}\r\n")
        else:
            _send(connection, "201 Created", self._item())

    def _take_fragment(
        self, connection: socket.socket, headers: dict[str, str]
    ) -> None:
        last = int(headers["content-range"].partition("-")[2].partition("/")[0])
        if last + 1 == self._size:
            _send(connection, "201 Created", self._item())
        else:
            # Both "26-" and "26-99" are Microsoft's; msgraph-sdk reads the latter only.
            missing = [f"{last + 1}-{self._size - 1}"]
            _send(connection, "202 Accepted", {"nextExpectedRanges": missing})

    def _item(self) -> dict[str, Any]:
        return {
            "id": "item",
            "name": "file.bin",
            "size": self._size,
            "file": {"hashes": {"quickXorHash": self._hash}},
        }

    def _give(self, connection: socket.socket) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {self._size}\r\n\r\n"
        connection.sendall(head.encode())
        assert self._file is not None
        with self._file.open("rb") as file:
            connection.sendfile(file)


def _head(
    connection: socket.socket, buffer: bytearray
) -> tuple[str, str, dict[str, str], int] | None:
    """The beginning of a request, and how much of its body came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        if not received:
            return None
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    method, path, _ = first.split(" ", 2)
    return method, path, headers, len(body)


def _swallow(connection: socket.socket, buffer: bytearray, length: int) -> None:
    view = memoryview(buffer)
    while length > 0:
        received = connection.recv_into(view[: min(length, len(view))])
        if not received:
            return
        length -= received


def _send(
    connection: socket.socket, status: str, json_: dict[str, Any], more: str = ""
) -> None:
    body = json.dumps(json_).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{more}"
    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


if __name__ == "__main__":
    sink = Sink()
    commands: dict[str, Callable[..., Any]] = {
        "expect": sink.expect,
        "received": sink.received,
    }
    serve(commands)
