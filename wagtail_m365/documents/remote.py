"""The copy of an edit session in Microsoft 365: its folder, its item, its end.

Every session has a folder of its own in the app's folder, so that equal names never
meet and the file keeps the name that people know. All that this needs is the right to
the app's folder (``Files.ReadWrite.AppFolder``).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, BinaryIO

from wagtail_m365.errors import (
    ContentMismatch,
    GraphError,
    ItemLocked,
    ItemNotFound,
    NotConnected,
    PreconditionFailed,
)
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.downloads import Downloaded
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import EditSession
from wagtail_m365.models.edit_sessions import RemoteCopy
from wagtail_m365.tokens import bundles

from .clients import graph_for

#: Seconds that the pauses of one request may take: somebody looks on.
PATIENCE = 6.0
#: How often a file that changes while it is fetched is fetched anew.
_FETCHES = 3


def graph_of(session: EditSession) -> GraphClient:
    """A client with the account in whose OneDrive the copy lies.

    Raises:
        NotConnected: That account was disconnected (code ``account_gone``).
    """
    if session.connection is None:
        raise NotConnected(
            "The account that holds the copy is not connected any more.",
            code="account_gone",
        )
    return graph_for(session.connection, bundles.EDIT, patience=PATIENCE)


def make_folder(graph: GraphClient, session: EditSession) -> DriveItem:
    """The session's own folder, made when first asked for."""
    drives = graph.drives
    app_folder = drives.app_folder()
    name = f"{session.document_id}-{session.pk.hex[:8]}"
    return drives.ensure_folder(app_folder.drive_id, name, parent_id=app_folder.id)


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


def fetch(
    graph: GraphClient, item: DriveItem, target: BinaryIO
) -> tuple[DriveItem, Downloaded]:
    """The whole content of a file, checked, and the item that it is the content of.

    Raises:
        ContentMismatch: It changed again and again while it was fetched.
        ItemNotFound: It is gone.
    """
    for _ in range(_FETCHES - 1):
        with suppress(ContentMismatch):
            return item, _fetch_once(graph, item, target)
        item = graph.drives.item(item.drive_id, item.id)
    return item, _fetch_once(graph, item, target)


def is_same_content(item: DriveItem, other: DriveItem) -> bool:
    """Do both describe one content, as far as Microsoft tells?"""
    if item.hashes.quick_xor and other.hashes.quick_xor:
        return item.hashes.quick_xor == other.hashes.quick_xor
    return bool(item.ctag) and item.ctag == other.ctag


def last_seen(session: EditSession) -> DriveItem | None:
    """The copy as the ledger knows it; None if it is not known to have arrived."""
    if not session.item_id:
        return None
    return DriveItem(id=session.item_id, ctag=session.remote_ctag)


def remove(
    graph: GraphClient, session: EditSession, expected: DriveItem | None = None
) -> RemoteCopy:
    """Delete the copy for good where that is possible, else into the recycle bin.

    Args:
        graph: Asks with the account that holds the copy.
        session: Its session.
        expected: Delete only if the content is still this one.

    Returns:
        What became of it.

    Raises:
        PreconditionFailed: The content is another one than expected; nothing is gone.
        ItemLocked: Office has the file open; nothing is gone.
    """
    became = _remove_item(graph, session, expected)
    if session.folder_id:
        _remove_empty_folder(graph, session)
    return became


def facts_of(item: DriveItem) -> dict[str, Any]:
    """What the ledger keeps of a drive item."""
    return {
        "item_name": item.name,
        "web_url": item.web_url,
        "remote_etag": item.etag,
        "remote_ctag": item.ctag,
        "remote_size": item.size,
        "remote_modified_at": item.modified_at,
        "remote_modified_by": item.modified_by[:255],
    }


def base_of(item: DriveItem) -> dict[str, str]:
    """What the ledger keeps of a drive item that is known to hold the base."""
    return {
        "base_etag": item.etag,
        "base_ctag": item.ctag,
        "base_quick_xor": item.hashes.quick_xor,
    }


def _fetch_once(graph: GraphClient, item: DriveItem, target: BinaryIO) -> Downloaded:
    target.seek(0)
    target.truncate()
    downloaded = graph.drives.download(item, target)
    target.seek(0)
    return downloaded


def _remove_item(
    graph: GraphClient, session: EditSession, expected: DriveItem | None
) -> RemoteCopy:
    if not session.item_id:
        return _remove_what_arrived(graph, session)
    try:
        item = graph.drives.item(session.drive_id, session.item_id)
    except ItemNotFound:
        return RemoteCopy.GONE
    if expected is not None and not is_same_content(item, expected):
        raise PreconditionFailed("The copy was changed again; it was not deleted.")
    return delete_for_good(graph, item, expected is not None)


def _remove_what_arrived(graph: GraphClient, session: EditSession) -> RemoteCopy:
    if not session.folder_id:
        return RemoteCopy.NONE
    became = RemoteCopy.NONE
    for item in files_in_folder(graph, session):
        # Nobody knows what it holds: it must be possible to get it back.
        became = _delete_into_bin(graph, item, item.etag)
    return became


def delete_for_good(
    graph: GraphClient, item: DriveItem, only_this: bool = False
) -> RemoteCopy:
    """Past the recycle bin where the drive can; personal ones cannot."""
    try:
        graph.drives.permanently_delete(item.drive_id, item.id)
    except (ItemLocked, PreconditionFailed):
        raise
    except GraphError:
        if_match = item.etag if only_this else ""
        return _delete_into_bin(graph, item, if_match)
    return RemoteCopy.DELETED


def _delete_into_bin(graph: GraphClient, item: DriveItem, if_match: str) -> RemoteCopy:
    try:
        graph.drives.delete(item.drive_id, item.id, if_match=if_match)
    except ItemNotFound:
        return RemoteCopy.DELETED
    return RemoteCopy.IN_RECYCLE_BIN


def _remove_empty_folder(graph: GraphClient, session: EditSession) -> None:
    """The folder goes too, unless somebody has put something of theirs into it."""
    with suppress(GraphError):
        children = graph.drives.children(session.drive_id, session.folder_id)
        if next(children, None) is None:
            folder = graph.drives.item(session.drive_id, session.folder_id)
            delete_for_good(graph, folder)
