"""Every request of the client, against Microsoft's own description of Graph."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter

from wagtail_m365.graph.batch import Question
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.delta import latest
from wagtail_m365.graph.links import organization_link
from wagtail_m365.graph.shared_links import open_link
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.graph.uploads import SIMPLE_LIMIT, replace_content, upload
from wagtail_m365.redaction import Secret

from .openapi import Description

DESCRIPTION = Path(__file__).parents[3] / "shared" / "graph-openapi.yaml"
pytestmark = pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason="Microsoft's description of Graph is not at hand"
)
NAME = "50% & more + #1 Größe 'x'.txt"


@dataclass
class Recorder(HTTPAdapter):
    """Keeps every request as it goes out."""

    sent: list[requests.PreparedRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def send(self, request, *args, **more):
        self.sent.append(request.copy())
        return super().send(request, *args, **more)


@pytest.fixture(scope="session")
def description() -> Description:
    return Description(DESCRIPTION)


@pytest.fixture
def recorder(desk) -> Iterator[Recorder]:
    recorder = Recorder()
    desk.session.mount("http://", recorder)
    yield recorder
    recorder.close()


@dataclass
class Office:
    """A client with a few things on its drive to work on."""

    client: GraphClient
    drive_id: str
    folder: DriveItem
    notification_url: str

    def send(self, size: int, name: str, **more) -> DriveItem:
        arguments = {"conflict": "rename"} | more
        return upload(
            self.client,
            io.BytesIO(bytes(size)),
            size=size,
            drive_id=self.drive_id,
            parent_id=self.folder.id,
            name=name,
            **arguments,
        )

    def etag(self, item_id: str) -> str:
        return self.client.drives.item(self.drive_id, item_id).etag


def read(office: Office) -> None:
    drives, item = office.client.drives, office.send(10, NAME)
    drives.get(office.drive_id)
    drives.root(office.drive_id)
    drives.root()
    drives.app_folder()
    drives.item(office.drive_id, item.id)
    drives.by_path(office.drive_id, f"a b/{NAME}")
    drives.by_path(office.drive_id, NAME, parent_id=office.folder.id)
    list(drives.children(office.drive_id, office.folder.id))
    list(drives.search(office.drive_id, "it's 50% & more"))
    list(drives.search(office.drive_id, "x", item_id=office.folder.id))
    list(drives.recent())
    list(drives.shared_with_me())
    open_link(office.client, Secret(item.web_url))
    list(drives.versions(office.drive_id, item.id))
    drives.download(item, io.BytesIO())
    office.client.me()


def write(office: Office) -> None:
    for conflict in ("fail", "rename", "replace"):
        office.send(10, f"{conflict} {NAME}", conflict=conflict)
        office.send(SIMPLE_LIMIT + 1, f"large {conflict} {NAME}", conflict=conflict)
    item = office.send(0, "empty.txt", conflict="fail")
    content = io.BytesIO(os.urandom(SIMPLE_LIMIT + 1))
    item = replace_content(
        office.client, io.BytesIO(b"x"), size=1, item=item, if_match=item.etag
    )
    replace_content(office.client, content, size=SIMPLE_LIMIT + 1, item=item)
    office.send(5, "empty.txt", conflict="replace", if_match=office.etag(item.id))


def change(office: Office) -> None:
    drives, item = office.client.drives, office.send(10, NAME)
    drives.ensure_folder(office.drive_id, "x/y")
    drives.create_folder(office.drive_id, office.folder.id, "z", "rename")
    drives.update(office.drive_id, item.id, name="b.txt", if_match=item.etag)
    drives.update(office.drive_id, item.id, parent_id=drives.root().id)
    drives.copy(
        office.drive_id,
        item.id,
        to_drive_id=office.drive_id,
        to_parent_id=office.folder.id,
        name="c.txt",
    )
    organization_link(office.client, office.drive_id, item.id, kind="view")
    drives.preview(office.drive_id, item.id)
    drives.checkout(office.drive_id, item.id)
    drives.checkin(office.drive_id, item.id, comment="Done")
    drives.checkout(office.drive_id, item.id)
    drives.discard_checkout(office.drive_id, item.id)
    drives.delete(office.drive_id, item.id)
    drives.permanently_delete(office.drive_id, office.send(1, "d.txt").id)


def watch(office: Office) -> None:
    client = office.client
    latest(client, office.drive_id)
    pages = list(client.changes(office.drive_id))
    list(client.changes(office.drive_id, link=pages[-1].link))
    for site in client.sites.search("market"):
        client.sites.get(site.id)
        list(client.sites.drives(site.id))
    client.batch([Question(method="GET", path="/me/drive", params={"$select": "id"})])


def subscribe(office: Office) -> None:
    client = office.client
    later = datetime.now(UTC) + timedelta(days=1)
    subscription = client.subscriptions.create(
        office.drive_id,
        notification_url=office.notification_url,
        lifecycle_url=office.notification_url,
        expires_at=later,
        client_state=Secret("hush"),
    )
    client.subscriptions.renew(subscription.id, expires_at=later)
    client.subscriptions.delete(subscription.id)


@pytest.mark.parametrize("doing", [read, write, change, watch, subscribe])
def test_microsoft_describes_every_request(
    desk, ada, site, notified, *, description: Description, recorder: Recorder, doing
):
    client = desk.client(ada)
    folder = client.drives.ensure_folder(client.drives.mine().id, "a b")

    doing(Office(client, folder.drive_id, folder, notified))

    to_graph = [
        each for each in recorder.sent if each.url.startswith(desk.microsoft.graph)
    ]
    objections = [
        objection
        for request in to_graph
        for objection in description.objections(request, desk.microsoft.graph)
    ]
    assert objections == []
    assert len(to_graph) > 4
