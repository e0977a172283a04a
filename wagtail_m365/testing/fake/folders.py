"""What is in a folder: listing, making folders, searching, recent files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from .calls import Call
from .expanding import expanded
from .graph_errors import bad_request, invalid_request
from .item_json import ITEM_PROPERTIES
from .items import Item
from .odata import LARGEST_PAGE, Json, body, check_properties, ordered
from .rights import may_reach
from .tree import BEHAVIOURS

_KEYS: dict[str, Callable[[Item], Any]] = {
    "name": lambda item: item.name.casefold(),
    "size": lambda item: item.size,
    "lastModifiedDateTime": lambda item: item.modified_at,
    "createdDateTime": lambda item: item.created_at,
}
_NEW_FOLDER = {
    "name",
    "folder",
    "description",
    "fileSystemInfo",
    "@microsoft.graph.conflictBehavior",
}


def list_children(call: Call) -> Response:
    """``GET …/children``: 200 a page, folders and files by name."""
    folder = call.item
    told = expanded(call)
    if folder.children is None:
        return call.answer_items([], told, ("$expand",))
    visible = [
        item
        for item in folder.children.values()
        if not item.visible_to or item.visible_to == call.by.id
    ]
    visible.sort(key=_KEYS["name"])
    rows = ordered(call.request, visible, _KEYS)
    return call.answer_items(rows, told, ("$expand",))


def create(call: Call) -> Response:
    """``POST …/children``: a new folder."""
    call.options(())
    kind = "microsoft.graph.driveItem"
    sent = body(call.request, _NEW_FOLDER, kind, ITEM_PROPERTIES)
    name = sent.get("name")
    if not isinstance(name, str) or not isinstance(sent.get("folder"), dict):
        raise invalid_request(
            "The request is malformed or incorrect: a name and a folder facet are needed."
        )
    check_properties(sent["folder"], {"childCount"}, "microsoft.graph.folder")
    conflict = conflict_behaviour(sent, "fail")
    if call.fault("name_taken"):
        conflict = "fail"
        call.drive.put_file(
            call.item, name, call.state.blobs.store(b""), call.drive.owner, "replace"
        )
    folder = call.drive.create_folder(call.item, name, call.by, conflict)
    folder.description = str(sent.get("description") or "")
    return call.answer_item(folder, 201)


def search(call: Call, q: str) -> Response:
    """``search(q='…')``: every word is part of the name."""
    top = call.item if call.anchor is not None else call.drive.root
    words = q.replace("''", "'").casefold().split()
    if not words:
        raise bad_request("The search query is empty.")
    found = [
        item
        for item in top.descendants()
        if all(word in item.name.casefold() for word in words) and may_reach(call, item)
    ]
    found.sort(key=_KEYS["name"])
    return call.answer_items(ordered(call.request, found, _KEYS))


def recent(call: Call) -> Response:
    """``GET /me/drive/recent``: the account's files, newest first."""
    if call.fault("lists_ended"):
        return call.answer_items([])
    files = [item for item in call.drive.root.descendants() if not item.is_folder]
    files.sort(key=_KEYS["lastModifiedDateTime"], reverse=True)
    return call.answer_items(files[:LARGEST_PAGE])


def conflict_behaviour(sent: Json, default: str) -> str:
    """What to do when the name is taken.

    Raises:
        GraphError: 400 for a word that is none of the three.
    """
    asked = sent.get("@microsoft.graph.conflictBehavior", default)
    if asked not in BEHAVIOURS:
        raise invalid_request(
            f"'{asked}' is not a value of @microsoft.graph.conflictBehavior"
        )
    return str(asked)
