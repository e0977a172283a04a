"""Sharing links for the organisation (driveItem: createLink; permission: delete)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wagtail_m365.errors import Forbidden
from wagtail_m365.redaction import Secret

from . import addresses
from .rest import Rest
from .types import member, text

_ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingLink:
    """A link for everybody of the organisation, after signing in."""

    #: Of the permission behind it: with this it is taken away again.
    id: str
    url: Secret


def organization_link(
    client: Rest, drive_id: str, item_id: str, *, kind: Literal["view", "edit"]
) -> SharingLink:
    """A link for the organisation and for nobody else.

    Microsoft answers with the one that is there, if there is one.

    Args:
        client: Asks Graph.
        drive_id: The drive.
        item_id: The item.
        kind: What people may do with the item.

    Raises:
        Forbidden: The tenant, the drive or the right that we have gives none; or what
            it gives is for others, too.
        GraphError: Microsoft refuses otherwise.
    """
    answer = client.post(
        f"{addresses.item(drive_id, item_id)}/createLink",
        {"type": kind, "scope": _ORGANIZATION},
        repeatable=True,
    )
    link = member(answer, "link")
    if text(link, "scope") != _ORGANIZATION or not text(link, "webUrl"):
        remove_permission(client, drive_id, item_id, text(answer, "id"))
        raise Forbidden("Microsoft gave another link than one for the organisation.")
    return SharingLink(id=text(answer, "id"), url=Secret(text(link, "webUrl")))


def remove_permission(
    client: Rest, drive_id: str, item_id: str, permission_id: str
) -> None:
    """Take a link away, for everybody who has it.

    Raises:
        ItemNotFound: It is gone already.
        GraphError: Microsoft refuses.
    """
    if permission_id:
        path = addresses.item(drive_id, item_id)
        client.delete(f"{path}/permissions/{addresses.segment(permission_id)}")
