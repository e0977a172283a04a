"""The use log: which purpose took tokens of which connection, and what is refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .connections import Connection
from .managers import BecomesManager


class TokenUseQuerySet(BecomesManager, models.QuerySet["TokenUse"]):
    """The questions asked of the use log."""

    def of_purpose(self, name: str) -> TokenUseQuerySet:
        """Every use under this name, the latest first."""
        return self.filter(purpose=name).order_by("-last_used_at")

    def before(self, day: date) -> TokenUseQuerySet:
        """Uses of earlier days."""
        return self.filter(day__lt=day)

    def add(
        self, connection: Connection, purpose: str, moment: datetime, uses: int
    ) -> None:
        """Count so many uses of that day."""
        day = moment.date()
        counted = self.filter(connection=connection, purpose=purpose, day=day).update(
            uses=models.F("uses") + uses, last_used_at=moment
        )
        if counted:
            return
        _row, created = self.get_or_create(
            connection=connection,
            purpose=purpose,
            day=day,
            defaults={
                "uses": uses,
                "last_used_at": moment,
                "account": str(connection)[:255],
                "user_id": connection.user_id,
            },
        )
        if not created:
            self.add(connection, purpose, moment, uses)


class TokenUse(models.Model):
    """How often one purpose took a token of one connection on one day (UTC)."""

    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.SET_NULL, related_name="token_uses"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    #: The connection's name: it stays when the connection is gone.
    account = models.CharField(_("account"), max_length=255)
    purpose = models.CharField(_("purpose"), max_length=100)
    day = models.DateField(_("day"))
    uses = models.PositiveIntegerField(_("uses"), default=0)
    last_used_at = models.DateTimeField(_("last used"))

    objects = TokenUseQuerySet.as_manager()

    class Meta:
        verbose_name = _("use of a token")
        verbose_name_plural = _("uses of tokens")
        ordering = ["-day", "purpose"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "purpose", "day"], name="m365_one_use_per_day"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="m365_token_use_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.purpose}: {self.account}"


class RefusedPurpose(models.Model):
    """A purpose for which an admin lets nobody have a token."""

    name = models.CharField(_("purpose"), max_length=100, unique=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    refused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    refused_at = models.DateTimeField(_("refused"), auto_now_add=True)

    class Meta:
        verbose_name = _("refused purpose")
        verbose_name_plural = _("refused purposes")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def is_refused(cls, name: str) -> bool:
        """Does an admin refuse this purpose?"""
        return cls.objects.filter(name=name).exists()

    @classmethod
    def refuse(cls, name: str, user: Any = None, reason: str = "") -> RefusedPurpose:
        """Let nobody have a token for this purpose from now on."""
        defaults = {"refused_by": user, "reason": reason[:255]}
        return cls.objects.get_or_create(name=name, defaults=defaults)[0]

    @classmethod
    def allow(cls, name: str) -> None:
        """Take a refusal back."""
        cls.objects.filter(name=name).delete()
