"""The tree of a watched folder: what belongs to it, in rows and never in memory.

New folders are taken in before others are taken out, so that the order in which
Microsoft told of them does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q

from wagtail_m365.models.watched_items import ItemState

from .watch_runs import Run

#: Rows that one query takes.
_SLICE = 500


def sort_in(run: Run) -> None:
    """Decide for everything that was noted whether it is in the folder."""
    noted = run.items.filter(is_noted=True)
    if not noted.exists():
        return
    with transaction.atomic():
        run.hold()
        _take_folders_in(run)
        _take_folders_out(run)
        _sort_files(run)
        noted.filter(is_folder=True, is_inside=False).delete()
        noted.update(is_noted=False)


def take_out(run: Run, folder_ids: Iterable[str], *, doubtful: bool = False) -> None:
    """These folders, and all below them, are not in the watched folder any more.

    Args:
        run: The run.
        folder_ids: Their ids.
        doubtful: Nobody has deleted them: documents are kept whatever the setting says.
    """
    ids = list(folder_ids)
    while ids:
        for some in _slices(ids):
            run.items.filter(item_id__in=some, is_folder=True).update(
                is_inside=False, to_list=False, list_link=""
            )
            _leave(run.items.files().filter(parent_id__in=some), doubtful=doubtful)
        ids = [
            each
            for some in _slices(ids)
            for each in run.items.inside()
            .filter(parent_id__in=some)
            .values_list("item_id", flat=True)
        ]
    run.items.filter(is_folder=True, is_inside=False, is_noted=False).delete()


def sweep_unseen(run: Run) -> None:
    """What a look at the whole folder did not find is gone."""
    folder = run.folder
    unseen = run.items.filter(generation__lt=folder.generation)
    with transaction.atomic():
        run.hold()
        _leave(unseen.files().filter(is_gone=False), doubtful=folder.keeps_unseen)
        unseen.filter(is_folder=True).delete()


def _take_folders_in(run: Run) -> None:
    """Noted folders below one that is inside, until there are no more."""
    if not run.folder.subfolders:
        return
    outside = run.items.filter(is_noted=True, is_folder=True, is_inside=False)
    while True:
        inside = run.items.inside().values("item_id")
        found = outside.filter(is_gone=False, parent_id__in=inside)
        ids = list(found.values_list("pk", flat=True)[:_SLICE])
        if not ids:
            return
        # What is in it may have been there before: nobody else tells of that.
        run.items.filter(pk__in=ids).update(is_inside=True, to_list=True, list_link="")


def _take_folders_out(run: Run) -> None:
    inside = run.items.inside().values("item_id")
    noted = run.items.filter(is_noted=True, is_folder=True, is_inside=True)
    elsewhere = ~Q(parent_id__in=inside) & ~Q(item_id=run.folder.item_id)
    left = noted.filter(Q(is_gone=True) | elsewhere)
    take_out(run, list(left.values_list("item_id", flat=True)))


def _sort_files(run: Run) -> None:
    inside = run.items.inside().values("item_id")
    files = run.items.files().filter(is_noted=True)
    _leave(files.exclude(parent_id__in=inside))


def _leave(files: Any, *, doubtful: bool = False) -> None:
    """Files that are no longer there: those without a document are forgotten at once."""
    ids = list(files.values_list("pk", flat=True))
    model = files.model
    for some in _slices(ids):
        rows = model.objects.filter(pk__in=some)
        rows.filter(had_document=False).delete()
        rows.exclude(state=ItemState.DROPPED).update(
            is_gone=True, is_doubtful=doubtful, state=ItemState.PENDING, not_before=0
        )
        rows.filter(state=ItemState.DROPPED).update(is_gone=True)


def _slices(ids: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(ids), _SLICE):
        yield ids[start : start + _SLICE]
