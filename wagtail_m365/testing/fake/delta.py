"""Tracking changes of a drive.

Source: driveItem: delta. The order is not guaranteed, an item may come several times and
the last one counts, deletions carry little more than the id.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from werkzeug.wrappers import Response

from .calls import Call, json_response
from .graph_errors import GraphError, not_supported
from .item_json import ITEM_PROPERTIES, deleted_json
from .items import Item
from .odata import Json, link, make_token, read_token, reduce, selected, top

_OPTIONS = ("token", "$top", "$select", "$skiptoken")
#: What delta leaves out on OneDrive for Business.
_LEFT_OUT = ("cTag", "lastModifiedBy")

#: What a client is to make of what is missing in the new enumeration.
_KINDS = {
    "apply": "resyncChangesApplyDifferences",
    "upload": "resyncChangesUploadDifferences",
}


def show(call: Call, token: str = "") -> Response:
    """``GET …/delta``, ``…/delta?token=`` or ``…/delta(token='')``."""
    call.options(_OPTIONS)
    if call.item.parent is not None and not call.drive.is_personal:
        raise not_supported("delta below the root of OneDrive for Business")
    token = token or call.request.args.get("token", "")
    newest = call.drive.change_number
    if token == "latest":
        return _answer(call, [], _delta_link(call, newest))
    since, until, after = _position(call, token, newest)
    rows = _changes(call, since, until)
    rows = [row for row in rows if _place(row) >= after]
    size = top(call.request)
    if len(rows) <= size:
        return _answer(call, rows, _delta_link(call, until))
    # The next page begins with the last item of this one: it comes twice.
    resume = _place(rows[size - 1]) if size > 1 else _place(rows[size])
    next_token = make_token("d", [call.drive.id, since, until, resume])
    body = _body(call, rows[:size])
    body["@odata.nextLink"] = call.next_link(token=next_token)
    return json_response(body)


def _position(call: Call, token: str, newest: int) -> tuple[int, int, str]:
    """From which change to which, and after which item.

    Raises:
        GraphError: 410 with a link that starts afresh.
    """
    if not token:
        return 0, newest, ""
    try:
        drive_id, since, until, after = read_token(token, "d")
        too_old = since < call.drive.oldest_delta
    except (GraphError, TypeError, ValueError) as error:
        raise _resync(call) from error
    if drive_id != call.drive.id or too_old or call.fault("resync_required"):
        raise _resync(call)
    return since, newest if until is None else until, after


def _changes(call: Call, since: int, until: int) -> list[Item]:
    """Items that changed, in an order that means nothing."""
    below = call.item
    drive = call.drive
    alive = [below, *below.descendants()]
    gone = [] if not since else list(drive.tombstones.values())
    changed = [one for one in (*alive, *gone) if since < one.changed_in <= until]
    return sorted(changed, key=_place)


def _place(item: Item) -> str:
    return hashlib.sha256(item.id.encode()).hexdigest()


def _answer(call: Call, rows: list[Item], delta_link: str) -> Response:
    return json_response(_body(call, rows) | {"@odata.deltaLink": delta_link})


def _body(call: Call, rows: list[Item]) -> Json:
    context = call.context("Collection(driveItem)")
    return {"@odata.context": context, "value": [_entry(call, row) for row in rows]}


def _entry(call: Call, item: Item) -> Json:
    if item.deleted_at is not None:
        names = selected(call.request, ITEM_PROPERTIES, "driveItem")
        return reduce(
            deleted_json(call.drive, item), names and names | {"deleted", "id"}
        )
    entity = call.item_json(item)
    # Renaming a folder does not report what is in it, so no path is told.
    if "parentReference" in entity:
        entity["parentReference"].pop("path", None)
    if not call.drive.is_personal:
        for name in _LEFT_OUT:
            entity.pop(name, None)
    return entity


def _delta_link(call: Call, until: int) -> str:
    token = make_token("d", [call.drive.id, until, None, ""])
    return link(call.request, token=token)


def _resync(call: Call) -> GraphError:
    """410, and where to start again."""
    path = quote(call.request.path.partition("(token=")[0], safe="/!")
    return GraphError(
        status=410,
        code="resyncRequired",
        inner=_KINDS[call.world.options.resync_kind],
        message="Resync required. Replace any local items with the server's version.",
        headers={"Location": f"{call.origin}{path}"},
    )
