"""The files of a watched folder, one after the other: import, update, rename, see off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wagtail.documents.models import AbstractDocument

from wagtail_m365.errors import (
    ForeignAddress,
    ItemNotFound,
    M365Error,
    Misconfigured,
    TemporarilyUnavailable,
    TokenError,
    WrongState,
)
from wagtail_m365.models import RemoteSource, WatchedItem
from wagtail_m365.models.watched_items import ItemState

from . import watch_departures
from .creating import make_document, require_acceptable
from .folders import Place
from .formats import extension_of
from .remote_files import current, fetched, now_and_then
from .renaming import follow_name
from .updating import Sides, both_sides, keep_ours, note_common, take
from .watch_runs import Run

#: Files that one query takes.
_SLICE = 200
#: What concerns the whole folder, and no single file.
_ENDS_THE_RUN = (
    TokenError,
    Misconfigured,
    TemporarilyUnavailable,
    ForeignAddress,
    WrongState,
)
#: Seconds until a file that failed is tried again; twice as long each time.
_FIRST_WAIT, _LONGEST_WAIT = 300.0, 86_400.0


def take_all(run: Run) -> None:
    """Look at every file that waits; one that fails hinders no other.

    Raises:
        TokenError, Misconfigured, TemporarilyUnavailable, ForeignAddress: Nothing goes
            on for any file; what is done stays done.
        WrongState: Another run has taken the folder over.
    """
    for items in _waiting(run):
        wanted = _filtered(run, items)
        for item in wanted:
            run.hold()
            _try(run, item)


def _waiting(run: Run) -> Iterator[list[WatchedItem]]:
    started, last = run.clock(), 0
    while True:
        waiting = run.items.to_look_at(started).filter(pk__gt=last).order_by("pk")
        items = list(waiting.select_related("source__document")[:_SLICE])
        if not items:
            return
        last = items[-1].pk
        yield items


def _filtered(run: Run, items: list[WatchedItem]) -> list[WatchedItem]:
    """Those that the folder's filter lets through; the others are marked at once."""
    left = {item.pk for item in items if not item.is_gone and _left_out(run, item)}
    if left:
        run.hold()
        WatchedItem.objects.filter(pk__in=left).update(
            state=ItemState.FILTERED, error_code="", error_facts={}
        )
        run.counts["filtered"] += len(left)
    return [item for item in items if item.pk not in left]


def _left_out(run: Run, item: WatchedItem) -> bool:
    folder = run.folder
    wanted = folder.wanted_extensions
    if wanted and extension_of(item.name) not in wanted:
        return True
    return folder.max_size is not None and item.size > folder.max_size


def _try(run: Run, item: WatchedItem) -> None:
    try:
        _look_at(run, item)
    except _ENDS_THE_RUN:
        raise
    except M365Error as error:
        _note_failure(run, item, error)


def _look_at(run: Run, item: WatchedItem) -> None:
    if item.is_gone:
        watch_departures.see_off(run, item)
    elif item.source is not None:
        _update(run, item, item.source)
    elif item.had_document:
        # Somebody deleted it on the site, and meant it.
        run.note(item, "dropped", state=ItemState.DROPPED, error_code="")
    elif (there := _imported_by_hand(run, item)) is not None:
        run.note(item, source=there, had_document=True)
        _update(run, item, there)
    else:
        _import(run, item)


def _imported_by_hand(run: Run, item: WatchedItem) -> RemoteSource | None:
    """A document of this collection that was made from the file without the folder."""
    sources = RemoteSource.objects.of_file(run.folder.drive_id, item.item_id)
    here = sources.filter(document__collection=run.folder.collection)
    return here.filter(watched_item__isnull=True).select_related("document").first()


def _import(run: Run, item: WatchedItem) -> None:
    folder = run.folder
    remote = current(run.graph, folder.drive_id, item.item_id)
    require_acceptable(remote.name, remote.told_size)

    def alongside(document: AbstractDocument, source: RemoteSource) -> None:
        run.hold()
        changes = {"source": source, "had_document": True, **_up_to_date()}
        run.note(item, "imported", **changes)

    assert folder.collection is not None  # noqa: S101  # asked before the run
    with fetched(run.graph, remote, now_and_then(run.hold)) as arrived:
        make_document(
            arrived,
            folder.owner,
            collection=folder.collection,
            connection=run.connection,
            place=Place(folder.place),
            alongside=alongside,
        )


def _update(run: Run, item: WatchedItem, source: RemoteSource) -> None:
    watch_departures.welcome_back(run, item)
    known_name, in_conflict = source.name, item.state == ItemState.CONFLICT
    with both_sides(run.graph, source, progress=now_and_then(run.hold)) as sides:
        if sides.fetched is None or sides.is_same:
            note_common(sides)
            state = ItemState.CONFLICT if in_conflict else ItemState.TAKEN
            run.note(item, **_up_to_date() | {"state": state})
        elif sides.site_changed:
            keep_ours(sides, run.folder.owner)
            run.note(item, "conflict", **_up_to_date() | {"state": ItemState.CONFLICT})
        else:
            _take(run, item, sides)
    if sides.item.name != known_name:
        follow_name(
            sides.document,
            source,
            run.folder.owner,
            sides.item.name,
            with_file_name=run.folder.follows_file_names,
        )
        run.note(item, "renamed")


def _take(run: Run, item: WatchedItem, sides: Sides) -> None:
    def alongside() -> None:
        run.hold()
        run.note(item, "updated", **_up_to_date())

    take(sides, run.folder.owner, alongside=alongside)


def _up_to_date() -> dict[str, Any]:
    return {
        "state": ItemState.TAKEN,
        "error_code": "",
        "error_facts": {},
        "attempts": 0,
    }


def _note_failure(run: Run, item: WatchedItem, error: M365Error) -> None:
    """Keep why, for the folder's page; it is tried again after a while."""
    attempts = item.attempts + 1
    wait = min(_FIRST_WAIT * 2 ** (attempts - 1), _LONGEST_WAIT)
    code = "file_gone" if isinstance(error, ItemNotFound) else error.code
    run.note(
        item,
        "failed",
        state=ItemState.FAILED,
        error_code=code,
        error_facts=plain_facts(error, name=item.name),
        attempts=attempts,
        not_before=run.clock() + wait,
    )


def plain_facts(error: M365Error, **more: str) -> dict[str, object]:
    """What a row keeps of an error, so that it can be explained later."""
    facts = {**more, **error.facts}
    return {
        name: value for name, value in facts.items() if isinstance(value, str | int)
    }
