"""Who works on which transfer: one at a time, and so many at once for one account.

Claiming is a conditional UPDATE, committed at once. Who dies with a transfer loses it
by the clock; the next worker that has anything to do for the same account goes on with
it, and so does a run of ``wagtail_m365.tasks.sweep_transfers``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from wagtail_m365.conf import settings
from wagtail_m365.models import Transfer
from wagtail_m365.models.transfers import State

#: Seconds without a word after which a worker counts as dead. A slice of a fragment may
#: take 100 seconds, and Microsoft as long to answer (``graph.transport``).
LEASE = 240.0


def claim(transfer_id: Any, *, now: float) -> Transfer | None:
    """The transfer, if it is to be worked on and nobody does.

    Args:
        transfer_id: Its id.
        now: POSIX time.

    Returns:
        ``None`` when there is nothing to do, or no place for it yet: whoever works for
        the same account takes it next.
    """
    rows = Transfer.objects.filter(pk=transfer_id)
    transfer = rows.first()
    if transfer is None or transfer.state == State.DONE:
        return None
    requeue_abandoned(now, connection_id=transfer.connection_id)
    fence = rows.filter(_claimable(now)).values_list("fence", flat=True).first()
    if fence is None:
        return None
    held = rows.select_related("owner", "connection", "document")
    for slot in _free_slots(transfer.connection_id):
        if _took(rows.filter(_claimable(now), fence=fence), slot, now):
            return held.filter(fence=fence + 1).first()
    return None


def next_due(connection_id: Any, *, now: float) -> uuid.UUID | None:
    """What could be worked on next for this account, the oldest first."""
    requeue_abandoned(now, connection_id=connection_id)
    rows = Transfer.objects.filter(_claimable(now), connection_id=connection_id)
    return rows.order_by("created_at", "position").values_list("pk", flat=True).first()


def requeue_abandoned(now: float, **where: Any) -> int:
    """Let others have what dead workers hold, and their places.

    Returns:
        How many there were.
    """
    return (
        Transfer.objects.filter(**where)
        .abandoned(now)
        .update(state=State.QUEUED, slot=None, fence=F("fence") + 1, lease_until=0)
    )


def due(now: float) -> list[uuid.UUID]:
    """Every transfer that could be worked on and that no worker may know of."""
    requeue_abandoned(now)
    rows = Transfer.objects.filter(_claimable(now)).order_by("created_at", "position")
    return list(rows.values_list("pk", flat=True))


def count_due(now: float) -> int:
    """How many :func:`due` would give; changes nothing."""
    rows = Transfer.objects
    return rows.filter(_claimable(now)).count() + rows.abandoned(now).count()


def _claimable(now: float) -> Q:
    waits = Q(state__in=[State.QUEUED, State.WAITING])
    return waits & (Q(not_before__lte=now) | Q(cancel_requested=True))


def leave_alone(connection_id: Any, until: float) -> None:
    """Begin nothing for this account before then, in any process.

    Args:
        connection_id: Whose account Microsoft wants to be left alone.
        until: POSIX time.
    """
    Transfer.objects.filter(
        connection_id=connection_id, state=State.QUEUED, not_before__lt=until
    ).update(not_before=until)


def _free_slots(connection_id: Any) -> Iterator[int | None]:
    """Places of the account that nobody has, as far as is known."""
    if connection_id is None:  # it will be refused, and needs no place for that
        yield None
        return
    of_account = Transfer.objects.filter(connection_id=connection_id)
    taken = set(of_account.filter(slot__isnull=False).values_list("slot", flat=True))
    yield from set(range(settings.TRANSFERS_PER_CONNECTION)) - taken


def _took(rows: Any, slot: int | None, now: float) -> bool:
    try:
        with transaction.atomic():
            taken = rows.update(
                state=State.RUNNING,
                slot=slot,
                fence=F("fence") + 1,
                attempts=F("attempts") + 1,
                lease_until=now + LEASE,
                seen_at=timezone.now(),
            )
    except IntegrityError:  # somebody was quicker to this place
        return False
    return bool(taken)
