"""The copy of an edit session in Microsoft 365: its item, its content, what is known.

Where its folder is made is told in :mod:`edit_folders`, how it ends in :mod:`removing`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, BinaryIO

from wagtail_m365.errors import (
    ContentMismatch,
    ItemNotFound,
    NotConnected,
)
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection, EditSession, moments

from .clients import graph_for
from .edit_folders import scopes_of_session

#: Seconds that the pauses of one request may take: somebody looks on.
PATIENCE = 6.0
#: How often a file that changes while it is fetched is fetched anew.
_FETCHES = 3


def graph_of(session: EditSession) -> GraphClient:
    """A client with the owner's account, which holds or reaches the copy.

    Raises:
        NotConnected: That account was disconnected, or its connection is another
            account's by now (code ``account_gone``).
    """
    account = session.account or _connected_again(session)
    if account is None:
        raise NotConnected(
            "The account that holds the copy is not connected any more.",
            code="account_gone",
            account=session.account_name,
        )
    return graph_with(account, session)


def _connected_again(session: EditSession) -> Connection | None:
    """The account that holds the copy, where its owner has connected it anew."""
    if session.owner is None:
        return None
    mine = Connection.objects.of_user(session.owner)
    found = mine.filter(
        tenant_id=session.account_tenant_id,
        object_id=session.account_object_id,
    ).first()
    if found is not None:
        EditSession.objects.filter(pk=session.pk).update(connection=found)
        session.connection = found
    return found


def graph_with(account: Connection, session: EditSession) -> GraphClient:
    """A client with another account, which may reach a copy in a library."""
    return graph_for(account, scopes_of_session(session), patience=PATIENCE)


def files_in_folder(graph: GraphClient, session: EditSession) -> list[DriveItem]:
    """Files that lie in the session's folder; none if that is gone."""
    with suppress(ItemNotFound):
        children = graph.drives.children(session.drive_id, session.folder_id)
        return [item for item in children if not item.is_folder]
    return []


def read(graph: GraphClient, session: EditSession) -> DriveItem:
    """The copy as it is now; the ledger is told.

    Raises:
        ItemNotFound: It was deleted, or never arrived.
    """
    if not session.item_id:
        raise ItemNotFound("The copy never arrived in Microsoft 365.")
    item = graph.drives.item(session.drive_id, session.item_id)
    if item.deleted or item.is_folder:
        raise ItemNotFound("The copy was deleted in Microsoft 365.")
    session.note_remote(**facts_of(item))
    return item


def fetch(graph: GraphClient, item: DriveItem, target: BinaryIO) -> DriveItem:
    """The whole content of a file, checked, and the item that it is the content of.

    Raises:
        ContentMismatch: It changed again and again while it was fetched.
        ItemNotFound: It is gone.
    """
    for _ in range(_FETCHES - 1):
        with suppress(ContentMismatch):
            _fetch_once(graph, item, target)
            return item
        item = graph.drives.item(item.drive_id, item.id)
    _fetch_once(graph, item, target)
    return item


def is_same_content(item: DriveItem, other: DriveItem) -> bool:
    """Do both describe one content, as far as Microsoft tells?"""
    if item.hashes.quick_xor and other.hashes.quick_xor:
        return item.hashes.quick_xor == other.hashes.quick_xor
    return bool(item.ctag) and item.ctag == other.ctag


def holds_base(item: DriveItem, session: EditSession) -> bool:
    """Does Microsoft say that the copy still has the content it was known to have?"""
    if session.base_quick_xor and item.hashes.quick_xor:
        return session.base_quick_xor == item.hashes.quick_xor
    return bool(session.base_ctag) and session.base_ctag == item.ctag


def last_seen(session: EditSession) -> DriveItem | None:
    """The copy as the ledger knows it; None if it is not known to have arrived."""
    if not session.item_id:
        return None
    return DriveItem(id=session.item_id, ctag=session.remote_ctag)


def facts_of(item: DriveItem) -> dict[str, Any]:
    """What the ledger keeps of a drive item."""
    return {
        "item_name": item.name,
        "remote_folder_id": item.parent_id,
        "web_url": item.web_url,
        "remote_etag": item.etag,
        "remote_ctag": item.ctag,
        "remote_size": item.size,
        "remote_modified_at": moments.kept(item.modified_at),
        "remote_modified_by": item.modified_by[:255],
        "checked_out_by": item.checked_out_by[:255],
    }


def base_of(item: DriveItem) -> dict[str, str]:
    """What the ledger keeps of a drive item that is known to hold the base."""
    return {
        "base_etag": item.etag,
        "base_ctag": item.ctag,
        "base_quick_xor": item.hashes.quick_xor,
    }


def _fetch_once(graph: GraphClient, item: DriveItem, target: BinaryIO) -> None:
    target.seek(0)
    target.truncate()
    # What it holds is compared by Microsoft's hash; who wants another one reads it.
    graph.drives.download(item, target, sha256=False)
    target.seek(0)
