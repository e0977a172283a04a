"""What is noticed about the copies of edit sessions; nothing of them is touched.

A copy that is missed is only noted: it may have been put back from the recycle bin by
tomorrow, and the session goes on then. It ends when its owner asks for the copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.cache import cache
from django.db.models.functions import Lower

from wagtail_m365.errors import ItemNotFound, M365Error
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import EditSession, FollowedDrive
from wagtail_m365.models.edit_sessions import EditSessionQuerySet, RemoteCopy, State

from . import remote
from .checking import refresh
from .clients import graph_for
from .edit_folders import scopes_of_session

if TYPE_CHECKING:
    from wagtail_m365.graph.client import GraphClient


#: Seconds.
_A_MINUTE, _NO_PATIENCE = 60, 0.0


class OpenSessions:
    """Keeps the ledger informed about every open copy."""

    def places(self) -> Iterable[tuple[UUID, str]]:
        """Where open copies lie."""
        followed = _open_sessions().exclude(drive_id="").with_account()
        rows = followed.order_by().values_list("connection_id", "drive_id")
        return list(rows.distinct())

    def start_over(self, drive: FollowedDrive, graph: GraphClient) -> None:
        """Look at every open copy on the drive."""
        _look_at(_sessions_on(drive), drive, graph)

    def take(
        self, drive: FollowedDrive, graph: GraphClient, items: Sequence[DriveItem]
    ) -> None:
        """Look at the copies that are told as changed; a folder tells nothing of them."""
        # Personal drives write an id now in one case, now in the other.
        changed = [item.id.lower() for item in items]
        sessions = _sessions_on(drive).annotate(folded=Lower("item_id"))
        _look_at(sessions.filter(folded__in=changed), drive, graph)


def look(session: EditSession) -> bool:
    """Note how one copy stands, for somebody who looks at its document.

    At most once a minute, whatever comes of it, and without patience: what is not known
    now is noticed later.

    Returns:
        Whether Microsoft was asked and has answered.
    """
    arrived = session.state in {State.OPEN, State.CONFLICT} and session.item_id
    if not arrived or session.account is None:
        return False
    if not cache.add(f"wagtail_m365.look.{session.pk}", True, _A_MINUTE):
        return False
    scopes = scopes_of_session(session)
    graph = graph_for(session.account, scopes, patience=_NO_PATIENCE)
    answer: DriveItem | M365Error
    try:
        answer = graph.drives.item(session.drive_id, session.item_id)
    except M365Error as error:
        answer = error
    return _note(session, answer) is None


def _open_sessions() -> EditSessionQuerySet:
    return EditSession.objects.unfinished().exclude(state=State.OPENING)


def _sessions_on(drive: FollowedDrive) -> EditSessionQuerySet:
    there = {"connection_id": drive.connection_id, "drive_id": drive.drive_id}
    return _open_sessions().with_account().filter(**there)


def _look_at(
    sessions: EditSessionQuerySet, drive: FollowedDrive, graph: GraphClient
) -> None:
    """Note how each copy stands, all of them asked for in few requests.

    Raises:
        M365Error: One of them could not be looked at; the others were.
    """
    from wagtail_m365.graph.many_items import read_items

    by_item = {
        session.item_id: session
        for session in sessions.select_related("connection", "document")
    }
    found = read_items(graph, drive.drive_id, by_item)
    failures = [
        failure
        for item_id, answer in found.items()
        if (failure := _note(by_item[item_id], answer))
    ]
    for failure in failures:
        raise failure


def _note(session: EditSession, answer: DriveItem | M365Error) -> M365Error | None:
    if isinstance(answer, ItemNotFound) or _is_deleted(answer):
        session.note_seen(RemoteCopy.GONE)
        return None
    if isinstance(answer, M365Error):
        return answer
    known_before = session.remote_ctag == answer.ctag
    session.note_seen(RemoteCopy.THERE, **remote.facts_of(answer))
    if known_before or remote.holds_base(answer, session) or session.document is None:
        return None
    try:
        # Another content, or only other tags: the bytes tell.
        refresh(session)
    except M365Error as error:
        return error
    return None


def _is_deleted(answer: DriveItem | M365Error) -> bool:
    return isinstance(answer, DriveItem) and answer.deleted
