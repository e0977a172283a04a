"""Files that a document had before: list, download, restore, compare, thin out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, BinaryIO

from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.conf import settings
from wagtail_m365.errors import DocumentError, NotAllowed
from wagtail_m365.models import DocumentVersion
from wagtail_m365.models.versions import DocumentVersionQuerySet, Source, Stage

from . import audit, mending
from .content import known_hash, opened, opened_in, spooled
from .enrichment import same_content
from .keeping import Occasion
from .permissions import may_edit, require_edit
from .writing_back import replace_file

_PIECE = 1024 * 1024


def versions_of(document: AbstractDocument, user: Any) -> DocumentVersionQuerySet:
    """What this document had before, newest first.

    Raises:
        NotAllowed: This person may not change the document.
    """
    require_edit(document, user)
    mending.mend(document)
    found = DocumentVersion.objects.of_document(document).kept()
    return found.select_related("saved_by", "replaced_by", "edit_session")


@contextmanager
def opened_version(version: DocumentVersion, user: Any) -> Iterator[BinaryIO]:
    """The bytes of a version, for a download or a comparison.

    Raises:
        NotAllowed: This person may not change the document it belongs to.
        FileMissing: The storage does not have it any more.
    """
    if version.stage != Stage.KEPT or not may_edit(version.document, user):
        raise NotAllowed("This person may not see this version.")
    with opened_in(version.file.storage, str(version.file.name)) as source:
        yield source


def restore(
    version: DocumentVersion, user: Any, *, comment: str = ""
) -> DocumentVersion:
    """Make a version's content the document's file again.

    Returns:
        A new version that keeps the file which the document had until now.

    Raises:
        NotAllowed: This person may not change the document.
        FileMissing: One of both files is not in the storage.
        WriteRefused: The site's form refuses the content.
        BothChanged: The document got another file at the same moment.
        WriteFailed: The site could not store it; the document is as it was.
    """
    document = _current(version)
    occasion = Occasion(user=user, source=Source.RESTORED, comment=comment)
    with opened_version(version, user) as source, spooled() as target:
        while piece := source.read(_PIECE):
            target.write(piece)
        replaced = replace_file(
            document,
            user,
            target,
            expected_hash=known_hash(document),
            occasion=occasion,
        )
    audit.record(audit.RESTORE, document, user, name=version.filename, comment=comment)
    return replaced


def is_current(version: DocumentVersion) -> bool:
    """Does the document hold this content now, whatever a library wrote into it?

    Raises:
        FileMissing: One of both files is not in the storage.
    """
    document = _current(version)
    with (
        opened_in(version.file.storage, str(version.file.name)) as old,
        opened(document) as new,
    ):
        return same_content(old, new)


def thin_out(
    document: AbstractDocument, *, dry_run: bool = False
) -> list[DocumentVersion]:
    """Delete versions beyond what the site wants to keep; nothing by default.

    A version goes only when it is beyond *each* limit that is set, and never while an
    edit session is open, since it may be the base of a comparison.

    Returns:
        What was, or would be, deleted.
    """
    if not (settings.KEEP_VERSIONS or settings.KEEP_VERSIONS_DAYS):
        return []
    if document.m365_edit_sessions.unfinished().exists():
        return []
    kept = DocumentVersion.objects.of_document(document).kept()
    beyond = list(kept[settings.KEEP_VERSIONS or 0 :])
    if settings.KEEP_VERSIONS_DAYS:
        since = timezone.now() - timedelta(days=settings.KEEP_VERSIONS_DAYS)
        beyond = [version for version in beyond if version.replaced_at < since]
    if not dry_run:
        DocumentVersion.objects.filter(pk__in=[each.pk for each in beyond]).delete()
    return beyond


def _current(version: DocumentVersion) -> AbstractDocument:
    """The document as it is now, not as the version's object remembers it."""
    document: AbstractDocument | None = (
        get_document_model().objects.filter(pk=version.document_id).first()
    )
    if document is None:
        raise DocumentError("The document was deleted.", code="document_deleted")
    return document
