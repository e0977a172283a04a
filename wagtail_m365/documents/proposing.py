"""Files that wait for approval: proposed by people who may not publish themselves.

Where ``MODERATION`` is on, what they bring back or restore does not become the
document's file; it is stored as a version that waits. What becomes of it is decided in
:mod:`moderation`.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import WriteFailed
from wagtail_m365.models import DocumentVersion, Proposal
from wagtail_m365.models.proposals import ProposalQuerySet
from wagtail_m365.models.versions import Stage

from . import audit, keeping, mending
from .content import fingerprint_of
from .keeping import Occasion
from .permissions import may_publish, require_edit
from .writing_back import require_acceptable

State = Proposal.State


def needs_approval(document: AbstractDocument, user: Any) -> bool:
    """Must what this person brings back wait for somebody's approval?"""
    return not may_publish(document, user)


def propose(
    document: AbstractDocument,
    content: BinaryIO,
    occasion: Occasion,
    *,
    base_file_hash: str,
    new_title: str = "",
) -> Proposal:
    """Store a file that waits for approval; the document stays as it is.

    The author's earlier proposal for the document is superseded and stays among its
    versions. The same content waits once.

    Args:
        document: The document.
        content: The new file.
        occasion: Who wants it, from where, and why.
        base_file_hash: Wagtail's hash of the file that the author had seen.
        new_title: The file is for a new document of this title.

    Raises:
        NotAllowed: This person may not change the document.
        WriteRefused: The site's form would refuse the file.
        ContentMismatch, WriteFailed: It could not be stored; nothing waits.
    """
    require_edit(document, occasion.user)
    proposal = Proposal(
        document=document,
        author=occasion.user,
        source=occasion.source,
        comment=occasion.comment[:255],
        base_file_hash=base_file_hash,
        new_title=new_title,
        edit_session=occasion.session,
    )
    content.seek(0)
    sha256 = fingerprint_of(content).sha256
    same = _earlier(proposal).filter(version__sha256=sha256).first()
    if same is not None and same.base_file_hash == base_file_hash:
        return same
    require_acceptable(document, occasion.user, content)
    proposal.version = keeping.keep_beside(document, content, occasion, pending=True)
    try:
        _let_wait(proposal, proposal.version)
    except DatabaseError as error:
        mending.settle(proposal.version)
        raise WriteFailed("The file could not be proposed.") from error
    name, comment = proposal.version.filename, proposal.comment
    audit.record(audit.PROPOSE, document, occasion.user, name=name, comment=comment)
    return proposal


def _let_wait(proposal: Proposal, version: DocumentVersion) -> None:
    """Supersede what the same person proposed before, under the document's lock.

    The file says that it waits in the same transaction, so that nothing waits for
    nobody: a death before this leaves a version that was never finished.
    """
    with transaction.atomic(durable=True):
        # The UPDATE locks where ``SELECT … FOR UPDATE`` does not exist (SQLite).
        documents = get_document_model().objects.filter(pk=proposal.document_id)
        documents.update(collection_id=F("collection_id"))
        for each in _earlier(proposal):
            set_aside(each, State.SUPERSEDED)
        DocumentVersion.objects.filter(pk=version.pk).update(stage=Stage.PENDING)
        proposal.save(force_insert=True)
    version.stage = Stage.PENDING


def _earlier(proposal: Proposal) -> ProposalQuerySet:
    """What the same person proposed for the same purpose, and nobody decided yet."""
    found = Proposal.objects.filter(document_id=proposal.document_id).waiting()
    return found.filter(author=proposal.author, new_title=proposal.new_title)


def set_aside(proposal: Proposal, state: str, **decided: Any) -> bool:
    """Decide, and keep the file among the document's versions."""
    if not proposal.decide(state, **decided):
        return False
    versions = DocumentVersion.objects.filter(proposal=proposal)
    versions.update(stage=Stage.KEPT, replaced_at=timezone.now())
    return True
