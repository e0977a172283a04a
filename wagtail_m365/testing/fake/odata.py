"""OData query options as Graph's files service takes them.

Source: Microsoft Graph, "Customize responses with query parameters", and the answers of
the live service to names it does not know.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Request

from .graph_errors import GraphError, bad_request, invalid_request, not_supported

PAGE_SIZE = 200
LARGEST_PAGE = 999
Json = dict[str, Any]
ENTITY_OPTIONS = ("$select",)
LIST_OPTIONS = ("$select", "$top", "$orderby", "$skiptoken", "$count")
#: Options that OData and Graph have, and the fake has not everywhere.
_OF_ODATA = {
    *("$filter", "$search", "$skip", "$format", "$apply", "$expand", *LIST_OPTIONS)
}


_COLLECTIONS = """
recipients roles toRecipients ccRecipients bccRecipients replyTo attendees locations
categories attachments internetMessageHeaders requests
"""
_OBJECTS = """
parentReference item fileSystemInfo folder emailAddress flag start end location body
"""
_TEXTS = """
name description subject displayName dateTime timeZone contentType content comment
transactionId changeType notificationUrl resource clientState email alias objectId
checkInAs type scope driveId id path contentBytes
"""
_FLAGS = """
isAllDay isRead isReminderOn responseRequested allowNewTimeProposals hideAttendees
saveToSentItems deferCommit requireSignIn sendInvitation
"""
#: What the value of a property of this name is in JSON, wherever it stands.
_KINDS: dict[str, type] = {
    name: kind
    for names, kind in (
        *((_COLLECTIONS, list), (_OBJECTS, dict)),
        *((_TEXTS, str), (_FLAGS, bool)),
    )
    for name in names.split()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a collection.

    Attributes:
        next_token: ``$skiptoken`` of the page after it, empty on the last.
    """

    value: list[Any]
    next_token: str


def check_options(request: Request, allowed: Collection[str]) -> None:
    """Refuse query parameters that this request does not have.

    Raises:
        GraphError: 400, or 501 for what only the fake does not do.
    """
    for name in request.args:
        if name in _OF_ODATA and name not in allowed:
            raise not_supported(f"{name} on {request.path}")
        if name not in allowed:
            raise bad_request(f"The query parameter '{name}' is not supported.")


def selected(request: Request, known: Collection[str], type_name: str) -> set[str]:
    """The properties ``$select`` names; empty for the default set.

    Raises:
        GraphError: 400 for a property that the type does not have.
    """
    text = request.args.get("$select", "")
    names = {name.strip() for name in text.split(",")} - {""}
    for name in sorted(names):
        if name not in known:
            raise no_property(name, type_name)
    return names


def no_property(name: str, type_name: str) -> GraphError:
    """``$select`` or ``$expand`` names what the type does not have."""
    return bad_request(
        "Parsing OData Select and Expand failed: Could not find a property "
        f"named '{name}' on type 'microsoft.graph.{type_name}'."
    )


def reduce(entity: Json, names: set[str]) -> Json:
    """Only the selected properties, and OData's own annotations."""
    if not names:
        return entity
    return {
        key: value
        for key, value in entity.items()
        if key in names or key.startswith("@odata.")
    }


def top(request: Request, default: int = PAGE_SIZE) -> int:
    """The page size that ``$top`` asks for.

    Raises:
        GraphError: 400 for anything but a number from 1.
    """
    number = _number(request, "$top", default)
    if number < 1:
        raise _no_number(request, "$top")
    return min(number, LARGEST_PAGE)


def _number(request: Request, option: str, default: int) -> int:
    text = request.args.get(option, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        raise _no_number(request, option)
    return int(text)


def _no_number(request: Request, option: str) -> GraphError:
    return bad_request(
        f"Invalid value '{request.args[option]}' for {option} query option found. The "
        f"{option} query option requires a non-negative integer value."
    )


def page(request: Request, rows: Sequence[Any], size: int = PAGE_SIZE) -> Page:
    """The page of these rows that ``$top`` and ``$skiptoken`` ask for."""
    start = _number(request, "$skip", 0)
    if token := request.args.get("$skiptoken"):
        start = read_token(token, "s")
        if not isinstance(start, int) or start < 0:
            raise _no_token()
    stop = start + top(request, size)
    more = stop < len(rows)
    return Page(
        value=list(rows[start:stop]), next_token=make_token("s", stop) if more else ""
    )


def ordered(
    request: Request, rows: Sequence[Any], keys: Mapping[str, Callable[[Any], Any]]
) -> list[Any]:
    """The rows as ``$orderby`` wants them.

    Raises:
        GraphError: 400 for a property by which one cannot sort.
    """
    result = list(rows)
    clauses = [part.split() for part in request.args.get("$orderby", "").split(",")]
    for clause in reversed([clause for clause in clauses if clause]):
        key = keys.get(clause[0])
        if key is None or clause[1:] not in ([], ["asc"], ["desc"]):
            raise invalid_request(f"Cannot sort by '{' '.join(clause)}'")
        result.sort(key=key, reverse=clause[1:] == ["desc"])
    return result


def make_token(kind: str, value: object) -> str:
    """An opaque token for a link."""
    return urlsafe_b64encode(json.dumps([kind, value]).encode()).decode().rstrip("=")


def read_token(token: str, kind: str) -> Any:
    """What ``make_token`` was given.

    Raises:
        GraphError: 400 for a token that the fake did not make.
    """
    try:
        found, value = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, TypeError) as error:
        raise _no_token() from error
    if found != kind:
        raise _no_token()
    return value


def _no_token() -> GraphError:
    return invalid_request("The skip token is not valid.")


def link(request: Request, **changes: str) -> str:
    """The address of this request with other query parameters."""
    parameters = {**request.args.to_dict(), **changes}
    return f"{request.base_url}?{urlencode(parameters, safe='$@')}"


def with_dollars(request: Request) -> None:
    """Let ``select`` mean ``$select``, as Microsoft's pages on files write it."""
    names = {name.removeprefix("$"): name for name in ("$expand", *LIST_OPTIONS)}
    request.args = ImmutableMultiDict(
        (names.get(name, name), value) for name, value in request.args.items(multi=True)
    )


def body(
    request: Request,
    known: Collection[str],
    type_name: str,
    elsewhere: Collection[str] = (),
) -> Json:
    """The JSON object that was sent, with known properties only.

    ``elsewhere`` are properties that Microsoft has, and the fake has not.

    Raises:
        GraphError: 400 for what is no JSON object, or has unknown properties.
    """
    if request.mimetype != "application/json" and request.content_length:
        raise bad_request(
            "Unsupported content type: a JSON body needs 'application/json'."
        )
    try:
        sent = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise bad_request("Unable to read JSON request payload.") from error
    if not isinstance(sent, dict):
        raise bad_request("Unable to read JSON request payload.")
    for name in sent:
        if name in elsewhere and name not in known:
            raise not_supported(f"{name} in a body of {request.path}")
    check_properties(sent, known, type_name)
    return sent


def check_properties(sent: object, known: Collection[str], type_name: str) -> None:
    """Refuse an object with properties that its type does not have.

    Raises:
        GraphError: 400.
    """
    if not isinstance(sent, dict):
        raise bad_request(f"An object of type '{type_name}' is expected.")
    for name in sent:
        if name not in known and name != "@odata.type":
            raise bad_request(
                f"The property '{name}' does not exist on type '{type_name}'. Make sure "
                "to only use property names that are defined by the type."
            )
        kind = _KINDS.get(name)
        if kind and sent[name] is not None and not isinstance(sent[name], kind):
            raise bad_request(
                f"The value of property '{name}' on type '{type_name}' is of another type."
            )
