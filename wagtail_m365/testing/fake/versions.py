"""Versions of a file, check-out and check-in.

Source: driveItemVersion, driveItem: checkout / checkin / discardCheckout.
"""

from __future__ import annotations

from dataclasses import replace

from werkzeug.wrappers import Response

from .calls import Call, no_content
from .graph_errors import GraphError, invalid_request, item_not_found, not_supported
from .item_json import version_json
from .items import Item, Version
from .odata import Json, body


def list_versions(call: Call) -> Response:
    """``GET …/versions``, newest first."""
    item = _file(call)
    rows = list(reversed(item.versions))
    return call.answer_list(rows, lambda one: _json(call, item, one))


def show(call: Call, version: str) -> Response:
    """``GET …/versions/{id}``; ``current`` is the newest."""
    item = _file(call)
    found = _version(item, version)
    return call.answer(_json(call, item, found), "driveItemVersions")


def content(call: Call, version: str) -> Response:
    """``GET …/versions/{id}/content``: 302, for any but the current one."""
    item = _file(call)
    found = _version(item, version)
    if found is item.versions[-1]:
        # onedrive-api-docs#1112: by design; the item itself has it.
        raise invalid_request("You cannot get the content of the current version.")
    return Response(
        status=302,
        headers={"Location": call.download_url(call.drive, item, found.number)},
    )


def restore(call: Call, version: str) -> Response:
    """``POST …/versions/{id}/restoreVersion``: an old content becomes the newest."""
    item = call.writable()
    found = _version(_file(call), version)
    call.drive.replace(item, found.blob, call.by)
    return no_content()


def delete(call: Call, version: str) -> Response:
    """``DELETE …/versions/{id}``: any but the current one."""
    item = call.writable()
    found = _version(_file(call), version)
    if found is item.versions[-1]:
        raise invalid_request("The current version cannot be deleted")
    item.versions.remove(found)
    return no_content()


def check_out(call: Call) -> Response:
    """``POST …/checkout``: nobody else can change the file until it is checked in."""
    item = _publishable(call)
    if item.checked_out_by is not None:
        raise _conflict("The file is already checked out")
    call.drive.check_unlocked(item, call.by)
    item.checked_out_by = call.by
    return no_content()


def check_in(call: Call) -> Response:
    """``POST …/checkin``."""
    item = _publishable(call)
    sent = body(call.request, {"checkInAs", "comment"}, "microsoft.graph.checkin")
    if sent.get("checkInAs", "") not in {"", "published", "unspecified", None}:
        raise invalid_request("checkInAs is 'published', 'unspecified' or empty")
    _release(call, item)
    item.visible_to = ""
    comment = str(sent.get("comment") or "")
    item.versions[-1] = replace(item.versions[-1], comment=comment)
    item.etag_number += 1
    call.drive.changed(item, "updated", call.by)
    return no_content()


def discard_check_out(call: Call) -> Response:
    """``POST …/discardCheckout``."""
    item = _publishable(call)
    _release(call, item)
    if item.visible_to:
        # Never checked in: there is nothing to go back to.
        call.drive.delete(item, call.by)
    return no_content()


def _release(call: Call, item: Item) -> None:
    if item.checked_out_by is None:
        raise _conflict("The file is not checked out")
    call.drive.check_unlocked(item, call.by)
    item.checked_out_by = None


def _publishable(call: Call) -> Item:
    call.options(())
    if call.drive.is_personal:
        raise not_supported("checking out on a personal OneDrive")
    return _file(call)


def _file(call: Call) -> Item:
    if call.item.is_folder:
        raise invalid_request("A folder has no versions")
    return call.item


def _version(item: Item, version: str) -> Version:
    if version == "current":
        return item.versions[-1]
    for one in item.versions:
        if f"{one.number}.0" == version:
            return one
    raise item_not_found()


def _json(call: Call, item: Item, version: Version) -> Json:
    is_current = version is item.versions[-1]
    url = call.download_url(call.drive, item, version.number)
    return version_json(version, is_current=is_current, download_url=url)


def _conflict(message: str) -> GraphError:
    return GraphError(status=409, code="conflict", message=message)
