"""Does Microsoft report the copy as locked? Asked without changing anything.

There is no call that says whether somebody is editing (microsoft-graph-docs#2870), and
most of what is refused with 423 would change something when it is not refused: renaming,
deleting, and a ``PATCH``, which makes a version (onedrive-api-docs#778); a check-out
would lock out whoever edits. An upload session for the file is refused while Office
has it open (microsoft-graph-explorer-v4#3435), and one that is cancelled before its
first byte leaves content, tags and versions alone (driveItem: createUploadSession).

It knows one thing only: *locked* is knowledge, and *not locked* is not knowledge that
nobody edits, since people edit together in Office without a lock that others would see.
"""

from __future__ import annotations

from contextlib import suppress

from wagtail_m365.errors import GraphError, ItemLocked, TemporarilyUnavailable
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import EditSession


def probe(graph: GraphClient, session: EditSession, item: DriveItem) -> bool:
    """Does Microsoft report the file as locked just now? The ledger is told.

    Args:
        graph: Asks with the account that holds the copy.
        session: Its session.
        item: The copy as it is now.
    """
    from wagtail_m365.graph.locks import require_unlocked

    # Whatever else is refused says nothing about a lock.
    with suppress(GraphError, TemporarilyUnavailable):
        try:
            require_unlocked(graph, item)
        except ItemLocked:
            session.note_lock()
            return True
    return False
