"""What the site has noticed about itself: task runs, failures, warnings it has sent."""

from __future__ import annotations

import uuid
from datetime import date

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wagtail_m365.errors import M365Error

from .managers import BecomesManager

#: Failures that are kept; the oldest make room.
_MOST_FAILURES = 50


class Heartbeat(models.Model):
    """A tiny task: handed over at one time, run by a worker at another, or never."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_at = models.DateTimeField(default=timezone.now, db_index=True)
    ran_at = models.DateTimeField(null=True)
    #: Path of the task backend that took it: what another one ran says nothing.
    backend = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M:%S}"


class FailureQuerySet(BecomesManager, models.QuerySet["Failure"]):
    """The questions asked of failures."""

    def note(self, error: M365Error, place: str) -> None:
        """Keep what support asks for; nothing of whom it happened to."""
        explanation = error.explanation
        self.create(
            code=explanation.code[:100],
            place=place[:200],
            reference=explanation.reference[:255],
        )
        kept = list(self.order_by("-pk").values_list("pk", flat=True)[:_MOST_FAILURES])
        if len(kept) == _MOST_FAILURES:
            self.filter(pk__lt=kept[-1]).delete()


class Failure(models.Model):
    """An error that somebody was shown: its code, where, and Microsoft's request id."""

    code = models.CharField(_("code"), max_length=100)
    #: Name of the view; never an address, which may name a document or a person.
    place = models.CharField(_("page"), max_length=200)
    reference = models.CharField(_("reference"), max_length=255, blank=True)
    happened_at = models.DateTimeField(_("when"), default=timezone.now)

    objects = FailureQuerySet.as_manager()

    class Meta:
        verbose_name = _("failure")
        verbose_name_plural = _("failures")

    def __str__(self) -> str:
        return self.code


class ExpiryWarningQuerySet(BecomesManager, models.QuerySet["ExpiryWarning"]):
    """The questions asked of warnings that were sent."""

    def claim(self, what: str, ends_on: date, days: int) -> bool:
        """Note that this is told now; ``False`` when somebody has told it before."""
        _row, created = self.get_or_create(what=what, ends_on=ends_on, days=days)
        return created

    def give_back(self, what: str, ends_on: date, days: int) -> None:
        """It could not be told after all."""
        self.filter(what=what, ends_on=ends_on, days=days).delete()


class ExpiryWarning(models.Model):
    """One mail about one end, at one threshold: it is sent once."""

    #: Which credential: the id of a row, or the name of a setting.
    what = models.CharField(max_length=100)
    ends_on = models.DateField()
    #: The threshold, in days before the end.
    days = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField(default=timezone.now)

    objects = ExpiryWarningQuerySet.as_manager()

    class Meta:
        verbose_name = _("expiry warning")
        verbose_name_plural = _("expiry warnings")
        constraints = [
            models.UniqueConstraint(
                fields=["what", "ends_on", "days"], name="m365_one_warning_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.days}"
