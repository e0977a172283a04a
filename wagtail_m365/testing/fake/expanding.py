"""``$expand`` of drive items: what is in a folder. The rest is left to Microsoft.

Source: driveItem: get, list children ("Optional query parameters"); driveItem: list
permissions, for what cannot be expanded.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .calls import Call
from .graph_errors import bad_request, not_supported
from .item_json import ITEM_PROPERTIES
from .items import Item
from .odata import Json, no_property

_CLAUSE = re.compile(r"\s*([\w.@]+)\s*(?:\(([^()]*)\))?\s*(?:,|$)")
_SELECT = re.compile(r"\$?select=([\w.@, ]+)")
#: What Microsoft expands, and the fake does not.
_ELSEWHERE = {
    *("thumbnails", "versions", "subscriptions", "listItem", "workbook", "analytics"),
    *("createdByUser", "lastModifiedByUser", "retentionLabel"),
}
_TYPE = "driveItem"


def expanded(call: Call) -> Callable[[Item], Json]:
    """How an item is told, with what this call's ``$expand`` asks for.

    Raises:
        GraphError: 400, or 501 for what only the fake does not expand.
    """
    text = call.request.args.get("$expand", "")
    if not text.strip():
        return call.item_json
    names: set[str] = set()
    for relation, options in _clauses(text):
        _check(relation)
        names |= _selected(options)

    def told(item: Item) -> Json:
        entity = call.item_json(item)
        if item.children is None:
            return entity
        inside = [call.item_json(one, names=names) for one in item.children.values()]
        return entity | {"children": inside}

    return told


def _clauses(text: str) -> list[tuple[str, str]]:
    clauses, place = [], 0
    while place < len(text):
        found = _CLAUSE.match(text, place)
        if found is None:
            raise bad_request("Parsing OData Select and Expand failed: Syntax error.")
        clauses.append((found[1], found[2] or ""))
        place = found.end()
    return clauses


def _check(relation: str) -> None:
    if relation == "children":
        return
    if relation == "permissions":
        raise bad_request("The permissions of a driveItem cannot be expanded.")
    if relation in _ELSEWHERE:
        raise not_supported(f"$expand={relation}")
    raise no_property(relation, _TYPE)


def _selected(options: str) -> set[str]:
    if not options.strip():
        return set()
    found = _SELECT.fullmatch(options.strip())
    if found is None:
        raise not_supported(f"$expand=children({options})")
    names = {name.strip() for name in found[1].split(",")} - {""}
    for name in sorted(names - ITEM_PROPERTIES):
        raise no_property(name, _TYPE)
    return names
