"""What has changed in Microsoft 365 is noticed: drive by drive, for all who follow one.

Microsoft tells the changes of a whole drive since a stored link (driveItem: delta). A
work account is told them at the drive's root only, and no account with the right to the
app's own folder alone (``Files.ReadWrite.AppFolder`` is not among delta's permissions):
such a drive's copies are looked at one by one, twenty in a request.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from wagtail_m365.errors import Forbidden, M365Error, ResyncRequired
from wagtail_m365.models import Connection, FollowedDrive
from wagtail_m365.tokens import bundles

from .clients import graph_for
from .followers import FOLLOWERS, Follower

if TYPE_CHECKING:
    from wagtail_m365.graph.client import GraphClient

logger = logging.getLogger(__name__)

#: Each of them lets a drive's changes be read (driveItem: delta, "Permissions"), the
#: widest first, since the token that is there already carries it.
_READING = (
    *("Files.ReadWrite.All", "Files.ReadWrite", "Files.Read.All", "Files.Read"),
    *("Sites.ReadWrite.All", "Sites.Read.All"),
)


def reading_rights(connection: Connection) -> tuple[str, ...]:
    """The rights with which this connection may read a drive's changes; empty: none."""
    if connection.kind == Connection.Kind.APP_ONLY:
        return bundles.APP_ONLY
    granted = {scope.casefold() for scope in connection.scopes}
    return next(((each,) for each in _READING if each.casefold() in granted), ())


def follow_what_is_wanted() -> list[FollowedDrive]:
    """One row for each drive that somebody follows.

    Returns:
        Rows that nobody needs any more; they are still there.
    """
    wanted = {place for each in FOLLOWERS for place in each.places()}
    rows = {
        (row.connection_id, row.drive_id): row for row in FollowedDrive.objects.all()
    }
    for connection_id, drive_id in wanted - rows.keys():
        FollowedDrive.objects.get_or_create(
            connection_id=connection_id, drive_id=drive_id
        )
    return [row for place, row in rows.items() if place not in wanted]


def notice_all() -> list[tuple[str, str]]:
    """Read the changes of every drive that somebody follows.

    Returns:
        What could not be read, and why (an error's code).
    """
    follow_what_is_wanted()
    failed = []
    for drive in FollowedDrive.objects.select_related("connection"):
        try:
            notice(drive)
        except M365Error as error:
            failed.append((str(drive.connection), error.code))
    return failed


def notice(
    drive: FollowedDrive, followers: Iterable[Follower] = FOLLOWERS
) -> FollowedDrive:
    """Read what has changed on a drive, and tell its followers.

    One reads at a time; what changes meanwhile is read at the end by the same one.

    Args:
        drive: Which one, and how far it is known.
        followers: Who is told.

    Raises:
        M365Error: It is not read to the end; the next reading goes on there.
    """
    if not drive.claim():
        return drive
    try:
        _read(drive, tuple(followers))
        while not drive.release():
            _read(drive, tuple(followers))
    except M365Error as error:
        drive.give_up(error.code)
        raise
    return drive


def _read(drive: FollowedDrive, followers: tuple[Follower, ...]) -> None:
    rights = reading_rights(drive.connection)
    if not rights:
        _look_at_all(drive, graph_for(drive.connection, bundles.EDIT), followers)
        return
    graph = graph_for(drive.connection, rights)
    try:
        _read_changes(drive, graph, followers)
    except ResyncRequired:
        # Microsoft does not remember that far back.
        drive.keep_link("")
        _read_changes(drive, graph, followers)
    except Forbidden as error:
        # Some drives may be read file by file all the same.
        logger.info("Changes of drive %s may not be read: %s", drive.pk, error.code)
        _look_at_all(drive, graph, followers)


def _read_changes(
    drive: FollowedDrive, graph: GraphClient, followers: tuple[Follower, ...]
) -> None:
    if not drive.delta_link:
        from wagtail_m365.graph.delta import latest

        # The link first: what changes while everything is looked at is told next time.
        link = latest(graph, drive.drive_id)
        _look_at_all(drive, graph, followers)
        drive.keep_link(link)
    for page in graph.changes(drive.drive_id, link=drive.delta_link):
        if page.items:
            _tell([(each.take, (drive, graph, page.items)) for each in followers])
        drive.keep_link(page.link)


def _look_at_all(
    drive: FollowedDrive, graph: GraphClient, followers: tuple[Follower, ...]
) -> None:
    _tell([(each.start_over, (drive, graph)) for each in followers])


def _tell(calls: list[tuple[Callable[..., None], tuple[Any, ...]]]) -> None:
    """Call all of them, whatever one of them raises.

    Raises:
        M365Error: The first that was raised.
    """
    failures = []
    for call, arguments in calls:
        try:
            call(*arguments)
        except M365Error as error:
            failures.append(error)
    for failure in failures:
        raise failure
