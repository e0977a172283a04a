"""Transfers are run: one file each, resumable, by whichever worker comes first.

What a transfer does is up to the runner of its kind. A runner is a function of one
:class:`Work`; it is named in :data:`RUNNERS` and loaded when the first of its kind runs,
so a new kind needs a line there and a module of its own::

    def fetch_file(work: Work) -> None:
        download(graph, item, target, progress=work.progress)
        work.note(item_id=item.id, web_url=item.web_url)

A runner may be begun anew at any time, by another process: what must be remembered it
notes on the row (:meth:`Work.note`), and whatever it does must do no harm when done
twice. It checks the permission of ``work.transfer.owner`` itself, since days may lie
between the click and the run. Where it returns, the transfer is done; where it raises,
the row says why, and whether it is tried again.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from random import SystemRandom
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from django.utils.module_loading import import_string

from wagtail_m365.errors import (
    M365Error,
    NotConnected,
    TemporarilyUnavailable,
    TransferCancelled,
)
from wagtail_m365.graph.types import UploadSession
from wagtail_m365.models import Connection, Transfer
from wagtail_m365.models.transfers import Kind, State
from wagtail_m365.redaction import Secret, scrubbed

from .transfer_leases import LEASE, claim, leave_alone

#: Kind → where its runner is.
RUNNERS: Mapping[str, str] = {
    Kind.SAVE: "wagtail_m365.documents.sending.send_copy",
    Kind.IMPORT: "wagtail_m365.documents.fetching.fetch_file",
}
#: Seconds between two notes of how far a transfer is.
NOTE_EVERY = 0.5
#: Attempts after which a transfer that Microsoft keeps putting off has failed.
ATTEMPTS = 8
#: Seconds to wait where Microsoft does not say how long.
_PAUSE = 30.0
_JITTER = SystemRandom().random

logger = logging.getLogger(__name__)
Clock = Callable[[], float]


class TakenOver(BaseException):
    """Somebody else works on the transfer by now: leave everything as it is.

    Like the end of the process, it is nobody's to catch on the way.
    """


class Work:
    """One attempt at one transfer: what its runner is told, and whom it tells."""

    def __init__(self, transfer: Transfer, clock: Clock = time.time) -> None:
        self.transfer = transfer
        self._clock = clock
        self._noted_at = clock()

    @property
    def account(self) -> Connection:
        """The Microsoft account.

        Raises:
            NotConnected: It was disconnected meanwhile.
        """
        if self.transfer.connection is None:
            raise NotConnected(
                "The account was disconnected.", code="transfer_account_gone"
            )
        return self.transfer.connection

    def progress(self, done: int) -> None:
        """So many bytes are over; written down twice a second at most.

        Raises:
            TransferCancelled: Somebody wants it to end.
            TakenOver: Somebody else works on it.
        """
        self.transfer.bytes_done = done
        # Once all is over, it is too late to cancel.
        if done < self.transfer.size and self._is_time():
            self._note_progress()

    def alive(self) -> None:
        """Bytes are on the wire; keeps the lease, and never raises."""
        if self._clock() - self._noted_at > LEASE / 4:
            self._noted_at = self._clock()
            self._renew()

    def keep_session(self, session: UploadSession) -> None:
        """Remember an upload session, so that another worker can go on in it.

        Raises:
            TakenOver: Somebody else works on it.
        """
        self.note(session_sealed=self.transfer.seal_session(session.url))

    def session(self) -> Secret | None:
        """The upload session that an earlier attempt has begun."""
        return self.transfer.open_session()

    def note(self, **columns: Any) -> None:
        """Write facts down on the row.

        Raises:
            TakenOver: Somebody else works on it.
        """
        if not self.transfer.write(**columns):
            raise TakenOver

    def _is_time(self) -> bool:
        return self._clock() - self._noted_at >= NOTE_EVERY

    def _note_progress(self) -> None:
        self._noted_at = self._clock()
        try:
            wanted = self._renew(bytes_done=self.transfer.bytes_done)
        except DatabaseError:  # it is only a note; the next one may be luckier
            logger.warning("Progress of %s could not be noted.", self.transfer.pk)
            return
        if not wanted:
            raise self._ended()

    def _renew(self, **columns: Any) -> bool:
        """Keep the lease; false when it is lost, or when the transfer is to end."""
        held = Transfer.objects.filter(pk=self.transfer.pk, fence=self.transfer.fence)
        until = self._clock() + LEASE
        return bool(
            held.filter(cancel_requested=False).update(
                lease_until=until, seen_at=timezone.now(), **columns
            )
        )

    def _ended(self) -> BaseException:
        held = Transfer.objects.filter(pk=self.transfer.pk, fence=self.transfer.fence)
        if held.exists():
            return TransferCancelled()
        return TakenOver()


def run(
    transfer_id: uuid.UUID | str,
    *,
    clock: Clock = time.time,
    work: Callable[[Transfer, Clock], Work] = Work,
) -> Transfer | None:
    """Work on one transfer, until it has ended or has to wait.

    Args:
        transfer_id: Which one.
        clock: POSIX time.
        work: What the runner is given.

    Returns:
        The transfer as it is then; ``None`` when there was nothing to do for this
        worker. What went wrong is on its row; nothing is raised for it.
    """
    transfer = claim(transfer_id, now=clock())
    if transfer is None:
        return None
    begun_at = transfer.bytes_done
    try:
        _run(work(transfer, clock))
    except TakenOver:
        logger.info("Transfer %s went on elsewhere.", transfer.pk)
    except TransferCancelled as error:
        transfer.end(State.CANCELLED, session_sealed="", error_code=error.code)
    except TemporarilyUnavailable as error:
        _put_off(transfer, error, clock())
    except M365Error as error:
        fail(transfer, error)
    except Exception:
        logger.exception("Transfer %s was cut short.", transfer.pk)
        _interrupt(transfer, begun_at)
    return transfer


def _run(work: Work) -> None:
    transfer = work.transfer
    if transfer.cancel_requested and not transfer.session_sealed:
        raise TransferCancelled
    import_string(RUNNERS[transfer.kind])(work)
    done = transfer.end(
        State.DONE,
        bytes_done=transfer.size,
        session_sealed="",
        error_code="",
        error={},
    )
    if not done:
        raise TakenOver


def fail(transfer: Transfer, error: M365Error) -> None:
    """Write down why it failed; the upload session is over then, too."""
    transfer.end(State.FAILED, session_sealed="", **columns_of(error))


def _put_off(transfer: Transfer, error: TemporarilyUnavailable, now: float) -> None:
    """Wait as Microsoft wishes, and go on in the same upload session."""
    columns = columns_of(error)
    # What may have arrived under a name of Microsoft's choice would arrive twice.
    if transfer.attempts >= ATTEMPTS or error.code == "upload_unconfirmed":
        transfer.end(State.FAILED, **columns)
        return
    wait = error.retry_after or _PAUSE * transfer.attempts
    # A tenth more at random: those who were told together do not come back together.
    until = now + wait * (1 + _JITTER() / 10)
    transfer.end(State.WAITING, not_before=until, **columns)
    if error.retry_after:
        leave_alone(transfer.connection_id, now + error.retry_after)


def _interrupt(transfer: Transfer, begun_at: int) -> None:
    """Go on where that leads somewhere (a queue's time limit), else stop."""
    error = M365Error("Cut short.", code="transfer_interrupted")
    came_further = transfer.bytes_done > begun_at and transfer.attempts < ATTEMPTS
    transfer.end(State.QUEUED if came_further else State.FAILED, **columns_of(error))


def columns_of(error: M365Error) -> dict[str, Any]:
    facts = {name: value for name, value in error.facts.items() if _is_plain(value)}
    return {
        "error_code": error.code[:100],
        "error": {
            "type": type(error).__name__,
            "code": error.code,
            "facts": scrubbed(facts),
            "correlation_id": error.correlation_id,
            "graph_code": getattr(error, "graph_code", ""),
            "at": error.occurred_at,
        },
    }


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
