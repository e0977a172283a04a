"""Watched folders: their files become documents, and follow what changes there.

One run at a time works on a folder; one that was killed is taken up where it was. What
somebody edited on the site is never overwritten: the other side is kept as a version,
and the folder's page says so.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from wagtail_m365.errors import (
    ItemNotFound,
    M365Error,
    Misconfigured,
    NotAllowed,
    NotConnected,
    TemporarilyUnavailable,
    TokenError,
    WrongState,
)
from wagtail_m365.models import WatchedFolder
from wagtail_m365.models.watched_folders import WatchState

from .permissions import may_create
from .watch_files import plain_facts, take_all
from .watch_letters import tell_that_it_stopped
from .watch_runs import Run
from .watch_tree import folder_gone, read

logger = logging.getLogger(__name__)

#: What only a person can mend: the folder stops until somebody does.
_STOPS = (TokenError, Misconfigured, NotAllowed, ItemNotFound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of one run."""

    folder: WatchedFolder
    #: How many of each kind: ``{"imported": 2, "failed": 1}``.
    counts: dict[str, int] = field(default_factory=dict)
    #: Why it ended early; what was done until then stays done.
    error: M365Error | None = None
    #: Another run was at work: nothing was done.
    is_busy: bool = False


def run_all(
    folders: Iterable[WatchedFolder] | None = None,
    clock: Callable[[], float] = time.time,
) -> list[Ran]:
    """Let every folder run that is due; one that fails hinders no other."""
    due = WatchedFolder.objects.due(clock()) if folders is None else folders
    return [run_folder(folder, clock) for folder in due]


def run_folder(folder: WatchedFolder, clock: Callable[[], float] = time.time) -> Ran:
    """Bring the collection up to date with the folder.

    Errors end the run and are told in what is returned, and on the folder's page.
    """
    try:
        run = Run(folder, clock)
    except WrongState:
        return Ran(folder=folder, is_busy=True)
    try:
        run.write(last_run_at=timezone.now())
        require_ready(run.folder)
        read(run)
        take_all(run)
    except WrongState as error:
        return Ran(folder=run.folder, counts=dict(run.counts), error=error)
    except ItemNotFound:
        # A file that is not found is told of that file: this is the folder, or its drive.
        return _ended_early(run, folder_gone())
    except M365Error as error:
        return _ended_early(run, error)
    except BaseException:
        run.release()
        raise
    run.release(
        stop_code="", stop_facts={}, not_before=0, last_finished_at=timezone.now()
    )
    return Ran(folder=run.folder, counts=dict(run.counts))


def require_ready(folder: WatchedFolder) -> None:
    """Refuse what can be known before Microsoft is asked.

    Raises:
        NotAllowed: The owner is gone, or may not add documents to the collection.
        NotConnected: The account was disconnected.
    """
    if folder.owner is None or not folder.owner.is_active:
        raise NotAllowed("The owner of the folder is gone.", code="watch_owner_gone")
    if folder.connection is None:
        raise NotConnected(
            "The folder's account is not connected any more.",
            code="watch_connection_gone",
        )
    if folder.collection is None:
        raise NotAllowed("The collection is gone.", code="watch_collection_gone")
    if not may_create(folder.collection, folder.owner):
        raise NotAllowed("The owner may not add there.", code="watch_not_allowed")


def go_on(folder: WatchedFolder) -> None:
    """Let a folder run again that was paused or has stopped."""
    WatchedFolder.objects.filter(pk=folder.pk).update(
        state=WatchState.ACTIVE, stop_code="", stop_facts={}, not_before=0
    )


def pause(folder: WatchedFolder) -> None:
    """Let it rest until somebody lets it go on; a run that is at work ends soon."""
    WatchedFolder.objects.filter(pk=folder.pk).update(
        state=WatchState.PAUSED, lease_run="", lease_until=0
    )


def _ended_early(run: Run, error: M365Error) -> Ran:
    told = {"stop_code": error.code, "stop_facts": plain_facts(error)}
    if isinstance(error, _STOPS):
        run.release(state=WatchState.STOPPED, **told)
        folder = WatchedFolder.objects.get(pk=run.folder.pk)
        tell_that_it_stopped(folder, error)
        logger.warning("Watched folder %s has stopped: %s", folder.pk, error.code)
        return Ran(folder=folder, counts=dict(run.counts), error=error)
    wait = error.retry_after if isinstance(error, TemporarilyUnavailable) else 0
    run.release(**told, not_before=run.clock() + wait)
    return Ran(folder=run.folder, counts=dict(run.counts), error=error)
