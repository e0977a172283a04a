"""Every operation of Microsoft's description, once, against the fake."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from wagtail_m365.testing.fake.calls import state_of
from wagtail_m365.testing.fake.drives import DriveSeam, author_of
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from . import openapi
from .caller import Caller
from .conftest import CallerOf

PATH = openapi.find()
pytestmark = pytest.mark.skipif(
    PATH is None,
    reason="Microsoft's description of Graph is not at hand: put graph-openapi.yaml into "
    "../shared, or name it in WAGTAIL_M365_GRAPH_OPENAPI",
)
#: Parts of Graph of which the fake does nothing, on purpose.
NOT_SERVED = {"/groups/{group-id}/drive"}
#: Business drives have delta at their root only.
REFUSED = re.compile(r"(items/\{driveItem-id\}|:).*/delta$")


def operations() -> Iterator[Any]:
    if PATH is None:
        return
    for _, template, method, _ in openapi.Description(PATH).operations:
        yield pytest.param(method, template, id=f"{method} {template}")


BODIES: dict[str, Any] = {
    "children": {"name": "New", "folder": {}},
    "createLink": {"type": "view", "scope": "organization"},
    "copy": {"name": "Twin.txt"},
    "invite": {
        "recipients": [{"email": "ben@contoso.onmicrosoft.com"}],
        "roles": ["read"],
    },
    "checkin": {"comment": "Done"},
    "messages": {"subject": "Draft"},
    "sendMail": {
        "Message": {
            "subject": "News",
            "toRecipients": [{"emailAddress": {"address": "x@example.com"}}],
        }
    },
    "events": {
        "subject": "Meeting",
        "start": {"dateTime": "2026-11-21T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-21T11:00:00", "timeZone": "UTC"},
    },
    "$batch": {"requests": [{"id": "1", "method": "GET", "url": "/me"}]},
}


@pytest.fixture
def everyone(caller_of: CallerOf, ada: Account, ben: Account) -> Caller:
    return caller_of(
        ada,
        *("Files.ReadWrite.All", "Sites.ReadWrite.All", "User.ReadWrite"),
        *("User.Read.All", "Mail.ReadWrite", "Mail.Send", "Calendars.ReadWrite"),
    )


@pytest.fixture
def names(
    fake: FakeMicrosoft, everyone: Caller, drive: DriveSeam, ada: Account
) -> dict[str, str]:
    """A value for each name in the templates."""
    state = state_of(fake.world)
    site = state.add_site("Press", "sites/press", fake.tenant.id, author_of(ada))
    state.notifier.validates = lambda url: True  # type: ignore[method-assign]
    item = drive.put("Dir/a.txt", b"1")
    folder = item.parent
    assert folder is not None
    drive.edit("Dir/a.txt", b"2")
    url = everyone.get(f"me/drive/items/{item.id}").json()["webUrl"]
    draft = BODIES["messages"] | {
        "toRecipients": BODIES["sendMail"]["Message"]["toRecipients"]
    }
    return {
        "item-path": "Dir/a.txt",
        "driveItem-id": item.id,
        "folder-id": folder.id,
        "drive-id": drive.drive.id,
        "driveItemVersion-id": "1.0",
        "permission-id": _permission(everyone, item.id),
        "special-name": "approot",
        "q": "a",
        "user-id": ada.object_id,
        "message-id": everyone.post("me/messages", draft).json()["id"],
        "event-id": everyone.post("me/events", BODIES["events"]).json()["id"],
        "site-id": site.id,
        "site-drive": site.drives[0].id,
        "sharedDriveItem-id": _share(url),
        "group-id": "none",
        "subscription-id": everyone.post("subscriptions", _subscription()).json()["id"],
    }


def _permission(everyone: Caller, item_id: str) -> str:
    sent = BODIES["createLink"] | {"type": "edit"}
    return str(everyone.post(f"me/drive/items/{item_id}/createLink", sent).json()["id"])


def _share(url: str) -> str:

    return "u!" + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def _subscription() -> dict[str, str]:
    expires = datetime.now(UTC) + timedelta(days=2)
    return {
        "changeType": "updated",
        "notificationUrl": "https://site.example/hook",
        "resource": "me/drive/root",
        "expirationDateTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _url(template: str, method: str, names: dict[str, str]) -> str:
    values = dict(names)
    if template.startswith("/sites/{site-id}/drives/{drive-id}"):
        values["drive-id"] = names["site-drive"]
    wants_folder = template.endswith(("/children", ":/{item-path}:/search(q='{q}')"))
    below_item = "{driveItem-id}:/{item-path}" in template
    if wants_folder:
        values["item-path"] = "Dir"
        values["driveItem-id"] = names["folder-id"]
    if below_item:
        values["driveItem-id"] = "root" if wants_folder else names["folder-id"]
        values["item-path"] = "Dir" if wants_folder else "a.txt"
    return re.sub(r"\{([^}]+)\}", lambda one: quote(values[one[1]]), template).lstrip(
        "/"
    )


def _more(template: str, method: str) -> dict[str, Any]:
    """Body or parameters for the request."""
    last = template.rpartition("/")[2]
    bodies = BODIES | {
        "subscriptions": _subscription(),
        "{event-id}": {"subject": "Other"},
        "{subscription-id}": {
            "expirationDateTime": _subscription()["expirationDateTime"]
        },
    }
    if method == "put":
        return {"data": b"new content"}
    if method == "get":
        return {"params": {"search": "p"}} if template == "/sites" else {}
    other = {"description": "Other"} if method == "patch" else {}
    return {} if method == "delete" else {"json": bodies.get(last, other)}


@pytest.mark.parametrize(("method", "template"), list(operations()))
def test_the_fake_does_what_microsoft_describes(
    everyone: Caller, names: dict[str, str], method: str, template: str
) -> None:
    url = _url(template, method, names)
    if template.endswith(("/checkin", "/discardCheckout")):
        action = template.rpartition("/")[2]
        everyone.post(url.replace(action, "checkout"))

    answer = everyone(method.upper(), url, **_more(template, method))

    if template in NOT_SERVED or REFUSED.search(template):
        assert answer.status_code == 501
    else:
        assert answer.status_code < 400, answer.text
