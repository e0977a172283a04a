"""What was left open is finished, freed or reported. Nothing that was edited is deleted.

May run as often as one likes, and in several workers at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from wagtail.documents import get_document_model

from wagtail_m365.conf import removes_versions
from wagtail_m365.errors import M365Error, NotConnected
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import DocumentVersion, EditSession
from wagtail_m365.models.edit_sessions import RemoteCopy, State

from . import closing, mending, remote
from .reminding import due, forgotten, remind
from .versions import thin_out

#: After this time nobody is sending a document any more.
STUCK_AFTER = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Swept:
    """What was found, and done unless it was only asked for."""

    #: Documents whose file was put right after a replacement that was cut short.
    mended: list[str] = field(default_factory=list)
    #: Sessions that never arrived; their documents are free again.
    freed: list[str] = field(default_factory=list)
    #: Sessions that had arrived although nobody learned of it.
    finished: list[str] = field(default_factory=list)
    #: Sessions that nobody can reach: person, account or document is gone.
    lost: list[str] = field(default_factory=list)
    #: Copies that ended sessions had left behind. Which of them are left to their owners
    #: since they were edited, a dry run does not ask.
    cleared: list[str] = field(default_factory=list)
    #: Such copies that were edited since, or of which nobody knows what they hold.
    left: list[str] = field(default_factory=list)
    #: Sessions in which nothing has happened for long; their owners should know.
    forgotten: list[EditSession] = field(default_factory=list)
    #: Those of them whose owners are told now, once in each period.
    reminded: list[EditSession] = field(default_factory=list)
    #: Versions beyond what the site wants to keep.
    thinned: list[str] = field(default_factory=list)
    #: What could not be done now, and why (an error's code).
    failed: list[tuple[str, str]] = field(default_factory=list)


def sweep(*, dry_run: bool = False) -> Swept:
    """Look after everything that was left open.

    Args:
        dry_run: Only say what would be done.
    """
    swept, now = Swept(), timezone.now()
    _mend(swept, now, dry_run)
    _lose_unreachable(swept, dry_run)
    _end_stuck(swept, now, dry_run)
    _clear_copies(swept, dry_run)
    swept.forgotten = list(forgotten(now))
    _remind(swept, now, dry_run)
    _thin_out(swept, dry_run)
    return swept


def _mend(swept: Swept, now: datetime, dry_run: bool) -> None:
    given_up = now - mending.GIVEN_UP_AFTER
    for version in DocumentVersion.objects.unsettled(before=given_up):
        swept.mended.append(version.filename)
        if not dry_run:
            mending.settle(version)


def _lose_unreachable(swept: Swept, dry_run: bool) -> None:
    for session, reason in _unreachable():
        swept.lost.append(str(session))
        if not dry_run:
            closing.lose(session, reason=reason)


def _unreachable() -> Iterator[tuple[EditSession, str]]:
    sessions = EditSession.objects.all()
    for session in sessions.of_deleted_documents():
        yield session, "document_deleted"
    for session in sessions.unfinished().filter(owner__isnull=True):
        yield session, "owner_gone"


def _end_stuck(swept: Swept, now: datetime, dry_run: bool) -> None:
    for session in EditSession.objects.stuck(before=now - STUCK_AFTER):
        try:
            _end_one(session, swept, dry_run)
        except M365Error as error:
            swept.failed.append((str(session), error.code))


def _end_one(session: EditSession, swept: Swept, dry_run: bool) -> None:
    arrived = _what_arrived(session)
    if arrived and session.open_for_id:
        swept.finished.append(str(session))
        if not dry_run:
            facts = remote.facts_of(arrived)
            session.advance(
                State.OPEN,
                item_id=arrived.id,
                remote_copy=RemoteCopy.THERE,
                **facts,
            )
        return
    swept.freed.append(str(session))
    if not dry_run:
        left = RemoteCopy.LEFT_BEHIND if session.folder_id else RemoteCopy.NONE
        session.advance(
            State.DISCARDED, remote_copy=left, closing_reason="never_arrived"
        )


def _what_arrived(session: EditSession) -> DriveItem | None:
    if not session.folder_id:
        return None
    try:
        found = remote.files_in_folder(remote.graph_of(session), session)
    except NotConnected:
        return None
    return next(iter(found), None)


def _clear_copies(swept: Swept, dry_run: bool) -> None:
    for session in EditSession.objects.all().with_copy_left_behind():
        if not dry_run and not closing.clear_away(session):
            swept.failed.append((str(session), "copy_not_cleared"))
        elif session.remote_copy == RemoteCopy.LEFT_TO_OWNER:
            swept.left.append(str(session))
        else:
            swept.cleared.append(str(session))


def _remind(swept: Swept, now: datetime, dry_run: bool) -> None:
    for session in due(now):
        if dry_run or remind(session, now):
            swept.reminded.append(session)


def _thin_out(swept: Swept, dry_run: bool) -> None:
    if not removes_versions():
        return
    with_versions = DocumentVersion.objects.values("document_id")
    documents = get_document_model().objects.filter(pk__in=with_versions)
    for document in documents.iterator():
        swept.thinned += map(str, thin_out(document, dry_run=dry_run))
