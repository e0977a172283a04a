"""What Graph remembers beside the accounts: drives, sites, sessions, mail and calls."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .blobs import Blob, BlobStore, BlobWriter
from .enrichment import enrich
from .graph_errors import item_not_found
from .items import Author, Item
from .notifications import Notifier
from .tree import Drive

TENANT_HOST = "contoso.sharepoint.com"


@dataclass(slots=True, kw_only=True, eq=False)
class Site:
    """A SharePoint site.

    Attributes:
        path: Server-relative path; empty for the root site.
        members: Ids of the accounts that may read and write; None for the whole tenant.
        selected_for: Client ids of the applications that ``Sites.Selected`` lets in.
    """

    name: str
    path: str
    tenant_id: str
    created_at: datetime
    host: str = TENANT_HOST
    drives: list[Drive] = field(default_factory=list)
    members: set[str] | None = None
    selected_for: set[str] = field(default_factory=set)
    collection_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    web_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def id(self) -> str:
        """The composite id: host, site collection, web."""
        return f"{self.host},{self.collection_id},{self.web_id}"


@dataclass(slots=True, kw_only=True, eq=False)
class UploadSession:
    """A file on its way.

    Attributes:
        item: The file that gets new content; None when a new one is made.
        total: Size of the whole file, known from the first fragment.
    """

    drive: Drive
    parent: Item
    name: str
    conflict: str
    by: Author
    expires_at: datetime
    writer: BlobWriter
    item: Item | None = None
    client_created_at: datetime | None = None
    client_modified_at: datetime | None = None
    description: str = ""
    total: int | None = None
    busy: threading.Lock = field(default_factory=threading.Lock)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(32))


@dataclass(slots=True, kw_only=True)
class Subscription:
    """A promise to call an address when something changes.

    Attributes:
        watches: Drive id and ``root``, or account and ``messages`` or ``events``.
        lifecycle_url: Told what concerns the subscription itself; empty: nobody is.
    """

    resource: str
    change_types: frozenset[str]
    url: str
    client_state: str
    expires_at: datetime
    account_id: str
    application_id: str
    tenant_id: str
    watches: tuple[str, str]
    lifecycle_url: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(kw_only=True, eq=False)
class GraphState:
    """Everything behind ``/v1.0`` but the accounts and their tokens.

    Attributes:
        now: The world's clock, in UTC.
        drives: By id.
        drive_ids: Ids of the OneDrives by account.
        mailboxes: Messages by account, newest last.
        calendars: Events by account.
        monitors: Finished copies: drive id and item id by monitor.
        redeemed: Accounts that opened a sharing link, by the link's token.
        secret: Signs pre-authenticated download addresses.
    """

    now: Callable[[], datetime]
    drives: dict[str, Drive]
    drive_ids: dict[str, str] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    blobs: BlobStore = field(default_factory=BlobStore)
    uploads: dict[str, UploadSession] = field(default_factory=dict)
    monitors: dict[str, tuple[str, str]] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    mailboxes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calendars: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    redeemed: dict[str, set[str]] = field(default_factory=dict)
    notifier: Notifier = field(default_factory=Notifier)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def new_drive(self, *, kind: str, owner: Author, name: str = "OneDrive") -> Drive:
        """A further drive."""
        drive = Drive(
            kind=kind, owner=owner, now=self.now, enrich=self._enrich, name=name
        )
        drive.listeners.append(self._tell_of_item)
        self.drives[drive.id.casefold()] = drive
        return drive

    def one_drive(self, owner: Author, *, personal: bool) -> Drive:
        """The account's OneDrive, made on first use as Microsoft does."""
        if owner.id not in self.drive_ids:
            kind = "personal" if personal else "business"
            drive = self.new_drive(kind=kind, owner=owner)
            self.drive_ids[owner.id] = drive.id.casefold()
        return self.drives[self.drive_ids[owner.id]]

    def drive(self, drive_id: str) -> Drive:
        """The drive of this id.

        Raises:
            GraphError: 404.
        """
        drive = self.drives.get(drive_id.casefold())
        if drive is None or (not drive.is_personal and drive.id != drive_id):
            raise item_not_found()
        return drive

    def add_site(self, name: str, path: str, tenant_id: str, owner: Author) -> Site:
        """A SharePoint site with its document library."""
        site = Site(name=name, path=path, tenant_id=tenant_id, created_at=self.now())
        self.sites[site.id] = site
        self.add_library(site, "Documents", owner)
        return site

    def add_library(self, site: Site, name: str, owner: Author) -> Drive:
        """A further document library of a site."""
        drive = self.new_drive(kind="documentLibrary", owner=owner, name=name)
        drive.site_id = site.id
        site.drives.append(drive)
        return drive

    def sign(self, payload: str) -> str:
        """The signature of a pre-authenticated address."""
        return hmac.new(self.secret, payload.encode(), hashlib.sha256).hexdigest()

    def tell(self, owner: str, what: str, resource_id: str, change: str) -> None:
        """Notify who subscribed to messages, events or a drive's root."""
        for one in self.subscriptions.values():
            if one.watches != (owner, what) or one.expires_at <= self.now():
                continue
            if change in one.change_types:
                self.notifier.send(one.url, _notification(one, resource_id, change))

    def tell_lifecycle(self, subscription_id: str, event: str) -> None:
        """Tell what concerns a subscription itself; a removed one is gone with that.

        Args:
            subscription_id: Which one.
            event: ``reauthorizationRequired``, ``subscriptionRemoved`` or ``missed``.
        """
        one = self.subscriptions[subscription_id]
        if event == "subscriptionRemoved":
            del self.subscriptions[subscription_id]
        if one.lifecycle_url:
            self.notifier.send(one.lifecycle_url, _lifecycle(one, event))

    def _tell_of_item(self, drive: Drive, item: Item, change: str) -> None:
        # A subscription to a drive tells that something changed, not what.
        self.tell(drive.id, "root", "", "updated")

    def close(self) -> None:
        """Join the notifier, forget the content of all files."""
        self.notifier.stop()
        for session in self.uploads.values():
            session.writer.discard()
        self.blobs.close()

    def _enrich(self, blob: Blob, name: str) -> Blob:
        return enrich(blob, name, self.blobs)


def _notification(one: Subscription, resource_id: str, change: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": one.expires_at.isoformat(),
        "changeType": change,
        "resource": one.resource,
        "clientState": one.client_state or None,
        "tenantId": one.tenant_id,
    }
    if resource_id:
        # "Change notifications for Outlook resources": by the user's id, not as "me".
        account_id, what = one.watches
        kind = what.removesuffix("s").capitalize()
        result["resource"] = f"Users/{account_id}/{kind}s/{resource_id}"
        result["resourceData"] = {
            "@odata.type": f"#Microsoft.Graph.{kind}",
            "@odata.id": result["resource"],
            "id": resource_id,
        }
    return result


def _lifecycle(one: Subscription, event: str) -> dict[str, Any]:
    """Source: "Reduce missing change notifications": no ``changeType``, no data."""
    return {
        "lifecycleEvent": event,
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": one.expires_at.isoformat(),
        "resource": one.resource,
        "clientState": one.client_state or None,
        "tenantId": one.tenant_id,
    }
