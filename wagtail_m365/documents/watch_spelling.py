"""One spelling for each id: on personal drives their letter case varies between answers.

Such a drive takes an id however it is written (onedrive-api-docs#1902), so the spelling
that was told first stays. Ids of other drives are different ids if their case differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wagtail_m365.graph.types import DriveItem
from wagtail_m365.models import WatchedFolder, WatchedItem
from wagtail_m365.models.remote_sources import is_personal


def as_first_told(folder: WatchedFolder, items: Iterable[DriveItem]) -> list[DriveItem]:
    """The items, their ids and those of their parents written as they are known.

    Args:
        folder: The watched folder; its rows tell what is known.
        items: As Microsoft told them just now.
    """
    told = list(items)
    if not is_personal(folder.item_id):
        return told
    ids = [each.id for each in told] + [each.parent_id for each in told]
    first: dict[str, str] = {}
    for known in (WatchedItem.objects.spellings(folder, ids), ids):
        for each in known:
            first.setdefault(each.lower(), each)
    return [
        replace(
            item, id=first[item.id.lower()], parent_id=first[item.parent_id.lower()]
        )
        for item in told
    ]
