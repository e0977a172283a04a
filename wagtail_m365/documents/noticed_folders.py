"""Drives of watched folders are followed, so that Microsoft calls when one changes.

A folder reads its drive's changes itself, with a link of its own, and a first run may
take hours. So it never runs while a drive's changes are read – that is one reader's
turn of some minutes – but afterwards, in a task of its own: see
``tasks.start_watched_folders``.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import FollowedDrive, WatchedFolder

if TYPE_CHECKING:
    from wagtail_m365.graph.client import GraphClient


class WatchedFolders:
    """Wants the drives of watched folders to be followed; their tasks do the rest."""

    def places(self) -> Iterable[tuple[UUID, str]]:
        """Where watched folders lie."""
        folders = WatchedFolder.objects.active().filter(connection__isnull=False)
        rows = folders.order_by().values_list("connection_id", "drive_id")
        return list(rows.distinct())

    def start_over(self, drive: FollowedDrive, graph: GraphClient) -> None:
        """Nothing here: the folder's own run looks."""

    def take(
        self, drive: FollowedDrive, graph: GraphClient, items: Sequence[DriveItem]
    ) -> None:
        """Nothing here: the folder's own run looks."""


def folders_to_run(drive: FollowedDrive) -> list[UUID]:
    """Watched folders on a drive that has changed; not those that Microsoft holds off."""
    due = WatchedFolder.objects.due(time.time()).of_drive(drive.drive_id)
    here = due.filter(connection_id=drive.connection_id)
    return list(here.values_list("pk", flat=True))
