"""Work for a worker: thin wrappers whose arguments are ids, never secrets.

Run by whatever task backend the site has chosen (``TASKS``); without one they run at
once. Call :data:`sweep`, :data:`sweep_transfers` and :data:`notice_changes` from the
site's own schedule.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django_tasks import task

if TYPE_CHECKING:
    from .models import FollowedDrive

logger = logging.getLogger(__name__)
#: Seconds after which a task leaves what else is due to another one.
_TURN = 60.0
#: Backends of ``django_tasks`` that bring no workers.
_WITHOUT_WORKERS = frozenset({"ImmediateBackend", "DummyBackend"})


@task()
def sweep() -> dict[str, int]:
    """Finish, free and report what was left open; see ``documents.sweeping``.

    Returns:
        How many of each kind, by the names of ``documents.sweeping.Swept``.
    """
    from .documents import sweeping

    swept = sweeping.sweep()
    counts = {name: len(getattr(swept, name)) for name in swept.__slots__}
    logger.info("Edit sessions were swept: %s", counts)
    return counts


@task()
def notice_changes() -> int:
    """Read what has changed on every drive that is followed; see ``documents.noticing``.

    Returns:
        How many could not be read.
    """
    from .documents import noticing, subscribing

    subscribing.subscribe_all()
    failed = noticing.notice_all()
    for account, code in failed:
        logger.warning("Changes of %s could not be read: %s", account, code)
    return len(failed)


@task()
def notice_drive(drive_id: str) -> None:
    """Microsoft has told that something changed on a followed drive.

    Args:
        drive_id: Key of the ``FollowedDrive``.
    """
    from .documents import noticing
    from .errors import M365Error
    from .models import FollowedDrive

    drive = FollowedDrive.objects.select_related("connection").filter(pk=drive_id)
    for each in drive:
        try:
            noticing.notice(each)
        except M365Error as error:
            logger.warning("Changes of %s could not be read: %s", each, error.code)
        start_watched_folders(each)


@task()
def follow_sessions() -> None:
    """An edit session has begun: have Microsoft call when its drive changes."""
    from .documents import subscribing

    subscribing.subscribe_all()


@task()
def renew_subscriptions() -> dict[str, int]:
    """Renew Microsoft's promises to call before they end; once a day.

    Returns:
        How many of each kind, by the names of ``documents.subscribing.Renewed``.
    """
    from .documents import subscribing

    renewed = subscribing.renew_all()
    counts = {name: len(getattr(renewed, name)) for name in renewed.__slots__}
    logger.info("Subscriptions were renewed: %s", counts)
    return counts


@task()
def answer_lifecycle(subscription_id: str, event: str) -> None:
    """Microsoft tells something about a subscription itself.

    Args:
        subscription_id: Key of our ``Subscription``.
        event: ``reauthorizationRequired``, ``subscriptionRemoved`` or ``missed``.
    """
    from .documents import subscribing
    from .models import Subscription

    rows = Subscription.objects.select_related("drive__connection")
    for each in rows.filter(pk=subscription_id):
        subscribing.answer_lifecycle(each, event)
        start_watched_folders(each.drive)


@task()
def keep_connections_alive(idle_days: int = 60) -> dict[str, int]:
    """Refresh idle connections before Microsoft ends them after 90 days; once a day.

    The use log is shortened, too.

    Args:
        idle_days: Days since the last refresh.

    Returns:
        How many were ``kept`` and how many are ``lost``.

    Raises:
        RuntimeError: It runs within a transaction; enqueue it on commit.
        TemporarilyUnavailable: Microsoft does not answer; what is done stays done.
    """
    from .tokens import purposes
    from .tokens.keep_alive import keep_alive

    purposes.shorten_use_log()
    counts = {"kept": 0, "lost": 0}
    for one in keep_alive(idle_days=idle_days):
        counts["lost" if one.error else "kept"] += 1
    logger.info("Idle connections were refreshed: %s", counts)
    return counts


@task()
def notice_granted_consents() -> int:
    """Ask Microsoft whether an administrator has granted what people wait for; hourly.

    Returns:
        How many requests were granted meanwhile.

    Raises:
        TemporarilyUnavailable: Microsoft does not answer; what is done stays done.
    """
    from .conf import settings
    from .tokens import consents, notices

    granted = sum(bool(one.granted_at) for one in consents.look_at_all())
    if settings.NOTIFY_BY_EMAIL:
        notices.tell_of_granted_consents()
    return granted


@task()
def tell_of_trouble(connection_id: str) -> None:
    """Write to whoever has to mend a connection, once for each trouble.

    Args:
        connection_id: Key of the ``Connection``.
    """
    from .models import Connection
    from .tokens import notices

    for connection in Connection.objects.filter(pk=connection_id):
        notices.tell_by_mail(connection)


@task()
def run_transfer(transfer_id: str) -> str:
    """Run one transfer, and what else is due for the same account.

    Whoever found no place leaves it to those that have one; so they look for more. After
    a while another task goes on, since queues have time limits and others wait, too.

    Args:
        transfer_id: Which one.

    Returns:
        Its state; ``""`` when there was nothing to do.
    """
    from .documents import transfer_leases, transferring

    begun = time.monotonic()
    transfer = transferring.run(transfer_id)
    if transfer is None:
        return ""
    while following := transfer_leases.next_due(
        transfer.connection_id, now=time.time()
    ):
        if time.monotonic() - begun > _TURN:
            run_transfer.enqueue(str(following))
            break
        if transferring.run(following) is None:
            break
    return str(transfer.state)


@task()
def sweep_transfers() -> int:
    """Go on with transfers whose worker has died, or that had to wait; forget old ones.

    Returns:
        How many go on.
    """
    from .documents import transfer_batches, transfer_leases

    transfer_batches.old_transfers().delete()
    due = transfer_leases.due(time.time())
    start_transfers(due)
    return len(due)


def has_workers() -> bool:
    """Does somebody else run tasks, or does whoever enqueues one wait for it?"""
    return type(run_transfer.get_backend()).__name__ not in _WITHOUT_WORKERS


def start_transfers(transfer_ids: Iterable[object]) -> None:
    """Hand transfers to the site's workers, once the transaction is committed.

    Without workers each runs at once, one after the other, and the caller waits.
    """
    for transfer_id in transfer_ids:
        transaction.on_commit(partial(run_transfer.enqueue, str(transfer_id)))


@task()
def watch_folder(folder_id: str) -> dict[str, int]:
    """Let one watched folder run, whether it is due or not.

    Args:
        folder_id: Its primary key.

    Returns:
        How many files of each kind: ``{"imported": 2}``.
    """
    from .documents import watching
    from .models import WatchedFolder

    counts: dict[str, int] = {}
    for ran in watching.run_all(WatchedFolder.objects.filter(pk=folder_id)):
        counts = ran.counts
        logger.info("Watched folder %s ran: %s", folder_id, counts)
    return counts


def start_watched_folders(drive: FollowedDrive) -> None:
    """Something has changed on a drive: let its watched folders run, each in a task.

    A folder that runs at this moment is left to its next turn.
    """
    from .documents.noticed_folders import folders_to_run

    for folder_id in folders_to_run(drive):
        watch_folder.enqueue(str(folder_id))


@task()
def watch_folders() -> dict[str, int]:
    """Let every watched folder run that is due; call it every few minutes.

    Returns:
        How many ``ran``, were ``busy``, and ended early (``failed``).
    """
    from .documents import watching

    told = {"ran": 0, "busy": 0, "failed": 0}
    for ran in watching.run_all():
        kind = "busy" if ran.is_busy else "failed" if ran.error else "ran"
        told[kind] += 1
    logger.info("Watched folders ran: %s", told)
    return told


@task()
def warn_of_expiry() -> int:
    """Mail administrators before the secret or certificate ends; once a day.

    Returns:
        How many mails were sent.
    """
    from .health.warning import warn_of_expiry as warn

    return len(warn())
