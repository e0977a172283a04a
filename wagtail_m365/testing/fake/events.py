"""The calendar of an account: ``/me/events`` and ``/me/calendarView``.

Source: user: list events, create event, list calendarView. Times are answered in UTC, as
Graph does without ``Prefer: outlook.timezone``.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from werkzeug.wrappers import Response

from .calls import Call, no_content, state_of
from .changing import parse_time
from .directory import Account
from .graph_errors import GraphError, bad_request, invalid_request
from .item_json import timestamp
from .locating import person
from .odata import Json, body, check_properties, ordered, reduce, selected
from .state import World

CALENDAR_PAGE = 10
_WRITABLE = {
    "subject",
    "body",
    "start",
    "end",
    "location",
    "locations",
    "attendees",
    "isAllDay",
    "isReminderOn",
    "reminderMinutesBeforeStart",
    "importance",
    "sensitivity",
    "showAs",
    "categories",
    "transactionId",
    "responseRequested",
    "allowNewTimeProposals",
    "hideAttendees",
}
_PROPERTIES = frozenset(
    _WRITABLE
    | {
        *("id", "createdDateTime", "lastModifiedDateTime", "bodyPreview", "iCalUId"),
        *("isCancelled", "isDraft", "isOnlineMeeting", "isOrganizer", "organizer"),
        *("type", "webLink", "hasAttachments", "responseStatus"),
    }
)
_PREVIEW = 255


def put(
    world: World,
    account: Account,
    subject: str,
    *,
    start: datetime,
    minutes: int = 60,
) -> None:
    """Write an event into an account's calendar, without HTTP.

    Args:
        world: The fake's world.
        account: Whose calendar.
        subject: Its title.
        start: When it begins; aware.
        minutes: How long it takes.
    """
    state = state_of(world)
    times = {"start": start, "end": start + timedelta(minutes=minutes)}
    shown = {
        name: {
            "dateTime": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000"),
            "timeZone": "UTC",
        }
        for name, moment in times.items()
    }
    entity = {**_blank(account, state.now(), ""), "subject": subject, **shown}
    with world.lock:
        state.calendars.setdefault(account.object_id, []).append(entity)


def list_events(call: Call) -> Response:
    """``GET /me/events``."""
    return _answer(call, _calendar(call), ())


def list_view(call: Call) -> Response:
    """``GET /me/calendarView``: what happens between two moments."""
    limits = ("startDateTime", "endDateTime")
    start, end = (parse_time(call.request.args.get(name)) for name in limits)
    if start is None or end is None or end < start:
        raise bad_request(
            "This request requires a time window specified by the query string "
            "parameters StartDateTime and EndDateTime."
        )
    rows = [
        row
        for row in _calendar(call)
        if _moment(row["start"]) < end and _moment(row["end"]) > start
    ]
    rows.sort(key=_start)
    return _answer(call, rows, limits)


def create(call: Call) -> Response:
    """``POST /me/events``."""
    call.options(())
    sent = body(call.request, _WRITABLE, "microsoft.graph.event")
    if "start" not in sent or "end" not in sent:
        raise _property_error("start and end are needed")
    entity = _defaults(call)
    _apply(entity, sent)
    _calendar(call).append(entity)
    call.state.tell(call.by.id, "events", entity["id"], "created")
    return call.answer(entity, "me/events", 201)


def show(call: Call, event: str) -> Response:
    """``GET /me/events/{id}``."""
    call.options()
    return call.answer(_json(call, _find(call, event)), "me/events")


def update(call: Call, event: str) -> Response:
    """``PATCH /me/events/{id}``."""
    entity = _find(call, event)
    sent = body(call.request, _WRITABLE, "microsoft.graph.event")
    _apply(entity, sent)
    entity["lastModifiedDateTime"] = timestamp(call.now)
    call.state.tell(call.by.id, "events", entity["id"], "updated")
    return call.answer(entity, "me/events")


def delete(call: Call, event: str) -> Response:
    """``DELETE /me/events/{id}``."""
    _calendar(call).remove(_find(call, event))
    call.state.tell(call.by.id, "events", event, "deleted")
    return no_content()


def _answer(call: Call, rows: list[Json], options: tuple[str, ...]) -> Response:
    keys = {
        "start/dateTime": _start,
        "subject": lambda row: row["subject"],
        "createdDateTime": lambda row: row["createdDateTime"],
        "lastModifiedDateTime": lambda row: row["lastModifiedDateTime"],
    }
    rows = ordered(call.request, rows, keys)
    names = selected(call.request, _PROPERTIES, "event")
    return call.answer_list(
        rows, lambda one: reduce(one, names), "me/events", options, CALENDAR_PAGE
    )


def _apply(entity: Json, sent: Json) -> None:
    for name in ("start", "end"):
        if name in sent:
            sent[name] = _in_utc(sent[name])
    if "body" in sent:
        check_properties(sent["body"], {"contentType", "content"}, "itemBody")
        entity["bodyPreview"] = str(sent["body"].get("content", ""))[:_PREVIEW]
    merged = entity | sent
    if _moment(merged["end"]) < _moment(merged["start"]):
        raise _property_error("The end is before the start")
    entity.update(sent)


def _in_utc(sent: Any) -> Json:
    """A ``dateTimeTimeZone`` in UTC.

    Raises:
        GraphError: 400.
    """
    check_properties(sent, {"dateTime", "timeZone"}, "microsoft.graph.dateTimeTimeZone")
    try:
        moment = datetime.fromisoformat(str(sent.get("dateTime")))
        zone = ZoneInfo(str(sent.get("timeZone") or "UTC"))
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise _property_error("dateTime or timeZone is not valid") from error
    moment = moment.replace(tzinfo=moment.tzinfo or zone).astimezone(UTC)
    return {
        "dateTime": moment.strftime("%Y-%m-%dT%H:%M:%S.0000000"),
        "timeZone": "UTC",
    }


def _moment(value: Json) -> datetime:
    return datetime.fromisoformat(value["dateTime"][:19]).replace(tzinfo=UTC)


def _start(row: Json) -> datetime:
    return _moment(row["start"])


_DEFAULTS: Json = {
    "subject": "",
    "bodyPreview": "",
    "importance": "normal",
    "sensitivity": "normal",
    "isAllDay": False,
    "isCancelled": False,
    "isDraft": False,
    "isOrganizer": True,
    "isOnlineMeeting": False,
    "hasAttachments": False,
    "showAs": "busy",
    "type": "singleInstance",
}


def _defaults(call: Call) -> Json:
    """An event of which nothing is said yet."""
    return _blank(person(call), call.now, f"{call.origin}/word/")


def _blank(author: Account, now: datetime, link: str) -> Json:
    identifier = uuid.uuid4().hex
    times = ("createdDateTime", "lastModifiedDateTime")
    return {
        "id": f"AAMk{identifier}",
        **dict.fromkeys(times, timestamp(now)),
        "iCalUId": identifier,
        **_DEFAULTS,
        "webLink": link,
        "body": {"contentType": "text", "content": ""},
        "location": {"displayName": ""},
        "attendees": [],
        "organizer": {
            "emailAddress": {"name": author.name, "address": author.username}
        },
    }


def _calendar(call: Call) -> list[Json]:
    return call.state.calendars.setdefault(person(call).object_id, [])


def _find(call: Call, event: str) -> Json:
    for entity in _calendar(call):
        if entity["id"] == event:
            return entity
    raise GraphError(
        status=404,
        code="ErrorItemNotFound",
        message="The specified object was not found in the store.",
    )


def _json(call: Call, entity: Json) -> Json:
    return reduce(entity, selected(call.request, _PROPERTIES, "event"))


def _property_error(message: str) -> GraphError:
    error = invalid_request(message)
    error.code = "ErrorPropertyValidationFailure"
    return error
