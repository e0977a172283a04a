"""What is in a folder, in a drive or behind a search, as far as one look reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import addresses
from .answers import identified
from .rest import Rest
from .types import ITEM_FIELDS, DriveItem

#: Pages that one look reads at most, each of at most 200 items.
PAGES = 5
#: Members that a listing shows (``$select``).
_FIELDS = (
    "id,name,size,webUrl,lastModifiedDateTime,parentReference,"
    "file,folder,package,root,deleted,remoteItem"
)
# Microsoft's own largest page for most drives; more is cut to this silently.
_PARAMS: dict[str, str | int] = {"$top": 200, "$select": _FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A folder, by its id or by the way to it; nothing at all: the own drive's top."""

    drive_id: str = ""
    #: Its id; wins over the path.
    item_id: str = ""
    #: The folder from which the path counts; ``""``: the drive's root.
    top_id: str = ""
    #: Names with ``/`` between them.
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Items, and where Microsoft goes on with them."""

    items: tuple[DriveItem, ...] = ()
    #: Whole address of the next page; ``""``: this is all.
    next_link: str = ""


def children(rest: Rest, spot: Spot, *, link: str = "") -> Listing:
    """What is in a folder.

    Args:
        rest: The client.
        spot: The folder.
        link: Goes on here, where an earlier look ended.

    Raises:
        GraphError: As :meth:`GraphTransport.graph`.
    """
    return _read(rest, f"{_relative(spot)}/children", spot.drive_id, link)


def page_of_children(
    rest: Rest, drive_id: str, item_id: str, *, link: str = ""
) -> Listing:
    """One page of what is in a folder, with all that is told of each item.

    Args:
        rest: The client.
        drive_id: The folder's drive.
        item_id: The folder.
        link: Goes on here, where an earlier page ended.

    Raises:
        GraphError: As :meth:`GraphTransport.graph`.
    """
    path = f"{addresses.item(drive_id, item_id)}/children"
    params: dict[str, str | int] = {"$top": 200, "$select": ITEM_FIELDS}
    page = rest.get(link) if link else rest.get(path, params=params)
    return Listing(items=tuple(_items(page, drive_id)), next_link=_next(page))


def search(rest: Rest, spot: Spot, words: str, *, link: str = "") -> Listing:
    """What Microsoft finds for these words in and below a folder; may be partial.

    Raises:
        GraphError: As :meth:`GraphTransport.graph`.
    """
    path = f"{_relative(spot)}/search(q='{addresses.literal(words)}')"
    return _read(rest, path, spot.drive_id, link)


def shared_with_me(rest: Rest, *, link: str = "") -> Listing:
    """What others share with the person; see each one's ``remote_item``.

    Deprecated by Microsoft: from November 2026 on it is empty, without an error.

    Raises:
        GraphError: As :meth:`GraphTransport.graph`.
    """
    return _read(rest, "/me/drive/sharedWithMe()", "", link)


def recent(rest: Rest, *, link: str = "") -> Listing:
    """Files that the person used of late, the latest first; also on other drives.

    Deprecated by Microsoft: from November 2026 on it is empty, without an error.

    Raises:
        GraphError: As :meth:`GraphTransport.graph`.
    """
    return _read(rest, "/me/drive/recent()", "", link)


def folder(rest: Rest, spot: Spot) -> DriveItem:
    """The folder itself.

    Raises:
        ItemNotFound: It is gone.
        GraphError: As :meth:`GraphTransport.graph`.
    """
    answer = rest.get(_address(spot), params={"$select": _FIELDS})
    return item_of(answer, spot.drive_id)


def _read(rest: Rest, path: str, drive_id: str, link: str) -> Listing:
    page = rest.get(link) if link else rest.get(path, params=_PARAMS)
    items = _items(page, drive_id)
    for _ in range(PAGES - 1):
        if not _next(page):
            break
        page = rest.get(_next(page))
        items += _items(page, drive_id)
    return Listing(items=tuple(items), next_link=_next(page))


def _address(spot: Spot) -> str:
    if not spot.drive_id:
        names = addresses.path_segments(spot.path)
        return f"/me/drive/root:/{names}" if names else "/me/drive/root"
    if spot.item_id:
        return addresses.item(spot.drive_id, spot.item_id)
    if not spot.path and spot.top_id:
        return addresses.item(spot.drive_id, spot.top_id)
    return addresses.by_path(spot.drive_id, spot.path, parent_id=spot.top_id)


def _relative(spot: Spot) -> str:
    """An address that something may follow: a path of names ends with a colon."""
    address = _address(spot)
    return f"{address}:" if ":/" in address else address


def _next(page: Mapping[str, Any]) -> str:
    link = page.get("@odata.nextLink")
    return link if isinstance(link, str) else ""


def _items(page: Mapping[str, Any], drive_id: str) -> list[DriveItem]:
    return [item_of(each, drive_id) for each in identified(page)]


def item_of(json: Mapping[str, Any], drive_id: str = "") -> DriveItem:
    """An item; its drive is the one that was asked where Microsoft leaves it out."""
    item = DriveItem.from_json(json)
    return item if item.drive_id else replace(item, drive_id=drive_id)
