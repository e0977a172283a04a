"""A copy of a document is saved to OneDrive."""

from __future__ import annotations

import logging
from typing import Any

from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import FileMissing, M365Error
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.drives import Conflict
from wagtail_m365.graph.names import check_name, check_path
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection
from wagtail_m365.tokens import bundles
from wagtail_m365.tokens.broker import connection_of

from . import audit, mending
from .clients import graph_for
from .content import document_fingerprint, opened, size_of
from .folders import Folder
from .permissions import require_read
from .preflight import refuse_private
from .rewritten import require_as_sent

logger = logging.getLogger(__name__)


def save_copy(
    document: AbstractDocument,
    user: Any,
    *,
    folder: str,
    name: str,
    conflict: Conflict,
    connection: Connection | None = None,
    into: Folder | None = None,
) -> DriveItem:
    """Save a copy into a folder of the person's OneDrive, or into a chosen one.

    Args:
        document: The document; it stays as it is.
        user: Who saves it.
        folder: Names with ``/`` between them, below ``into``; ``""`` is itself. Missing
            ones are made.
        name: The file's name.
        conflict: What happens when the name is taken: keep both (``"rename"``),
            ``"replace"``, or stop (``"fail"``).
        connection: One of the person's accounts; the default one if none is named.
        into: The folder that was chosen; the top of the person's OneDrive if none was.

    Raises:
        NotAllowed: This person may not take a copy of this document.
        FileMissing: The document's file is not in the storage.
        NameRefused: OneDrive does not take the name or the folder's.
        NameTaken: The name is taken and ``conflict`` is ``"fail"``.
        ItemNotFound: The chosen folder is gone.
        QuotaExceeded: The drive is full.
        ContentMismatch: What has arrived is not what was sent.
        TokenError: The account gives no token.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    from wagtail_m365.graph.uploads import upload

    require_read(document, user)
    refuse_private(document)
    check_path(f"{folder}/{name}")
    check_name(name)
    mending.mend(document)
    content = document_fingerprint(document)
    scopes = into.place.scopes if into else bundles.SAVE
    graph = graph_for(connection or connection_of(user), scopes)
    drive_id, parent_id = _target(graph, folder, into)
    with opened(document) as source:
        item = upload(
            graph,
            source,
            size=content.size,
            drive_id=drive_id,
            parent_id=parent_id,
            name=name,
            conflict=conflict,
            sha256=content.sha256,
        )
    if item.rewritten:
        _look_at(graph, document, item)
    where = "/".join(filter(None, [into.path if into else "", folder]))
    audit.record(audit.SAVE, document, user, name=item.name, folder=where)
    return item


def _look_at(graph: GraphClient, document: AbstractDocument, item: DriveItem) -> None:
    """Is the copy right, as far as one can look at it just now?

    It has arrived: where Microsoft does not let us look, sending it anew would only make
    a second one.

    Raises:
        ContentMismatch: It is not what was sent.
    """
    try:
        require_as_sent(graph, document, item)
    except M365Error as error:
        if error.code == "copy_not_as_sent":
            raise
        logger.info("The copy of %s was not compared: %s.", document.pk, error.code)


def _target(graph: GraphClient, folder: str, into: Folder | None) -> tuple[str, str]:
    """Drive and id of the folder; what is missing of it is made."""
    drive_id = into.drive_id if into else graph.drives.mine().id
    top_id = into.item_id if into else ""
    if folder.strip("/"):
        made = graph.drives.ensure_folder(drive_id, folder, parent_id=top_id)
        return drive_id, made.id
    return drive_id, top_id or graph.drives.root(drive_id).id


def is_large(document: AbstractDocument) -> bool:
    """Does it take more than one request to send it?"""
    from wagtail_m365.graph.uploads import SIMPLE_LIMIT

    try:
        return size_of(document) > SIMPLE_LIMIT
    except FileMissing:
        return False
