"""Copies on their way: what tests of transfers share."""

from __future__ import annotations

import os
from typing import Any

from wagtail_m365.documents import transferring
from wagtail_m365.documents.transfer_batches import plan_copies
from wagtail_m365.graph.upload_sessions import FRAGMENT
from wagtail_m365.models import Transfer

LARGE = os.urandom(2 * FRAGMENT + 4711)


class Clock:
    """Time that passes by itself with each look, so that nobody has to sleep."""

    def __init__(self, step: float = 0) -> None:
        self.now, self.step = 1_000_000.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def plan(documents: Any, user: Any, connection: Any, **how: Any) -> list[Transfer]:
    batch = plan_copies(
        documents, user, connection=connection, **{"into": None, "below": ""} | how
    )
    return list(Transfer.objects.of_batch(batch))


def run_all(transfers: list[Transfer]) -> list[Transfer]:
    for transfer in transfers:
        transferring.run(transfer.pk)
        transfer.refresh_from_db()
    return transfers
