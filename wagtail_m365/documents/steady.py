"""A document's file as its row describes it, and not what is just being put in its place.

A replacement changes the bytes before the row, and puts them back if it fails. Who took
such bytes for the site's own would find that both sides hold one content, call that the
base, and never bring the edit back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from django.db import transaction
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import BothChanged, FileMissing
from wagtail_m365.models import DocumentVersion

from . import mending
from .content import Fingerprint, document_fingerprint, known_hash, opened

#: How often one looks anew while others replace the file.
_LOOKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A document, and the content that its row describes."""

    document: AbstractDocument
    #: Wagtail's hash in the row.
    file_hash: str
    content: Fingerprint


def look(document_id: object) -> Seen:
    """Read the document and its file; whoever replaces it just now is waited for.

    Raises:
        FileMissing: The storage does not have the file.
        BothChanged: It changes faster than it can be read (code ``changed_meanwhile``).
    """
    for _ in range(_LOOKS - 1):
        try:
            return _look(document_id)
        except BothChanged:
            mending.mend(get_document_model().objects.get(pk=document_id))
    return _look(document_id)


def _look(document_id: object) -> Seen:
    document = get_document_model().objects.get(pk=document_id)
    file_hash = known_hash(document)
    with present(document, file_hash):
        content = document_fingerprint(document)
    require_steady(document, file_hash, content)
    return Seen(document=document, file_hash=file_hash, content=content)


@contextmanager
def present(
    document: AbstractDocument,
    file_hash: str,
    *,
    apart_from: DocumentVersion | None = None,
) -> Iterator[None]:
    """Around reading: a file that is gone for a moment only is no missing file.

    Raises:
        FileMissing: The storage does not have the file.
        BothChanged: Somebody is replacing it (code ``changed_meanwhile``).
    """
    try:
        yield
    except FileMissing as error:
        if mending.is_being_replaced(document, file_hash, apart_from=apart_from):
            raise changed_meanwhile() from error
        raise


@contextmanager
def opened_steadily(
    document: AbstractDocument,
    file_hash: str,
    *,
    apart_from: DocumentVersion | None = None,
) -> Iterator[BinaryIO]:
    """The document's file to be read; its content is still to be held against the row.

    Raises:
        FileMissing, BothChanged: As :func:`present`.
    """
    with (
        present(document, file_hash, apart_from=apart_from),
        opened(document) as source,
    ):
        yield source


def require_steady(
    document: AbstractDocument,
    file_hash: str,
    content: Fingerprint,
    *,
    apart_from: DocumentVersion | None = None,
) -> None:
    """Go on only with what the row describes, or what was changed past Wagtail.

    Args:
        document: The document.
        file_hash: Wagtail's hash as it was read from the row.
        content: What was read from the storage.
        apart_from: One's own replacement.

    Raises:
        BothChanged: It was somebody's who replaces the file (``changed_meanwhile``).
    """
    if content.sha1 == file_hash:
        return
    with transaction.atomic():
        # Nobody replaces it until we have looked: then it is as it will stay.
        mending.hold_document(document.pk)
        replaced = mending.is_being_replaced(document, file_hash, apart_from=apart_from)
        steady = not replaced and document_fingerprint(document) == content
    if not steady:
        raise changed_meanwhile()


def changed_meanwhile() -> BothChanged:
    """Somebody else is replacing the file, or has just done so."""
    return BothChanged(
        "The document has got another file meanwhile; nothing was touched.",
        code="changed_meanwhile",
    )
