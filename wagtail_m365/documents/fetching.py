"""Imports as transfers: many files, or large ones, by whichever worker comes first."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wagtail.documents.models import AbstractDocument
from wagtail.models import Collection

from wagtail_m365.errors import DocumentError, NotAllowed
from wagtail_m365.models import Connection, RemoteSource, Transfer
from wagtail_m365.models.transfers import Kind

from .folders import Place
from .importing import import_file
from .permissions import may_create
from .remote_files import RemoteFile

if TYPE_CHECKING:
    from .transferring import Work


def plan_imports(
    files: Iterable[RemoteFile],
    user: Any,
    *,
    connection: Connection,
    collection: Collection,
    tags: Iterable[str] = (),
    even_if_there: bool = False,
) -> uuid.UUID:
    """Write down that these files become documents; nothing is fetched yet.

    Args:
        files: What was chosen.
        user: Who imports them.
        connection: One of the person's accounts.
        collection: Where they go.
        tags: Names of tags that each of them gets.
        even_if_there: Import a file even if the site has its content already.

    Returns:
        The batch.

    Raises:
        NotAllowed: The account is somebody else's, or this person may not add
            documents to the collection.
    """
    if connection.user_id != user.pk:
        raise NotAllowed("This Microsoft account is somebody else's.")
    if not may_create(collection, user):
        raise NotAllowed("This person may not add documents to this collection.")
    batch_id = uuid.uuid4()
    options = {"collection": collection.pk, "tags": list(tags), "even": even_if_there}
    rows = [
        Transfer(
            batch_id=batch_id,
            position=position,
            kind=Kind.IMPORT,
            owner=user,
            connection=connection,
            title=file.name[:255],
            name=file.name[:400],
            original_name=file.name[:400],
            drive_id=file.drive_id,
            item_id=file.item_id,
            size=file.size,
            options={**options, "place": file.place.value},
        )
        for position, file in enumerate(files)
    ]
    Transfer.objects.bulk_create(rows, batch_size=200)
    return batch_id


def fetch_file(work: Work) -> None:
    """Import the file of one transfer; one that is a document already stays so.

    Raises:
        NotAllowed: The person may not add documents there any more.
        DocumentError: The site has its content already (code ``already_there``).
        M365Error: As :func:`importing.import_file`.
    """
    transfer = work.transfer
    if transfer.document_id is not None:
        return
    collection = Collection.objects.filter(pk=transfer.options["collection"]).first()
    if collection is None or transfer.owner is None:
        raise NotAllowed("The collection or the person is gone.")

    def alongside(document: AbstractDocument, source: RemoteSource) -> None:
        work.note(document=document, title=document.title, web_url=source.web_url)

    done = import_file(
        _file_of(transfer),
        work.account,
        transfer.owner,
        collection=collection,
        tags=transfer.options["tags"],
        even_if_there=transfer.options["even"],
        progress=work.progress,
        alongside=alongside,
    )
    if done.is_duplicate:
        raise DocumentError(
            "The site has this content already.",
            code="already_there",
            title=str(done.same[0]),
        )


def _file_of(transfer: Transfer) -> RemoteFile:
    return RemoteFile(
        drive_id=transfer.drive_id,
        item_id=transfer.item_id,
        name=transfer.name,
        size=transfer.size,
        place=Place(transfer.options["place"]),
    )
