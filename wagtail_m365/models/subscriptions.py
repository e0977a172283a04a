"""Drives whose changes are followed, and Microsoft's promises to call when there are any."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wagtail_m365.redaction import Secret

from .managers import BecomesManager

#: Nobody reads a drive's changes, or asks for a subscription, for longer than this.
LEASE = timedelta(minutes=10)


class FollowedDriveQuerySet(BecomesManager, models.QuerySet["FollowedDrive"]):
    """The questions asked of followed drives."""

    def with_libraries(self) -> FollowedDriveQuerySet:
        """Each with ``library``: what its SharePoint library is called, if known."""
        # Late: those modules are models beside this one.
        from .places import RecentFolder
        from .watched_folders import WatchedFolder

        known = Q(drive_id=OuterRef("drive_id"), place="sites") & ~Q(top_name="")
        watched = WatchedFolder.objects.filter(known, top_id="").order_by("pk")
        used = RecentFolder.objects.filter(known, top_id="").order_by("-used_at")
        return self.annotate(
            library=Coalesce(
                Subquery(watched.values("top_name")[:1]),
                Subquery(used.values("top_name")[:1]),
                models.Value(""),
                output_field=models.TextField(),
            )
        )


class FollowedDrive(models.Model):
    """A drive whose changes somebody here wants to know, and how far they are known."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(
        "wagtail_m365.Connection",
        on_delete=models.CASCADE,
        related_name="followed_drives",
    )
    drive_id = models.CharField(max_length=255)
    #: Where Microsoft goes on telling; empty: nothing is known, begin anew.
    delta_link = models.TextField(blank=True)
    #: When somebody last told that something has changed.
    notified_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(_("last looked at"), null=True)
    #: Code of the error that the last reading ended with; empty when it went well.
    last_error = models.CharField(max_length=50, blank=True)
    #: Until then somebody reads it, from the moment in `begun_at`.
    busy_until = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)

    objects = FollowedDriveQuerySet.as_manager()

    class Meta:
        verbose_name = _("followed drive")
        verbose_name_plural = _("followed drives")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "drive_id"], name="m365_one_row_per_drive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.drive_id}"

    def library_name(self) -> str:
        """What people call its SharePoint library; empty: a OneDrive, or not known."""
        row = FollowedDrive.objects.with_libraries().filter(pk=self.pk).first()
        return str(getattr(row, "library", ""))

    def note_change(self) -> None:
        """Somebody told of a change: whoever reads just now reads once more."""
        self._rows().update(notified_at=timezone.now())

    def claim(self) -> bool:
        """Be the only one who reads; false while somebody else does."""
        now = timezone.now()
        free = Q(busy_until=None) | Q(busy_until__lt=now)
        taken = {"busy_until": now + LEASE, "begun_at": now}
        if not self._rows().filter(free).update(**taken):
            return False
        self.refresh_from_db()
        return True

    def release(self) -> bool:
        """Let others read; false, and still claimed, if it changed again meanwhile."""
        now = timezone.now()
        known = Q(notified_at=None) | Q(notified_at__lte=self.begun_at)
        done = {"busy_until": None, "read_at": self.begun_at, "last_error": ""}
        if self._rows().filter(known).update(**done):
            return True
        self._rows().update(busy_until=now + LEASE, begun_at=now)
        self.begun_at = now
        return False

    def give_up(self, code: str) -> None:
        """Let others read; this attempt went wrong."""
        self._rows().update(busy_until=None, last_error=code[:50])

    def keep_link(self, link: str) -> None:
        """What was told up to here is dealt with."""
        self._rows().update(delta_link=link)
        self.delta_link = link

    def _rows(self) -> models.QuerySet[FollowedDrive]:
        return FollowedDrive.objects.filter(pk=self.pk)


class Subscription(models.Model):
    """Microsoft's promise to call us when something on a drive changes."""

    class State(models.TextChoices):
        ASKED = "asked", _("Being asked for")
        ACTIVE = "active", _("Active")
        REMOVED = "removed", _("Removed by Microsoft")
        REFUSED = "refused", _("Not possible")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    drive = models.OneToOneField(
        FollowedDrive, on_delete=models.CASCADE, related_name="subscription"
    )
    #: Microsoft's own id of it; NULL while there is none.
    subscription_id = models.CharField(  # noqa: DJ001 - unique where there is one
        max_length=100, unique=True, null=True
    )
    #: SHA-256 of the secret that proves a call to be Microsoft's. The secret itself
    #: is only ever compared, so it is not kept.
    client_state_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.ASKED
    )
    expires_at = models.DateTimeField(_("expires"), null=True)
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    last_notified_at = models.DateTimeField(_("last call"), null=True)
    #: Code of the error that the last request ended with; empty when it went well.
    last_error = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["expires_at"]

    def __str__(self) -> str:
        return self.subscription_id or str(self.pk)

    @property
    def is_alive(self) -> bool:
        """Will Microsoft call, as far as is known?"""
        return self.state == self.State.ACTIVE and not self.ends_before(timezone.now())

    def ends_before(self, moment: datetime) -> bool:
        """Is it over by then?"""
        return self.expires_at is None or self.expires_at <= moment

    def is_proved_by(self, client_state: Secret) -> bool:
        """Does this text prove a call to be Microsoft's? Takes the same time anyway."""
        given = hash_of(client_state)
        return hmac.compare_digest(given, self.client_state_sha256)

    def note(self, **columns: Any) -> None:
        """Write columns of this row alone."""
        Subscription.objects.filter(pk=self.pk).update(**columns)
        for name, value in columns.items():
            setattr(self, name, value)


def hash_of(client_state: Secret) -> str:
    """What is kept of a ``clientState``; it is random, so a plain hash will do."""
    return hashlib.sha256(client_state.reveal().encode()).hexdigest()
