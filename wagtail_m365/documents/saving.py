"""A copy of a document is saved to OneDrive."""

from __future__ import annotations

from typing import Any

from wagtail.documents.models import AbstractDocument

from wagtail_m365.graph.drives import Conflict
from wagtail_m365.graph.names import check_name, check_path
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Connection
from wagtail_m365.tokens import bundles
from wagtail_m365.tokens.broker import connection_of

from . import audit, mending
from .clients import graph_for
from .content import document_fingerprint, opened
from .permissions import require_read
from .preflight import refuse_private


def save_copy(
    document: AbstractDocument,
    user: Any,
    *,
    folder: str,
    name: str,
    conflict: Conflict,
    connection: Connection | None = None,
) -> DriveItem:
    """Save a copy into a folder of the person's OneDrive.

    Args:
        document: The document; it stays as it is.
        user: Who saves it.
        folder: Names with ``/`` between them; ``""`` is the top. Missing ones are made.
        name: The file's name.
        conflict: What happens when the name is taken: keep both (``"rename"``),
            ``"replace"``, or stop (``"fail"``).
        connection: One of the person's accounts; the default one if none is named.

    Raises:
        NotAllowed: This person may not take a copy of this document.
        FileMissing: The document's file is not in the storage.
        NameRefused: OneDrive does not take the name or the folder's.
        NameTaken: The name is taken and ``conflict`` is ``"fail"``.
        QuotaExceeded: The drive is full.
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
    graph = graph_for(connection or connection_of(user), bundles.SAVE)
    drive = graph.drives.mine()
    target = (
        graph.drives.ensure_folder(drive.id, folder)
        if folder.strip("/")
        else graph.drives.root(drive.id)
    )
    with opened(document) as source:
        item = upload(
            graph,
            source,
            size=content.size,
            drive_id=drive.id,
            parent_id=target.id,
            name=name,
            conflict=conflict,
            sha256=content.sha256,
        )
    audit.record(audit.SAVE, document, user, name=item.name, folder=folder)
    return item
