"""Files that a document had before: list, download, restore, compare, thin out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument

from wagtail_m365.conf import removes_versions, settings
from wagtail_m365.errors import DocumentError, NotAllowed
from wagtail_m365.models import DocumentVersion, Proposal
from wagtail_m365.models.versions import DocumentVersionQuerySet, Source, Stage

from . import audit, mending, proposing
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
    if version.stage not in {Stage.KEPT, Stage.PENDING} or not may_edit(
        version.document, user
    ):
        raise NotAllowed("This person may not see this version.")
    with opened_in(version.file.storage, str(version.file.name)) as source:
        yield source


def restore(
    version: DocumentVersion, user: Any, *, comment: str = ""
) -> DocumentVersion | Proposal:
    """Make a version's content the document's file again, or propose that.

    Returns:
        A new version that keeps the file which the document had until now; where this
        person may not publish, what waits for approval.

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
        if proposing.needs_approval(document, user):
            base = known_hash(document)
            return proposing.propose(document, target, occasion, base_file_hash=base)
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
    if not removes_versions() or _is_being_edited(document):
        return []
    due = [pk for pk, day in removal_dates(document).items() if day < timezone.now()]
    kept = DocumentVersion.objects.of_document(document).kept()
    beyond = list(kept.filter(pk__in=due))
    if not dry_run:
        _remove(document, beyond)
    return beyond


def removal_dates(document: AbstractDocument) -> dict[UUID, datetime]:
    """From when on each version may be removed, if no edit session is open then.

    Returns:
        By key, the newest first; without versions that no limit reaches yet, and none
        where the site keeps all.
    """
    number, days = settings.KEEP_VERSIONS or 0, settings.KEEP_VERSIONS_DAYS or 0
    if not (number or days):
        return {}
    kept = DocumentVersion.objects.of_document(document).kept()
    rows = list(kept.values_list("pk", "replaced_at"))
    dates = {}
    for place, (pk, replaced_at) in enumerate(rows[number:]):
        # It was one too many from the day on that the newest of those before it came.
        one_too_many = rows[place][1]
        dates[pk] = max(one_too_many, replaced_at + timedelta(days=days))
    return dates


def _is_being_edited(document: AbstractDocument) -> bool:
    return bool(document.m365_edit_sessions.unfinished().exists())


def _remove(document: AbstractDocument, versions: list[DocumentVersion]) -> None:
    """Each with its entry in the log, or not at all."""
    for version in versions:
        with transaction.atomic():
            # An edit session that begins waits for this, or is seen here.
            mending.hold_document(document.pk)
            if _is_being_edited(document):
                return
            _, deleted = DocumentVersion.objects.filter(pk=version.pk).delete()
            if deleted:
                name, size = version.filename, version.size
                audit.record(audit.THIN_OUT, document, None, name=name, size=size)


def _current(version: DocumentVersion) -> AbstractDocument:
    """The document as it is now, not as the version's object remembers it."""
    document: AbstractDocument | None = (
        get_document_model().objects.filter(pk=version.document_id).first()
    )
    if document is None:
        raise DocumentError("The document was deleted.", code="document_deleted")
    return document
