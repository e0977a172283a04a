"""An edit session goes on with another person.

A copy in somebody's OneDrive is carried over: the new owner gets a copy with everything
that was edited, in a session with the same base, so that nothing which was edited on
either side is taken for unchanged. The old copy is deleted last. A copy in a library
stays where it is (:mod:`passing_on`).
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from wagtail.documents import get_document_model

from wagtail_m365.errors import AlreadyOpen, M365Error, NotAllowed, WrongState
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection, EditSession
from wagtail_m365.models.edit_sessions import RemoteCopy, State
from wagtail_m365.tokens.broker import connection_of

from . import audit, check_outs, closing, remote
from .closing import require_sent, session_of
from .comparing import Comparison, compared
from .edit_folders import EditPlace, edit_location, make_folder
from .passing_on import pass_on_in_library
from .permissions import may_edit, may_manage, require_edit


def hand_over(
    target: Any, to: Any, by: Any, *, connection: Connection | None = None
) -> EditSession:
    """Give an edit session to another person.

    Args:
        target: The session, or its document.
        to: Who goes on; must be allowed to change the document.
        by: Its owner, or somebody who manages edit sessions.
        connection: An account of the new owner; the default one if none is named.

    Returns:
        The new owner's session.

    Raises:
        NothingOpen: The document is not open.
        NotAllowed: ``by`` or ``to`` may not.
        NotConnected: The old or the new owner has no account connected.
        Forbidden: The new owner's account does not reach the library.
        ItemNotFound: The copy is gone.
        WrongState: It is still being sent, or somebody has changed it just now.
    """
    old = session_of(target)
    _require_right(old, by, to)
    account = connection or connection_of(to)
    if old.place == EditPlace.LIBRARY:
        new = pass_on_in_library(old, to, account)
    else:
        new = _carry_over(old, to, account)
    audit.record(audit.HAND_OVER, old.document, by, to=to.get_username())
    return new


def _carry_over(old: EditSession, to: Any, account: Connection) -> EditSession:
    from_graph = remote.graph_of(old)
    with compared(from_graph, old, fetch=True) as comparison:
        new = _begin(old, to, account)
        item = _carried(new, comparison)
    _pass_on(old, new, item, comparison)
    _clear_old(from_graph, old, comparison.item)
    return new


def _require_right(session: EditSession, by: Any, to: Any) -> None:
    require_edit(session.document, by)
    if session.owner_id != by.pk and not may_manage(by):
        raise AlreadyOpen("Somebody else has this document open.", session=session)
    if not may_edit(session.document, to):
        raise NotAllowed("The new owner may not change this document.")
    if session.owner_id == to.pk:
        raise WrongState("This person has the document open already.")
    require_sent(session)


def _begin(old: EditSession, to: Any, account: Connection) -> EditSession:
    """The new row first; the document stays with the old one until the end."""
    with transaction.atomic(durable=True):
        return EditSession.objects.create(
            document=old.document,
            document_title=old.document_title,
            owner=to,
            connection=account,
            place=edit_location().place,
            base_sha256=old.base_sha256,
            base_file_hash=old.base_file_hash,
            base_size=old.base_size,
        )


def _carried(new: EditSession, comparison: Comparison) -> DriveItem:
    try:
        return _carry(remote.graph_of(new), new, comparison)
    except M365Error as error:
        left = RemoteCopy.LEFT_BEHIND if new.folder_id else RemoteCopy.NONE
        new.advance(State.DISCARDED, remote_copy=left, closing_reason=error.code[:50])
        raise


def _carry(graph: GraphClient, new: EditSession, comparison: Comparison) -> DriveItem:
    from wagtail_m365.graph.uploads import upload

    content, fetched = comparison.content, comparison.fetched
    if content is None or fetched is None:
        raise WrongState("The copy was not fetched.")
    folder = make_folder(graph, new, edit_location())
    name = comparison.item.name
    new.advance(drive_id=folder.drive_id, folder_id=folder.id, sent_name=name)
    content.seek(0)
    item = upload(
        graph,
        content,
        size=fetched.size,
        drive_id=folder.drive_id,
        parent_id=folder.id,
        name=name,
        conflict="fail",
        sha256=fetched.sha256,
    )
    return check_outs.begin(graph, new, item)


def _pass_on(
    old: EditSession, new: EditSession, item: DriveItem, comparison: Comparison
) -> None:
    """Both rows in one transaction: the document is always with one of them."""
    unchanged = {} if comparison.remote_changed else remote.base_of(item)
    with transaction.atomic(durable=True):
        # The sweeper deletes what was carried over, not what was seen after that.
        gone = old.advance(
            State.HANDED_OVER,
            remote_copy=RemoteCopy.LEFT_BEHIND,
            **remote.facts_of(comparison.item),
        )
        document = get_document_model().objects.get(pk=new.document_id)
        come = gone and new.advance(
            State.OPEN,
            open_for=document,
            item_id=item.id,
            remote_copy=RemoteCopy.THERE,
            **unchanged,
            **remote.facts_of(item),
        )
        if not come:
            raise WrongState("Somebody else has changed this edit session just now.")


def _clear_old(graph: GraphClient, old: EditSession, item: DriveItem) -> None:
    """Delete the old copy, unless it was changed after it was fetched."""
    closing.clear_away(old, graph, expected=item)
