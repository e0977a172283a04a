"""Downloads: streamed, resumed where the line was cut, and checked at the end."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO

import requests
from urllib3.exceptions import HTTPError, IncompleteRead

from wagtail_m365.errors import (
    ContentMismatch,
    Forbidden,
    GraphError,
    ItemNotFound,
    ResyncRequired,
    TemporarilyUnavailable,
)
from wagtail_m365.redaction import Secret

from . import addresses
from .beside import Beside, another_processor
from .quickxor import BLOCK, QuickXorHash
from .rest import Rest
from .transport import redirect_target
from .types import DriveItem

# Bytes read at once: few enough to tell progress on a slow line, and many on a fast one,
# where each piece costs more than its bytes.
_PIECE, _LONG_PIECE = BLOCK, 4 * BLOCK
#: Seconds for a piece, below which the next one is long.
_FAST = 0.05
#: Bytes up to which a thread of its own would take longer than the hash.
_SMALL = 4 * 1024 * 1024
# Attempts that bring not one byte, one after the other, before giving up.
_FRUITLESS = 4
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """What has arrived, whole and checked."""

    #: Bytes.
    size: int
    #: Hexadecimal; ``""`` where nobody asked for it.
    sha256: str
    #: Base64, as Microsoft writes it.
    quick_xor: str


def download(
    rest: Rest,
    item: DriveItem,
    target: BinaryIO,
    *,
    progress: Callable[[int], None] | None = None,
    sha256: bool = True,
) -> Downloaded:
    """Write the content of a file to ``target``, with constant memory.

    Where the line is cut, the rest is asked for (``Range`` with ``If-Range``, RFC
    9110 §13.1.5 and §14.2). Length and hash are compared with what ``item`` tells.
    When an error is raised, ``target`` holds a part at most: drop it.

    Args:
        rest: Asks Graph.
        item: The file, as it was last read.
        target: Written from where it stands; seekable, if a service that cannot send
            a part is to be asked again.
        progress: Told the bytes that have arrived so far.
        sha256: Tell that hash too; it takes longer than all the rest on a fast line.

    Raises:
        ContentMismatch: What arrived is not the content of ``item``: it changed
            meanwhile, or was damaged. Read the item again and start anew.
        ItemNotFound: The item is gone.
        TemporarilyUnavailable: The line was cut again and again.
    """
    wants_sha256 = sha256 or bool(item.hashes.sha256)
    with closing(_Fetching(rest, item, target, progress, wants_sha256)) as fetching:
        fetching.run()
        return fetching.checked()


class _Fetching:
    """One download: how far it has come, and what the service said about it."""

    def __init__(
        self,
        rest: Rest,
        item: DriveItem,
        target: BinaryIO,
        progress: Callable[[int], None] | None,
        wants_sha256: bool,
    ) -> None:
        self._rest = rest
        self._item = item
        self._target = target
        self._progress = progress
        self._known_url = item.download_url
        self._wants_sha256 = wants_sha256
        self._hashing = Beside(
            self._hash,
            threaded=item.size > _SMALL and another_processor(),
        )
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._hashing.settle()
        self._received = 0
        #: Bytes in all, once the service has told.
        self._total: int | None = None
        #: The storage's own eTag of the content that is being sent.
        self._etag = ""
        self._sha256 = hashlib.sha256()
        self._quick_xor = QuickXorHash()

    def run(self) -> None:
        fruitless = 0
        while True:
            before = self._received
            with self._open() as response:
                self._take_note(response)
                cut = self._pour(response)
            if cut is None:
                return
            fruitless = 0 if self._received > before else fruitless + 1
            if fruitless >= _FRUITLESS:
                raise TemporarilyUnavailable(
                    "The download was cut again and again."
                ) from cut

    def close(self) -> None:
        self._hashing.close()

    def checked(self) -> Downloaded:
        self._hashing.settle()
        result = Downloaded(
            size=self._received,
            sha256=self._sha256.hexdigest() if self._wants_sha256 else "",
            quick_xor=self._quick_xor.base64(),
        )
        if not _is_content_of(self._item, result):
            raise _mismatch(self._item)
        return result

    def _open(self) -> requests.Response:
        """The content from the first byte that is missing."""
        if self._known_url:
            address, self._known_url = self._known_url, None
            try:
                return self._ask_storage(address)
            except (Forbidden, ItemNotFound):
                pass  # the address has expired; Graph gives another one
        response = self._rest.transport.graph(
            "GET",
            f"{addresses.item(self._item.drive_id, self._item.id)}/content",
            headers={"Accept": "*/*", "Accept-Encoding": "identity"},
            stream=True,
        )
        if response.status_code == HTTPStatus.OK:
            return response
        try:
            return self._ask_storage(redirect_target(response))
        except (Forbidden, ItemNotFound, ResyncRequired) as error:
            raise _unlocated() from error

    def _ask_storage(self, address: Secret) -> requests.Response:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        if self._received:
            headers["Range"] = f"bytes={self._received}-"
            if self._etag and not self._etag.startswith("W/"):
                headers["If-Range"] = self._etag
        try:
            return self._rest.transport.storage(
                "GET", address, headers=headers, stream=True
            )
        except GraphError as error:
            if (
                error.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            ):  # what is there now is shorter
                raise _mismatch(self._item) from error
            raise

    def _take_note(self, response: requests.Response) -> None:
        etag = response.headers.get("ETag", "")
        if self._etag and etag and etag != self._etag:
            raise _mismatch(self._item)
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            self._continue_at(response.headers.get("Content-Range", ""))
            return
        if self._received:  # the whole comes again, from its first byte
            self._rewind()
        length = response.headers.get("Content-Length", "")
        self._total = int(length) if length.isdecimal() else None
        self._etag = etag

    def _continue_at(self, content_range: str) -> None:
        match = _CONTENT_RANGE.fullmatch(content_range)
        if match is None or int(match[1]) != self._received:
            raise _mismatch(self._item)
        if match[2] != "*" and self._total not in (None, int(match[2])):
            raise _mismatch(self._item)

    def _rewind(self) -> None:
        if not self._target.seekable():
            raise TemporarilyUnavailable("The download was cut and cannot go on.")
        self._target.seek(-self._received, 1)
        self._target.truncate()
        self._begin_anew()

    def _pour(self, response: requests.Response) -> HTTPError | None:
        """Write what comes; the fault that cut it short, if one did."""
        length = _PIECE
        while True:
            begun = time.monotonic()
            try:
                piece = response.raw.read(length, decode_content=False)
            except HTTPError as error:
                return error
            if not piece:
                break
            length = next_length(time.monotonic() - begun)
            self._take(piece)
        if self._total is None or self._received == self._total:
            return None
        return IncompleteRead(self._received, self._total - self._received)

    def _take(self, piece: bytes) -> None:
        self._hashing.put(piece)
        self._target.write(piece)
        self._received += len(piece)
        if self._progress is not None:
            self._progress(self._received)

    def _hash(self, piece: bytes) -> None:
        if self._wants_sha256:
            self._sha256.update(piece)
        self._quick_xor.update(piece)


def next_length(seconds: float) -> int:
    """Bytes to read next, where the last piece took so long."""
    return _LONG_PIECE if seconds < _FAST else _PIECE


def _is_content_of(item: DriveItem, result: Downloaded) -> bool:
    """Compare the strongest hash the service tells, else the length."""
    if item.hashes.sha256:
        return item.hashes.sha256 == result.sha256
    if item.hashes.quick_xor:
        return item.hashes.quick_xor == result.quick_xor
    return item.size in (0, result.size)  # 0: also what an item says that tells nothing


def _unlocated() -> TemporarilyUnavailable:
    """Graph has the item; that its content was not where it pointed says nothing of it."""
    return TemporarilyUnavailable("The content was not where Microsoft said it is.")


def _mismatch(item: DriveItem) -> ContentMismatch:
    return ContentMismatch(
        "What arrived is not the content this item had when it was read.",
        name=item.name,
    )
