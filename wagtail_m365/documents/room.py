"""Is there room for the copy? Asked before anything is sent."""

from __future__ import annotations

from contextlib import suppress

from wagtail_m365.errors import GraphError, QuotaExceeded
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.types import Drive

from .edit_folders import EditLocation


def require_room(graph: GraphClient, location: EditLocation, size: int) -> None:
    """Refuse a file that cannot fit, as far as Microsoft tells.

    Args:
        graph: Asks with the account that will send it.
        location: Where it is to go.
        size: Bytes.

    Raises:
        QuotaExceeded: The drive has less room left (code ``no_room``).
        TokenError: The account gives no token.
        TemporarilyUnavailable: Microsoft does not answer.
    """
    drive = _drive(graph, location)
    left = drive.quota.remaining if drive else None
    if left is not None and left < size:
        raise QuotaExceeded(
            "The drive has no room for the file; nothing was sent.",
            code="no_room",
            size=size,
            left=max(left, 0),
        )


def _drive(graph: GraphClient, location: EditLocation) -> Drive | None:
    """The drive, where the right that we have lets us see its quota."""
    with suppress(GraphError):
        if location.drive_id:
            return graph.drives.get(location.drive_id)
        return graph.drives.mine()
    return None
