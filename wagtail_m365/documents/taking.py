"""What was edited becomes the document's file, or waits for somebody's approval.

Both only after the comparison that :mod:`bringing_back` and :mod:`resolving` make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from django.utils import timezone
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import NothingOpen, WriteRefused, WrongState
from wagtail_m365.models import DocumentVersion, EditSession, Proposal
from wagtail_m365.models.edit_sessions import State
from wagtail_m365.models.versions import Source
from wagtail_m365.signals import document_brought_back, send_when_committed

from . import audit, formats, proposing, remote
from .comparing import Comparison
from .keeping import Occasion
from .writing_back import replace_file

#: How files begin that Office has protected by a label or a password (OLE).
_PROTECTED = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtBack:
    """What came of bringing back."""

    #: ``"pending"``: it waits for approval, see ``proposal``.
    outcome: Literal["unchanged", "taken", "pending"]
    #: Keeps the file that the document had until now; None when nothing was taken.
    version: DocumentVersion | None = None
    #: What waits for approval, since this person may not publish.
    proposal: Proposal | None = None
    #: The site's own file has changed since the document was opened; the copy in
    #: Microsoft 365 does not have that change.
    site_changed: bool = False
    #: Whether the session has ended and the copy was deleted.
    closed: bool = False
    #: Why it stays open although it was to be closed: ``"locked"``,
    #: ``"checked_out"`` (by somebody else), ``"changed_again"`` or ``"unavailable"``.
    stays_open: str = ""
    #: Code of the error for which the file could not be checked in; ``""`` when it
    #: was, or need not be.
    stays_checked_out: str = ""


def take_or_propose(
    session: EditSession, user: Any, comparison: Comparison, comment: str = ""
) -> BroughtBack:
    """Take the copy's content, or let it wait for approval where that is needed.

    Raises:
        As :func:`take`, and :func:`proposing.propose`.
    """
    if proposing.needs_approval(comparison.document, user):
        proposal = propose_copy(session, user, comparison, comment)
        return BroughtBack(outcome="pending", proposal=proposal)
    version = take(session, user, comparison, comment)
    return BroughtBack(outcome="taken", version=version)


def propose_copy(
    session: EditSession,
    user: Any,
    comparison: Comparison,
    comment: str = "",
    *,
    new_title: str = "",
) -> Proposal:
    """Let the copy's content wait for approval; the session stays as it is.

    Raises:
        As :func:`proposing.propose`.
    """
    if comparison.content is None:
        raise NothingOpen("The copy was not fetched.")
    _refuse_protected(comparison.document, comparison.content)
    occasion = Occasion(
        user=user, source=Source.BROUGHT_BACK, comment=comment, session=session
    )
    return proposing.propose(
        comparison.document,
        comparison.content,
        occasion,
        base_file_hash=comparison.file_hash,
        new_title=new_title,
    )


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
        require_unmoved(
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


def require_unmoved(advanced: bool) -> None:
    """Stop where somebody else has changed the session meanwhile.

    Raises:
        WrongState: That is so.
    """
    if not advanced:
        raise WrongState(
            "Somebody else has changed this edit session just now.",
            code="changed_meanwhile",
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


def _refuse_protected(document: AbstractDocument, content: BinaryIO) -> None:
    """Refuse a file that only the organisation can read, where it was no such file."""
    kind = formats.editable(document.filename)
    content.seek(0)
    if kind and kind.is_package and content.read(len(_PROTECTED)) == _PROTECTED:
        raise WriteRefused(
            "The file is protected by a label or a password.", code="file_protected"
        )
