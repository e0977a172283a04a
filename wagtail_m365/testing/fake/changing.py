"""A drive item itself: shown, renamed, moved, described, copied, deleted."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from urllib.parse import unquote

from werkzeug.wrappers import Response

from .calls import Call, no_content
from .expanding import expanded
from .folders import conflict_behaviour
from .graph_errors import (
    GraphError,
    invalid_request,
    item_not_found,
    name_taken,
    not_supported,
)
from .item_json import ITEM_PROPERTIES
from .items import Item
from .odata import Json, body, check_properties
from .rights import Need, check, check_item
from .tree import Drive, free_name

_CHANGEABLE = {
    "name",
    "parentReference",
    "fileSystemInfo",
    "description",
    "@microsoft.graph.conflictBehavior",
}
_REFERENCE = {"id", "driveId", "path", "name", "driveType", "siteId", "sharepointIds"}
_TIMES = {"createdDateTime", "lastModifiedDateTime", "lastAccessedDateTime"}
_COPY = {"name", "parentReference", "childrenOnly", "includeAllVersionHistory"}


def show(call: Call) -> Response:
    """``GET`` an item; 304 when the client has this eTag already."""
    call.options(("$select", "$expand"))
    item, told = call.item, expanded(call)
    if call.is_known(item):
        return Response(status=304)
    return call.answer_item(item, told=told)


def update(call: Call) -> Response:
    """``PATCH`` an item: name, folder, times, description."""
    call.options(("@microsoft.graph.conflictBehavior", "$select"))
    item = call.writable()
    sent = body(call.request, _CHANGEABLE, "microsoft.graph.driveItem", ITEM_PROPERTIES)
    call.drive.check_unlocked(item, call.by)
    name, parent = sent.get("name", item.name), item.parent
    if not isinstance(name, str):
        raise invalid_request("The name must be a text")
    if "parentReference" in sent:
        parent = _folder(call, call.drive, sent["parentReference"])
    times, renamed = client_times(sent), name != item.name
    if parent is None and renamed:
        raise invalid_request("The root cannot be renamed")
    if parent is not None and (renamed or parent is not item.parent):
        asked = {**call.request.args.to_dict(), **sent}
        conflict = conflict_behaviour(asked, "fail")
        call.drive.relocate(item, parent, name, call.by, conflict=conflict)
    if "description" in sent:
        item.description = str(sent["description"] or "")
    if renamed or any(times):
        _touch(call, item)
    item.client_created_at = times[0] or item.client_created_at
    item.client_modified_at = times[1] or item.client_modified_at
    return call.answer_item(item)


def commit(call: Call) -> Response:
    """``PUT`` on an item: an upload session under another name."""
    raise not_supported("committing an upload session with sourceUrl")


def delete(call: Call) -> Response:
    """``DELETE`` an item: into the recycle bin."""
    call.options(())
    call.drive.delete(call.writable(), call.by)
    return no_content()


def delete_for_good(call: Call) -> Response:
    """``POST …/permanentDelete``; personal drives do not have it."""
    _only_business(call)
    call.drive.delete(call.writable(), call.by, for_good=True)
    return no_content()


def restore(call: Call, item_id: str) -> Response:
    """``POST …/items/{id}/restore``: out of the recycle bin; personal drives only."""
    if not call.drive.is_personal:
        raise not_supported("restore on OneDrive for Business")
    item = call.drive.recycle_bin.get(item_id)
    if item is None:
        raise item_not_found()
    call.drive.restore(item, call.by)
    return call.answer_item(item)


def copy(call: Call) -> Response:
    """``POST …/copy``: 202, and an address that tells when it is done."""
    sent = body(call.request, _COPY, "microsoft.graph.copy")
    if sent.get("childrenOnly"):
        raise not_supported("copy with childrenOnly")
    item, drive = call.item, call.drive
    folder = item.parent or drive.root
    if reference := sent.get("parentReference"):
        check_properties(reference, _REFERENCE, "microsoft.graph.itemReference")
        drive = call.state.drive(reference.get("driveId") or drive.id)
        folder = _folder(call, drive, reference)
    # Reading is enough where it comes from, not where it goes.
    check(call, Need.WRITE_FILES)
    check_item(call.in_drive(drive), folder, Need.WRITE_FILES)
    made = _copied(call, drive, folder, str(sent.get("name") or item.name))
    monitor = secrets.token_urlsafe(16)
    call.state.monitors[monitor] = (drive.id, made.id)
    address = call.storage_url(f"monitor/{monitor}")
    return Response(status=202, headers={"Location": address})


def _copied(call: Call, drive: Drive, folder: Item, name: str) -> Item:
    """The copy under its name, or what the query says for a name that is taken."""
    conflict = conflict_behaviour(call.request.args.to_dict(), "fail")
    taken, item = folder.child(name), call.item
    if taken is None:
        return drive.copy(item, folder, name, call.by)
    # driveItem: copy: "conflictBehavior is not supported for OneDrive Consumer".
    if conflict == "fail" or drive.is_personal:
        raise name_taken()
    if conflict == "rename":
        return drive.copy(item, folder, free_name(folder, name), call.by)
    if item.is_folder or taken.is_folder or taken is item:
        raise GraphError(
            status=400, code="notSupported", message="Folders cannot be overwritten"
        )
    return drive.replace(taken, item.blob, call.by)


def client_times(sent: Json) -> tuple[datetime | None, datetime | None]:
    """``fileSystemInfo`` as creation and change on the client.

    Raises:
        GraphError: 400.
    """
    times = sent.get("fileSystemInfo") or {}
    check_properties(times, _TIMES, "microsoft.graph.fileSystemInfo")
    return (
        parse_time(times.get("createdDateTime")),
        parse_time(times.get("lastModifiedDateTime")),
    )


def parse_time(text: object) -> datetime | None:
    """A date and time in UTC.

    Raises:
        GraphError: 400 for anything else.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise invalid_request(f"'{text}' is not a date and time") from error
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _touch(call: Call, item: Item) -> None:
    """A change of name or times makes a version on business drives.

    Source: onedrive-api-docs#778, #877.
    """
    if item.is_folder or call.drive.is_personal:
        item.etag_number += 1
        call.drive.changed(item, "updated", call.by)
    else:
        call.drive.add_version(item, item.blob, call.by)


def _folder(call: Call, drive: Drive, reference: object) -> Item:
    """The folder of a ``parentReference``, by id or by path."""
    check_properties(reference, _REFERENCE, "microsoft.graph.itemReference")
    if not isinstance(reference, dict):
        raise invalid_request("parentReference must be an object")
    if (reference.get("driveId") or drive.id).casefold() != drive.id.casefold():
        raise GraphError(
            status=400, code="notSupported", message="Cannot move between drives"
        )
    folder: Item | None = None
    if item_id := reference.get("id"):
        folder = drive.get(str(item_id))
    elif path := str(reference.get("path", "")):
        names = unquote(path).partition("root:")[2].split("/")
        folder = drive.find(drive.root, [name for name in names if name])
    if folder is None or not folder.is_folder:
        raise item_not_found()
    check_item(call.in_drive(drive), folder, Need.WRITE_FILES)
    return folder


def _only_business(call: Call) -> None:
    if call.drive.is_personal:
        raise GraphError(
            status=400,
            code="notSupported",
            message="Operation not supported on a personal OneDrive",
        )
