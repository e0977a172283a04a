"""What waits for approval (:mod:`proposing`) is approved, rejected or withdrawn.

The document is replaced when somebody approves, through the site's own form, with the old
file kept (:mod:`writing_back`), and only if the document still has the file that the
author saw, or if the approver was told. Whatever is decided, no content goes: what is
not approved stays among the document's versions.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import (
    BothChanged,
    NotAllowed,
    WriteRefused,
    WrongState,
)
from wagtail_m365.models import DocumentVersion, EditSession, Proposal
from wagtail_m365.models.edit_sessions import UNFINISHED
from wagtail_m365.signals import document_brought_back, send_when_committed

from . import audit, mending, steady
from .content import fingerprint_of, known_hash, opened_in, spooled
from .keeping import Occasion
from .permissions import may_create, may_edit, may_publish
from .proposing import State, set_aside
from .wagtail_compat import create_document
from .writing_back import replace_file

_PIECE = 1024 * 1024


def site_changed(proposal: Proposal) -> bool:
    """Has the document got another file since the author saw it?"""
    return known_hash(_document_of(proposal)) != proposal.base_file_hash


def approve(
    proposal: Proposal, user: Any, *, comment: str = "", seen_hash: str = ""
) -> AbstractDocument:
    """Make the proposed file the document's; the file it has now becomes a version.

    Args:
        proposal: The proposal.
        user: Who approves.
        comment: What the author is told.
        seen_hash: Wagtail's hash of the site's file that this person has seen, where
            it is another one than the author had seen.

    Returns:
        The document that has the file now.

    Raises:
        NotAllowed: This person may not publish it.
        WrongState: It is decided already.
        BothChanged: The document has got another file meanwhile.
        FileMissing, WriteRefused, WriteFailed: The document is as it was, and the
            proposal waits.
    """
    document = _document_of(proposal)
    _require_publish(document, user)
    version = _waiting(proposal)
    current = known_hash(document)
    if not proposal.new_title and current not in {proposal.base_file_hash, seen_hash}:
        raise BothChanged("The document has got another file since it was proposed.")
    with spooled() as content:
        _copy(version, content)
        if proposal.new_title:
            document = _create(proposal, user, content, comment)
        else:
            _replace(proposal, user, content, comment, expected_hash=current)
    _tell(audit.APPROVE, proposal, user, comment)
    return document


def reject(proposal: Proposal, user: Any, *, comment: str = "") -> None:
    """Leave the document as it is; the file stays among its versions.

    Raises:
        NotAllowed: This person may not publish it.
        WrongState: It is decided already.
    """
    _require_publish(_document_of(proposal), user)
    _decide_against(proposal, State.REJECTED, user, comment)
    _tell(audit.REJECT, proposal, user, comment)


def withdraw(proposal: Proposal, user: Any) -> None:
    """The author does not want it any more; the file stays among the versions.

    Raises:
        NotAllowed: It is somebody else's.
        WrongState: It is decided already.
    """
    if proposal.author_id != user.pk or not may_edit(_document_of(proposal), user):
        raise NotAllowed("Only the person who proposed a file may withdraw it.")
    _decide_against(proposal, State.WITHDRAWN, user, "")
    _tell(audit.WITHDRAW, proposal, user, "")


def _replace(
    proposal: Proposal,
    user: Any,
    content: BinaryIO,
    comment: str,
    *,
    expected_hash: str,
) -> None:
    seen = steady.look(proposal.document_id)
    if fingerprint_of(content).sha256 == seen.content.sha256:
        with transaction.atomic():
            _require_as_seen(seen)
            _note_approval(proposal, user, comment, seen.document)
        return

    def note(document: AbstractDocument, replaced: DocumentVersion) -> None:
        _note_approval(proposal, user, comment, document)
        send_when_committed(
            document_brought_back,
            type(document),
            document=document,
            session=proposal.edit_session,
            version=replaced,
            user=user,
        )

    replace_file(
        seen.document,
        user,
        content,
        expected_hash=expected_hash,
        occasion=Occasion(
            user=proposal.author,
            source=proposal.source,
            comment=proposal.comment,
            session=proposal.edit_session,
        ),
        alongside=note,
    )


def _require_as_seen(seen: steady.Seen) -> None:
    """Nobody replaces it until the transaction ends: what was seen there stays."""
    mending.hold_document(seen.document.pk)
    if mending.is_being_replaced(seen.document, seen.file_hash):
        raise steady.changed_meanwhile()


def _note_approval(
    proposal: Proposal, user: Any, comment: str, document: AbstractDocument
) -> None:
    """With the document's row, or not at all: decided, and the bytes are the document's."""
    version = proposal.version
    decided = {"decided_by": user, "decision_comment": comment[:255], "version": None}
    if not proposal.decide(State.APPROVED, **decided):
        raise _decided_already()
    if version is None:
        return
    if not proposal.new_title:
        _move_base(proposal, version, document)
    version.delete()


def _move_base(
    proposal: Proposal, version: DocumentVersion, document: AbstractDocument
) -> None:
    """The copy had this content, and the site has it: both go on from there.

    Whatever else the session did meanwhile, as long as its base is the one that the
    author started from. A base that has moved since then stays: the next comparison
    finds what is right. Nobody has asked how the copy stands to the new base.
    """
    started_from = {"pk": proposal.edit_session_id, "state__in": UNFINISHED}
    sessions = EditSession.objects.filter(
        **started_from, base_file_hash=proposal.base_file_hash
    )
    sessions.update(
        revision=F("revision") + 1,
        base_sha256=version.sha256,
        base_file_hash=document.file_hash,
        base_size=version.size,
        base_etag="",
        base_ctag="",
        base_quick_xor="",
        brought_back_at=timezone.now(),
        remote_checked_at=None,
    )


def _create(
    proposal: Proposal, user: Any, content: BinaryIO, comment: str
) -> AbstractDocument:
    original = _document_of(proposal)
    if not may_create(original.collection, user):
        raise NotAllowed("This person may not add documents to this collection.")
    upload: UploadedFile[bytes] = UploadedFile(
        content,
        name=original.filename,
        content_type=original.content_type,
        size=fingerprint_of(content).size,
    )
    content.seek(0)
    collection_id = original.collection_id
    try:
        with transaction.atomic(durable=True):
            document = create_document(
                user,
                title=proposal.new_title,
                collection_id=collection_id,
                upload=upload,
            )
            document.tags.set(original.tags.all())
            _note_approval(proposal, user, comment, document)
    except PermissionDenied as error:
        raise NotAllowed("The site does not let this person do that.") from error
    except ValidationError as error:
        reason = " ".join(map(str, error.messages))
        raise WriteRefused("The site refuses this file.", reason=reason) from error
    return document


def _decide_against(proposal: Proposal, state: str, user: Any, comment: str) -> None:
    _waiting(proposal)
    with transaction.atomic():
        decided = {"decided_by": user, "decision_comment": comment[:255]}
        if not set_aside(proposal, state, **decided):
            raise _decided_already()


def _copy(version: DocumentVersion, target: BinaryIO) -> None:
    with opened_in(version.file.storage, str(version.file.name)) as source:
        while piece := source.read(_PIECE):
            target.write(piece)
    target.seek(0)


def _document_of(proposal: Proposal) -> AbstractDocument:
    """The document as it is now, put right if that is needed."""
    document: AbstractDocument = get_document_model().objects.get(
        pk=proposal.document_id
    )
    if mending.mend(document):
        document.refresh_from_db()
    return document


def _require_publish(document: AbstractDocument, user: Any) -> None:
    if not may_publish(document, user):
        raise NotAllowed("This person may not publish files of this document.")


def _waiting(proposal: Proposal) -> DocumentVersion:
    proposal.refresh_from_db()
    version: DocumentVersion | None = proposal.version
    if not proposal.is_waiting or version is None:
        raise _decided_already()
    return version


def _decided_already() -> WrongState:
    return WrongState("Somebody has decided on this file already.", code="decided")


def _tell(action: str, proposal: Proposal, user: Any, comment: str) -> None:
    document = proposal.document
    who = str(proposal.author or "")
    audit.record(
        action, document, user, name=document.filename, who=who, comment=comment
    )
