"""Upload sessions, by Microsoft's rules.

Source: driveItem: createUploadSession; microsoft-graph-docs-contrib#412 and
onedrive-api-docs#747 (a name that is still being uploaded), onedrive-api-docs#64 and #79
(overlapping and unordered fragments), onedrive-api-docs#1273 (forms of the ranges).
"""

from __future__ import annotations

import re
from datetime import timedelta

from werkzeug.wrappers import Response

from .calls import Call, json_response, no_content
from .changing import client_times
from .content import check_target, intrude, pour, settle, strike, too_large
from .folders import conflict_behaviour
from .graph_errors import (
    GraphError,
    invalid_request,
    item_not_found,
    name_taken,
    not_supported,
    quota_reached,
)
from .graph_state import UploadSession
from .item_json import timestamp
from .items import Item
from .odata import Json, body, check_properties

SESSIONS_LAST = timedelta(days=7)
MULTIPLE = 320 * 1024
LARGEST_FRAGMENT = 60 * 1024 * 1024
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_UPLOADABLE = {
    "name",
    "description",
    "fileSize",
    "fileSystemInfo",
    "driveItemSource",
    "mediaSource",
    "@microsoft.graph.conflictBehavior",
}


def create(call: Call) -> Response:
    """``POST …/createUploadSession``."""
    call.options(())
    sent = body(call.request, {"item", "deferCommit"}, "microsoft.graph.action")
    if sent.get("deferCommit"):
        raise not_supported("deferCommit")
    wanted = sent.get("item") or {}
    check_properties(
        wanted, _UPLOADABLE, "microsoft.graph.driveItemUploadableProperties"
    )
    check_target(call)
    strike(call)
    _check_room(call, wanted)
    session = _new_session(call, wanted)
    call.state.uploads[session.id] = session
    address = call.storage_url(f"upload/{session.id}")
    if call.fault("upload_url_on_foreign_host"):
        address = f"http://uploads.example.com/storage/upload/{session.id}"
    answer = _progress(session) | {"uploadUrl": address}
    context = {"@odata.context": call.context("microsoft.graph.uploadSession")}
    return json_response(context | answer)


def find(call: Call, session_id: str) -> UploadSession:
    """The session of an upload address.

    Raises:
        GraphError: 404 when it is over, cancelled or was never there.
    """
    session = call.state.uploads.get(session_id)
    if session is not None:
        call.found_drive, call.by = session.drive, session.by
        if call.fault("upload_session_expired") or call.fault("session_expired"):
            session.expires_at = call.now
    if session is None or session.expires_at <= call.now:
        _forget(call, session_id)
        raise item_not_found(
            "The upload session was not found", "uploadSessionNotFound"
        )
    return session


def status(call: Call, session: UploadSession) -> Response:
    """``GET`` on the upload address: what is still missing."""
    return json_response(_progress(session))


def cancel(call: Call, session: UploadSession) -> Response:
    """``DELETE`` on the upload address."""
    _forget(call, session.id)
    return no_content()


def put(call: Call, session: UploadSession) -> Response:
    """``PUT`` on the upload address: one fragment, and with the last one the file."""
    if not session.busy.acquire(blocking=False):
        raise GraphError(
            status=409, code="conflict", message="A fragment is being uploaded already"
        )
    try:
        start, stop, total = _range(call, session)
        _receive(call, session, stop - start)
        session.total = total
        if stop < total:
            session.expires_at = call.now + SESSIONS_LAST
            return json_response(_progress(session), 202)
        with call.world.lock:
            return _commit(call, session)
    finally:
        session.busy.release()


def _check_room(call: Call, wanted: Json) -> None:
    size = wanted.get("fileSize") or 0
    if not isinstance(size, int) or size < 0:
        raise invalid_request("fileSize must be a number of bytes")
    if call.drive.used + size > call.drive.quota_total:
        raise quota_reached()


def _new_session(call: Call, wanted: Json) -> UploadSession:
    parent, name = call.place()
    if wanted.get("name", name) != name:
        raise invalid_request("The name in the body is not the name in the URL")
    call.drive.check_new(parent, name)
    # The page says "fail", the service replaces (rclone relies on it).
    conflict = conflict_behaviour(wanted, "replace")
    taken = parent.child(name)
    if taken is not None and (taken.is_folder or conflict == "fail"):
        raise name_taken()
    if not call.drive.is_personal:
        _check_not_uploading(call, parent, name)
    created, modified = client_times(wanted)
    return UploadSession(
        drive=call.drive,
        parent=parent,
        name=name,
        conflict=conflict,
        by=call.by,
        expires_at=call.now + SESSIONS_LAST,
        writer=call.state.blobs.writer(),
        client_created_at=created,
        client_modified_at=modified,
        description=str(wanted.get("description") or ""),
    )


def _check_not_uploading(call: Call, parent: Item, name: str) -> None:
    """One session a name; personal drives do not mind (onedrive-api-docs#747)."""
    for other in tuple(call.state.uploads.values()):
        if other.expires_at <= call.now:
            _forget(call, other.id)
        elif (
            other.parent is parent
            and other.name.casefold() == name.casefold()
            and other.writer.size != other.total
        ):
            raise name_taken(
                "A file with the same name is currently being uploaded. "
                "Change the filename and try to save again."
            )


def _range(call: Call, session: UploadSession) -> tuple[int, int, int]:
    """Start, end (exclusive) and total of the fragment, all rules checked."""
    found = _RANGE.fullmatch(call.request.headers.get("Content-Range", ""))
    if found is None:
        raise invalid_request("Invalid Content-Range header value")
    start, last, total = (int(number) for number in found.groups())
    stop = last + 1
    if not start < stop <= total or session.total not in {None, total}:
        raise invalid_request("Invalid Content-Range header value")
    if call.request.content_length != stop - start:
        raise invalid_request(
            "Declared fragment length does not match the provided number of bytes"
        )
    if stop - start > LARGEST_FRAGMENT:
        raise too_large("A fragment has at most 60 MiB")
    if start != session.writer.size:
        raise _misplaced(overlaps=start < session.writer.size)
    if stop < total and (stop - start) % MULTIPLE:
        raise invalid_request("A fragment must be a multiple of 320 KiB", "invalidSize")
    return start, stop, total


def _misplaced(*, overlaps: bool) -> GraphError:
    if overlaps:
        inner, message = "fragmentOverlap", "overlaps with existing data"
    else:
        inner, message = "fragmentOutOfOrder", "is out of order"
    return GraphError(
        status=416,
        code="invalidRange",
        inner=inner,
        message=f"Uploaded fragment {message}.",
    )


def _receive(call: Call, session: UploadSession, length: int) -> None:
    """Take the bytes in; if they break off, all of this request is forgotten."""
    mark, missing = session.writer.mark(), length
    try:
        missing = pour(call.request, session.writer, length)
    finally:
        if missing:
            session.writer.roll_back(mark)
    if missing:
        raise invalid_request(
            "Declared fragment length does not match the provided number of bytes"
        )


def _commit(call: Call, session: UploadSession) -> Response:
    """All is there: the file appears, under its name or another."""
    intrude(call, session.parent, session.name)
    if session.parent.deleted_at is not None:
        raise item_not_found()
    _check_name_is_free(call, session)
    del call.state.uploads[session.id]
    item, is_new = session.drive.put_file(
        session.parent,
        session.name,
        session.writer.finish(),
        session.by,
        session.conflict,
    )
    item.client_created_at = session.client_created_at or item.client_created_at
    item.client_modified_at = session.client_modified_at
    item.description = session.description or item.description
    response = call.answer_item(item, 201 if is_new else 200)
    settle(call, item)
    return response


def _check_name_is_free(call: Call, session: UploadSession) -> None:
    """Raises: GraphError: 409 when somebody has taken the name meanwhile."""
    if session.conflict == "fail" and session.parent.child(session.name) is not None:
        # "The upload session is preserved until the expiration time."
        raise name_taken(
            "Another file exists with the same name as the uploaded session. You can "
            "redirect the upload session to use a new filename by calling PUT with the "
            "new metadata and @microsoft.graph.sourceUrl attribute."
        )


def _progress(session: UploadSession) -> Json:
    start, total = session.writer.size, session.total
    missing = f"{start}-"
    # Both forms are seen in the wild; clients must take either.
    if total and not session.drive.is_personal:
        missing = f"{start}-{total - 1}"
    return {
        "expirationDateTime": timestamp(session.expires_at),
        "nextExpectedRanges": [] if start == total else [missing],
    }


def _forget(call: Call, session_id: str) -> None:
    session = call.state.uploads.pop(session_id, None)
    if session is not None:
        session.writer.discard()
