"""A document is sent to Microsoft 365: an edit session begins, or goes on.

The ledger's row comes first: its unique column lets one session in, and a death before
the file has arrived leaves a row in state ``opening`` from which the same person goes
on. What was sent is known by its hash before it is sent, so a copy that arrived
although nobody learned of it is found in the session's folder and used as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import (
    AlreadyOpen,
    ItemNotFound,
    M365Error,
    NameTaken,
    NotAllowed,
    WrongState,
)
from wagtail_m365.graph.names import safe_name
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection, EditSession
from wagtail_m365.models.edit_sessions import RemoteCopy, State
from wagtail_m365.tokens.broker import connection_of

from . import audit, check_outs, closing, mending, remote
from .content import document_fingerprint, known_hash, opened
from .edit_folders import edit_location, make_folder
from .preflight import Refusal, preflight
from .room import require_room

__all__ = ["Opened", "Refusal", "open_document", "preflight"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A document that can be edited in Microsoft 365 now."""

    session: EditSession
    #: Opens it in Office for the web.
    web_url: str
    #: It was open already, and goes on with the same file.
    resumed: bool


def open_document(
    document: AbstractDocument, user: Any, *, connection: Connection | None = None
) -> Opened:
    """Send a document to the person's OneDrive, or go on where it was left.

    Args:
        document: The document.
        user: Who wants to edit it.
        connection: One of the person's accounts; the default one if none is named.

    Raises:
        NotAllowed: This person may not, or the account is somebody else's.
        DocumentError: As :func:`preflight` finds.
        AlreadyOpen: Somebody else has it open; ``session`` says who, since when.
        NotConnected: The person has no account connected, or not any more the one that
            holds the copy (code ``account_gone``).
        TokenError: The account gives no token.
        GraphError: Microsoft refuses the file (quota, name …).
        TemporarilyUnavailable: Try again; what has arrived is used then.
    """
    for refusal in preflight(document, user):
        raise refusal
    mending.mend(document)
    account = _account_of(user, connection)
    session = _claim(document, user, account)
    if session.state == State.OPENING:
        return _send_or_give_up(session, document)
    return _resume(session) or _begin_anew(document, user, account)


def _account_of(user: Any, connection: Connection | None) -> Connection:
    if connection is None:
        return connection_of(user)
    if connection.user_id != user.pk:
        raise NotAllowed("This Microsoft account is somebody else's.")
    return connection


def _claim(document: AbstractDocument, user: Any, account: Connection) -> EditSession:
    """The document's session, if it is this person's; a new one if there is none."""
    found = _own(document, user)
    if found is not None:
        return found
    location = edit_location()
    try:
        with transaction.atomic(durable=True):
            return EditSession.objects.create(
                document=document,
                document_title=document.title,
                open_for=document,
                owner=user,
                connection=account,
                place=location.place,
            )
    except IntegrityError:
        found = _own(document, user)
        if found is None:
            raise
        return found


def _own(document: AbstractDocument, user: Any) -> EditSession | None:
    sessions = EditSession.objects.open_for_document(document)
    session = sessions.select_related("owner", "connection").first()
    if session is None or session.owner_id == user.pk:
        return session
    if session.owner is None:
        # That person's account went with the person: nobody can reach the copy.
        closing.lose(session, reason="owner_gone")
        return None
    raise AlreadyOpen(
        "Somebody else has this document open in Microsoft 365.",
        session=session,
        owner=session.owner.get_username(),
        since=session.opened_at,
    )


def _begin_anew(document: AbstractDocument, user: Any, account: Connection) -> Opened:
    """The copy is gone, and the ledger knows: open it a second time."""
    return _send_or_give_up(_claim(document, user, account), document)


def _resume(session: EditSession) -> Opened | None:
    """Go on with the copy, if it is still there."""
    try:
        item = remote.read(remote.graph_of(session), session)
    except ItemNotFound:
        closing.lose(session, reason="item_not_found")
        return None
    return Opened(session=session, web_url=item.web_url, resumed=True)


def _send_or_give_up(session: EditSession, document: AbstractDocument) -> Opened:
    try:
        return _send(session, document)
    except M365Error as error:
        _give_up(session, error)
        raise


def _give_up(session: EditSession, error: M365Error) -> None:
    """Stand in nobody's way where nothing was sent, or where it cannot be sent."""
    if not session.folder_id:
        rows = EditSession.objects.filter(pk=session.pk, revision=session.revision)
        rows.delete()
    elif not error.retryable and session.state == State.OPENING:
        session.advance(
            State.DISCARDED,
            closing_reason=error.code[:50],
            remote_copy=RemoteCopy.LEFT_BEHIND,
        )


def _send(session: EditSession, document: AbstractDocument) -> Opened:
    item = _arrived_before(session) or _upload(session, document)
    item = check_outs.begin(remote.graph_of(session), session, item)
    arrived = session.advance(
        State.OPEN,
        item_id=item.id,
        remote_copy=RemoteCopy.THERE,
        **remote.facts_of(item),
    )
    if not arrived:
        return _opened_meanwhile(session)
    audit.record(audit.OPEN, document, session.owner, name=item.name)
    return Opened(session=session, web_url=item.web_url, resumed=False)


def _arrived_before(session: EditSession) -> DriveItem | None:
    """What an attempt that died has sent: the hash of it is in the ledger.

    Its tags are not taken as those of the base: it may have been edited since.
    """
    if not session.folder_id:
        return None
    return next(iter(remote.files_in_folder(remote.graph_of(session), session)), None)


def _upload(session: EditSession, document: AbstractDocument) -> DriveItem:
    from wagtail_m365.graph.uploads import upload

    current = get_document_model().objects.get(pk=document.pk)
    content = document_fingerprint(current)
    location = edit_location()
    # The site may have chosen another place since the row was written.
    session.place = location.place
    graph = remote.graph_of(session)
    require_room(graph, location, content.size)
    folder = make_folder(graph, session, location)
    name = safe_name(current.filename)
    noted = session.advance(
        place=location.place,
        drive_id=folder.drive_id,
        folder_id=folder.id,
        item_name=name,
        sent_name=name,
        base_sha256=content.sha256,
        base_file_hash=known_hash(current),
        base_size=content.size,
    )
    if not noted:
        raise _being_sent()
    try:
        with opened(current) as source:
            item = upload(
                graph,
                source,
                size=content.size,
                drive_id=folder.drive_id,
                parent_id=folder.id,
                name=session.item_name,
                conflict="fail",
                sha256=content.sha256,
            )
    except NameTaken as error:
        raise _being_sent() from error
    session.advance(**remote.base_of(item))
    return item


def _opened_meanwhile(session: EditSession) -> Opened:
    """The same person opened it twice at once, and the other one was quicker."""
    session.refresh_from_db()
    if session.state != State.OPEN:
        raise _being_sent()
    return Opened(session=session, web_url=session.web_url, resumed=True)


def _being_sent() -> WrongState:
    return WrongState("The document is being sent just now.", code="being_sent")
