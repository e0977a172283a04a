"""Import: chosen files of OneDrive and SharePoint become documents of the site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument
from wagtail.models import Collection

from wagtail_m365.errors import InvalidRequest, ItemNotFound, M365Error, NotAllowed
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.models import Connection, RemoteSource
from wagtail_m365.models.remote_sources import file_key

from .clients import graph_for
from .creating import Alongside, make_document, require_acceptable
from .permissions import may_create
from .remote_files import Fetched, Progress, RemoteFile, current, fetched
from .wagtail_compat import document_policy

#: Duplicates that are named at most.
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of one file."""

    file: RemoteFile
    #: The new document; ``None`` where there is none.
    document: AbstractDocument | None = None
    #: Documents with the very same content that this person may see; nothing was
    #: imported because of them, unless that was wished for.
    same: tuple[AbstractDocument, ...] = ()
    #: Why it was not imported.
    error: M365Error | None = None

    @property
    def is_duplicate(self) -> bool:
        """Was it left out, since the site has it already?"""
        return self.document is None and bool(self.same)


def import_files(
    files: Iterable[RemoteFile],
    connection: Connection,
    user: Any,
    *,
    collection: Collection,
    tags: Iterable[str] = (),
    even_if_there: bool = False,
) -> list[Imported]:
    """Import files one after the other; one that fails hinders no other.

    Args:
        files: What was chosen.
        connection: Whose account fetches them.
        user: Who imports them; the site's permissions hold.
        collection: Where they go.
        tags: Names of tags that each of them gets.
        even_if_there: Import a file even if the site has its content already.

    Raises:
        NotAllowed: This person may not add documents to the collection.
    """
    if not may_create(collection, user):
        raise NotAllowed("This person may not add documents to this collection.")
    names = list(tags)
    found = []
    for file in files:
        try:
            one = import_file(
                file,
                connection,
                user,
                collection=collection,
                tags=names,
                even_if_there=even_if_there,
            )
        except M365Error as error:
            one = Imported(file=file, error=error)
        found.append(one)
    return found


def import_file(
    file: RemoteFile,
    connection: Connection,
    user: Any,
    *,
    collection: Collection,
    tags: Iterable[str] = (),
    even_if_there: bool = False,
    progress: Progress | None = None,
    alongside: Alongside | None = None,
) -> Imported:
    """Import one file.

    Args:
        file: What was chosen.
        connection: Whose account fetches it.
        user: Who imports it; the site's permissions hold.
        collection: Where it goes.
        tags: Names of tags.
        even_if_there: Import it even if the site has its content already.
        progress: Told the bytes that have arrived so far; may raise to end it.
        alongside: Other rows that must be written with the document, or not at all.

    Raises:
        NotAllowed: This person may not add documents to the collection.
        DocumentError: The site takes no such file: format, size, emptiness.
        WriteRefused: The site's form refuses it.
        ItemNotFound: It is gone.
        TokenError, GraphError, TemporarilyUnavailable: Microsoft does not give it.
        WriteFailed: The site could not store it.
    """
    graph = graph_for(connection, file.place.scopes)
    item = _present(graph, file)
    require_acceptable(item.name, item.told_size)
    with fetched(graph, item, progress) as arrived:
        same = same_content(arrived, user)
        if same and not even_if_there:
            return Imported(file=file, same=same)
        document = make_document(
            arrived,
            user,
            collection=collection,
            connection=connection,
            place=file.place,
            tags=tags,
            alongside=alongside,
        )
    return Imported(file=file, document=document, same=same)


def same_content(arrived: Fetched, user: Any) -> tuple[AbstractDocument, ...]:
    """Documents with the same content, of those that this person may see.

    Others are not even hinted at: a hash must not tell what is in a collection that is
    closed to this person.
    """
    visible = document_policy().instances_user_has_any_permission_for(
        user, ["choose", "change"]
    )
    found = visible.filter(
        file_hash=arrived.fingerprint.sha1, file_size=arrived.fingerprint.size
    )
    return tuple(found.order_by("pk")[:_NAMED])


def imported_before(
    files: Iterable[RemoteFile], user: Any
) -> dict[str, AbstractDocument]:
    """Files that were imported before → their document, as far as visible: one query."""
    wanted = {file_key(file.drive_id, file.item_id): file.item_id for file in files}
    visible = document_policy().instances_user_has_any_permission_for(
        user, ["choose", "change"]
    )
    sources = RemoteSource.objects.of_items(wanted.values()).filter(
        document__in=visible.values("pk")
    )
    found = (
        (wanted.get(file_key(source.drive_id, source.item_id)), source.document)
        for source in sources.select_related("document")
    )
    return {item_id: document for item_id, document in found if item_id}


def document_of(pk: Any) -> AbstractDocument | None:
    """The document, if it is still there."""
    found: AbstractDocument | None = get_document_model().objects.filter(pk=pk).first()
    return found


def _present(graph: GraphClient, file: RemoteFile) -> Any:
    try:
        return current(graph, file.drive_id, file.item_id)
    except ItemNotFound as error:
        raise ItemNotFound(
            str(error), name=file.name, code="file_gone", status=error.status
        ) from error
    except InvalidRequest as error:
        error.facts.setdefault("name", file.name)
        raise
