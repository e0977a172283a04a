"""How a document's file is kept as a version before something replaces it.

A replacement has three steps, and the process may die between any two of them:

1. The version's row is written (``storing``), then its bytes are stored and read back,
   then the row says ``replacing``. Each is committed by itself; nothing is replaced yet.
2. The document's file is replaced in the storage: Wagtail's form deletes the old file
   and stores the new one under the same name, so that the URL does not change.
3. The document's row changes, and in the same transaction the version's row says
   ``kept``.

A death in step 1 leaves a row that a sweeper drops. A death between 2 and 3 leaves the
row of the document old, and its file new, half or gone: the ``replacing`` row tells
what it was, and :mod:`mending` puts that back. The new content is still where it came
from, since a remote copy is deleted after step 3 only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.conf import removes_versions
from wagtail_m365.errors import ContentMismatch, FileMissing, M365Error, WriteFailed
from wagtail_m365.models import DocumentVersion, EditSession, RemoteSource
from wagtail_m365.models.versions import Source, Stage

from . import mending
from .content import Fingerprint, fingerprint_of, has_content, known_hash
from .steady import changed_meanwhile, opened_steadily, require_steady

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why a document's file is replaced, and by whom."""

    user: Any
    source: str = Source.SITE
    comment: str = ""
    session: EditSession | None = None


def keep(
    document: AbstractDocument, occasion: Occasion, *, durable: bool = True
) -> DocumentVersion:
    """Store the document's present file as a version that says ``replacing``.

    Args:
        document: The document, as its row is now.
        occasion: Why its file is about to be replaced.
        durable: Refuse to work in a transaction of the caller, whose end would undo
            what must outlast a death.

    Raises:
        FileMissing: The storage does not have the document's file.
        BothChanged: Somebody else is replacing the file at the same moment.
        ContentMismatch: The storage did not keep what it was given.
        WriteFailed: The storage or the database failed.
    """
    version = _begin(document, occasion, durable=durable)
    _guarded(version, lambda: _store(version, document))
    return version


def keep_beside(
    document: AbstractDocument,
    content: BinaryIO,
    occasion: Occasion,
    *,
    saved_at: datetime | None = None,
    pending: bool = False,
) -> DocumentVersion:
    """Store a content that the document does *not* get as a version of it.

    For the side of a conflict that was not chosen, which is stored once unless old
    versions are removed here, and for what waits for approval (``pending``), which has a
    version of its own: whoever asked for it says that it is done (``Stage.PENDING``), or
    it is dropped as unfinished.

    Raises:
        ContentMismatch: The storage did not keep what it was given.
        WriteFailed: The storage or the database failed.
    """
    content.seek(0)
    fingerprint = fingerprint_of(content)
    if not pending and (there := _kept_already(document, fingerprint)) is not None:
        return there
    stage = Stage.STORING if pending else Stage.KEPT
    version = DocumentVersion(
        document=document,
        filename=document.filename,
        source=occasion.source,
        saved_by=occasion.user,
        saved_at=saved_at,
        comment=occasion.comment[:255],
        edit_session=occasion.session,
    )
    with transaction.atomic(durable=True):
        version.save()
    content.seek(0)
    _guarded(version, lambda: _store_bytes(version, content, fingerprint, stage))
    return version


def _kept_already(
    document: AbstractDocument, content: Fingerprint
) -> DocumentVersion | None:
    """The newest version with this content; none where it may be removed as old."""
    if removes_versions():
        return None
    kept = DocumentVersion.objects.of_document(document).kept()
    return kept.filter(sha256=content.sha256).first()


def confirm(version: DocumentVersion, document: AbstractDocument) -> None:
    """Say that the document has another file now; call it in the same transaction."""
    version.stage = Stage.KEPT
    version.replaced_at = timezone.now()
    version.successor_file_hash = document.file_hash
    version.save(update_fields=["stage", "replaced_at", "successor_file_hash"])


@contextmanager
def kept_while_replaced(document: AbstractDocument, user: Any) -> Iterator[None]:
    """Keep the document's file while Wagtail's own form replaces it.

    For documents that have been in Microsoft 365: the old file becomes a version, and
    comes back if the form fails half way. A file that is missing hinders nobody from
    uploading a new one.

    Raises:
        FileMissing: The storage has the old file and does not give it just now (code
            ``file_unreadable``).
        BothChanged: Somebody else replaced the file at the same moment.
        ContentMismatch, WriteFailed: The old file could not be kept.
    """
    # The form has put the new file into its own object already.
    current = get_document_model().objects.get(pk=document.pk)
    version = _kept_if_wanted(current, user)
    if version is None:
        yield
        return
    try:
        with transaction.atomic():
            # Others who look after the document wait until the form is done.
            mending.lock(version)
            require_as_kept(mending.locked_document(current.pk), version)
            yield
    except Exception:
        mending.settle(version)
        raise
    mending.settle(version, done=True)


def require_as_kept(document: AbstractDocument, version: DocumentVersion) -> None:
    """Ask under the lock whether what is about to be replaced is what was kept.

    Raises:
        BothChanged: The document has got another file meanwhile.
    """
    kept = (version.document_file_name, version.document_file_hash)
    if (document.file.name, document.file_hash) != kept:
        raise changed_meanwhile()


def _kept_if_wanted(document: AbstractDocument, user: Any) -> DocumentVersion | None:
    mending.mend(document)
    was_out = document.m365_edit_sessions.exists() or document.m365_versions.exists()
    if not was_out:
        return None
    try:
        return keep(document, Occasion(user=user), durable=False)
    except FileMissing as missing:
        if _may_be_there(document):
            raise FileMissing(
                "The storage did not give the file.", code="file_unreadable"
            ) from missing
        return None


def _may_be_there(document: AbstractDocument) -> bool:
    """Only a storage that says so has lost the file; a moment's trouble is no loss."""
    try:
        return bool(document.file.storage.exists(document.file.name))
    except Exception:  # storages raise errors of their own
        logger.warning("The storage of %s does not answer.", document.pk, exc_info=True)
        return True


def _begin(
    document: AbstractDocument, occasion: Occasion, *, durable: bool
) -> DocumentVersion:
    version = DocumentVersion(
        document=document,
        filename=document.filename,
        document_file_name=document.file.name,
        document_file_hash=known_hash(document),
        replaced_by=occasion.user,
        replaced_with=occasion.source,
        successor_comment=occasion.comment[:255],
        edit_session=occasion.session,
        **_origin_of(document),
    )
    with transaction.atomic(durable=durable):
        version.save()
    return version


def _guarded(version: DocumentVersion, store: Callable[[], None]) -> None:
    """Store the bytes; drop the row again if that fails."""
    try:
        store()
    except M365Error:
        mending.settle(version)
        raise
    except Exception as error:
        mending.settle(version)
        raise WriteFailed(
            f"The version could not be stored ({type(error).__name__})."
        ) from error


def _store(version: DocumentVersion, document: AbstractDocument) -> None:
    """Keep what the row describes, or what was changed past Wagtail, as it is."""
    file_hash = version.document_file_hash
    # Opened once: whoever replaces the file meanwhile does not change what is read.
    with opened_steadily(document, file_hash, apart_from=version) as source:
        fingerprint = fingerprint_of(source)
        require_steady(document, file_hash, fingerprint, apart_from=version)
        source.seek(0)
        _store_bytes(version, source, fingerprint, Stage.REPLACING)


def _store_bytes(
    version: DocumentVersion, source: BinaryIO, expected: Fingerprint, stage: Stage
) -> None:
    version.file.save(version.filename, File(source), save=False)
    storage, name = version.file.storage, str(version.file.name)
    if not has_content(storage, name, expected.sha256):
        raise ContentMismatch("The storage did not keep the version as it was given.")
    version.stage = stage
    version.size, version.sha256 = expected.size, expected.sha256
    with transaction.atomic():
        version.save(update_fields=["file", "stage", "size", "sha256"])


def _origin_of(document: AbstractDocument) -> dict[str, Any]:
    """Where the document's present file came from, as far as is known."""
    kept = DocumentVersion.objects.of_document(document).kept()
    before = kept.filter(successor_file_hash=document.file_hash).first()
    if before is not None:
        return {
            "source": before.replaced_with,
            "saved_by": before.replaced_by,
            "saved_at": before.replaced_at,
            "comment": before.successor_comment,
        }
    if kept.exists():
        return {"source": Source.SITE}
    imported = RemoteSource.objects.of_document(document).first()
    if imported is not None and imported.file_hash == document.file_hash:
        return {
            "source": Source.IMPORTED,
            "saved_by": imported.imported_by,
            "saved_at": imported.imported_at,
        }
    return {
        "source": Source.SITE,
        "saved_by": document.uploaded_by_user,
        "saved_at": document.created_at,
    }
