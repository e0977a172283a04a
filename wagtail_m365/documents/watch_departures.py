"""Files that left a watched folder: what becomes of their documents, by its setting.

Whatever the setting, nothing goes that somebody has edited on the site: such a document
stays, and the folder's page says so.
"""

from __future__ import annotations

from django.db import transaction
from wagtail.documents.models import AbstractDocument
from wagtail.models import Collection, ReferenceIndex

from wagtail_m365.errors import DocumentError, NotAllowed
from wagtail_m365.models import DocumentVersion, RemoteSource, WatchedItem
from wagtail_m365.models.versions import Source
from wagtail_m365.models.watched_folders import WhenGone
from wagtail_m365.models.watched_items import ItemState

from . import audit, mending
from .content import known_hash
from .permissions import may_create
from .wagtail_compat import delete_document, document_policy
from .watch_runs import Run

_FROM_MICROSOFT = (Source.IMPORTED, Source.UPDATED)


def see_off(run: Run, item: WatchedItem) -> None:
    """Do with the document of a file that is gone what the folder's setting says.

    Raises:
        DocumentError: It must stay: ``deleted_but_edited``, ``deleted_but_used``.
        NotAllowed: Whoever set up the folder may not do that with it.
    """
    source = item.source
    if source is None:
        _forget(run, item)
        return
    when_gone = WhenGone.KEEP if item.is_doubtful else WhenGone(run.folder.when_gone)
    if when_gone == WhenGone.UNPUBLISH and run.folder.private_collection:
        move(run, source.document, run.folder.private_collection)
        run.note(item, "unpublished", state=ItemState.GONE, error_code="")
    elif when_gone == WhenGone.DELETE:
        _delete(run, item, source)
    else:
        run.note(item, "left", state=ItemState.GONE, error_code="")


def welcome_back(run: Run, item: WatchedItem) -> None:
    """A file that had left is there again: its document returns to the collection."""
    folder, source = run.folder, item.source
    if source is None or folder.collection is None:
        return
    was_private = folder.private_collection_id
    if was_private and source.document.collection_id == was_private:
        move(run, source.document, folder.collection)


def move(run: Run, document: AbstractDocument, collection: Collection) -> None:
    """Move a document to another collection.

    Raises:
        NotAllowed: Whoever set up the folder may not add documents there.
    """
    owner = run.folder.owner
    if not may_create(collection, owner):
        raise NotAllowed(
            "The owner of the folder may not add documents to that collection.",
            code="watch_not_allowed",
        )
    with transaction.atomic():
        row = mending.locked_document(document.pk)
        row.collection = collection
        row.save()
        audit.record(audit.UNPUBLISH, row, owner, to=collection.name)


def _forget(run: Run, item: WatchedItem) -> None:
    item.delete()
    run.counts["left"] += 1


def _delete(run: Run, item: WatchedItem, source: RemoteSource) -> None:
    owner = run.folder.owner
    with transaction.atomic():
        document = mending.locked_document(source.document_id)
        _require_untouched(document, source)
        policy = document_policy()
        if not policy.user_has_permission_for_instance(owner, "delete", document):
            raise NotAllowed(
                "The owner of the folder may not delete this document.",
                code="may_not_delete",
            )
        run.hold()
        delete_document(document, owner)
        item.delete()
    run.counts["deleted"] += 1


def _require_untouched(document: AbstractDocument, source: RemoteSource) -> None:
    """Refuse to delete what holds anybody's work, or what pages show.

    Raises:
        DocumentError: As :func:`see_off`.
    """
    own_work = (
        known_hash(document) != source.file_hash
        or document.title != source.title_given
        or document.m365_edit_sessions.unfinished().exists()
        or _has_versions_of_the_site(document)
    )
    if own_work:
        raise DocumentError(
            "The document was edited on the site.", code="deleted_but_edited"
        )
    if ReferenceIndex.get_references_to(document).exists():
        raise DocumentError("Pages use the document.", code="deleted_but_used")


def _has_versions_of_the_site(document: AbstractDocument) -> bool:
    versions = DocumentVersion.objects.of_document(document)
    foreign = versions.filter(
        source__in=_FROM_MICROSOFT, replaced_with__in=_FROM_MICROSOFT
    )
    return versions.exclude(pk__in=foreign.values("pk")).exists()
