"""How a copy in Microsoft 365 stands; nothing is taken, nothing is touched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from wagtail.documents.models import AbstractDocument

from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import EditSession, moments
from wagtail_m365.models.edit_sessions import State

from . import remote
from .closing import require_sent, session_of
from .comparing import Comparison, compared
from .lock_probe import probe
from .permissions import require_edit


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStatus:
    """What Microsoft tells about a copy, and what follows from it."""

    #: The copy was edited since both sides last had one content.
    changed: bool
    #: The site's file was.
    site_changed: bool
    modified_at: datetime | None
    #: Name or address; ``""`` when not told.
    modified_by: str
    #: Seconds since the last change, as Microsoft counts it; None when not told.
    quiet_for: float | None
    #: ``"checkout"`` or ``"published"``; ``""`` when not told.
    publication: str
    #: Who has it checked out; ``""`` when nobody has, or not told.
    checked_out_by: str = ""
    #: Microsoft reports it as locked; False says nothing (:mod:`lock_probe`).
    locked: bool = False


def check(target: EditSession | AbstractDocument, user: Any) -> RemoteStatus:
    """Ask Microsoft how the copy stands, and whether it is locked; nothing changes.

    Raises:
        NothingOpen: The document is not open.
        NotAllowed: This person may not change the document.
        WrongState: It is still being sent.
        ItemNotFound: The copy is gone; the session has ended as lost.
        TokenError, TemporarilyUnavailable: Not known now.
    """
    session = session_of(target)
    require_edit(session.document, user)
    require_sent(session)
    status = refresh(session)
    graph = remote.graph_of(session)
    item = DriveItem(id=session.item_id, drive_id=session.drive_id)
    return replace(status, locked=probe(graph, session, item))


def refresh(session: EditSession) -> RemoteStatus:
    """The same for whoever looks after all sessions.

    Raises:
        As :func:`check`.
    """
    with compared(remote.graph_of(session), session) as comparison:
        if not comparison.remote_changed:
            # Tags may have moved: spare the next comparison the bytes.
            session.note_base(**remote.base_of(comparison.item))
        return _status_of(comparison)


def known_change(session: EditSession) -> bool | None:
    """Has the copy changed, as far as Microsoft told when it was last asked?

    Returns:
        None where it has not been asked since both sides last had one content.
    """
    if session.state not in {State.OPEN, State.CONFLICT}:
        return None
    if session.remote_checked_at is None:
        return None
    return bool(session.remote_ctag and session.remote_ctag != session.base_ctag)


def _status_of(comparison: Comparison) -> RemoteStatus:
    item = comparison.item
    modified_at, quiet_for = moments.kept(item.modified_at), None
    if modified_at is not None:
        quiet_for = max(0.0, (timezone.now() - modified_at).total_seconds())
    return RemoteStatus(
        changed=comparison.remote_changed and not comparison.is_same,
        site_changed=comparison.site_changed and not comparison.is_same,
        modified_at=modified_at,
        modified_by=item.modified_by,
        quiet_for=quiet_for,
        publication=item.publication,
        checked_out_by=item.checked_out_by,
    )
