"""How a copy in Microsoft 365 stands; nothing is taken, nothing is touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from wagtail.documents.models import AbstractDocument

from wagtail_m365.models import EditSession

from . import remote
from .closing import require_sent, session_of
from .comparing import Comparison, compared
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


def check(target: EditSession | AbstractDocument, user: Any) -> RemoteStatus:
    """Ask Microsoft how the copy stands; the ledger is told, nothing else changes.

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
    return refresh(session)


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


def _status_of(comparison: Comparison) -> RemoteStatus:
    item = comparison.item
    quiet_for = None
    if item.modified_at is not None:
        quiet_for = max(0.0, (timezone.now() - item.modified_at).total_seconds())
    return RemoteStatus(
        changed=comparison.remote_changed and not comparison.is_same,
        site_changed=comparison.site_changed and not comparison.is_same,
        modified_at=item.modified_at,
        modified_by=item.modified_by,
        quiet_for=quiet_for,
        publication=item.publication,
    )
