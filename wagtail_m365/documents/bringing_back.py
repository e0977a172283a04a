"""The edited file becomes the document's, after a three-way check.

Only one side changed: it is taken. Both changed: nothing is touched, and the session
says so. A copy that differs only by what a library has written into it was not edited.
The order of things, and what a death in between leaves, is told in :mod:`keeping`; the
session's new base is written in the same transaction as the document's row, and the
copy in Microsoft 365 is deleted after that only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import BothChanged, WrongState
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import EditSession, moments
from wagtail_m365.models.edit_sessions import State

from . import audit, check_outs, closing, mending, remote
from .checking import RemoteStatus, check
from .closing import discard, require_owner, require_sent, session_of
from .comparing import Comparison, compared
from .taking import BroughtBack, require_unmoved, take_or_propose

__all__ = [
    "BroughtBack",
    "RemoteStatus",
    "bring_back",
    "check",
    "discard",
    "finish",
]

#: How often both sides are looked at anew when one of them moves at that moment.
_ATTEMPTS = 3
#: Codes of errors that say so.
_MOVED_ON = frozenset({"changed_meanwhile", "given_up"})


def bring_back(
    target: EditSession | AbstractDocument,
    user: Any,
    *,
    close: bool = False,
    comment: str = "",
) -> BroughtBack:
    """Take what was edited in Microsoft 365 into the document.

    Args:
        target: The edit session, or its document.
        user: Whoever opened it.
        close: End the session too, and delete the copy in Microsoft 365.
        comment: Why; kept with the version.

    Raises:
        NothingOpen: The document is not open.
        NotAllowed, AlreadyOpen: It is not this person's.
        WrongState: It is still being sent, or somebody is doing the same just now.
        BothChanged: Both sides changed; nothing was touched.
        ItemNotFound: The copy is gone; the session has ended as lost.
        WriteRefused, WriteFailed: The document is as it was.
        TokenError, TemporarilyUnavailable: Nothing was touched.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _bring_back(target, user, close=close, comment=comment)
        except (BothChanged, WrongState) as error:
            if error.code not in _MOVED_ON:
                raise
    return _bring_back(target, user, close=close, comment=comment)


def _bring_back(target: Any, user: Any, *, close: bool, comment: str) -> BroughtBack:
    session = session_of(target)
    require_owner(session, user)
    require_sent(session)
    mending.mend(session.document)
    graph = remote.graph_of(session)
    with compared(graph, session) as comparison:
        outcome = _decide(session, user, comparison, comment)
    return finish(
        graph, session, comparison.item, outcome, close=close, comment=comment
    )


def finish(
    graph: GraphClient,
    session: EditSession,
    item: DriveItem,
    outcome: BroughtBack,
    *,
    close: bool,
    comment: str,
) -> BroughtBack:
    """Check in what was checked out; with ``close`` end the session, or say why not."""
    if close or outcome.outcome != "unchanged":
        kept = check_outs.check_in(
            graph, session, item, comment=comment, go_on=not close
        )
        outcome = replace(outcome, stays_checked_out=kept)
    if not close:
        return outcome
    why_not = closing.close(graph, session, item)
    return replace(outcome, closed=not why_not, stays_open=why_not)


def _decide(
    session: EditSession, user: Any, comparison: Comparison, comment: str
) -> BroughtBack:
    if comparison.is_same or not comparison.remote_changed:
        _agree(session, comparison)
        only_site = comparison.site_changed and not comparison.is_same
        return BroughtBack(outcome="unchanged", site_changed=only_site)
    if comparison.site_changed:
        raise _both_changed(session, user, comparison)
    return take_or_propose(session, user, comparison, comment)


def _agree(session: EditSession, comparison: Comparison) -> None:
    """Remember what both sides have in common now; a conflict may be over by that."""
    if comparison.is_same:
        site = comparison.site
        moved = session.advance(
            State.OPEN,
            base_sha256=site.sha256,
            base_file_hash=comparison.file_hash,
            base_size=site.size,
            **remote.base_of(comparison.item),
        )
    else:
        moved = session.advance(State.OPEN, **remote.base_of(comparison.item))
    require_unmoved(moved)


def _both_changed(
    session: EditSession, user: Any, comparison: Comparison
) -> BothChanged:
    was = session.state
    require_unmoved(session.advance(State.CONFLICT))
    if was != State.CONFLICT:
        audit.record(audit.CONFLICT, comparison.document, user)
    item = comparison.item
    return BothChanged(
        "The document changed on the site and in Microsoft 365; nothing was touched.",
        remote_modified_at=moments.kept(item.modified_at),
        remote_modified_by=item.modified_by,
        remote_size=item.size,
        site_size=comparison.site.size,
    )
