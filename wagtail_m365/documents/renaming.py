"""A document's file gets another name: stored anew, checked, then the row moves to it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django_tasks import task
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import ContentMismatch, M365Error, WriteFailed
from wagtail_m365.models import RemoteSource

from . import audit, mending
from .content import (
    document_fingerprint,
    has_content,
    opened,
    removed_unless_committed,
)
from .creating import objection, storable_name, title_from
from .permissions import require_edit
from .steady import changed_meanwhile, require_steady


def follow_name(
    document: AbstractDocument,
    source: RemoteSource,
    user: Any,
    name: str,
    *,
    with_file_name: bool,
) -> None:
    """Give a document the title that its file has in Microsoft 365.

    A title that somebody has changed on the site stays. So does a file name whose
    extension the site would not take.

    Args:
        document: The document.
        source: Its file, as it is known.
        user: In whose name it is changed.
        name: The file's new name.
        with_file_name: Rename the document's file, too; its address changes with it,
            and links that others have set to it lead nowhere.

    Raises:
        NotAllowed: This person may not change the document.
        BothChanged: Its file was replaced at the same moment.
        WriteFailed, ContentMismatch: It has its old name.
    """
    require_edit(document, user)
    title = title_from(name) if document.title == source.title_given else ""
    taken = with_file_name and objection(name, source.size or None) is None
    wanted = storable_name(name) if taken else document.filename
    if not title and wanted == document.filename:
        return
    old = str(document.file.name)
    stored = _stored_anew(document, wanted) if wanted != document.filename else ""
    with removed_unless_committed(document, lambda: stored):
        _move_row(document, source, title, stored)
    document.refresh_from_db()
    if stored:
        transaction.on_commit(partial(delete_old_file.enqueue, old))
    audit.record(audit.RENAME, document, user, name=name)


def _stored_anew(document: AbstractDocument, filename: str) -> str:
    """The same content under the new name; the document's row does not know it yet."""
    storage, field = document.file.storage, document.file.field
    expected = document_fingerprint(document)
    require_steady(document, str(document.file_hash), expected)
    try:
        with opened(document) as content:
            path = field.generate_filename(document, filename)
            stored: str = storage.save(path, File(content), max_length=field.max_length)
    except M365Error:
        raise
    except Exception as error:
        raise WriteFailed(
            f"The file could not be stored ({type(error).__name__}).",
            code="import_failed",
        ) from error
    if not has_content(storage, stored, expected.sha256):
        storage.delete(stored)
        raise ContentMismatch("The storage did not keep the file as it was given.")
    return stored


def _move_row(
    document: AbstractDocument, source: RemoteSource, title: str, stored: str
) -> None:
    """Write the names under the document's lock, and that the title is the file's."""
    with transaction.atomic():
        row = mending.locked_document(document.pk)
        known = (document.file.name, document.file_hash)
        if (row.file.name, row.file_hash) != known:
            raise changed_meanwhile()
        if title:
            row.title = title
            source.note(title_given=title)
        if stored:
            row.file.name = stored
        row.save()


@task()
def delete_old_file(name: str) -> None:
    """Delete what a document's file was called before, unless another document has it.

    Told no more than the name, for the reason that ``delete_stored_file`` of
    :mod:`wagtail_m365.models.versions` gives.

    Args:
        name: Of the file in the storage.
    """
    model = get_document_model()
    field: Any = model._meta.get_field("file")
    if not model.objects.filter(file=name).exists():
        field.storage.delete(name)
