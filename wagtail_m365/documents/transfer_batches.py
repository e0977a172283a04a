"""Transfers are planned, cancelled and tried again; nothing here asks Microsoft."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from django.db.models import F
from django.utils import timezone
from wagtail.documents.models import AbstractDocument

from wagtail_m365 import errors
from wagtail_m365.conf import settings
from wagtail_m365.errors import M365Error
from wagtail_m365.graph.names import check_name, check_path, safe_name
from wagtail_m365.models import Connection, Transfer
from wagtail_m365.models.transfers import Kind, State, TransferQuerySet
from wagtail_m365.tokens import bundles

from .folders import Folder
from .permissions import require_read
from .preflight import refuse_private
from .sending import Copy
from .transferring import columns_of


def plan_copies(
    documents: Iterable[AbstractDocument],
    user: Any,
    *,
    connection: Connection,
    into: Folder | None,
    below: str = "",
    folders: Mapping[Any, str] | None = None,
    conflict: str = "rename",
    share: bool = False,
    name: str = "",
    refused: Iterable[tuple[AbstractDocument, M365Error]] = (),
) -> uuid.UUID:
    """Write down that copies of these documents go to a folder; nothing is sent yet.

    Args:
        documents: The documents; each is asked for its permission.
        user: Who saves them.
        connection: One of the person's accounts.
        into: The folder that was chosen; the top of the person's OneDrive if none was.
        below: Names of folders below it, with ``/`` between them.
        folders: Key of a collection → names of further folders for its documents;
            documents of other collections go into ``below`` itself.
        conflict: When a name is taken: ``"rename"``, ``"replace"`` or ``"fail"``.
        share: Make a link for the organisation to each copy.
        name: What a single copy is to be called; ``""``: as the document's file.
        refused: Further documents that are not sent, and why: they are listed, too.

    Returns:
        The batch. What may not or cannot be sent is in it as failed, with the reason.

    Raises:
        NotAllowed: The account is somebody else's.
        NameRefused: OneDrive does not take the folder's name.
    """
    if connection.user_id != user.pk:
        raise errors.NotAllowed("This Microsoft account is somebody else's.")
    check_path(below)
    copy = Copy(
        conflict=conflict,
        top_id=into.item_id if into else "",
        below=below,
        folder_label=_joined(into.path if into else "", below),
        scopes=into.place.scopes if into else bundles.SAVE,
        share=share,
    )
    common = {
        "batch_id": uuid.uuid4(),
        "kind": Kind.SAVE,
        "owner": user,
        "connection": connection,
        "drive_id": into.drive_id if into else "",
    }
    plan = _Plan(user=user, copy=copy, folders=folders or {}, common=common, name=name)
    rows = [plan.row_of(document) for document in documents]
    rows += [_refused(document, error, common) for document, error in refused]
    for position, row in enumerate(rows):
        row.position = position
    Transfer.objects.bulk_create(rows, batch_size=200)
    batch_id: uuid.UUID = common["batch_id"]
    return batch_id


class _Names:
    """Two documents of one name would meet in the folder: the second gets a number."""

    def __init__(self, chosen: str = "") -> None:
        self._chosen = chosen
        self._taken: set[tuple[str, str]] = set()

    def of(self, filename: str, folder: str) -> str:
        """The name OneDrive is asked for."""
        path, number = PurePosixPath(self._chosen or safe_name(filename)), 0
        name = path.name
        while (folder.casefold(), name.casefold()) in self._taken:
            number += 1
            name = f"{path.stem} {number}{path.suffix}"
        self._taken.add((folder.casefold(), name.casefold()))
        return name


class _Plan:
    """What is wanted for all documents of a batch, and what becomes of each."""

    def __init__(
        self,
        *,
        user: Any,
        copy: Copy,
        folders: Mapping[Any, str],
        common: dict[str, Any],
        name: str,
    ) -> None:
        self._user = user
        self._copy = copy
        self._folders = folders
        self._common = common
        self._names = _Names(name)

    def row_of(self, document: AbstractDocument) -> Transfer:
        """The transfer of a document; one that failed where it may not be sent."""
        try:
            require_read(document, self._user)
            refuse_private(document)
            copy = self._copy_of(document)
            name = self._names.of(document.filename, copy.below)
            check_name(name)
        except M365Error as error:
            return _refused(document, error, self._common)
        columns = {"name": name, "size": document.file_size or 0}
        return _row(document, self._common, options=asdict(copy), **columns)

    def _copy_of(self, document: AbstractDocument) -> Copy:
        further = self._folders.get(document.collection_id, "")
        if not further:
            return self._copy
        below = _joined(self._copy.below, further)
        check_path(below)
        label = _joined(self._copy.folder_label, further)
        return replace(self._copy, below=below, folder_label=label)


def _joined(*folders: str) -> str:
    return "/".join(filter(None, folders))


def _refused(
    document: AbstractDocument, error: M365Error, common: dict[str, Any]
) -> Transfer:
    ended = {"state": State.FAILED, "finished_at": timezone.now()}
    return _row(document, common, **ended, **columns_of(error))


def _row(
    document: AbstractDocument, common: dict[str, Any], **columns: Any
) -> Transfer:
    row = Transfer(
        document=document,
        title=document.title[:255],
        original_name=document.filename[:400],
        **common,
    )
    for name, value in columns.items():
        setattr(row, name, value)
    return row


def cancel(transfers: Any) -> list[uuid.UUID]:
    """End these transfers: at once, or at the next fragment of those that run.

    Args:
        transfers: A queryset.

    Returns:
        Those whose upload session still has to be ended by a worker.
    """
    rows = Transfer.objects.filter(pk__in=transfers.order_by().values("pk"))
    idle = rows.filter(state__in=[State.QUEUED, State.WAITING], session_sealed="")
    idle.update(
        state=State.CANCELLED,
        error_code=errors.TransferCancelled.code,
        finished_at=timezone.now(),
        fence=F("fence") + 1,
    )
    begun = rows.unfinished()
    begun.update(cancel_requested=True)
    left = begun.exclude(state=State.RUNNING).values_list("pk", flat=True)
    return list(left)


def try_again(transfers: Any) -> list[uuid.UUID]:
    """Begin failed and cancelled transfers anew, and go on with what has stopped.

    Args:
        transfers: A queryset.

    Returns:
        Those that a worker should take now.
    """
    rows = Transfer.objects.filter(pk__in=transfers.order_by().values("pk"))
    ended = rows.filter(state__in=[State.FAILED, State.CANCELLED])
    waiting = rows.filter(state=State.WAITING)
    anew = {
        "state": State.QUEUED,
        "attempts": 0,
        "not_before": 0,
        "cancel_requested": False,
        "finished_at": None,
        "error_code": "",
        "error": {},
        "fence": F("fence") + 1,
    }
    ended.filter(session_sealed="").update(bytes_done=0)
    ended.update(**anew)
    waiting.update(**anew)
    return list(rows.unfinished().values_list("pk", flat=True))


def error_of(transfer: Transfer) -> M365Error | None:
    """What went wrong last, as the error that it was; ``None``: nothing."""
    if not transfer.error_code:
        return None
    told = transfer.error or {}
    kind = getattr(errors, str(told.get("type", "")), M365Error)
    if not (isinstance(kind, type) and issubclass(kind, M365Error)):
        kind = M365Error
    error = kind(
        code=transfer.error_code,
        correlation_id=told.get("correlation_id", ""),
        **told.get("facts", {}),
    )
    error.occurred_at = told.get("at") or error.occurred_at
    if graph_code := told.get("graph_code"):
        error.graph_code = graph_code  # type: ignore[attr-defined]  # of GraphError only
    return error


def old_transfers() -> TransferQuerySet:
    """What ended more than ``KEEP_TRANSFERS_DAYS`` ago; deleting it touches no file."""
    age = timedelta(days=settings.KEEP_TRANSFERS_DAYS)
    return Transfer.objects.ended_before(timezone.now() - age)
