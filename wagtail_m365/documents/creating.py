"""A document out of a file in Microsoft 365, through the site's own form and checks.

The file is whole before the document exists: it is fetched, compared with what
Microsoft tells, stored, and read back, all before the row is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument
from wagtail.models import Collection

from wagtail_m365.conf import documents_taken
from wagtail_m365.errors import (
    ContentMismatch,
    DocumentError,
    M365Error,
    NotAllowed,
    WriteFailed,
    WriteRefused,
)
from wagtail_m365.models import Connection, RemoteSource

from . import audit
from .content import has_content, removed_unless_committed
from .folders import Place
from .formats import extension_of
from .permissions import may_create
from .remote_files import Fetched
from .wagtail_compat import add_document

#: Characters that a storage may add to a name that is taken (Django's own: 8).
_ROOM = 9

#: Called in the transaction that makes the document, to write other rows with it.
Alongside = Callable[[AbstractDocument, RemoteSource], None]


def title_from(name: str) -> str:
    """The title that a document gets from its file's name, as Wagtail's uploader."""
    stem = PurePosixPath(name).stem.strip() or name
    field = get_document_model()._meta.get_field("title")
    return stem[: getattr(field, "max_length", None) or 255]


def storable_name(name: str) -> str:
    """The name, cut in its middle where the document's column is too short for it."""
    field: Any = get_document_model()._meta.get_field("file")
    folder = str(field.generate_filename(None, "x"))[:-1]
    room = field.max_length - len(folder) - _ROOM
    suffix = PurePosixPath(name).suffix
    if len(name) <= room or len(suffix) >= room:
        return name[:room]
    return PurePosixPath(name).stem[: room - len(suffix)] + suffix


def objection(name: str, size: int | None) -> DocumentError | None:
    """What the site would refuse about a file, as far as name and size tell.

    Args:
        name: The file's name.
        size: Bytes; ``None``: not told.
    """
    allowed, limit = documents_taken()
    extension = extension_of(name)
    if allowed and extension not in allowed:
        return DocumentError(
            "The site takes no files of this format.",
            code="format_not_taken",
            extension=extension,
            name=name,
        )
    if limit and size and size > limit:
        return DocumentError(
            "The file is larger than the site allows.",
            code="larger_than_allowed",
            size=size,
            limit=limit,
        )
    if size == 0:
        return DocumentError("The file is empty.", code="empty_remote_file")
    return None


def require_acceptable(name: str, size: int | None) -> None:
    """Refuse before anything is fetched what the site would refuse afterwards.

    Raises:
        DocumentError: ``format_not_taken``, ``larger_than_allowed`` or
            ``empty_remote_file``.
    """
    if error := objection(name, size):
        raise error


def make_document(
    fetched: Fetched,
    user: Any,
    *,
    collection: Collection,
    connection: Connection,
    place: Place,
    tags: Iterable[str] = (),
    alongside: Alongside | None = None,
) -> AbstractDocument:
    """A new document with this content, linked to its file in Microsoft 365.

    Args:
        fetched: The file.
        user: Who imports it; the site's permissions hold.
        collection: Where it goes.
        connection: Whose account fetched it.
        place: Where the file was found.
        tags: Names of tags.
        alongside: Other rows that must be written with the document, or not at all.

    Raises:
        NotAllowed: This person may not add documents there.
        WriteRefused: The site's form refuses it; ``facts["errors"]``.
        ContentMismatch: The storage did not keep what it was given.
        WriteFailed: The site could not store it; there is no document.
    """
    if not may_create(collection, user):
        raise NotAllowed("This person may not add documents to this collection.")
    document = get_document_model()(uploaded_by_user=user, collection=collection)
    try:
        with (
            removed_unless_committed(document, lambda: _stored_name(document)),
            transaction.atomic(),
        ):
            title = title_from(fetched.item.name)
            created = add_document(document, user, _upload(fetched), title, tags)
            _require_stored(created, fetched)
            source = _link(created, fetched, connection, place, user)
            if alongside is not None:
                alongside(created, source)
            audit.record(audit.IMPORT, created, user, name=fetched.item.name)
    except Exception as error:
        raise _as_ours(error) from error
    return created


def facts_of(fetched: Fetched) -> dict[str, Any]:
    """What a source keeps of the content that both sides have in common now."""
    item, fingerprint = fetched.item, fetched.fingerprint
    return {
        "name": item.name[:400],
        "parent_path": item.parent_path.strip("/"),
        "web_url": item.web_url,
        "etag": item.etag,
        "ctag": item.ctag,
        "quick_xor": item.hashes.quick_xor,
        "size": fingerprint.size,
        "sha256": fingerprint.sha256,
        "file_hash": fingerprint.sha1,
        "updated_at": timezone.now(),
    }


def _link(
    document: AbstractDocument,
    fetched: Fetched,
    connection: Connection,
    place: Place,
    user: Any,
) -> RemoteSource:
    return RemoteSource.objects.create(
        document=document,
        connection=connection,
        place=place.value,
        drive_id=fetched.item.drive_id,
        item_id=fetched.item.id,
        imported_by=user,
        title_given=document.title,
        **facts_of(fetched),
    )


def _upload(fetched: Fetched) -> UploadedFile[bytes]:
    fetched.content.seek(0)
    return UploadedFile(
        fetched.content,
        name=storable_name(fetched.item.name),
        content_type=fetched.item.mime_type or "application/octet-stream",
        size=fetched.fingerprint.size,
    )


def _require_stored(document: AbstractDocument, fetched: Fetched) -> None:
    storage, name = document.file.storage, str(document.file.name)
    if not has_content(storage, name, fetched.fingerprint.sha256):
        raise ContentMismatch("The storage did not keep the file as it was given.")


def _stored_name(document: AbstractDocument) -> str:
    """The name of its file in the storage; ``""`` while it is not there yet."""
    return str(document.file.name) if document.file and document.file._committed else ""


def _as_ours(error: Exception) -> M365Error:
    if isinstance(error, M365Error):
        return error
    if isinstance(error, PermissionDenied):
        return NotAllowed("The site does not let this person do that.")
    if isinstance(error, ValidationError):
        sentences = _sentences(error)
        return WriteRefused(
            "The site's own rules refuse this file.",
            errors=sentences,
            reason=" ".join(sentences),
            code="import_refused",
        )
    return WriteFailed(
        f"The file could not be stored ({type(error).__name__}).", code="import_failed"
    )


def _sentences(error: ValidationError) -> list[str]:
    """What the form says; fields that the file itself cannot fill are named."""
    if not hasattr(error, "error_dict"):
        return [str(each) for each in error.messages]
    model = get_document_model()
    known = {"file", "title", "collection", "tags", "__all__"}
    found = []
    for name, errors in error.error_dict.items():
        texts = [text for each in errors for text in each.messages]
        label = "" if name in known else f"{_label(model, name)}: "
        found += [f"{label}{text}" for text in texts]
    return found


def _label(model: type[AbstractDocument], name: str) -> str:
    columns = {each.name: each for each in model._meta.fields}
    return str(columns[name].verbose_name) if name in columns else name
