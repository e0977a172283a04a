"""What has changed on a drive since last time (Microsoft: driveItem: delta)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wagtail_m365.errors import GraphError

from . import addresses
from .answers import Json, identified
from .rest import Rest
from .types import ITEM_FIELDS, DriveItem, text


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaPage:
    """Some of the changes, and from where to go on."""

    #: Each item once, as it is now; deleted ones tell little more than their id, and
    #: a path may be missing. The order means nothing; another page may tell the same
    #: item anew, and the later page holds.
    items: tuple[DriveItem, ...]
    #: Give this to :func:`changes` to go on after this page, now or another day.
    link: str
    #: Nothing more has changed by now.
    is_last: bool

    @classmethod
    def from_json(cls, json: Json) -> DeltaPage:
        items = map(DriveItem.from_json, identified(json))
        next_link, delta_link = (
            text(json, "@odata.nextLink"),
            text(json, "@odata.deltaLink"),
        )
        if not (next_link or delta_link):
            raise GraphError("Microsoft's list of changes tells no way to go on.")
        return cls(
            items=tuple({item.id: item for item in items}.values()),
            link=next_link or delta_link,
            is_last=not next_link,
        )


def changes(
    rest: Rest, drive_id: str, *, item_id: str = "", link: str = ""
) -> Iterator[DeltaPage]:
    """Pages of changes, up to the last one.

    Store each page's ``link`` once its items are dealt with: a later call goes on
    there, so that the first sync of a large drive can be interrupted.

    Args:
        rest: Asks Graph.
        drive_id: The drive.
        item_id: Folder whose changes are wanted, else the whole drive.
        link: From an earlier page; ``""``: everything that is there, from the start.

    Raises:
        ResyncRequired: The link is too old. Begin again without one, or with
            ``facts["location"]`` where Microsoft tells it.
        ForeignAddress: The link is not on Graph's host.
    """
    page = _first(rest, drive_id, item_id, link)
    yield page
    while not page.is_last:
        before, page = page, DeltaPage.from_json(rest.get(page.link))
        if page.link == before.link and not page.is_last:
            raise GraphError("Microsoft's list of changes leads back to itself.")
        yield page


def latest(rest: Rest, drive_id: str, *, item_id: str = "") -> str:
    """The link from which only what changes from now on is told."""
    params = {"token": "latest", "$select": ITEM_FIELDS}
    page = DeltaPage.from_json(rest.get(_path(drive_id, item_id), params=params))
    return page.link


def _first(rest: Rest, drive_id: str, item_id: str, link: str) -> DeltaPage:
    if link:
        return DeltaPage.from_json(rest.get(link))
    params = {"$select": ITEM_FIELDS}
    return DeltaPage.from_json(rest.get(_path(drive_id, item_id), params=params))


def _path(drive_id: str, item_id: str) -> str:
    if item_id:
        return f"{addresses.item(drive_id, item_id)}/delta"
    return f"/drives/{addresses.segment(drive_id)}/root/delta"
