"""Transfers: one file each on its way to Microsoft 365 or from there.

A row is what survives: a reload, a restart, a worker that is killed. Whoever works on
it holds it by a lease that ends by the clock, and by a fence that rises with each
holder: a writer names the one it was given, so two workers never write one row. How
many run at once for one account is said by a unique column, as it works alike on SQLite,
PostgreSQL and MariaDB and needs no lock while bytes are on the wire.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.documents import get_document_model_string

from wagtail_m365.errors import Undecryptable
from wagtail_m365.redaction import Secret

from .managers import BecomesManager
from .vault import vault


class Kind(models.TextChoices):
    """What a transfer is for; each kind has a runner (``documents.transferring``)."""

    SAVE = "save", _("Save to Microsoft 365")
    OPEN = "open", _("Open in Microsoft 365")
    IMPORT = "import", _("Import from Microsoft 365")
    UPDATE = "update", _("Update from Microsoft 365")


class State(models.TextChoices):
    """Where a transfer stands."""

    QUEUED = "queued", _("Waiting for its turn")
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting for Microsoft")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", pgettext_lazy("state", "Cancelled")


#: State → states that may follow. Done is final; what failed may be tried again.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED, State.FAILED}),
    State.RUNNING: frozenset(State) - {State.RUNNING},
    State.WAITING: frozenset({State.RUNNING, State.QUEUED, State.CANCELLED}),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset({State.QUEUED}),
    State.DONE: frozenset(),
}
#: States in which something is still going to happen by itself.
UNFINISHED = frozenset({State.QUEUED, State.RUNNING, State.WAITING})


class TransferQuerySet(BecomesManager, models.QuerySet["Transfer"]):
    """The questions asked of transfers."""

    def unfinished(self) -> TransferQuerySet:
        """Those that are still going to happen, or are happening."""
        return self.filter(state__in=UNFINISHED)

    def of_batch(self, batch_id: uuid.UUID) -> TransferQuerySet:
        """Those that were begun together, in the order of their names."""
        return self.filter(batch_id=batch_id).order_by("position", "created_at")

    def of_owner(self, user: Any) -> TransferQuerySet:
        """What this person began."""
        return self.filter(owner_id=user.pk)

    def ended_before(self, moment: datetime) -> TransferQuerySet:
        """Those that are over since then; whoever reads of them still, reads history."""
        return self.exclude(state__in=UNFINISHED).filter(finished_at__lt=moment)

    def abandoned(self, now: float) -> TransferQuerySet:
        """Those whose worker has died: its lease is over.

        Args:
            now: POSIX time.
        """
        return self.filter(state=State.RUNNING, lease_until__lt=now)


class Transfer(models.Model):
    """One file on its way, and how far it is."""

    State = State
    Kind = Kind

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: The same for all that were begun together.
    batch_id = models.UUIDField(default=uuid.uuid4, db_index=True, editable=False)
    #: Place within its batch.
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("started by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="m365_transfers",
    )
    connection = models.ForeignKey(
        "wagtail_m365.Connection",
        null=True,
        on_delete=models.SET_NULL,
        related_name="transfers",
    )
    document = models.ForeignKey(
        get_document_model_string(),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="m365_transfers",
    )
    #: What people call it: the document's title, or the remote file's name.
    title = models.CharField(_("document"), max_length=255, blank=True)
    #: What the runner of this kind was asked for; small, and never a secret.
    options = models.JSONField(default=dict, blank=True)

    drive_id = models.CharField(max_length=255, blank=True)
    folder_id = models.CharField(max_length=255, blank=True)
    item_id = models.CharField(max_length=255, blank=True)
    #: Name the file has in Microsoft 365, where any name can be written.
    name = models.CharField(_("name"), max_length=400, blank=True)
    #: Name it has on the site; the two together are how a name comes back.
    original_name = models.CharField(max_length=400, blank=True)
    #: Bytes.
    size = models.PositiveBigIntegerField(_("size"), default=0)
    bytes_done = models.PositiveBigIntegerField(default=0)
    #: Address of the finished file in Microsoft 365; opens with a sign-in only.
    web_url = models.TextField(blank=True)
    #: Link for the organisation, where one was asked for; needs a sign-in, too.
    share_url = models.TextField(blank=True)
    #: Why there is no such link, as an error's code.
    share_error = models.CharField(max_length=100, blank=True)

    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.QUEUED
    )
    #: Somebody wants it to end; its worker does that between two fragments.
    cancel_requested = models.BooleanField(default=False)
    #: Code of the last error; see ``explanations``.
    error_code = models.CharField(max_length=100, blank=True)
    #: The last error: {"type", "code", "facts", "correlation_id", "at"}.
    error = models.JSONField(default=dict, blank=True)
    #: How often a worker has begun or gone on.
    attempts = models.PositiveIntegerField(default=0)
    #: POSIX seconds before which nobody goes on, as Microsoft has asked.
    not_before = models.FloatField(default=0)

    #: Rises with each holder; a writer names the one it was given.
    fence = models.PositiveBigIntegerField(default=0)
    #: POSIX seconds until which its holder alone may work on it.
    lease_until = models.FloatField(default=0)
    #: Which of the connection's places it runs on; NULL while it does not run.
    slot = models.PositiveSmallIntegerField(null=True, editable=False)
    #: Address of the upload session. It is pre-authenticated, so it is a secret.
    session_sealed = models.TextField(blank=True, editable=False)

    created_at = models.DateTimeField(_("started"), default=timezone.now)
    #: When its worker was last heard of.
    seen_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["-created_at", "position"]
        constraints = [
            # NULL is unlike NULL: only those that run are counted.
            models.UniqueConstraint(
                fields=["connection", "slot"], name="m365_one_transfer_per_slot"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "created_at"], name="m365_transfer_state"),
            models.Index(fields=["connection", "state"], name="m365_transfer_due"),
            # The report shows the newest of all.
            models.Index(fields=["-created_at"], name="m365_transfer_newest"),
        ]

    def __str__(self) -> str:
        return self.title or self.name or str(self.pk)

    @property
    def waits_until(self) -> datetime | None:
        """When Microsoft may be asked again; ``None``: now."""
        if self.state != State.WAITING or self.not_before <= time.time():
            return None
        return datetime.fromtimestamp(self.not_before, UTC)

    @property
    def is_unfinished(self) -> bool:
        """Is something still going to happen by itself?"""
        return self.state in UNFINISHED

    def is_abandoned(self, now: float) -> bool:
        """Has its worker died?"""
        return self.state == State.RUNNING and self.lease_until < now

    def may_become(self, state: str) -> bool:
        """May this state be next?"""
        return state == self.state or state in TRANSITIONS[self.state]

    def write(self, **changes: Any) -> bool:
        """Change the row, unless somebody else holds it by now.

        Returns:
            False when the fence has moved; nothing is written then.

        Raises:
            ValueError: When no such state may follow.
        """
        state = changes.get("state", self.state)
        if not self.may_become(state):
            raise ValueError(f"A transfer does not go from {self.state} to {state}.")
        rows = type(self).objects.filter(pk=self.pk, fence=self.fence)
        if not rows.update(**changes):
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True

    def end(self, state: str, **changes: Any) -> bool:
        """Write how it ended: nobody holds it any more, and its place is free."""
        unfinished = state in UNFINISHED
        return self.write(
            state=state,
            slot=None,
            lease_until=0,
            finished_at=None if unfinished else timezone.now(),
            **changes,
        )

    def seal_session(self, address: Secret) -> str:
        """The address of an upload session, sealed for this row; changes nothing."""
        return vault().seal(address, *self._session_place())

    def open_session(self) -> Secret | None:
        """Address of the upload session to go on with, if there is one.

        One that no key opens any more counts as none: the file is sent anew.
        """
        if not self.session_sealed:
            return None
        try:
            return vault().open(self.session_sealed, *self._session_place())
        except Undecryptable:
            return None

    # Django's templates must not get at it by a dot.
    open_session.alters_data = True  # type: ignore[attr-defined]  # Django's own mark

    def _session_place(self) -> tuple[str, ...]:
        return ("Transfer", str(self.pk), "session")
