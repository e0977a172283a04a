"""An edit session ends: brought back, discarded, lost, or ended by an admin."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from wagtail_m365.errors import (
    AlreadyOpen,
    GraphError,
    ItemLocked,
    M365Error,
    NotAllowed,
    NotConnected,
    NothingOpen,
    PreconditionFailed,
    TemporarilyUnavailable,
    TokenError,
    WrongState,
)
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import EditSession
from wagtail_m365.models.edit_sessions import RemoteCopy, State

from . import audit, check_outs, links, remote, removing
from .permissions import may_manage, require_edit


def session_of(target: Any) -> EditSession:
    """The unfinished edit session of a document; a session as its row is now.

    Raises:
        NothingOpen: The document is not open, or the session has ended.
    """
    sessions = EditSession.objects.select_related("owner", "connection", "document")
    if isinstance(target, EditSession):
        found = sessions.filter(pk=target.pk).first()
    else:
        found = sessions.open_for_document(target).first()
    if found is None or not found.is_unfinished or found.document is None:
        raise NothingOpen("The document is not open in Microsoft 365.")
    return found


def require_owner(session: EditSession, user: Any) -> None:
    """Refuse everybody but the one who opened it.

    Raises:
        NotAllowed: This person may not change the document.
        AlreadyOpen: Somebody else has it open.
    """
    require_edit(session.document, user)
    if session.owner_id != user.pk:
        raise AlreadyOpen(
            "Somebody else has this document open in Microsoft 365.", session=session
        )


def require_sent(session: EditSession) -> None:
    """Refuse what cannot be done before the copy has arrived.

    Raises:
        WrongState: It is still being sent (code ``being_sent``).
    """
    if session.state == State.OPENING:
        raise WrongState("The document is still being sent.", code="being_sent")


def discard(target: Any, user: Any) -> EditSession:
    """End the session and delete the copy, with whatever was edited in it.

    A copy in an account that is not connected any more is left to its owner.

    Raises:
        NothingOpen: The document is not open.
        NotAllowed, AlreadyOpen: It is not this person's.
        ItemLocked: Office still has the file open; nothing was touched.
        TokenError: The account gives no token; nothing was touched.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    session = session_of(target)
    require_owner(session, user)
    try:
        became = removing.remove(remote.graph_of(session), session)
    except NotConnected:
        became = RemoteCopy.LEFT_TO_OWNER
    except ItemLocked as error:
        raise check_outs.explain_lock(error, session) from error
    _end(session, State.DISCARDED, became)
    audit.record(audit.DISCARD, session.document, user, name=session.item_name)
    return session


def end(target: Any, user: Any) -> EditSession:
    """An admin ends the session of somebody else, whatever Microsoft says.

    The copy is *not* deleted: it stays where it lies, in its owner's OneDrive or in the
    library, so that what was edited in it can still be fetched. A file that its owner has
    checked out is checked in; where Microsoft refuses that, ``checked_out_by`` of the
    session says who has to do it.

    Raises:
        NothingOpen: The document is not open.
        NotAllowed: This person may not manage edit sessions.
    """
    session = session_of(target)
    if not may_manage(user):
        raise NotAllowed("This person may not end the edit sessions of others.")
    check_outs.leave(session)
    _end(session, State.DISCARDED, RemoteCopy.LEFT_TO_OWNER, reason="ended_by_admin")
    links.take_away(session)
    audit.record(audit.DISCARD, session.document, user, name=session.item_name)
    return session


def lose(session: EditSession, *, reason: str) -> None:
    """Note that the copy cannot be reached any more; the document is free again."""
    gone = reason == "item_not_found"
    became = RemoteCopy.GONE if gone else RemoteCopy.LEFT_TO_OWNER
    if session.advance(State.LOST, remote_copy=became, closing_reason=reason):
        audit.record(audit.LOSE, session.document, None, name=session.item_name)


def close(graph: GraphClient, session: EditSession, item: DriveItem) -> str:
    """End a session whose content was brought back, and delete the copy.

    Only if the copy still has the content that was brought back, and if nobody has it
    open: otherwise the session goes on, since somebody may save once more.

    Returns:
        ``""`` when it is closed, else why it stays open: ``"changed_again"``,
        ``"locked"``, ``"checked_out"`` or ``"unavailable"``.
    """
    try:
        became = removing.remove(graph, session, expected=item)
    except ItemLocked:
        session.note_lock()
        return "checked_out" if check_outs.somebody_elses(session, item) else "locked"
    except PreconditionFailed:
        return "changed_again"
    except (TemporarilyUnavailable, TokenError, GraphError):
        return "unavailable"
    _end(session, State.BROUGHT_BACK, became)
    return ""


def clear_away(
    session: EditSession,
    graph: GraphClient | None = None,
    *,
    expected: DriveItem | None = None,
) -> bool:
    """Delete the copy that a finished session has left behind.

    A copy that was changed after its content was taken over, or after the session had
    ended, is left to its owner; so is one of which nobody knows what it holds.

    Returns:
        Whether it is settled; if not, it can be tried again.
    """
    became = RemoteCopy.LEFT_BEHIND
    known = expected or remote.last_seen(session)
    with suppress(M365Error):
        try:
            client = graph or remote.graph_of(session)
            became = removing.remove_left_behind(client, session, known)
        except PreconditionFailed:
            became = RemoteCopy.LEFT_TO_OWNER
            links.take_away(session, graph)
    EditSession.objects.filter(pk=session.pk).update(remote_copy=became)
    session.remote_copy = became
    return became != RemoteCopy.LEFT_BEHIND


def _end(
    session: EditSession, state: State, became: RemoteCopy, *, reason: str = ""
) -> None:
    if not session.advance(state, remote_copy=became, closing_reason=reason):
        raise WrongState("Somebody else has changed this edit session just now.")
