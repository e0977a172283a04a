"""The edited file becomes the document's, after a three-way check.

Only one side changed: it is taken. Both changed: nothing is touched, and the session
says so. A copy that differs only by what a library has written into it was not edited.
The order of things, and what a death in between leaves, is told in :mod:`keeping`; the
session's new base is written in the same transaction as the document's row, and the
copy in Microsoft 365 is deleted after that only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Literal

from django.utils import timezone
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import (
    BothChanged,
    NothingOpen,
    WriteRefused,
    WrongState,
)
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import DocumentVersion, EditSession
from wagtail_m365.models.edit_sessions import State
from wagtail_m365.models.versions import Source
from wagtail_m365.signals import document_brought_back, send_when_committed

from . import audit, closing, formats, mending, remote
from .checking import RemoteStatus, check
from .closing import discard, require_owner, require_sent, session_of
from .comparing import Comparison, compared
from .keeping import Occasion
from .writing_back import replace_file

__all__ = [
    "BroughtBack",
    "RemoteStatus",
    "bring_back",
    "check",
    "discard",
    "finish",
    "take",
]

#: How often both sides are looked at anew when one of them moves at that moment.
_ATTEMPTS = 3
#: Codes of errors that say so.
_MOVED_ON = frozenset({"changed_meanwhile", "given_up"})
#: How files begin that Office has protected by a label or a password (OLE).
_PROTECTED = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtBack:
    """What came of bringing back."""

    outcome: Literal["unchanged", "taken"]
    #: Keeps the file that the document had until now; None when nothing was taken.
    version: DocumentVersion | None = None
    #: The site's own file has changed since the document was opened; the copy in
    #: Microsoft 365 does not have that change.
    site_changed: bool = False
    #: Whether the session has ended and the copy was deleted.
    closed: bool = False
    #: Why it stays open although it was to be closed: ``"locked"``,
    #: ``"changed_again"`` or ``"unavailable"``.
    stays_open: str = ""


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
    return finish(graph, session, comparison.item, outcome) if close else outcome


def take(
    session: EditSession, user: Any, comparison: Comparison, comment: str = ""
) -> DocumentVersion:
    """Make the copy's content the document's file, whatever the site's file is.

    Raises:
        BothChanged: The site's file changed since it was compared.
        WriteRefused: The site refuses the content, or it is protected.
        WriteFailed: The document is as it was.
        WrongState: Somebody else is bringing it back just now.
    """
    content, fetched = comparison.content, comparison.fetched
    if content is None or fetched is None:
        raise NothingOpen("The copy was not fetched.")
    _refuse_protected(comparison.document, content)

    def note(document: AbstractDocument, version: DocumentVersion) -> None:
        _require_unmoved(
            session.advance(
                State.OPEN,
                base_sha256=fetched.sha256,
                base_file_hash=document.file_hash,
                base_size=fetched.size,
                brought_back_at=timezone.now(),
                **remote.base_of(comparison.item),
            )
        )

    occasion = Occasion(
        user=user, source=Source.BROUGHT_BACK, comment=comment, session=session
    )
    version = replace_file(
        comparison.document,
        user,
        content,
        expected_hash=comparison.file_hash,
        occasion=occasion,
        alongside=note,
    )
    _tell(session, user, comparison, version, comment)
    return version


def finish(
    graph: GraphClient, session: EditSession, item: DriveItem, outcome: BroughtBack
) -> BroughtBack:
    """End the session too, if nobody has the copy open; say why not otherwise."""
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
    version = take(session, user, comparison, comment)
    return BroughtBack(outcome="taken", version=version)


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
    _require_unmoved(moved)


def _both_changed(
    session: EditSession, user: Any, comparison: Comparison
) -> BothChanged:
    was = session.state
    _require_unmoved(session.advance(State.CONFLICT))
    if was != State.CONFLICT:
        audit.record(audit.CONFLICT, comparison.document, user)
    item = comparison.item
    return BothChanged(
        "The document changed on the site and in Microsoft 365; nothing was touched.",
        remote_modified_at=item.modified_at,
        remote_modified_by=item.modified_by,
        remote_size=item.size,
        site_size=comparison.site.size,
    )


def _tell(
    session: EditSession,
    user: Any,
    comparison: Comparison,
    version: DocumentVersion,
    comment: str,
) -> None:
    document = comparison.document
    audit.record(
        audit.BRING_BACK,
        document,
        user,
        name=comparison.item.name,
        size=comparison.item.size,
        comment=comment,
    )
    send_when_committed(
        document_brought_back,
        type(document),
        document=document,
        session=session,
        version=version,
        user=user,
    )


def _require_unmoved(advanced: bool) -> None:
    if not advanced:
        raise WrongState(
            "Somebody else has changed this edit session just now.",
            code="changed_meanwhile",
        )


def _refuse_protected(document: AbstractDocument, content: BinaryIO) -> None:
    """Refuse a file that only the organisation can read, where it was no such file."""
    kind = formats.editable(document.filename)
    content.seek(0)
    if kind and kind.is_package and content.read(len(_PROTECTED)) == _PROTECTED:
        raise WriteRefused(
            "The file is protected by a label or a password.", code="file_protected"
        )
