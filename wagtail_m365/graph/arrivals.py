"""What Microsoft answers when the last byte of a file has arrived."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from wagtail_m365.errors import ContentMismatch, M365Error

from . import addresses
from .rest import Rest
from .sources import Source
from .types import ITEM_FIELDS, DriveItem

# SharePoint writes document properties into these on arrival, so the answer tells
# another size and hash (onedrive-api-docs#935; rclone names web pages, too).
_REWRITTEN_ON_ARRIVAL = frozenset(
    [
        *("docx", "docm", "dotx", "dotm", "doc", "dot"),
        *("xlsx", "xlsm", "xltx", "xltm", "xlsb", "xls", "xlt"),
        *("pptx", "pptm", "potx", "potm", "ppsx", "ppsm", "ppt", "pot", "pps"),
        *("vsdx", "vsdm", "one", "html", "htm", "mht", "mhtml", "aspx"),
    ]
)


def arrived(
    client: Rest, json: Mapping[str, Any], source: Source, drive_id: str
) -> DriveItem:
    """The item, compared with what was sent.

    Args:
        client: Asks Graph.
        json: The answer to the last bytes.
        source: What was sent.
        drive_id: Where to.

    Raises:
        ContentMismatch: What arrived is something else.
    """
    item = DriveItem.from_json(json)
    item = _verified(replace(item, drive_id=item.drive_id or drive_id), source)
    return item if item.web_url else _described(client, item)


def _verified(item: DriveItem, source: Source) -> DriveItem:
    if _is_as_sent(item, source):
        return item
    suffix = item.name.rpartition(".")[2].casefold()
    if suffix in _REWRITTEN_ON_ARRIVAL:
        return replace(item, rewritten=True)
    raise not_as_sent(item)


def not_as_sent(item: DriveItem) -> ContentMismatch:
    """Microsoft keeps something else than it was sent."""
    return ContentMismatch(
        "What Microsoft keeps is not what was sent.",
        code="copy_not_as_sent",
        name=item.name,
        item_id=item.id,
    )


def _is_as_sent(item: DriveItem, source: Source) -> bool:
    if item.hashes.quick_xor:
        return item.hashes.quick_xor == source.quick_xor()
    return item.told_size in (None, source.size)


def _described(client: Rest, item: DriveItem) -> DriveItem:
    """The item with its address, which Microsoft's own examples of the answer leave out.

    Tags, size and hashes stay as answered: those of now may be of a later content.
    """
    with suppress(M365Error):  # it is there all the same
        path = addresses.item(item.drive_id, item.id)
        now = DriveItem.from_json(client.get(path, params={"$select": ITEM_FIELDS}))
        return replace(
            now,
            drive_id=item.drive_id,
            etag=item.etag,
            ctag=item.ctag,
            size=item.size,
            told_size=item.told_size,
            hashes=item.hashes,
            rewritten=item.rewritten,
        )
    return item
