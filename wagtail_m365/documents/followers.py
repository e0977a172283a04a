"""Who wants to know what changes on a drive.

To follow changes, write a :class:`Follower` in a file beside this one and add it to
:data:`FOLLOWERS`: which drives are read, when, how often and by whom is seen to by
``noticing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import FollowedDrive

from .noticed_folders import WatchedFolders
from .noticed_sessions import OpenSessions

if TYPE_CHECKING:
    # Built with requests, which takes a while to import.
    from wagtail_m365.graph.client import GraphClient


class Follower(Protocol):
    """What is told of changes. The same change may be told twice."""

    def places(self) -> Iterable[tuple[UUID, str]]:
        """The drives whose changes are wanted now: connection and drive id."""

    def start_over(self, drive: FollowedDrive, graph: GraphClient) -> None:
        """Anything may have changed: look at everything that matters.

        Called at the first reading, after a pause that was too long for Microsoft,
        and at each reading of a drive whose changes this connection may not read.

        Raises:
            M365Error: The reading is repeated.
        """

    def take(
        self, drive: FollowedDrive, graph: GraphClient, items: Sequence[DriveItem]
    ) -> None:
        """These items have changed; each is told as it is now, or as ``deleted``.

        A path may be missing, and a work account is told neither cTag nor who changed
        it. ``graph`` asks with the connection of ``drive``.

        Raises:
            M365Error: The reading stops here and is repeated from here.
        """


FOLLOWERS: tuple[Follower, ...] = (OpenSessions(), WatchedFolders())
