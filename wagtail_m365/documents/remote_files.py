"""A file in Microsoft 365 that a person has chosen, and its content once fetched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from typing import BinaryIO, Self

from wagtail_m365.errors import ContentMismatch, InvalidRequest, ItemNotFound
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem

from .content import Fingerprint, fingerprint_of, spooled
from .folders import Place, sign_values, unsign_values

_FILE = "wagtail_m365.folders.file"
#: How often a file that changes while it is fetched is fetched anew.
_FETCHES = 3
#: Seconds between two signs of life of a long download.
_EVERY = 30.0

#: Told the bytes that have arrived so far; may raise to end it.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file as the browser listed it; travels through the browser as a signed text."""

    drive_id: str
    item_id: str
    name: str
    #: Bytes, when it was listed.
    size: int = 0
    place: Place = Place.MINE

    def sign(self) -> str:
        """The value of a form field."""
        return sign_values(astuple(self), _FILE)

    @classmethod
    def unsign(cls, text: str) -> Self:
        """The file of a form field's value.

        Raises:
            InvalidRequest: It is none of ours.
        """
        return cls(**unsign_values(cls, text, _FILE))

    @classmethod
    def of_item(cls, item: DriveItem, place: Place) -> Self | None:
        """A file that was listed; ``None`` for folders, notebooks and their like."""
        if item.is_folder or item.is_package or item.deleted:
            return None
        remote = item.remote_item
        if remote is None:
            at, where = (item.drive_id, item.id), place
        elif remote.is_folder:
            return None
        else:
            # On somebody else's drive, which needs the right to read that.
            at, where = (remote.drive_id, remote.id), Place.SHARED
        if not all(at):
            return None
        return cls(
            drive_id=at[0], item_id=at[1], name=item.name, size=item.size, place=where
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole file, checked against what Microsoft tells of it."""

    item: DriveItem
    content: BinaryIO
    fingerprint: Fingerprint


def current(graph: GraphClient, drive_id: str, item_id: str) -> DriveItem:
    """The file as Microsoft knows it now.

    Raises:
        ItemNotFound: It is gone, or is no file.
        InvalidRequest: It is a notebook, which has no content of its own (code
            ``no_file``).
    """
    item = graph.drives.item(drive_id, item_id)
    if item.deleted or item.is_folder:
        raise ItemNotFound("There is no such file.", graph_code="itemNotFound")
    if item.is_package:
        raise InvalidRequest("This is no file.", code="no_file", name=item.name)
    return item


@contextmanager
def fetched(
    graph: GraphClient, item: DriveItem, progress: Progress | None = None
) -> Iterator[Fetched]:
    """The content of a file, whole and checked; it lives as long as the context.

    A file that changes meanwhile is fetched anew, so that what is given is one content
    and the item that it is the content of. Memory is constant: large ones go to disk.

    Args:
        graph: Asks with an account that may read the file.
        item: The file, as it was last read.
        progress: Told the bytes that have arrived so far; may raise to end it.

    Raises:
        ContentMismatch: It changed again and again, or was damaged on its way.
        ItemNotFound: It is gone.
        TemporarilyUnavailable: The line was cut again and again.
    """
    with spooled() as target:
        item = _fetch(graph, item, target, progress)
        target.seek(0)
        fingerprint = fingerprint_of(target)
        target.seek(0)
        yield Fetched(item=item, content=target, fingerprint=fingerprint)


def _fetch(
    graph: GraphClient, item: DriveItem, target: BinaryIO, progress: Progress | None
) -> DriveItem:
    for _ in range(_FETCHES - 1):
        with suppress(ContentMismatch):
            _fetch_once(graph, item, target, progress)
            return item
        item = current(graph, item.drive_id, item.id)
    _fetch_once(graph, item, target, progress)
    return item


def _fetch_once(
    graph: GraphClient, item: DriveItem, target: BinaryIO, progress: Progress | None
) -> None:
    target.seek(0)
    target.truncate()
    graph.drives.download(item, target, progress=progress, sha256=False)


def now_and_then(sign_of_life: Callable[[], None]) -> Progress:
    """A progress that gives a sign of life twice a minute."""
    told = time.monotonic()

    def progress(received: int) -> None:
        nonlocal told
        if time.monotonic() - told > _EVERY:
            told = time.monotonic()
            sign_of_life()

    return progress
