"""A copy in Microsoft 365 goes, and nothing that was saved in it goes with it.

``DELETE`` with ``If-Match`` is the only deletion that Microsoft holds against a tag, and
it leads to the recycle bin (driveItem: delete). ``permanentDelete`` takes no ``If-Match``
and does not reach what is in the recycle bin, so a save between our last look and such a
deletion would be lost. Hence: what must still be as it was compared goes to the recycle
bin, and the ledger says so; for good goes only what its owner discards, unread.
"""

from __future__ import annotations

from contextlib import suppress

from wagtail_m365.errors import (
    GraphError,
    ItemLocked,
    ItemNotFound,
    PreconditionFailed,
)
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import EditSession
from wagtail_m365.models.edit_locations import EditPlace
from wagtail_m365.models.edit_sessions import RemoteCopy

from . import remote

#: Tags move without an edit: how often the content is looked at anew.
_LOOKS = 3


def remove(
    graph: GraphClient, session: EditSession, expected: DriveItem | None = None
) -> RemoteCopy:
    """Delete the copy and its folder.

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


def remove_left_behind(
    graph: GraphClient, session: EditSession, known: DriveItem | None
) -> RemoteCopy:
    """Delete what an ended session has left behind, if its content is kept elsewhere.

    Args:
        graph: Asks with the account that holds the copy.
        session: Its session, which has ended.
        known: The copy when its content was last taken over; ``None``: it never was, and
            only a file that still holds what the site had sent goes.

    Returns:
        What became of it.

    Raises:
        PreconditionFailed: It holds something else; that is its owner's.
        ItemLocked: Office has the file open; nothing is gone.
    """
    if known is not None or not session.folder_id:
        return remove(graph, session, known)
    became = RemoteCopy.NONE
    for item in remote.files_in_folder(graph, session):
        if not remote.holds_base(item, session):
            raise PreconditionFailed("Nobody knows what it holds; it was not deleted.")
        became = _remove_expected(graph, item, item)
    _remove_empty_folder(graph, session)
    return became


def _remove_item(
    graph: GraphClient, session: EditSession, expected: DriveItem | None
) -> RemoteCopy:
    if not session.item_id:
        return _remove_what_arrived(graph, session)
    try:
        item = graph.drives.item(session.drive_id, session.item_id)
    except ItemNotFound:
        return RemoteCopy.GONE
    if expected is not None:
        return _remove_expected(graph, item, expected)
    if _belongs_to_others_too(session):
        return _delete_into_bin(graph, item, "")
    return _delete_for_good(graph, item)


def _remove_expected(
    graph: GraphClient, item: DriveItem, expected: DriveItem
) -> RemoteCopy:
    """Into the recycle bin, if the content is still the expected one at that moment."""
    for _ in range(_LOOKS - 1):
        _require_same(item, expected)
        with suppress(PreconditionFailed):
            return _delete_into_bin(graph, item, item.etag)
        item = graph.drives.item(item.drive_id, item.id)
    _require_same(item, expected)
    return _delete_into_bin(graph, item, item.etag)


def _require_same(item: DriveItem, expected: DriveItem) -> None:
    if not remote.is_same_content(item, expected):
        raise PreconditionFailed("The copy was changed again; it was not deleted.")


def _belongs_to_others_too(session: EditSession) -> bool:
    """May it hold what somebody else has saved, who did not ask for its end?"""
    return session.place == EditPlace.LIBRARY or session.joined.exists()


def _remove_what_arrived(graph: GraphClient, session: EditSession) -> RemoteCopy:
    if not session.folder_id:
        return RemoteCopy.NONE
    became = RemoteCopy.NONE
    for item in remote.files_in_folder(graph, session):
        # Nobody knows what it holds: it must be possible to get it back.
        became = _delete_into_bin(graph, item, item.etag)
    return became


def _delete_for_good(graph: GraphClient, item: DriveItem) -> RemoteCopy:
    """Past the recycle bin where the drive can; personal ones cannot."""
    try:
        graph.drives.permanently_delete(item.drive_id, item.id)
    except ItemLocked:
        raise
    except GraphError:
        return _delete_into_bin(graph, item, "")
    return RemoteCopy.DELETED


def _delete_into_bin(graph: GraphClient, item: DriveItem, if_match: str) -> RemoteCopy:
    try:
        graph.drives.delete(item.drive_id, item.id, if_match=if_match)
    except ItemNotFound:
        return RemoteCopy.GONE
    return RemoteCopy.IN_RECYCLE_BIN


def _remove_empty_folder(graph: GraphClient, session: EditSession) -> None:
    """The folder goes too, unless somebody has put something of theirs into it."""
    with suppress(GraphError):
        folder = graph.drives.item(session.drive_id, session.folder_id)
        children = graph.drives.children(session.drive_id, session.folder_id)
        if next(children, None) is None:
            # Into the bin: what comes into it at this moment can be fetched there.
            graph.drives.delete(folder.drive_id, folder.id, if_match=folder.etag)
