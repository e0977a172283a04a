"""The bytes of a document as the site's storage holds them, read with constant memory."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from django.core.files.storage import Storage
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import FileMissing

logger = logging.getLogger(__name__)

_PIECE = 1024 * 1024
#: Bytes that a temporary file keeps in memory before it goes to disk.
_IN_MEMORY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What tells one content from another."""

    #: Hexadecimal.
    sha256: str
    #: Hexadecimal; what Wagtail calls ``file_hash``.
    sha1: str
    #: Bytes.
    size: int


def fingerprint_of(source: IO[bytes]) -> Fingerprint:
    """Read a file from where it stands to its end."""
    sha256, sha1, size = hashlib.sha256(), hashlib.sha1(usedforsecurity=False), 0
    while piece := source.read(_PIECE):
        sha256.update(piece)
        sha1.update(piece)
        size += len(piece)
    return Fingerprint(sha256=sha256.hexdigest(), sha1=sha1.hexdigest(), size=size)


def document_fingerprint(document: AbstractDocument) -> Fingerprint:
    """What the document's file holds now.

    Raises:
        FileMissing: The storage does not have it.
    """
    with opened(document) as source:
        return fingerprint_of(source)


def known_hash(document: AbstractDocument) -> str:
    """Wagtail's hash of the document's file, computed where its row has none.

    Raises:
        FileMissing: The storage does not have it.
    """
    if not document.file_hash:
        document.file_hash = document_fingerprint(document).sha1
        document.save(update_fields=["file_hash"])
    return str(document.file_hash)


@contextmanager
def opened(document: AbstractDocument) -> Iterator[BinaryIO]:
    """The document's file, from its first byte; works with storages without a path.

    Raises:
        FileMissing: The storage does not have it, or cannot give it.
    """
    if not document.file:
        raise FileMissing("The document has no file.", title=document.title)
    with opened_in(document.file.storage, document.file.name) as source:
        yield source


@contextmanager
def opened_in(storage: Storage, name: str) -> Iterator[BinaryIO]:
    """A file of a storage, from its first byte; it can be read again from any.

    Raises:
        FileMissing: The storage does not have it, or cannot give it.
    """
    with ExitStack() as open_files:
        try:
            source = open_files.enter_context(storage.open(name, "rb"))
            readable = _begun(cast("BinaryIO", source), open_files)
        # Storages raise errors of their own, some of them at the first byte only.
        except Exception as error:
            raise FileMissing(
                "The file is not in the site's storage.", name=name
            ) from error
        yield readable


def size_of(document: AbstractDocument) -> int:
    """Bytes of the document's file, as its storage tells.

    Raises:
        FileMissing: The storage does not have it, or cannot tell.
    """
    try:
        return int(document.file.size)
    except Exception as error:  # as above
        raise FileMissing("The file is not in the site's storage.") from error


def _begun(source: BinaryIO, open_files: ExitStack) -> BinaryIO:
    """The same file, found to be there; a copy where a storage gives a mere stream."""
    if source.seekable():
        source.read(1)
        source.seek(0)
        return source
    copy = open_files.enter_context(spooled())
    shutil.copyfileobj(source, copy, _PIECE)
    copy.seek(0)
    return copy


def has_content(storage: Storage, name: str, sha256: str) -> bool:
    """Is there a file of this name with exactly this content?"""
    try:
        with opened_in(storage, name) as source:
            return fingerprint_of(source).sha256 == sha256
    except FileMissing:
        return False


@contextmanager
def removed_unless_committed(
    document: AbstractDocument, stored: Callable[[], str]
) -> Iterator[None]:
    """Around the transaction that makes a file, which is stored before, the document's.

    Whatever fails without a commit is raised, and the bytes do not lie about. What fails
    after it (search index, caches, the line to the database) is not ours to undo: it is
    logged, and one goes on.

    Args:
        document: The document; its row is asked for the file.
        stored: Gives the name in its storage; ``""``: nothing was stored.
    """
    try:
        yield
    except BaseException as error:
        name = stored()
        if not name:
            raise
        if not type(document).objects.filter(pk=document.pk, file=name).exists():
            document.file.storage.delete(name)
            raise
        if not isinstance(error, Exception):
            raise
        logger.exception("The file was stored, but something after it failed.")


@contextmanager
def spooled() -> Iterator[BinaryIO]:
    """A temporary file: small ones stay in memory, large ones go to disk."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as target:
        yield cast("BinaryIO", target)
