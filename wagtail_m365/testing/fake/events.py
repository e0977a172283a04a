"""The calendar of an account: ``/me/events`` and ``/me/calendarView``.

Source: user: list events, create event, list calendarView; event. Times are kept in UTC,
and answered so without ``Prefer: outlook.timezone``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from werkzeug.wrappers import Response

from . import outlook
from .calls import Call, no_content, state_of
from .changing import parse_time
from .directory import Account
from .event_values import (
    PROPERTIES,
    blank,
    check,
    in_zone,
    moment_of,
    noted,
    receive,
    utc,
)
from .graph_errors import bad_request
from .item_json import timestamp
from .locating import person
from .odata import Json
from .rights import Need, has
from .state import World

_LIMITS = ("startDateTime", "endDateTime")
_WHAT = "me/events"


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
    entity = blank(account, timestamp(state.now()), "")
    end = start + timedelta(minutes=minutes)
    entity |= {"subject": subject, "start": utc(start), "end": utc(end)}
    with world.lock:
        state.calendars.setdefault(account.object_id, []).append(entity)


def list_events(call: Call, calendar: str = "") -> Response:
    """``GET /me/events``."""
    check_calendar(call, calendar)
    return _answer(call, calendar_of(call), ())


def list_view(call: Call, calendar: str = "") -> Response:
    """``GET /me/calendarView``: what happens between two moments."""
    check_calendar(call, calendar)
    # In any letter case: Microsoft's own refusal writes them with capitals.
    named = {name.casefold(): name for name in call.request.args}
    limits = [named.get(name.casefold(), name) for name in _LIMITS]
    start, end = (parse_time(call.request.args.get(name)) for name in limits)
    if start is None or end is None or end < start:
        raise bad_request(
            "This request requires a time window specified by the query string "
            "parameters StartDateTime and EndDateTime."
        )
    rows = [
        row
        for row in calendar_of(call)
        if moment_of(row["start"]) < end and moment_of(row["end"]) > start
    ]
    rows.sort(key=_start)
    return _answer(call, rows, tuple(limits))


def create(call: Call, calendar: str = "") -> Response:
    """``POST /me/events``."""
    check_calendar(call, calendar)
    call.options(())
    sent = receive(call)
    if "start" not in sent or "end" not in sent:
        raise outlook.error(
            "ErrorPropertyValidationFailure", "At least one property failed validation."
        )
    _check_transaction(call, sent)
    entity = blank(person(call), outlook.now(call), f"{call.origin}/word/")
    entity |= noted(sent)
    check(entity)
    calendar_of(call).append(entity)
    call.state.tell(call.by.id, "events", entity["id"], "created")
    return _answer_one(call, entity, 201)


def show(call: Call, event: str) -> Response:
    """``GET /me/events/{id}``."""
    call.options()
    return _answer_one(call, outlook.find(calendar_of(call), event))


def update(call: Call, event: str) -> Response:
    """``PATCH /me/events/{id}``."""
    call.options(())
    entity = outlook.find(calendar_of(call), event)
    changes = noted(receive(call))
    check(entity | changes)
    entity.update(changes)
    outlook.touch(entity, outlook.now(call))
    call.state.tell(call.by.id, "events", entity["id"], "updated")
    return _answer_one(call, entity)


def delete(call: Call, event: str) -> Response:
    """``DELETE /me/events/{id}``."""
    calendar_of(call).remove(outlook.find(calendar_of(call), event))
    call.state.tell(call.by.id, "events", event, "deleted")
    return no_content()


def show_calendar(call: Call, calendar: str = "") -> Response:
    """``GET /me/calendar``, and ``/me/calendars/{id}``."""
    check_calendar(call, calendar)
    call.options(())
    return call.answer(_calendar_json(call), "me/calendars")


def list_calendars(call: Call) -> Response:
    """``GET /me/calendars``: everybody has one."""
    return call.answer_list([call], _calendar_json, "me/calendars")


def check_calendar(call: Call, calendar: str) -> None:
    """Refuse another calendar than the account's own; empty means that one.

    Raises:
        GraphError: 400 or 404.
    """
    if calendar:
        outlook.find([_calendar_json(call)], calendar)


def calendar_of(call: Call) -> list[Json]:
    """The events of the account that calls."""
    return call.state.calendars.setdefault(person(call).object_id, [])


def _calendar_json(call: Call) -> Json:
    account = person(call)
    key = account.object_id.replace("-", "")
    return {
        "id": f"AAMk{key}",
        "name": "Calendar",
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": True,
        "changeKey": key,
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": True,
        "allowedOnlineMeetingProviders": [],
        "defaultOnlineMeetingProvider": "unknown",
        "isTallyingResponses": True,
        "isRemovable": False,
        "owner": {"name": account.name, "address": account.username},
    }


def _check_transaction(call: Call, sent: Json) -> None:
    """Raises: GraphError: 409 for an event that was made with this id already."""
    given = sent.get("transactionId")
    if given and any(one["transactionId"] == given for one in calendar_of(call)):
        raise outlook.error(
            "ErrorDuplicateTransactionId",
            "Your request can't be completed because it duplicates a prior request.",
            409,
        )


def _answer_one(call: Call, entity: Json, status: int = 200) -> Response:
    zone = outlook.preferred_zone(call)
    shown = _shown(call, zone)(entity)
    return _preferred(outlook.answer_one(call, shown, PROPERTIES, _WHAT, status), zone)


def _answer(call: Call, rows: list[Json], options: tuple[str, ...]) -> Response:
    keys = {
        "start/dateTime": _start,
        "end/dateTime": lambda row: moment_of(row["end"]),
        "subject": lambda row: row["subject"].casefold(),
        "createdDateTime": lambda row: row["createdDateTime"],
        "lastModifiedDateTime": lambda row: row["lastModifiedDateTime"],
    }
    zone = outlook.preferred_zone(call)
    answer = outlook.answer_many(
        call,
        rows,
        properties=PROPERTIES,
        what=_WHAT,
        keys=keys,
        options=options,
        shown=_shown(call, zone),
    )
    return _preferred(answer, zone)


def _shown(call: Call, zone: str) -> Callable[[Json], Json]:
    """How an event is told to this token: ``Calendars.ReadBasic`` is told no text."""
    whole = has(call, Need.READ_CALENDAR_WHOLE)
    hidden = set() if whole else {"body", "bodyPreview"}
    return lambda one: {k: v for k, v in in_zone(one, zone).items() if k not in hidden}


def _preferred(answer: Response, zone: str) -> Response:
    """Say which wish was heard (RFC 7240 §3)."""
    if zone:
        answer.headers["Preference-Applied"] = f'outlook.timezone="{zone}"'
    return answer


def _start(row: Json) -> datetime:
    return moment_of(row["start"])
