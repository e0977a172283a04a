"""Uploads: small files in one request, others in a session that survives faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from wagtail_m365.errors import (
    GraphError,
    M365Error,
    TemporarilyUnavailable,
    UploadSessionLost,
)
from wagtail_m365.redaction import Secret

from . import addresses, faults
from .answers import UNREADABLE, required
from .arrivals import arrived
from .drives import CONFLICT, Conflict, matching
from .names import check_name
from .rest import Rest, json_of
from .sources import Fragment, Source
from .types import ITEM_FIELDS, DriveItem, UploadSession
from .upload_sessions import BINARY, FRAGMENT, SessionUpload

#: Up to this many bytes a file is sent in one request.
SIMPLE_LIMIT = 4 * 1024 * 1024
Progress = Callable[[int], None]
Alive = Callable[[], None]
_ITEM = {"$select": ITEM_FIELDS}


def _nobody(*_: object) -> None:
    """Nobody wants to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a file goes, and what may happen to what is there."""

    #: Graph's path of the item that is to be written.
    path: str
    #: Name the item is to have; ``""`` where an existing one keeps its own.
    name: str
    drive_id: str
    conflict: Conflict
    #: eTag the existing item must have; ``""``: any.
    if_match: str = ""
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told how far an upload is, and where it goes on."""

    progress: Progress = _nobody
    alive: Alive = _nobody
    opened: Callable[[UploadSession], None] = _nobody
    resume: Secret | None = None


def upload(
    client: Rest,
    source: BinaryIO,
    *,
    size: int,
    drive_id: str,
    parent_id: str,
    name: str,
    conflict: Conflict,
    progress: Progress | None = None,
    if_match: str = "",
    sha256: str = "",
    resume: Secret | None = None,
    opened: Callable[[UploadSession], None] | None = None,
    alive: Alive | None = None,
) -> DriveItem:
    """Send a file to a folder, with constant memory.

    What Microsoft keeps is compared with what was sent, by hash and else by size.
    SharePoint and OneDrive for Business rewrite Office files on arrival: the item
    then has ``rewritten=True`` and tells the size and hashes of *their* bytes, with
    which a later state has to be compared; compare contents with
    ``documents.enrichment`` where it matters that nothing else was changed.

    Args:
        client: Asks Graph.
        source: Read from where it stands to ``size`` bytes; needs no ``fileno``.
        size: Bytes.
        drive_id: The drive.
        parent_id: The folder.
        name: Name the file is to have.
        conflict: What happens when the name is taken.
        progress: Told how many bytes Microsoft has.
        if_match: eTag that the item to be replaced must have.
        sha256: Hash that the whole must have (hexadecimal), checked before the last
            bytes are sent; ``""``: not checked.
        resume: Address of a session that an earlier call opened and did not end.
        opened: Told of a new session, so that a later call can resume it.
        alive: Called again and again while bytes go out, whatever has arrived.

    Raises:
        NameRefused: OneDrive does not take this name.
        NameTaken: The name is taken and ``conflict`` is ``"fail"``, or somebody is
            still sending a file of this name.
        PreconditionFailed: The item is not as ``if_match`` says.
        ItemLocked: Office has the item open.
        QuotaExceeded: The drive is full.
        ContentMismatch: The source changed while it was sent (code
            ``source_changed``), or what arrived is not what was sent.
        UploadSessionLost: The session ended, and a second one too, or the source
            cannot be read twice.
        TemporarilyUnavailable: Try again later; with ``resume`` what was sent counts.
    """
    check_name(name)
    destination = Destination(
        path=addresses.by_path(drive_id, name, parent_id=parent_id) + ":",
        name=name,
        drive_id=drive_id,
        conflict=conflict,
        if_match=if_match,
        properties={CONFLICT: conflict, "name": name},
    )
    watch = Watch(
        progress=progress or _nobody,
        alive=alive or _nobody,
        opened=opened or _nobody,
        resume=resume,
    )
    bytes_ = Source(source, size=size, window=FRAGMENT, sha256=sha256)
    return _upload(client, bytes_, destination, watch)


def replace_content(
    client: Rest,
    source: BinaryIO,
    *,
    size: int,
    item: DriveItem,
    if_match: str = "",
    progress: Progress | None = None,
    sha256: str = "",
) -> DriveItem:
    """Give an existing file another content; its id and its links stay.

    Args and Raises: as :func:`upload`.
    """
    destination = Destination(
        path=addresses.item(item.drive_id, item.id),
        name="",
        drive_id=item.drive_id,
        conflict="replace",
        if_match=if_match,
        properties={CONFLICT: "replace"},
    )
    watch = Watch(progress=progress or _nobody)
    bytes_ = Source(source, size=size, window=FRAGMENT, sha256=sha256)
    return _upload(client, bytes_, destination, watch)


def _upload(
    client: Rest,
    source: Source,
    destination: Destination,
    watch: Watch,
) -> DriveItem:
    with closing(source):
        if source.size <= SIMPLE_LIMIT and watch.resume is None:
            json = _in_one_request(client, source, destination, watch)
        else:
            json = _in_sessions(client, source, destination, watch)
        watch.progress(source.size)
        return arrived(client, json, source, destination.drive_id)


def _in_one_request(
    client: Rest, source: Source, destination: Destination, watch: Watch
) -> Mapping[str, Any]:
    """In one request, or in a second one where the line was cut before the first."""
    try:
        return _put(client, source, destination, watch)
    except GraphError as error:
        if error.code != UNREADABLE:
            raise
        return _arrived_after_all(client, source, destination, error)
    except TemporarilyUnavailable as error:
        try:
            return _arrived_after_all(client, source, destination, error)
        except TemporarilyUnavailable:
            # A file of that name is refused: nothing can arrive twice.
            if destination.conflict != "fail" or "status" in error.facts:
                raise
    return _put(client, source, destination, watch)


def _put(
    client: Rest, source: Source, destination: Destination, watch: Watch
) -> Mapping[str, Any]:
    content = source.at(0)
    response = client.transport.graph(
        "PUT",
        f"{destination.path}/content",
        params={CONFLICT: destination.conflict},
        headers={"Content-Type": BINARY} | matching(destination.if_match),
        body=Fragment(content, watch.alive, source.sent) if content else b"",
        repeatable=destination.conflict == "replace" and not destination.if_match,
    )
    json = json_of(response)
    required(json, "id")
    return json


def _in_sessions(
    client: Rest, source: Source, destination: Destination, watch: Watch
) -> Mapping[str, Any]:
    """In one session, or in a second one where the first is lost on the way."""
    try:
        return _in_session(client, source, destination, watch)
    except UploadSessionLost as error:
        try:
            return _arrived_after_all(client, source, destination, error)
        except UploadSessionLost:
            if not source.can_rewind():
                raise
    source.rewind()
    return _in_session(client, source, destination, replace(watch, resume=None))


def _in_session(
    client: Rest, source: Source, destination: Destination, watch: Watch
) -> Mapping[str, Any]:
    if watch.resume is not None:
        session = UploadSession(url=watch.resume)
        return _session_upload(client, session, source, watch).resume()
    session = UploadSession.from_json(
        client.post(
            f"{destination.path}/createUploadSession",
            {"item": destination.properties},
            headers=matching(destination.if_match),
        )
    )
    watch.opened(session)
    return _session_upload(client, session, source, watch).run()


def _session_upload(
    client: Rest, session: UploadSession, source: Source, watch: Watch
) -> SessionUpload:
    return SessionUpload(
        client,
        session,
        source,
        watch.progress,
        watch.alive,
        resumable=watch.opened is not _nobody,
    )


def _arrived_after_all(
    client: Rest, source: Source, destination: Destination, error: M365Error
) -> Mapping[str, Any]:
    """The item, where only Microsoft's last answer was lost; else the error.

    Told by its hash. Not where a name is chosen by Microsoft (``"rename"``): the
    item of that name may be somebody else's.
    """
    if destination.conflict == "rename" and faults.is_unclear(error):
        raise TemporarilyUnavailable(
            "Whether the file has arrived, Microsoft did not tell.",
            code="upload_unconfirmed",
            correlation_id=error.correlation_id,
        ) from error
    if destination.conflict == "rename" or not source.can_be_read_whole():
        raise error
    try:
        json = client.get(destination.path.removesuffix(":"), params=_ITEM)
    except M365Error:
        raise error from error.__cause__
    item = DriveItem.from_json(json)
    if item.size != source.size:
        raise error
    source.read_all()
    if item.hashes.quick_xor != source.quick_xor():
        raise error
    return json
