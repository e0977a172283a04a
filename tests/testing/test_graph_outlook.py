"""Mail, calendar, batches and signing out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from wagtail_m365.testing.fake.events import put
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from .caller import Caller, code_of
from .conftest import CallerOf


def mail_to(*addresses: str, **more: Any) -> dict[str, Any]:
    recipients = [{"emailAddress": {"address": address}} for address in addresses]
    text = {"contentType": "Text", "content": "Hello"}
    return {"subject": "News", "body": text, "toRecipients": recipients, **more}


def event(start: str, end: str, zone: str = "UTC", **more: Any) -> dict[str, Any]:
    return {
        "subject": "Meeting",
        "start": {"dateTime": start, "timeZone": zone},
        "end": {"dateTime": end, "timeZone": zone},
        **more,
    }


@pytest.fixture
def outlook(caller_of: CallerOf, ada: Account) -> Caller:
    return caller_of(
        ada, "Mail.Send", "Mail.ReadWrite", "Calendars.ReadWrite", "User.Read"
    )


def test_a_mail_is_in_the_senders_and_the_receivers_mailbox(
    outlook: Caller, caller_of: CallerOf, ben: Account
) -> None:
    answer = outlook.post("me/sendMail", {"message": mail_to(ben.username)})

    sent = outlook.get("me/messages").json()["value"]
    received = caller_of(ben, "Mail.Read").get("me/messages").json()["value"]
    assert answer.status_code == 202
    assert answer.content == b""
    assert [one["parentFolderId"] for one in (*sent, *received)] == [
        "sentitems",
        "inbox",
    ]
    assert received[0]["from"]["emailAddress"]["name"] == "Ada Example"
    assert received[0]["isRead"] is False


def test_a_mail_need_not_be_kept(outlook: Caller) -> None:
    body = {"message": mail_to("x@example.com"), "saveToSentItems": False}

    assert outlook.post("me/sendMail", body).status_code == 202
    assert outlook.get("me/messages").json()["value"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "ErrorInvalidRequest"),
        ({"message": mail_to()}, "ErrorInvalidRecipients"),
        ({"message": mail_to("nobody")}, "ErrorInvalidRecipients"),
        ({"message": mail_to("x@example.com", subjekt="x")}, "BadRequest"),
    ],
)
def test_a_wrong_mail_is_refused(
    outlook: Caller, body: dict[str, Any], code: str
) -> None:
    assert code_of(outlook.post("me/sendMail", body)) == (400, code)


def test_a_draft_is_sent_later(outlook: Caller, ben: Account) -> None:
    draft = outlook.post("me/messages", mail_to(ben.username)).json()

    assert draft["isDraft"] is True
    assert outlook.post(f"me/messages/{draft['id']}/send").status_code == 202
    sent = outlook.get("me/messages").json()["value"]
    assert [one["isDraft"] for one in sent] == [False]


def test_messages_come_ten_a_page(outlook: Caller) -> None:
    for _ in range(12):
        outlook.post("me/sendMail", {"message": mail_to("x@example.com")})

    first = outlook.get("me/messages").json()
    second = outlook.get(first["@odata.nextLink"]).json()

    assert [len(page["value"]) for page in (first, second)] == [10, 2]


def test_a_message_is_deleted(outlook: Caller) -> None:
    draft = outlook.post("me/messages", mail_to()).json()

    assert outlook.delete(f"me/messages/{draft['id']}").status_code == 204
    answer = outlook.get(f"me/messages/{draft['id']}")
    assert code_of(answer) == (404, "ErrorItemNotFound")


def test_an_event_is_told_in_utc(outlook: Caller) -> None:
    sent = event("2026-11-21T10:00:00", "2026-11-21T11:00:00", "Europe/Berlin")

    made = outlook.post("me/events", sent)

    assert made.status_code == 201
    assert made.json()["start"] == {
        "dateTime": "2026-11-21T09:00:00.0000000",
        "timeZone": "UTC",
    }


def test_the_view_shows_what_happens_in_a_window(outlook: Caller) -> None:
    outlook.post("me/events", event("2026-11-21T10:00:00", "2026-11-21T11:00:00"))
    outlook.post(
        "me/events",
        event("2026-11-22T10:00:00", "2026-11-22T11:00:00", subject="Tomorrow"),
    )

    window = "startDateTime=2026-11-22T00:00:00Z&endDateTime=2026-11-23T00:00:00Z"
    shown = outlook.get(f"me/calendarView?{window}").json()["value"]

    assert [one["subject"] for one in shown] == ["Tomorrow"]
    assert outlook.get("me/calendarView").status_code == 400
    assert len(outlook.get("me/events").json()["value"]) == 2


def test_an_event_can_be_put_without_http(
    outlook: Caller, fake: FakeMicrosoft, ada: Account
) -> None:
    start = datetime(2026, 11, 22, 10, tzinfo=UTC)
    put(fake.world, ada, "Tour", start=start, minutes=30)

    window = "startDateTime=2026-11-22T00:00:00Z&endDateTime=2026-11-23T00:00:00Z"
    (shown,) = outlook.get(f"me/calendarView?{window}").json()["value"]
    assert (shown["subject"], shown["end"]["dateTime"][:16]) == (
        "Tour",
        "2026-11-22T10:30",
    )


def test_an_event_is_changed_and_deleted(outlook: Caller) -> None:
    sent = event("2026-11-21T10:00:00", "2026-11-21T11:00:00")
    path = f"me/events/{outlook.post('me/events', sent).json()['id']}"

    changed = outlook.patch(path, {"subject": "Other"}).json()

    assert changed["subject"] == outlook.get(path).json()["subject"] == "Other"
    assert outlook.delete(path).status_code == 204
    assert outlook.get(path).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "No times"},
        event("2026-11-21T12:00:00", "2026-11-21T11:00:00"),
        event("soon", "later"),
        event("2026-11-21T10:00:00", "2026-11-21T11:00:00", "Nowhere/Land"),
    ],
)
def test_a_wrong_event_is_refused(outlook: Caller, wrong: dict[str, Any]) -> None:
    assert outlook.post("me/events", wrong).status_code == 400


def test_a_batch_answers_each_request(graph: Caller) -> None:
    folder = {"name": "New", "folder": {}}
    json = {"Content-Type": "application/json"}
    requests = [
        {"id": "1", "method": "GET", "url": "/me"},
        {
            "id": "2",
            "method": "POST",
            "url": "/me/drive/root/children",
            "body": folder,
            "headers": json,
        },
        {"id": "3", "method": "GET", "url": "/me/drive/root:/New", "dependsOn": ["2"]},
        {"id": "4", "method": "GET", "url": "/me/drive/root:/No"},
        {"id": "5", "method": "GET", "url": "/me", "dependsOn": ["4"]},
    ]

    responses = graph.post("$batch", {"requests": requests}).json()["responses"]

    status = {one["id"]: one["status"] for one in responses}
    assert status == {"1": 200, "2": 201, "3": 200, "4": 404, "5": 424}
    assert responses[2]["body"]["name"] == "New"


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [{"id": str(n), "method": "GET", "url": "/me"} for n in range(21)],
        [{"id": "1", "method": "GET", "url": "/me"}] * 2,
        [{"id": "1", "method": "GET"}],
        [{"id": "1", "method": "POST", "url": "/me/events", "body": {}}],
        [{"id": 1, "method": "GET", "url": "/me"}],
        ["/me"],
    ],
)
def test_a_malformed_batch_is_refused_whole(
    graph: Caller, requests: list[dict[str, Any]]
) -> None:
    assert code_of(graph.post("$batch", {"requests": requests})) == (400, "BadRequest")


def test_signing_out_everywhere_kills_refresh_tokens(
    fake: FakeMicrosoft, caller_of: CallerOf, ada: Account
) -> None:
    token = fake.world.issue_refresh_token(ada, fake.app)

    answer = caller_of(ada, "User.ReadWrite").post("me/revokeSignInSessions")

    assert answer.json()["value"] is True
    assert token.revoked
