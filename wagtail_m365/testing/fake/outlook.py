"""What mail and calendar have in common: ids, change keys, bodies, people, preferences.

Source: outlookItem, itemBody, "Use query parameters" and the examples of the pages of
message and event, which say that a real answer has all properties.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from html import unescape
from typing import Any

from werkzeug.wrappers import Response

from .calls import Call
from .graph_errors import GraphError
from .item_json import timestamp
from .odata import Json, check_properties, ordered, reduce, selected
from .odata_filter import check_order, filtered

ETAG = "@odata.etag"
#: Messages or events a page.
OUTLOOK_PAGE = 10
#: What Outlook says of a moment that never was.
NEVER = "0001-01-01T00:00:00Z"
#: Taken, and never told: Microsoft tells them to ``$expand`` only, which the fake has not.
EXTENDED = {"singleValueExtendedProperties", "multiValueExtendedProperties"}
_PREVIEW = 255
_ID = re.compile(r"AAMk[A-Za-z0-9_=-]{20,}")
_PREFERENCE = re.compile(r"outlook\.timezone\s*=\s*\"?([^\",;]+)\"?", re.IGNORECASE)
_IGNORED = re.compile(r"<(script|style|head)\b.*?</\1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
IMPORTANCE = ("low", "normal", "high")


def error(code: str, message: str, status: int = 400) -> GraphError:
    """A refusal of Outlook's part of Graph."""
    return GraphError(status=status, code=code, message=message)


def new_item(moment: str, link: str) -> Json:
    """What every message and event has from the beginning.

    Args:
        moment: The time, as Graph writes it.
        link: Where a person opens it.
    """
    entity: Json = {
        ETAG: "",
        "id": f"AAMk{uuid.uuid4().hex}",
        "createdDateTime": moment,
        "lastModifiedDateTime": moment,
        "changeKey": "",
        "categories": [],
    }
    touch(entity, moment)
    return entity | {"webLink": link}


def touch(entity: Json, moment: str) -> None:
    """Note a change: tag and time move."""
    key = secrets.token_urlsafe(16)
    entity |= {
        ETAG: f'W/"{key}"',
        "changeKey": key,
        "lastModifiedDateTime": moment,
    }


def find(rows: Sequence[Json], identifier: str) -> Json:
    """The message or event of this id.

    Raises:
        GraphError: 400 for what is no id at all, 404 for one that nothing has.
    """
    if not _ID.fullmatch(identifier):
        raise error("ErrorInvalidIdMalformed", "Id is malformed.")
    for entity in rows:
        if entity["id"] == identifier:
            return entity
    raise error(
        "ErrorItemNotFound", "The specified object was not found in the store.", 404
    )


def one_of(sent: Json, name: str, words: Collection[str]) -> None:
    """Put an enumeration's value into Microsoft's letter case, if it was sent.

    Raises:
        GraphError: 400 for another word.
    """
    given = sent.get(name)
    if given is None:
        return
    known = {word.casefold(): word for word in words}
    if not isinstance(given, str) or given.casefold() not in known:
        raise error("RequestBodyRead", f"Requested value '{given}' was not found.")
    sent[name] = known[given.casefold()]


def item_body(sent: Any) -> Json:
    """The ``body`` of a message or event.

    Raises:
        GraphError: 400.
    """
    text: Json = {"contentType": "text", "content": ""}
    if sent is None:
        return text
    check_properties(sent, text, "microsoft.graph.itemBody")
    text |= {name: value for name, value in sent.items() if name in text}
    one_of(text, "contentType", ("text", "html"))
    return text | {"content": str(text["content"] or "")}


def preview(body: Mapping[str, Any]) -> str:
    """``bodyPreview``: the beginning of a body, without its HTML."""
    text = str(body["content"])
    if body["contentType"] == "html":
        text = unescape(_TAG.sub("", _IGNORED.sub("", text))).strip()
    return text[:_PREVIEW]


def address_of(recipient: Any) -> str:
    """The address of a recipient or attendee, in lower case.

    Raises:
        GraphError: 400.
    """
    known = {"emailAddress", "type", "status", "proposedNewTime"}
    check_properties(recipient, known, "microsoft.graph.recipient")
    address = recipient.get("emailAddress") or {}
    check_properties(address, {"name", "address"}, "microsoft.graph.emailAddress")
    text = str(address.get("address") or "")
    if "@" not in text:
        raise error("ErrorInvalidRecipients", "At least one recipient is not valid.")
    return text.casefold()


def preferred_zone(call: Call) -> str:
    """The time zone of ``Prefer: outlook.timezone="…"``; empty for none."""
    found = _PREFERENCE.search(call.request.headers.get("Prefer", ""))
    return found[1].strip() if found else ""


def answer_one(
    call: Call, entity: Json, properties: Collection[str], what: str, status: int = 200
) -> Response:
    """A message or event, as ``$select`` wants it."""
    kind = what.rpartition("/")[2].removesuffix("s")
    names = selected(call.request, properties, kind)
    answer = call.answer(reduce(entity, names), what, status)
    answer.headers["ETag"] = entity[ETAG]
    if status == 201:  # noqa: PLR2004 - HTTP
        answer.headers["Location"] = f"{call.origin}/v1.0/{what}/{entity['id']}"
    return answer


def answer_many(
    call: Call,
    rows: Sequence[Json],
    *,
    properties: Collection[str],
    what: str,
    keys: Mapping[str, Callable[[Any], Any]],
    options: Sequence[str] = (),
    shown: Callable[[Json], Json] = dict,
) -> Response:
    """A page of ten messages or events, filtered and in order.

    ``keys`` are the properties by which they can be sorted, ``shown`` makes of one that
    is kept what is answered.
    """
    kind = what.rpartition("/")[2].removesuffix("s")
    check_order(call.request)
    rows = filtered(call.request, rows, properties, kind)
    rows = ordered(call.request, rows, keys)
    names = selected(call.request, properties, kind)
    more = ("$filter", "$skip", *options)
    return call.answer_list(
        rows, lambda one: reduce(shown(one), names), what, more, size=OUTLOOK_PAGE
    )


def now(call: Call) -> str:
    """The time, as Graph writes it."""
    return timestamp(call.now)
