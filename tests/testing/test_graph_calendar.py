"""The fake's calendar, held against the pages of Microsoft's reference."""

from __future__ import annotations

from typing import Any

import pytest

from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.fake.time_zones import zone_of

from .caller import Caller, code_of
from .conftest import CallerOf

PACIFIC = "Pacific Standard Time"
WINDOW = "startDateTime=2027-04-15T00:00:00Z&endDateTime=2027-04-16T00:00:00Z"


def lunch(**changes: Any) -> dict[str, Any]:
    """The event of Microsoft's own example."""
    return {
        "subject": "Let's go for lunch",
        "body": {
            "contentType": "HTML",
            "content": "<style>p {}</style><p>Does noon work for you &amp; me?</p>",
        },
        "start": {"dateTime": "2027-04-15T12:00:00", "timeZone": PACIFIC},
        "end": {"dateTime": "2027-04-15T14:00:00", "timeZone": PACIFIC},
        "location": {"displayName": "Harry's Bar"},
        "attendees": [
            {
                "emailAddress": {"address": "samantha@contoso.example"},
                "type": "Required",
            }
        ],
        "allowNewTimeProposals": True,
    } | changes


@pytest.fixture
def calendar(caller_of: CallerOf, ada: Account) -> Caller:
    return caller_of(ada, "Calendars.ReadWrite")


def test_microsofts_own_example_is_taken(calendar: Caller) -> None:
    made = calendar.post("me/events", lunch())

    event = made.json()
    assert made.status_code == 201
    assert made.headers["Location"].endswith(f"/me/events/{event['id']}")
    assert event["start"] == {
        "dateTime": "2027-04-15T19:00:00.0000000",
        "timeZone": "UTC",
    }
    assert event["originalStartTimeZone"] == PACIFIC
    assert event["body"]["contentType"] == "html"
    assert event["bodyPreview"] == "Does noon work for you & me?"
    assert event["location"] == event["locations"][0]
    assert event["location"]["locationType"] == "default"
    assert event["attendees"][0]["type"] == "required"
    assert event["attendees"][0]["status"]["response"] == "none"


def test_an_event_has_all_properties_that_microsoft_answers(calendar: Caller) -> None:
    event = calendar.post("me/events", lunch()).json()

    assert {
        *("@odata.etag", "changeKey", "categories", "transactionId", "iCalUId"),
        *("reminderMinutesBeforeStart", "isReminderOn", "responseRequested"),
        *("seriesMasterId", "onlineMeetingUrl", "onlineMeetingProvider"),
        *("hideAttendees", "recurrence", "onlineMeeting", "responseStatus"),
    } <= set(event)


def test_times_come_in_the_zone_that_is_preferred(calendar: Caller) -> None:
    wish = {"Prefer": f'outlook.timezone="{PACIFIC}"'}

    made = calendar.post("me/events", lunch(), headers=wish)
    (seen,) = calendar.get(f"me/calendarView?{WINDOW}", headers=wish).json()["value"]

    assert made.headers["Preference-Applied"] == f'outlook.timezone="{PACIFIC}"'
    for event in (made.json(), seen):
        assert event["start"] == {
            "dateTime": "2027-04-15T12:00:00.0000000",
            "timeZone": PACIFIC,
        }


def test_a_preferred_zone_must_exist(calendar: Caller) -> None:
    wish = {"Prefer": 'outlook.timezone="Middle Earth Standard Time"'}
    calendar.post("me/events", lunch())

    assert calendar.get("me/events", headers=wish).status_code == 400


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("W. Europe Standard Time", 1),
        ("tokyo standard time", 9),
        ("Europe/Berlin", 1),
        ("UTC", 0),
        ("tzone://Microsoft/Utc", 0),
    ],
)
def test_zones_are_named_as_windows_or_the_internet_name_them(
    calendar: Caller, name: str, hours: int
) -> None:
    start = {"dateTime": "2027-01-15T12:00:00", "timeZone": name}

    event = calendar.post("me/events", lunch(start=start)).json()

    assert event["start"]["dateTime"] == f"2027-01-15T{12 - hours:02}:00:00.0000000"


@pytest.mark.parametrize("name", ["", "Nowhere", "../UTC"])
def test_other_names_are_no_zones(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone_of(name)


def at(moment: str) -> dict[str, str]:
    return {"dateTime": moment, "timeZone": "UTC"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"isAllDay": True},
        {
            "isAllDay": True,
            "start": at("2027-04-15T00:00:00"),
            "end": at("2027-04-15T00:00:00"),
        },
        {"showAs": "asleep"},
        {"importance": 1},
        {"attendees": [{"emailAddress": {"address": "x@y.example"}, "type": "maybe"}]},
        {"attendees": [{"emailAddress": {"address": "nobody"}}]},
        {"location": {"name": "Harry's Bar"}},
        {"body": {"contentType": "markdown", "content": ""}},
    ],
)
def test_what_outlook_refuses_is_refused(
    calendar: Caller, wrong: dict[str, Any]
) -> None:
    noon = {"start": at("2027-04-15T12:00:00"), "end": at("2027-04-15T13:00:00")}

    assert calendar.post("me/events", lunch(**noon | wrong)).status_code == 400
    assert calendar.get("me/events").json()["value"] == []


def test_a_whole_day_begins_at_midnight_in_its_own_zone(calendar: Caller) -> None:
    day = lunch(
        isAllDay=True,
        start={"dateTime": "2027-04-15T00:00:00", "timeZone": PACIFIC},
        end={"dateTime": "2027-04-16T00:00:00", "timeZone": PACIFIC},
    )

    assert calendar.post("me/events", day).status_code == 201


def test_what_only_microsoft_does_is_said_to_be_so(calendar: Caller) -> None:
    again = lunch(recurrence={"pattern": {}})

    assert calendar.post("me/events", again).status_code == 501
    assert calendar.post("me/events", lunch(recurrence=None)).status_code == 201


def test_what_libraries_add_unasked_is_taken(calendar: Caller) -> None:
    """python-o365 sends an extended property with every event."""
    extended = [{"id": "Boolean {00020329} Name DoNotForward", "value": "false"}]

    made = calendar.post("me/events", lunch(singleValueExtendedProperties=extended))

    assert made.status_code == 201
    assert "singleValueExtendedProperties" not in made.json()


def test_an_account_without_teams_gets_no_online_meeting(calendar: Caller) -> None:
    wish = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}

    made = calendar.post("me/events", lunch(**wish))

    assert made.status_code == 201
    assert (made.json()["isOnlineMeeting"], made.json()["onlineMeeting"]) == (
        False,
        None,
    )
    unknown = lunch(onlineMeetingProvider="pigeon")
    assert calendar.post("me/events", unknown).status_code == 400


def test_an_event_sent_twice_is_made_once(calendar: Caller) -> None:
    once = lunch(transactionId="7E163156-7762-4BEB-A1C6-729EA81755A7")

    assert calendar.post("me/events", once).status_code == 201
    assert code_of(calendar.post("me/events", once)) == (
        409,
        "ErrorDuplicateTransactionId",
    )


def test_without_a_subject_it_is_empty(calendar: Caller) -> None:
    for _ in range(2):
        calendar.post("me/events", lunch(subject=None))

    listed = calendar.get("me/events?$orderby=subject").json()["value"]

    assert [one["subject"] for one in listed] == ["", ""]


def test_a_change_moves_the_change_key(calendar: Caller) -> None:
    event = calendar.post("me/events", lunch()).json()

    changed = calendar.patch(f"me/events/{event['id']}", {"subject": "Dinner"}).json()

    assert changed["changeKey"] != event["changeKey"]
    assert changed["@odata.etag"] == f'W/"{changed["changeKey"]}"'


def test_basic_rights_are_told_no_text(
    calendar: Caller, caller_of: CallerOf, ada: Account
) -> None:
    calendar.post("me/events", lunch())
    basic = caller_of(ada, "Calendars.ReadBasic")

    (event,) = basic.get("me/events").json()["value"]

    assert event["subject"] == "Let's go for lunch"
    assert not {"body", "bodyPreview"} & set(event)


def test_what_is_no_id_is_malformed(calendar: Caller) -> None:
    unknown = f"AAMk{32 * '0'}"

    assert code_of(calendar.get("me/events/1")) == (400, "ErrorInvalidIdMalformed")
    assert code_of(calendar.get(f"me/events/{unknown}")) == (404, "ErrorItemNotFound")


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("$filter=subject eq 'dinner'", ["Dinner"]),
        ("$filter=start/dateTime ge '2027-04-15T20:00'", ["Dinner"]),
        ("$filter=not (subject eq 'Dinner') and isAllDay eq false", ["Lunch"]),
        ("$filter=startswith(subject,'lu') or contains(subject,'inn')&$top=1", "?"),
        ("$orderby=start/dateTime desc", ["Dinner", "Lunch"]),
        ("$orderby=start/dateTime&$skip=1", ["Dinner"]),
        ("$filter=transactionId eq null&$orderby=subject", "InefficientFilter"),
        ("$filter=subject ge 'A'&$orderby=subject", ["Dinner", "Lunch"]),
        ("$filter=colour eq 'red'", "BadRequest"),
        ("$filter=subject eq", "BadRequest"),
        ("$filter=subject is 'x'", "BadRequest"),
        ("$filter=(subject eq 'x'", "BadRequest"),
        ("$filter=subject eq 'x' 'y'", "BadRequest"),
        ("$filter=subject eq ''''' and", "BadRequest"),
        ("$filter=subject eq red", "BadRequest"),
        ("$filter=createdDateTime ge 2026-13-45", "BadRequest"),
        ("$filter=subject eq '2026-13-45'", []),
        ("$filter=isAllDay gt 'x'", []),
        ("$filter=reminderMinutesBeforeStart le 15&$skip=2", []),
        ("$filter=length(subject) eq 3", "notSupported"),
        ("$filter=categories/any(c:c eq 'x')", "notSupported"),
        ("$filter=organizer/emailAddress/name/first eq 'x'", []),
        ("$skip=x", "BadRequest"),
        ("$expand=attachments", "notSupported"),
    ],
)
def test_events_are_filtered_and_ordered(
    calendar: Caller, query: str, subjects: Any
) -> None:
    evening = {"start": at("2027-04-15T22:00:00"), "end": at("2027-04-15T23:00:00")}
    calendar.post("me/events", lunch(subject="Lunch"))
    calendar.post("me/events", lunch(subject="Dinner", **evening))

    answer = calendar.get(f"me/events?{query}").json()

    if "error" in answer:
        assert answer["error"]["code"] == subjects
    elif subjects == "?":
        assert len(answer["value"]) == 1
        assert "@odata.nextLink" in answer
    else:
        assert [one["subject"] for one in answer["value"]] == subjects


def test_the_default_calendar_has_addresses_of_its_own(calendar: Caller) -> None:
    (only,) = calendar.get("me/calendars").json()["value"]
    made = calendar.post(f"me/calendars/{only['id']}/events", lunch()).json()

    assert calendar.get("me/calendar").json()["id"] == only["id"]
    assert only["isDefaultCalendar"] is True
    for path in (
        "me/calendar/events",
        f"me/calendar/calendarView?{WINDOW}",
        f"me/calendarView?{WINDOW.replace('start', 'Start').replace('end', 'End')}",
    ):
        (seen,) = calendar.get(path).json()["value"]
        assert seen["id"] == made["id"]
    other = f"AAMk{32 * '0'}"
    assert calendar.get(f"me/calendars/{other}/events").status_code == 404
