"""The runner of *Save to OneDrive*: one document's copy on its way to a folder.

May be begun anew at any time: the upload goes on in the session that is remembered, and
a copy that arrived although nobody learned of it is known by its name and its hash.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from wagtail.documents.models import AbstractDocument

from wagtail_m365 import hooks
from wagtail_m365.errors import (
    ContentMismatch,
    FileMissing,
    ItemNotFound,
    M365Error,
    NotAllowed,
    TransferCancelled,
)
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import Transfer
from wagtail_m365.models.transfers import State

from . import audit, mending
from .clients import graph_for
from .content import Fingerprint, document_fingerprint, opened
from .permissions import USE, require_read
from .preflight import refuse_private
from .rewritten import require_as_sent
from .transferring import Work

logger = logging.getLogger(__name__)
#: Seconds that the pauses of one request may take; nobody looks on.
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What a transfer of this kind was asked for; kept as its ``options``."""

    #: What happens when the name is taken: ``"rename"``, ``"replace"`` or ``"fail"``.
    conflict: str = "rename"
    #: The chosen folder; ``""``: the top of the drive.
    top_id: str = ""
    #: Names of folders below it, with ``/`` between them; missing ones are made.
    below: str = ""
    #: How the folder is called to people.
    folder_label: str = ""
    #: Rights that the upload needs.
    scopes: tuple[str, ...] = ()
    #: Ask for a link for the organisation, too.
    share: bool = False

    @classmethod
    def of(cls, transfer: Transfer) -> Copy:
        """What this transfer was asked for."""
        told = transfer.options
        return cls(**told | {"scopes": tuple(told.get("scopes", ()))})


def send_copy(work: Work) -> None:
    """Send the document of this transfer.

    Raises:
        M365Error: As ``documents.saving.save_copy`` does.
    """
    transfer, copy = work.transfer, Copy.of(work.transfer)
    graph = graph_for(work.account, copy.scopes, patience=_PATIENCE)
    _end_if_cancelled(work, graph)
    document = _document_of(transfer)
    mending.mend(document)
    content = document_fingerprint(document)
    work.note(size=content.size)
    item = _arrived_before(work, graph) or _send(work, graph, document, content)
    # Looking at it may be put off: what has arrived is not sent a second time.
    work.note(item_id=item.id, name=item.name, session_sealed="")
    if item.rewritten:
        try:
            require_as_sent(graph, document, item)
        except (ContentMismatch, ItemNotFound):
            work.note(item_id="")
            raise
    work.note(web_url=item.web_url)
    if copy.share:
        _share(work, graph, item)
    folder = copy.folder_label
    audit.record(audit.SAVE, document, transfer.owner, name=item.name, folder=folder)
    _tell_the_site(document, item)


def _end_if_cancelled(work: Work, graph: GraphClient) -> None:
    from wagtail_m365.graph.upload_sessions import cancel

    if not work.transfer.cancel_requested:
        return
    if address := work.session():
        cancel(graph.transport, address)
    raise TransferCancelled


def _document_of(transfer: Transfer) -> AbstractDocument:
    """The document, if its owner may still take a copy of it.

    Raises:
        FileMissing: It was deleted.
        NotAllowed: This person may not, or it must not leave the site.
    """
    owner, document = transfer.owner, transfer.document
    if document is None:
        raise FileMissing("It was deleted.", code="document_deleted")
    if owner is None or not owner.has_perm(USE):
        raise NotAllowed("This person may not use Microsoft 365 here.")
    require_read(document, owner)
    refuse_private(document)
    return document


def _arrived_before(work: Work, graph: GraphClient) -> DriveItem | None:
    """What an earlier attempt has sent; nobody has looked yet at what became of it."""
    transfer = work.transfer
    if not transfer.item_id:
        return None
    try:
        item = graph.drives.item(transfer.drive_id, transfer.item_id)
    except ItemNotFound:
        work.note(item_id="")
        return None
    return replace(item, rewritten=True)


def _send(
    work: Work, graph: GraphClient, document: AbstractDocument, content: Fingerprint
) -> DriveItem:
    transfer = work.transfer
    try:
        return _send_to_folder(work, graph, document, content)
    except ItemNotFound:
        if not (Copy.of(transfer).below and transfer.folder_id):
            raise
        # The folder that was made for these copies is gone: it is made once more.
        work.note(folder_id="", session_sealed="")
        return _send_to_folder(work, graph, document, content)


def _send_to_folder(
    work: Work, graph: GraphClient, document: AbstractDocument, content: Fingerprint
) -> DriveItem:
    from wagtail_m365.graph.uploads import upload

    transfer = work.transfer
    _find_folder(work, graph)
    with opened(document) as source:
        return upload(
            graph,
            source,
            size=content.size,
            drive_id=transfer.drive_id,
            parent_id=transfer.folder_id,
            name=transfer.name,
            conflict=Copy.of(transfer).conflict,  # type: ignore[arg-type]  # checked when it was planned
            sha256=content.sha256,
            progress=work.progress,
            alive=work.alive,
            resume=work.session(),
            opened=work.keep_session,
        )


def _find_folder(work: Work, graph: GraphClient) -> None:
    """Find or make the folder; the others of the batch need not ask again."""
    transfer, copy = work.transfer, Copy.of(work.transfer)
    if transfer.folder_id:
        return
    drive_id = transfer.drive_id or graph.drives.mine().id
    if copy.below:
        found = graph.drives.ensure_folder(drive_id, copy.below, parent_id=copy.top_id)
        folder_id = found.id
    else:
        folder_id = copy.top_id or graph.drives.root(drive_id).id
    work.note(drive_id=drive_id, folder_id=folder_id)
    peers = Transfer.objects.of_batch(transfer.batch_id).filter(
        folder_id="", state=State.QUEUED, options__below=copy.below
    )
    peers.order_by().update(drive_id=drive_id, folder_id=folder_id)


def _tell_the_site(document: AbstractDocument, item: DriveItem) -> None:
    """The copy has arrived, whatever the site's own code makes of that."""
    try:
        hooks.after_m365_save(request=None, document=document, item=item)
    except Exception:
        logger.exception("A hook failed after %s was saved.", document.pk)


def _share(work: Work, graph: GraphClient, item: DriveItem) -> None:
    """A link for the organisation; without one, the copy is saved all the same."""
    from wagtail_m365.graph.links import organization_link

    columns: dict[str, Any] = {"share_error": ""}
    try:
        link = organization_link(graph, item.drive_id, item.id, kind="view")
        columns["share_url"] = link.url.reveal()
    except M365Error as error:
        columns["share_error"] = error.code
    work.note(**columns)
