"""What is done about a replacement of a document's file that was cut short.

The document's row decides: it either still describes the old file, then the old bytes
are put back under the old name; or it describes another one, then the replacement has
taken place and the version is kept. Everything may be done twice, and by two at once.
"""

from __future__ import annotations

from datetime import timedelta

from django.core.files.base import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import ContentMismatch
from wagtail_m365.models import DocumentVersion
from wagtail_m365.models.versions import Stage

from . import audit
from .content import has_content, opened_in

#: After this time nobody works on a replacement any more.
GIVEN_UP_AFTER = timedelta(hours=1)


def mend(document: AbstractDocument) -> bool:
    """Put the document's file right if a replacement was cut short; one query if not.

    Returns:
        Whether bytes had to be put back.
    """
    cut_short = DocumentVersion.objects.of_document(document).unsettled()
    mended = [settle(version, drop=_is_given_up(version)) for version in cut_short]
    return any(mended)


def settle(version: DocumentVersion, *, drop: bool = True, done: bool = False) -> bool:
    """End one replacement: as done if the document's row says so, else as undone.

    Args:
        version: What the document had before.
        drop: Nobody works on it any more: its row is settled. Otherwise somebody may
            be about to replace, and only the document's file is put right.
        done: The caller has seen the replacement through. Otherwise somebody else may
            have replaced the same content, and kept it.

    Returns:
        Whether bytes had to be put back.
    """
    with transaction.atomic():
        if not lock(version):
            return False
        if version.stage == Stage.STORING:
            if drop:
                _drop(version)
            return False
        document = locked_document(version.document_id)
        if not _is_as_before(document, version):
            if drop:
                _keep_or_drop(version, document, done=done)
            return False
        put_back = _put_back(document, version)
        if drop:
            _drop(version)
    if put_back:
        audit.record(audit.MEND, document, None)
    return put_back


def locked_document(document_id: object) -> AbstractDocument:
    """The document, fresh, and locked until the transaction ends where that exists."""
    documents = get_document_model().objects.select_for_update()
    document: AbstractDocument = documents.get(pk=document_id)
    return document


def hold_document(document_id: object) -> None:
    """Let nobody replace its file or begin an edit session until the transaction ends."""
    documents = get_document_model().objects.filter(pk=document_id)
    # The UPDATE locks where ``SELECT … FOR UPDATE`` does not exist (SQLite); that one
    # also holds up rows which refer to the document (PostgreSQL).
    documents.update(collection_id=F("collection_id"))
    list(documents.select_for_update().values_list("pk"))


def is_being_replaced(
    document: AbstractDocument,
    file_hash: str,
    *,
    apart_from: DocumentVersion | None = None,
) -> bool:
    """Is somebody replacing the document's file, or has just done so?

    Args:
        document: The document.
        file_hash: Wagtail's hash, as it was read from the row.
        apart_from: One's own replacement.
    """
    others = DocumentVersion.objects.of_document(document).unsettled()
    if apart_from is not None:
        others = others.exclude(pk=apart_from.pk)
    rows = get_document_model().objects.filter(pk=document.pk, file_hash=file_hash)
    return others.exists() or not rows.exists()


def lock(version: DocumentVersion) -> bool:
    """Wait for whoever else works on this replacement; false if it is settled by then.

    Always taken before the document's own lock. An UPDATE that changes nothing also
    locks where ``SELECT … FOR UPDATE`` does not exist (SQLite).
    """
    rows = DocumentVersion.objects.filter(pk=version.pk).unsettled()
    if not rows.update(document_id=version.document_id):
        return False
    version.refresh_from_db()
    return True


def _is_as_before(document: AbstractDocument, version: DocumentVersion) -> bool:
    return (document.file.name, document.file_hash) == (
        version.document_file_name,
        version.document_file_hash,
    )


def _is_kept_already(version: DocumentVersion) -> bool:
    kept = DocumentVersion.objects.filter(document_id=version.document_id).kept()
    return kept.filter(sha256=version.sha256).exists()


def _is_current(version: DocumentVersion, document: AbstractDocument) -> bool:
    """Does the document hold what the version holds? Then nothing would be lost."""
    storage, name = document.file.storage, str(document.file.name)
    return has_content(storage, name, version.sha256)


def _put_back(document: AbstractDocument, version: DocumentVersion) -> bool:
    storage, name = document.file.storage, version.document_file_name
    if has_content(storage, name, version.sha256):
        return False
    # What is there goes only once the old bytes are at hand: it may be unreadable for a
    # moment, and theirs be lost.
    with opened_in(version.file.storage, str(version.file.name)) as source:
        if storage.exists(name):
            storage.delete(name)
        stored = storage.save(name, File(source))
    if not has_content(storage, stored, version.sha256):
        raise ContentMismatch("The storage did not take the old file back.")
    if stored != name:  # somebody else's file has taken the name meanwhile
        type(document).objects.filter(pk=document.pk).update(file=stored)
        DocumentVersion.objects.filter(pk=version.pk).update(document_file_name=stored)
    return True


def _keep_or_drop(
    version: DocumentVersion, document: AbstractDocument, *, done: bool
) -> None:
    if not done and (_is_kept_already(version) or _is_current(version, document)):
        _drop(version)
        return
    DocumentVersion.objects.filter(pk=version.pk).update(
        stage=Stage.KEPT, successor_file_hash=document.file_hash
    )


def _drop(version: DocumentVersion) -> None:
    if (
        not version.file
    ):  # died while it was being stored: its path is known all the same
        version.file.name = version.file.field.generate_filename(
            version, version.filename
        )
    version.delete()


def _is_given_up(version: DocumentVersion) -> bool:
    return version.replaced_at < timezone.now() - GIVEN_UP_AFTER
