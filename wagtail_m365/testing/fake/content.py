"""The content of files: simple upload and the redirect to the download.

Source: driveItem: upload small files (PUT content, up to 250 MB), driveItem: get content.
"""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from .blobs import BLOCK, Blob, BlobWriter
from .calls import Call
from .folders import conflict_behaviour
from .graph_errors import (
    GraphError,
    invalid_request,
    modified,
    not_supported,
    quota_reached,
)
from .items import Author, Item

LARGEST = 250 * 1024 * 1024
BEHAVIOUR = "@microsoft.graph.conflictBehavior"
#: Who takes a name in the fault ``name_taken``.
SOMEBODY = Author(id="00000000-0000-0000-0000-000000000001", name="Somebody else")


def show(call: Call) -> Response:
    """``GET …/content``: 302 to a pre-authenticated address."""
    call.options(("format",))
    if "format" in call.request.args:
        raise not_supported("conversion with ?format=")
    item = call.item
    if item.is_folder:
        raise invalid_request("A folder has no content")
    if call.is_known(item):
        return Response(status=304)
    return Response(
        status=302, headers={"Location": call.download_url(call.drive, item)}
    )


def put(call: Call) -> Response:
    """``PUT …/content``: the whole content at once."""
    call.options((BEHAVIOUR,))
    conflict = conflict_behaviour(call.request.args.to_dict(), "replace")
    with call.world.lock:
        check_target(call)
        strike(call)
    blob = receive(call.request, call.state.blobs.writer())
    with call.world.lock:
        check_target(call)
        parent, name = call.place()
        intrude(call, parent, name)
        item, is_new = call.drive.put_file(parent, name, blob, call.by, conflict)
        response = call.answer_item(item, 201 if is_new else 200)
        settle(call, item)
    return response


def receive(request: Request, writer: BlobWriter) -> Blob:
    """The body as a blob, read in large blocks.

    Raises:
        GraphError: 411 without a length, 413 when it is too long, 400 when it breaks off.
    """
    length = request.content_length
    if length is None and request.headers.get("Transfer-Encoding") != "chunked":
        raise GraphError(
            status=411, code="invalidRequest", message="A Content-Length is required"
        )
    if length is not None and length > LARGEST:
        raise too_large("Simple upload takes up to 250 MB; use an upload session")
    if length is None:
        while block := request.stream.read(BLOCK):
            writer.write(block)
    elif pour(request, writer, length):
        writer.discard()
        raise invalid_request("The body is shorter than its Content-Length")
    return writer.finish()


def pour(request: Request, writer: BlobWriter, length: int) -> int:
    """Write so many bytes of the body; return how many did not come.

    Read straight from the server: werkzeug's limited stream copies each block twice.
    """
    source = request.environ["wsgi.input"]
    while length and (block := source.read(min(BLOCK, length))):
        writer.write(block)
        length -= len(block)
    return length


def check_target(call: Call) -> None:
    """Refuse, before the body is read, what could not be written.

    Raises:
        GraphError: 412 or 423.
    """
    there = call.anchor and call.drive.find(call.anchor, call.segments)
    if there is not None:
        call.check_match(there)
        if call.is_known(there):
            raise modified()
        if not there.is_folder:
            call.drive.check_unlocked(there, call.by)
    elif call.request.headers.get("If-Match"):
        raise modified()


def strike(call: Call) -> None:
    """Let the faults happen that were ordered for uploads.

    Raises:
        GraphError: 412, 423 or 507.
    """
    if call.fault("quota_exceeded"):
        raise quota_reached()
    if call.anchor and call.drive.find(call.anchor, call.segments):
        call.strike()


def intrude(call: Call, parent: Item, name: str) -> None:
    """The fault ``name_taken``: somebody else makes a file of this name right now."""
    if call.fault("name_taken") and parent.child(name) is None:
        blob = call.state.blobs.store(b"Somebody else made this file.\n")
        call.drive.put_file(parent, name, blob, SOMEBODY)


def settle(call: Call, item: Item) -> None:
    """The fault ``etag_moves``: tags move after an upload though nobody edited."""
    fault = call.fault("etag_moves")
    if fault:
        item.etag_number += 1
        item.ctag_number += int(bool(fault.get("ctag")))


def too_large(message: str) -> GraphError:
    """413."""
    return GraphError(status=413, code="requestEntityTooLarge", message=message)
