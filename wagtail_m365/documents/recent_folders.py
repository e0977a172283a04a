"""Folders that an account used of late, as values; the rows are the models'."""

from __future__ import annotations

from typing import Any

from wagtail.models import Collection

from wagtail_m365.models import Connection, RecentFolder

from .folders import Folder, Place


def recent(connection: Connection, count: int) -> list[Folder]:
    """The latest folders of this account, each once."""
    return [_folder(row) for row in RecentFolder.objects.different(connection, count)]


def latest(connection: Connection, collection_id: Any = None) -> Folder | None:
    """The last folder for this collection; else the last one at all."""
    row = RecentFolder.objects.latest_of(connection, collection_id)
    return _folder(row) if row else None


def remember(
    connection: Connection, folder: Folder, collection: Collection | None = None
) -> None:
    """Note that documents of this collection went there."""
    RecentFolder.objects.remember(
        connection,
        drive_id=folder.drive_id,
        item_id=folder.item_id,
        collection=collection,
        place=folder.place.value,
        top_id=folder.top_id,
        top_name=folder.top_name,
        path=folder.path,
        name=folder.name,
    )


def _folder(row: RecentFolder) -> Folder:
    return Folder(
        drive_id=row.drive_id,
        item_id=row.item_id,
        path=row.path,
        name=row.name,
        place=Place(row.place),
        top_name=row.top_name,
        top_id=row.top_id,
    )
