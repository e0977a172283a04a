"""Many drive items at once, each with its own answer."""

from __future__ import annotations

from collections.abc import Iterable

from wagtail_m365.errors import M365Error

from . import addresses, batch
from .rest import Rest
from .types import ITEM_FIELDS, DriveItem


def read_items(
    rest: Rest, drive_id: str, item_ids: Iterable[str]
) -> dict[str, DriveItem | M365Error]:
    """Items of one drive by id, twenty in a request; what cannot be read is an error.

    Args:
        rest: Asks Graph.
        drive_id: The drive.
        item_ids: Ids of its items; asked for once each.

    Raises:
        M365Error: A whole request failed.
    """
    wanted = list(dict.fromkeys(item_ids))
    questions = [
        batch.Question(
            method="GET",
            path=addresses.item(drive_id, item_id),
            params={"$select": ITEM_FIELDS},
        )
        for item_id in wanted
    ]
    answers = batch.ask(rest, questions)
    return {
        item_id: answer.error or DriveItem.from_json(answer.body)
        for item_id, answer in zip(wanted, answers, strict=True)
    }
