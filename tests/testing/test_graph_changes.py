"""Delta and change notifications."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from wagtail_m365.testing.fake.calls import state_of
from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from .caller import Caller, code_of
from .conftest import CallerOf

DELTA = "me/drive/root/delta"


def follow(graph: Caller, url: str) -> tuple[dict[str, Any], str, int]:
    """Items by id (the last wins), the delta link, and the number of rows."""
    items: dict[str, Any] = {}
    rows = 0
    while True:
        page = graph.get(url).json()
        rows += len(page["value"])
        items |= {item["id"]: item for item in page["value"]}
        if "@odata.deltaLink" in page:
            return items, page["@odata.deltaLink"], rows
        url = page["@odata.nextLink"]


def test_delta_begins_with_everything(graph: Caller, drive: DriveSeam) -> None:
    drive.put("Dir/a.txt", b"1")

    items, _, _ = follow(graph, DELTA)

    assert sorted(item["name"] for item in items.values()) == ["Dir", "a.txt", "root"]


def test_delta_leaves_out_what_microsoft_leaves_out(
    graph: Caller, drive: DriveSeam
) -> None:
    item = drive.put("Dir/a.txt", b"1")

    items, _, _ = follow(graph, DELTA)

    assert "path" not in items[item.id]["parentReference"]
    assert "cTag" not in items[item.id]


def test_delta_then_tells_changes_and_deletions_only(
    graph: Caller, drive: DriveSeam
) -> None:
    kept, gone = drive.put("kept.txt", b"1"), drive.put("gone.txt", b"1")
    drive.put("quiet.txt", b"1")
    _, link, _ = follow(graph, DELTA)
    drive.edit("kept.txt", b"2")
    drive.delete("gone.txt")

    items, link, _ = follow(graph, link)

    assert set(items) == {kept.id, gone.id, drive.drive.root.id}
    assert items[gone.id]["deleted"] == {"state": "deleted"}
    assert "name" not in items[gone.id]
    assert follow(graph, link)[0] == {}


def test_latest_gives_a_link_without_items(graph: Caller, drive: DriveSeam) -> None:
    drive.put("old.txt", b"1")

    page = graph.get(f"{DELTA}?token=latest").json()
    drive.put("new.txt", b"1")
    items, _, _ = follow(graph, page["@odata.deltaLink"])

    assert page["value"] == []
    assert {item["name"] for item in items.values()} == {"root", "new.txt"}


def test_pages_of_delta_repeat_items_and_miss_none(
    graph: Caller, drive: DriveSeam
) -> None:
    for number in range(25):
        drive.put(f"{number}.txt", b"")

    items, _, rows = follow(graph, f"{DELTA}?$top=10")

    assert len(items) == 26
    assert rows > 26


def test_delta_in_functions_own_writing(graph: Caller) -> None:
    _, link, _ = follow(graph, f"{DELTA}()")
    token = parse_qs(urlsplit(link).query)["token"][0]

    assert graph.get(f"{DELTA}(token='{token}')").json()["value"] == []


@pytest.mark.parametrize("why", ["forgotten", "invented", "ordered"])
def test_a_token_that_is_too_old_asks_for_a_resync(
    fake: FakeMicrosoft, graph: Caller, drive: DriveSeam, why: str
) -> None:
    drive.put("a.txt", b"1")
    _, link, _ = follow(graph, DELTA)
    if why == "forgotten":
        drive.forget_changes()
    elif why == "invented":
        link = f"{DELTA}?token=abc"
    else:
        fake.fail("resync_required")

    answer = graph.get(link)

    assert code_of(answer) == (410, "resyncRequired")
    items, _, _ = follow(graph, answer.headers["Location"])
    assert len(items) == 2


def test_business_drives_have_delta_at_the_root_only(
    graph: Caller, drive: DriveSeam, personal: Caller, personal_drive: DriveSeam
) -> None:
    drive.folder("Dir")
    personal_drive.put("Dir/a.txt", b"")

    assert graph.get("me/drive/root:/Dir:/delta").status_code == 501
    items, _, _ = follow(personal, "me/drive/root:/Dir:/delta")
    assert {item["name"] for item in items.values()} == {"Dir", "a.txt"}


@dataclass
class Subscriber:
    """A site that is called when something changes."""

    echoes: bool = True
    received: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    ours = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            token = parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0]
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if body:
                ours.received += json.loads(body)["value"]
            self.send_response(200 if token else 202)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(token.encode() if ours.echoes else b"what?")

        def log_request(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    ours.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield ours
    server.shutdown()
    thread.join()
    server.server_close()


def subscription(url: str, **more: object) -> dict[str, object]:
    expires = datetime.now(UTC) + timedelta(days=2)
    return {
        "changeType": "updated",
        "notificationUrl": url,
        "resource": "me/drive/root",
        "expirationDateTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "clientState": "secret state",
        **more,
    }


def test_a_subscriber_is_called_when_a_drive_changes(
    fake: FakeMicrosoft, graph: Caller, drive: DriveSeam, subscriber: Subscriber
) -> None:
    made = graph.post("subscriptions", subscription(subscriber.url))

    drive.put("a.txt", b"1")
    state_of(fake.world).notifier.flush()

    assert made.status_code == 201
    told = subscriber.received[0]
    assert told["subscriptionId"] == made.json()["id"]
    assert told["clientState"] == "secret state"
    assert (told["changeType"], told["resource"]) == ("updated", "me/drive/root")
    assert made.headers["Location"].endswith(f"/subscriptions/{made.json()['id']}")
    assert made.json()["latestSupportedTlsVersion"] == "v1_2"
    assert made.json()["encryptionCertificate"] is None


def test_a_subscriber_to_mail_is_told_which(
    fake: FakeMicrosoft, caller_of: CallerOf, ada: Account, subscriber: Subscriber
) -> None:
    mailbox = caller_of(ada, "Mail.Read", "Mail.Send")
    wanted = {"resource": "me/messages", "changeType": "created"}
    mailbox.post("subscriptions", subscription(subscriber.url, **wanted))
    people = [{"emailAddress": {"address": ada.username}}]

    mailbox.post("me/sendMail", {"message": {"toRecipients": people}})
    state_of(fake.world).notifier.flush()

    (told,) = subscriber.received
    message = told["resourceData"]["id"]
    assert told["resource"] == f"Users/{ada.object_id}/Messages/{message}"
    assert told["resourceData"]["@odata.id"] == told["resource"]
    assert told["resourceData"]["@odata.type"] == "#Microsoft.Graph.Message"


def test_resource_data_in_notifications_is_microsofts_alone(
    graph: Caller, subscriber: Subscriber
) -> None:
    sent = subscription(subscriber.url, includeResourceData=True)

    assert graph.post("subscriptions", sent).status_code == 501


def test_a_subscriber_that_does_not_echo_gets_nothing(
    graph: Caller, subscriber: Subscriber
) -> None:
    subscriber.echoes = False

    answer = graph.post("subscriptions", subscription(subscriber.url))

    assert code_of(answer) == (400, "ValidationError")
    assert graph.get("subscriptions").json()["value"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"notificationUrl": "http://example.com/"},
        {"changeType": "created"},
        {"resource": "me/drive/root:/a.txt"},
        {"expirationDateTime": "2020-01-01T00:00:00Z"},
        {"expirationDateTime": "2999-01-01T00:00:00Z"},
        {"clientState": "x" * 129},
        {"unknown": 1},
    ],
)
def test_a_wrong_subscription_is_refused(
    graph: Caller, subscriber: Subscriber, wrong: dict[str, object]
) -> None:
    answer = graph.post("subscriptions", subscription(subscriber.url, **wrong))

    assert answer.status_code == 400


def test_watching_a_business_drive_needs_the_scope_for_all_files(
    caller_of: CallerOf, ada: Account, subscriber: Subscriber
) -> None:
    caller = caller_of(ada, "Files.ReadWrite")

    answer = caller.post("subscriptions", subscription(subscriber.url))

    assert code_of(answer) == (403, "accessDenied")


def test_a_subscription_is_renewed_and_ended(
    graph: Caller, drive: DriveSeam, fake: FakeMicrosoft, subscriber: Subscriber
) -> None:
    path = (
        "subscriptions/"
        + graph.post("subscriptions", subscription(subscriber.url)).json()["id"]
    )
    later = datetime.now(UTC) + timedelta(days=5)

    renewed = graph.patch(path, {"expirationDateTime": later.isoformat()}).json()
    ended = graph.delete(path)
    drive.put("a.txt", b"")
    state_of(fake.world).notifier.flush()

    assert renewed["expirationDateTime"] == later.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ended.status_code == 204
    assert graph.get(path).status_code == 404
    assert subscriber.received == []


def test_an_expired_subscription_is_silent(
    graph: Caller, drive: DriveSeam, fake: FakeMicrosoft, subscriber: Subscriber
) -> None:
    graph.post("subscriptions", subscription(subscriber.url))
    fake.clock.advance(3 * 24 * 3600)

    drive.put("a.txt", b"")
    state_of(fake.world).notifier.flush()

    assert subscriber.received == []
