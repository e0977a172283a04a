"""An event's properties: what may be sent, what is kept, what is answered.

Source: event, "Properties"; dateTimeTimeZone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from . import outlook
from .calls import Call
from .directory import Account
from .graph_errors import GraphError, not_supported
from .odata import Json, body, check_properties
from .time_zones import zone_of

_WRITABLE = {
    *("subject", "body", "start", "end", "location", "locations", "attendees"),
    *("isAllDay", "isReminderOn", "reminderMinutesBeforeStart", "importance"),
    *("sensitivity", "showAs", "categories", "transactionId", "responseRequested"),
    *("allowNewTimeProposals", "hideAttendees"),
}
#: What Microsoft takes, and the fake only where it says nothing.
_ELSEWHERE: dict[str, tuple[Any, ...]] = {
    "recurrence": (None,),
    "attachments": (None, []),
    "extensions": (None, []),
}
#: Asked for and not given: these accounts have no Teams (calendar:
#: ``allowedOnlineMeetingProviders`` is empty).
_MEETING = {"isOnlineMeeting", "onlineMeetingProvider"}
PROPERTIES = frozenset(
    {
        *_WRITABLE,
        *_MEETING,
        *outlook.EXTENDED,
        *_ELSEWHERE,
        *("id", "createdDateTime", "lastModifiedDateTime", "changeKey", "webLink"),
        *("bodyPreview", "iCalUId", "isCancelled", "isDraft", "isOrganizer", "type"),
        *("organizer", "hasAttachments", "responseStatus", "seriesMasterId"),
        *("onlineMeeting", "onlineMeetingUrl", "originalStart", "calendar"),
        *("originalStartTimeZone", "originalEndTimeZone", "cancelledOccurrences"),
        "instances",
    }
)
_WORDS = {
    "importance": outlook.IMPORTANCE,
    "sensitivity": ("normal", "personal", "private", "confidential"),
    "showAs": ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown"),
}
_PROVIDERS = (
    *("unknown", "teamsForBusiness", "skypeForBusiness"),
    "skypeForConsumer",
)
_LOCATION = {
    *("displayName", "locationType", "uniqueId", "uniqueIdType", "address"),
    *("coordinates", "locationEmailAddress", "locationUri"),
}
_ATTENDEES = ("required", "optional", "resource")
_NOWHERE: Json = {
    "displayName": "",
    "locationType": "default",
    "uniqueIdType": "unknown",
    "address": {},
    "coordinates": {},
}


def blank(author: Account, moment: str, link: str) -> Json:
    """An event of which nothing is said yet."""
    item = outlook.new_item(moment, link)
    return {
        **item,
        "transactionId": None,
        "originalStartTimeZone": "UTC",
        "originalEndTimeZone": "UTC",
        "iCalUId": item["id"].removeprefix("AAMk"),
        "reminderMinutesBeforeStart": 15,
        "isReminderOn": True,
        "hasAttachments": False,
        "subject": "",
        "bodyPreview": "",
        "importance": "normal",
        "sensitivity": "normal",
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": True,
        "responseRequested": True,
        "seriesMasterId": None,
        "showAs": "busy",
        "type": "singleInstance",
        "onlineMeetingUrl": None,
        "isOnlineMeeting": False,
        "onlineMeetingProvider": "unknown",
        "allowNewTimeProposals": True,
        "isDraft": False,
        "hideAttendees": False,
        "recurrence": None,
        "onlineMeeting": None,
        "responseStatus": {"response": "organizer", "time": outlook.NEVER},
        "body": outlook.item_body(None),
        "location": _NOWHERE,
        "locations": [],
        "attendees": [],
        "organizer": {
            "emailAddress": {"name": author.name, "address": author.username}
        },
    }


def receive(call: Call) -> Json:
    """The event that was sent.

    Raises:
        GraphError: 400, or 501 for what the fake has not.
    """
    known = _WRITABLE | _MEETING | outlook.EXTENDED | set(_ELSEWHERE)
    sent = body(call.request, known, "microsoft.graph.event")
    outlook.one_of(sent, "onlineMeetingProvider", _PROVIDERS)
    for name in _MEETING | outlook.EXTENDED:
        sent.pop(name, None)
    for name, nothing in _ELSEWHERE.items():
        if sent.pop(name, None) not in nothing:
            raise not_supported(f"{name} of an event")
    return sent


def noted(sent: Json) -> Json:
    """What was sent, as it is kept.

    Raises:
        GraphError: 400.
    """
    kept = dict(sent)
    for name, words in _WORDS.items():
        outlook.one_of(kept, name, words)
    for name in ("start", "end"):
        if name in kept:
            moment, zone = _read(kept[name])
            kept |= {name: utc(moment), f"original{name.capitalize()}TimeZone": zone}
    if "subject" in kept:
        kept["subject"] = kept["subject"] or ""
    if "body" in kept:
        kept["body"] = outlook.item_body(kept["body"])
        kept["bodyPreview"] = outlook.preview(kept["body"])
    return kept | _places(kept) | _guests(kept)


def _places(sent: Json) -> Json:
    """``location`` and ``locations``, as far as they were sent."""
    kept: Json = {}
    if "location" in sent:
        kept["location"] = _place(sent["location"])
        kept["locations"] = [kept["location"]]
    if "locations" in sent:
        kept["locations"] = [_place(one) for one in sent["locations"] or []]
    return kept


def _guests(sent: Json) -> Json:
    if "attendees" not in sent:
        return {}
    return {"attendees": [_attendee(one) for one in sent["attendees"] or []]}


def check(entity: Json) -> None:
    """Hold start and end against each other.

    Raises:
        GraphError: 400.
    """
    start, end = moment_of(entity["start"]), moment_of(entity["end"])
    if end < start:
        raise _failed("The end time must be after the start time.")
    if not entity["isAllDay"]:
        return
    zones = entity["originalStartTimeZone"], entity["originalEndTimeZone"]
    for name, moment, zone in zip(("Start", "End"), (start, end), zones, strict=True):
        local = moment.astimezone(zone_of(zone)[1])
        if local.time() != datetime.min.time():
            raise _failed(
                f"The Event.{name} property for an all-day event needs to be set to "
                "midnight."
            )
    if start == end:
        raise _failed(
            "The duration of an event marked as All day must be at least 24 hours."
        )


def in_zone(entity: Json, name: str) -> Json:
    """The event with its times in that zone; empty: in UTC, as they are kept.

    Raises:
        GraphError: 400 for a zone that there is not.
    """
    if not name:
        return entity
    zone = _zone(name)
    return entity | {
        which: {
            "dateTime": _written(moment_of(entity[which]).astimezone(zone)),
            "timeZone": name,
        }
        for which in ("start", "end")
    }


def utc(moment: datetime) -> Json:
    """A ``dateTimeTimeZone`` in UTC."""
    return {"dateTime": _written(moment.astimezone(UTC)), "timeZone": "UTC"}


def moment_of(value: Mapping[str, Any]) -> datetime:
    """The moment of a ``dateTimeTimeZone`` that this module wrote."""
    naive = datetime.fromisoformat(value["dateTime"][:19])
    return naive.replace(tzinfo=zone_of(value["timeZone"])[1])


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.0000000")


def _read(sent: Any) -> tuple[datetime, str]:
    """A moment, and the name of the zone in which it was given.

    Raises:
        GraphError: 400.
    """
    check_properties(sent, {"dateTime", "timeZone"}, "microsoft.graph.dateTimeTimeZone")
    name = str(sent.get("timeZone") or "UTC")
    zone = _zone(name)
    try:
        moment = datetime.fromisoformat(str(sent.get("dateTime")))
    except ValueError as error:
        raise _failed("At least one property failed validation.") from error
    return moment.replace(tzinfo=moment.tzinfo or zone), zone_of(name)[0]


def _zone(name: str) -> Any:
    try:
        return zone_of(name)[1]
    except ValueError as error:
        raise outlook.error(
            "TimeZoneNotSupportedException",
            "A valid TimeZone value must be specified. The following TimeZone value is "
            f"not supported: '{name}'.",
        ) from error


def _place(sent: Any) -> Json:
    check_properties(sent or {}, _LOCATION, "microsoft.graph.location")
    place = {"locationType": "default", "uniqueIdType": "unknown"} | (sent or {})
    name = str(place.setdefault("displayName", ""))
    if name and "uniqueId" not in place:
        place |= {"uniqueId": name, "uniqueIdType": "private"}
    kind = str(place["locationType"])
    return place | {"locationType": kind[:1].lower() + kind[1:]}


def _attendee(sent: Any) -> Json:
    outlook.address_of(sent)
    kept = {"type": "required"} | sent
    outlook.one_of(kept, "type", _ATTENDEES)
    address = {"name": kept["emailAddress"]["address"]} | kept["emailAddress"]
    status = {"response": "none", "time": outlook.NEVER}
    return {"type": kept["type"], "status": status, "emailAddress": address}


def _failed(message: str) -> GraphError:
    return outlook.error("ErrorPropertyValidationFailure", message)
