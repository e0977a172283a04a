"""Libraries that demand check-out: what we check out and in, and when.

There a new file is checked out to whoever uploaded it, and nobody else sees it before
its first check-in (sp-dev-docs#1687). So it is checked in at once, then checked out for
the owner; what is brought back is checked in with its comment. Graph does not tell
whether a library demands it: the state of the uploaded file does (``publication``).
"""

from __future__ import annotations

from contextlib import suppress

from django.utils.translation import gettext as _

from wagtail_m365.errors import InvalidRequest, ItemLocked, M365Error
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import EditSession
from wagtail_m365.models.edit_locations import EditPlace

from . import remote

_CHECKED_OUT = "checkout"


def begin(graph: GraphClient, session: EditSession, item: DriveItem) -> DriveItem:
    """Let colleagues see a file that has just arrived in a library; check it out.

    May be done again after a death in the middle of it.

    Returns:
        The file as it is now.

    Raises:
        GraphError: Microsoft refuses; the file is there.
    """
    if session.place != EditPlace.LIBRARY:
        return item
    now = graph.drives.item(item.drive_id, item.id)
    if not is_own(session, now):
        return now
    comment = _("Opened from the site: %(title)s") % {"title": session.document_title}
    graph.drives.checkin(now.drive_id, now.id, comment=comment)
    return _check_out(graph, now)


def check_in(
    graph: GraphClient,
    session: EditSession,
    item: DriveItem,
    *,
    comment: str,
    go_on: bool,
) -> str:
    """Show colleagues what was brought back, if the file was checked out for it.

    Args:
        graph: Asks with the owner's account.
        session: The session; its document has the content already.
        item: The file as it was brought back.
        comment: Why.
        go_on: Check it out again for the owner, who goes on.

    Returns:
        ``""``, or the code of the error for which it stays checked out.
    """
    if not is_own(session, item):
        return ""
    text = comment or _("Brought back to the site")
    try:
        graph.drives.checkin(item.drive_id, item.id, comment=text)
        now = graph.drives.item(item.drive_id, item.id)
        if go_on:
            now = _check_out(graph, now)
    except M365Error as error:
        return error.code
    if remote.is_same_content(now, item):
        session.note_base(**remote.base_of(now))
    session.note_remote(**remote.facts_of(now))
    return ""


def is_own(session: EditSession, item: DriveItem) -> bool:
    """Has the session's own account the file checked out?"""
    account = session.account
    return bool(
        item.publication == _CHECKED_OUT
        and account
        and item.checked_out_by_id == account.object_id
    )


def somebody_elses(session: EditSession, item: DriveItem) -> str:
    """Who else has it checked out; ``""``: nobody, as far as Microsoft tells."""
    if item.publication != _CHECKED_OUT or is_own(session, item):
        return ""
    return item.checked_out_by or _("somebody else")


def explain_lock(
    error: ItemLocked, session: EditSession, item: DriveItem | None = None
) -> ItemLocked:
    """The error again, which tells who has the file checked out, if that is why."""
    session.note_lock()
    if item is None:
        item = remote.read(remote.graph_of(session), session)
    who = somebody_elses(session, item)
    if not who:
        return error
    return ItemLocked(
        "Somebody else has the file checked out.",
        code="checked_out_by_other",
        correlation_id=error.correlation_id,
        status=error.status,
        who=who,
    )


def leave(session: EditSession) -> None:
    """Check in what the owner has checked out, since the session ends without its copy.

    Colleagues reach the file in the library then, with everything that was edited. Where
    that fails, the ledger tells who has it checked out, as far as Microsoft told.
    """
    if session.place != EditPlace.LIBRARY:
        return
    with suppress(M365Error):
        graph = remote.graph_of(session)
        item = remote.read(graph, session)
        if is_own(session, item):
            comment = _("The edit session was ended on the site")
            graph.drives.checkin(item.drive_id, item.id, comment=comment)
            remote.read(graph, session)


def release(graph: GraphClient, item: DriveItem) -> None:
    """Check in what the old owner has edited, for the new one.

    Raises:
        GraphError: Microsoft refuses.
    """
    comment = _("Handed over to another editor")
    graph.drives.checkin(item.drive_id, item.id, comment=comment)


def take(graph: GraphClient, session: EditSession, item: DriveItem) -> None:
    """Check a file out for the new owner; if that fails, it is told as it is."""
    with suppress(M365Error):
        session.note_remote(**remote.facts_of(_check_out(graph, item)))


def _check_out(graph: GraphClient, item: DriveItem) -> DriveItem:
    # A colleague may be quicker, or Office may have it open: then it is told as it is.
    with suppress(ItemLocked, InvalidRequest):
        graph.drives.checkout(item.drive_id, item.id)
    return graph.drives.item(item.drive_id, item.id)
