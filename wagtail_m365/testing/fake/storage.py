"""Microsoft's storage host: pre-authenticated uploads, downloads and monitors.

It is served under ``localhost`` while Graph is ``127.0.0.1``, and refuses a bearer token:
older clients that send one there fail against Microsoft as well.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from . import uploads
from .blobs import Blob
from .calls import Call, json_response
from .graph_errors import GraphError, item_not_found
from .item_json import ctag, mime_type
from .items import Item, Version
from .tree import Drive

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
Serving = Callable[[Call, str], Response]


def refuse_bearer(request: Request) -> None:
    """Raises: GraphError: 401 when a token was sent."""
    if "Authorization" in request.headers:
        raise GraphError(
            status=401,
            code="unauthenticated",
            message="The address is pre-authenticated: send no Authorization header",
            headers={"WWW-Authenticate": "Bearer"},
        )


def upload(call: Call, session_id: str) -> Response:
    """``/storage/upload/…``: fragments, progress, cancelling."""
    verbs = {
        "PUT": uploads.put,
        "GET": uploads.status,
        "HEAD": uploads.status,
        "DELETE": uploads.cancel,
    }
    with call.world.lock:
        session = uploads.find(call, session_id)
    return verbs[call.request.method](call, session)


def monitor(call: Call, monitor_id: str) -> Response:
    """``/storage/monitor/…``: how far a copy is; here it is always done."""
    found = call.state.monitors.get(monitor_id)
    if found is None:
        raise item_not_found()
    drive_id, item_id = found
    return json_response(
        {
            "operation": "ItemCopy",
            "percentageComplete": 100.0,
            "resourceId": item_id,
            "resourceLocation": f"{call.origin}/v1.0/drives/{drive_id}/items/{item_id}",
            "status": "completed",
        }
    )


def download(call: Call, token: str) -> Response:
    """``/storage/download/…``: content, whole or in a range."""
    with call.world.lock:
        drive, item, version = _find(call, token)
        fault = _faulty(call, drive, item, version)
    blob = version.blob
    tag = ctag(drive, item) if version is item.versions[-1] else f'"{version.number}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Last-Modified": http_date(version.modified_at),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(item.name)}",
    }
    start, stop = _range(call.request, blob, tag)
    if (start, stop) != (0, blob.size):
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{blob.size}"
    headers["Content-Length"] = str(stop - start)
    return Response(
        _cut_short(blob, start, stop) if fault else blob.chunks(start, stop),
        status=206 if "Content-Range" in headers else 200,
        headers=headers,
        content_type=mime_type(item.name),
        direct_passthrough=True,
    )


def _find(call: Call, token: str) -> tuple[Drive, Item, Version]:
    payload, _, signature = token.rpartition(".")
    if not hmac.compare_digest(call.state.sign(payload), signature):
        raise item_not_found()
    text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    drive_id, item_id, number, expires = json.loads(text)
    if datetime.fromtimestamp(expires, UTC) <= call.now:
        raise GraphError(
            status=401, code="unauthenticated", message="The address has expired"
        )
    drive = call.state.drive(drive_id)
    call.by = drive.owner
    item = drive.get(item_id)
    if not number:
        return drive, item, item.versions[-1]
    for version in item.versions:
        if version.number == number:
            return drive, item, version
    raise item_not_found()


def _faulty(call: Call, drive: Drive, item: Item, version: Version) -> bool:
    """Whether the download breaks off; with ``changed_during_download`` by a change."""
    if call.fault("changed_during_download"):
        data = version.blob.read() + b"\n"
        blob = call.state.blobs.store(data)
        drive.replace(item, blob, item.modified_by, in_office=True)
        return True
    return bool(call.fault("truncated_download"))


def _range(request: Request, blob: Blob, tag: str) -> tuple[int, int]:
    """Start and end (exclusive) of what is asked for.

    Raises:
        GraphError: 416.
    """
    text = request.headers.get("Range", "")
    if not text or request.headers.get("If-Range", tag) != tag:
        return 0, blob.size
    found = _RANGE.fullmatch(text)
    first, last = found.groups() if found else ("", "")
    if first:
        start, stop = int(first), min(int(last or blob.size), blob.size - 1) + 1
    else:
        start, stop = max(blob.size - int(last or 0), 0), blob.size
    if not start < stop:
        raise GraphError(
            status=416,
            code="invalidRange",
            message="The range is not satisfiable",
            headers={"Content-Range": f"bytes */{blob.size}"},
        )
    return start, stop


def _cut_short(blob: Blob, start: int, stop: int) -> Iterator[bytes]:
    """The first half; then the connection ends."""
    yield from blob.chunks(start, start + (stop - start) // 2)
