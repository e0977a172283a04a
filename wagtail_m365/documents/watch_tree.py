"""What is in a watched folder: read page by page, resumable after each.

Each page is written together with the address of the next one. Microsoft tells changes
in no order, tells some several times, names deleted items by their id alone, and often
leaves out paths (driveItem: delta): so everything told is noted first, and sorted into
the tree by parents once the last page is there.

The first run does not read the whole drive: it asks for a link to what will change from
now on, then lists the folder. The same is done when the link has become too old (410).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from wagtail_m365.errors import (
    Forbidden,
    ForeignAddress,
    InvalidRequest,
    ItemNotFound,
    ResyncRequired,
    TemporarilyUnavailable,
)
from wagtail_m365.graph.delta import DeltaPage, latest
from wagtail_m365.graph.listings import page_of_children
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import WatchedItem, moments
from wagtail_m365.models.watched_items import ItemState

from .watch_branches import sort_in, sweep_unseen, take_out
from .watch_runs import Run
from .watch_spelling import as_first_told

#: What a drive says that tells no changes to this account.
_NO_CHANGES = (Forbidden, InvalidRequest, ItemNotFound)
#: The kind of 410 that wants what is missing there to be kept here.
_KEEP_UNSEEN = "resyncchangesuploaddifferences"


def read(run: Run) -> None:
    """Bring the rows up to date with what is in the folder.

    Raises:
        ItemNotFound: The folder itself is gone (code ``watch_folder_gone``).
        TokenError, GraphError, TemporarilyUnavailable: Microsoft does not tell; what
            was read stays read.
    """
    folder = run.folder
    if folder.is_looking:
        pass  # an earlier run was cut short: go on with its look
    elif folder.looks_at_all or not folder.link:
        _begin_look(run, keeps_unseen=False)
    else:
        _read_changes(run)
    sort_in(run)
    while _list_next(run):
        sort_in(run)
    if folder.is_looking:
        sweep_unseen(run)
        run.write(is_looking=False)


def _read_changes(run: Run) -> None:
    folder = run.folder
    try:
        for page in run.graph.changes(folder.drive_id, link=folder.link):
            _note_page(run, page)
    except ResyncRequired as error:
        keeps = error.graph_code.lower().endswith(_KEEP_UNSEEN)
        run.counts["resyncs"] += 1
        _begin_look(run, keeps_unseen=keeps)
    except ForeignAddress:
        # Kept, it would end every run; without it the next one looks at everything.
        run.write(link="")
        raise


def _begin_look(run: Run, *, keeps_unseen: bool) -> None:
    """Look at the whole folder anew; what changes meanwhile comes with the next run."""
    folder = run.folder
    link = "" if folder.looks_at_all else _link_from_now_on(run)
    generation = folder.generation + 1
    if not folder.subfolders:
        below = run.items.inside().exclude(item_id=folder.item_id)
        take_out(run, list(below.values_list("item_id", flat=True)), doubtful=True)
    with transaction.atomic():
        run.write(
            link=link,
            looks_at_all=not link,
            generation=generation,
            is_looking=True,
            keeps_unseen=keeps_unseen,
        )
        run.items.update(to_list=False, list_link="")
        WatchedItem.objects.update_or_create(
            folder=folder,
            item_id=folder.item_id,
            defaults={
                "name": folder.name,
                "is_folder": True,
                "is_inside": True,
                "is_gone": False,
                "to_list": True,
                "generation": generation,
            },
        )


def _link_from_now_on(run: Run) -> str:
    """``""``: this account is not told what changes on this drive."""
    try:
        return latest(run.graph, run.folder.drive_id)
    except _NO_CHANGES:
        return ""


def _note_page(run: Run, page: DeltaPage) -> None:
    """Write what one page of changes tells, and from where to go on."""
    items = as_first_told(run.folder, page.items)
    with transaction.atomic():
        _note(run, items)
        run.write(link=page.link)
    for item in items:
        if item.id == run.folder.item_id:
            _note_root(run, item)


def _note_root(run: Run, item: DriveItem) -> None:
    if item.deleted:
        raise folder_gone()
    if item.name and not item.is_root and item.name != run.folder.name:
        run.write(name=item.name[:255])


def _list_next(run: Run) -> bool:
    """List one page of one folder; false when all are listed."""
    row = run.items.inside().filter(to_list=True).order_by("pk").first()
    if row is None:
        return False
    drive_id = run.folder.drive_id
    try:
        page = page_of_children(run.graph, drive_id, row.item_id, link=row.list_link)
    except ItemNotFound as error:
        if row.item_id == run.folder.item_id:
            raise folder_gone() from error
        _let_go(run, row)
        return True
    except (ResyncRequired, InvalidRequest):
        if not row.list_link:
            raise
        run.note(row, list_link="")  # the page's address is too old: from its start
        return True
    except ForeignAddress:
        run.note(row, list_link="")  # kept, it would end every run
        raise
    with transaction.atomic():
        _note(run, as_first_told(run.folder, page.items), parent_id=row.item_id)
        run.hold()
        run.note(row, to_list=bool(page.next_link), list_link=page.next_link)
    return True


def _let_go(run: Run, row: WatchedItem) -> None:
    """A folder that cannot be listed is gone if Microsoft does not know it either.

    Raises:
        TemporarilyUnavailable: It is there; the next run lists it.
    """
    try:
        run.graph.drives.item(run.folder.drive_id, row.item_id)
    except ItemNotFound:
        take_out(run, [row.item_id])
        return
    run.note(row, list_link="")  # it may have been the page's address that is gone
    raise TemporarilyUnavailable("Microsoft did not find a folder that is there.")


def _note(run: Run, items: Iterable[DriveItem], *, parent_id: str = "") -> None:
    told = {item.id: item for item in items if item.id != run.folder.item_id}
    known = {row.item_id: row for row in WatchedItem.objects.known(run.folder, told)}
    new, changed = [], []
    for item in told.values():
        row = known.get(item.id)
        if row is None and _may_belong(item):
            new.append(_new_row(run, item, parent_id))
        elif row is not None and _has_changed(run, row, item, parent_id):
            changed.append(row)
    WatchedItem.objects.bulk_create(new, ignore_conflicts=True)
    WatchedItem.objects.bulk_update(changed, _COLUMNS)


def _may_belong(item: DriveItem) -> bool:
    """No notebook, and no shortcut: what that leads to is on another drive."""
    return not (item.deleted or item.is_package or item.remote_item)


_COLUMNS = (
    *("parent_id", "name", "is_folder", "is_gone", "is_doubtful", "size", "etag"),
    *("modified_at", "generation", "state", "not_before", "is_noted", "to_list"),
)


def _new_row(run: Run, item: DriveItem, parent_id: str) -> WatchedItem:
    row = WatchedItem(folder=run.folder, item_id=item.id, is_noted=True)
    _copy(run, row, item, parent_id)
    return row


def _has_changed(run: Run, row: WatchedItem, item: DriveItem, parent_id: str) -> bool:
    """Write to the row object what is told; is there anything to write?"""
    if item.deleted:
        row.is_gone, row.is_noted = True, True
        _wait(row)
        return True
    if row.is_inside and row.generation != run.folder.generation:
        row.to_list = run.folder.subfolders  # seen for the first time in this look
    before = _facts(row)
    _copy(run, row, item, parent_id)
    if _facts(row) != before:
        row.is_noted = True
        _wait(row)
    return True


def _wait(row: WatchedItem) -> None:
    """The file is to be looked at; one that was dropped stays so."""
    row.not_before = 0
    if row.state != ItemState.DROPPED:
        row.state = ItemState.PENDING


def _copy(run: Run, row: WatchedItem, item: DriveItem, parent_id: str) -> None:
    row.parent_id = parent_id or item.parent_id or row.parent_id
    row.name = (item.name or row.name)[:400]
    row.is_folder = item.is_folder
    row.size = 0 if item.is_folder else item.size
    row.etag = "" if item.is_folder else item.etag
    row.modified_at = moments.kept(item.modified_at)
    row.is_gone = row.is_doubtful = False
    row.generation = run.folder.generation


def _facts(row: WatchedItem) -> tuple[Any, ...]:
    told = (row.parent_id, row.name, row.is_folder, row.is_gone)
    return (*told, row.size, row.etag)


def folder_gone() -> ItemNotFound:
    """The watched folder itself is not there any more."""
    return ItemNotFound("The watched folder is gone.", code="watch_folder_gone")
