"""The one place where the file of a document is replaced.

Through the site's own document form and action, so that its rules hold (size, file
types, anti-virus), with the old file kept as a version first. The document keeps its
id, title, tags, collection and, since the file's name stays, its URL. In which order
things happen, and what a death in between leaves, is told in :mod:`keeping`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from io import SEEK_END
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import (
    BothChanged,
    M365Error,
    NotAllowed,
    WriteFailed,
    WriteRefused,
)
from wagtail_m365.models import DocumentVersion
from wagtail_m365.models.versions import Source, Stage

from . import keeping, mending
from .content import known_hash
from .keeping import Occasion
from .permissions import require_edit
from .steady import changed_meanwhile
from .wagtail_compat import file_form, keep_file_name, save_as_edit

logger = logging.getLogger(__name__)

#: Called in the transaction that replaces the file, to write other rows with it.
Alongside = Callable[[AbstractDocument, DocumentVersion], None]


def replace_file(
    document: AbstractDocument,
    user: Any,
    file: BinaryIO,
    *,
    expected_hash: str,
    occasion: Occasion | None = None,
    alongside: Alongside | None = None,
) -> DocumentVersion:
    """Give a document another file, and keep the one it had.

    Args:
        document: The document; its object is brought up to date.
        user: Who replaces the file; the site's permissions hold.
        file: The new content, read from its first byte.
        expected_hash: Wagtail's hash (``file_hash``) of the content that is to be
            replaced.
        occasion: Why; an upload by that person where nothing is given.
        alongside: Other rows that must change with the document, or not at all.

    Returns:
        The version that keeps the old file.

    Raises:
        NotAllowed: This person may not change the document.
        FileMissing: The present file is not in the storage, so it cannot be kept.
        WriteRefused: The site's form refuses the new file; ``facts["errors"]``.
        BothChanged: The document has another file than expected.
        WriteFailed: The site could not store it; the document is as it was.
    """
    require_edit(document, user)
    mending.mend(document)
    current = get_document_model().objects.get(pk=document.pk)
    _require_hash(current, expected_hash)
    require_acceptable(current, user, file)
    version = keeping.keep(current, occasion or Occasion(user=user, source=Source.SITE))
    try:
        _replace(version, user, _upload(current, file), alongside)
    except Exception as error:
        if (failure := _undone(version, error)) is not None:
            raise failure from error
    document.refresh_from_db()
    return version


def _replace(
    version: DocumentVersion,
    user: Any,
    upload: UploadedFile[bytes],
    alongside: Alongside | None,
) -> None:
    with transaction.atomic(durable=True):
        if not mending.lock(version):
            raise BothChanged(
                "This replacement was given up meanwhile.", code="given_up"
            )
        document = mending.locked_document(version.document_id)
        keeping.require_as_kept(document, version)
        form = file_form(document, user, upload)
        keep_file_name(form, version.document_file_name)
        save_as_edit(document, user, form)
        keeping.confirm(version, document)
        if alongside is not None:
            alongside(document, version)


def _undone(version: DocumentVersion, error: Exception) -> M365Error | None:
    """Put the old file back, and say what went wrong; None if it was committed."""
    if isinstance(error, M365Error):  # our own: always before the commit
        mending.settle(version)
        return error
    committed = DocumentVersion.objects.filter(pk=version.pk, stage=Stage.KEPT)
    if committed.exists():
        # What follows a commit (search index, caches) is not ours to undo.
        logger.error("The file was replaced, but something after it failed: %r", error)
        return None
    mending.settle(version)
    if isinstance(error, PermissionDenied):
        return NotAllowed("The site does not let this person do that.")
    if isinstance(error, ValidationError):
        return _refused(error.messages)
    return WriteFailed(f"The file could not be stored ({type(error).__name__}).")


def _require_hash(document: AbstractDocument, expected_hash: str) -> None:
    if known_hash(document) != expected_hash:
        raise changed_meanwhile()


def require_acceptable(document: AbstractDocument, user: Any, file: BinaryIO) -> None:
    """Ask the site's form before anything is stored; on an object of its own.

    Raises:
        WriteRefused: The form refuses the file; ``facts["errors"]``.
    """
    throw_away = get_document_model().objects.get(pk=document.pk)
    form = file_form(throw_away, user, _upload(document, file))
    if not form.is_valid():
        raise _refused([text for texts in form.errors.values() for text in texts])


def _upload(document: AbstractDocument, file: BinaryIO) -> UploadedFile[bytes]:
    """The new content under the name that the document's file has: the URL stays."""
    size = file.seek(0, SEEK_END)
    file.seek(0)
    return UploadedFile(
        file, name=document.filename, content_type=document.content_type, size=size
    )


def _refused(texts: list[Any]) -> WriteRefused:
    sentences = [str(text) for text in texts]
    return WriteRefused(
        "The site's own rules refuse this file.",
        errors=sentences,
        reason=" ".join(sentences),
    )
