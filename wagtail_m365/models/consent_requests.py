"""Consent that only an administrator of the organisation can give, and who waits for it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .connections import Connection
from .managers import BecomesManager


class ConsentRequestQuerySet(BecomesManager, models.QuerySet["ConsentRequest"]):
    """The questions asked of consent requests."""

    def waiting(self) -> ConsentRequestQuerySet:
        """Those that nobody has granted yet."""
        return self.filter(granted_at=None)

    def of_user(self, user: Any) -> ConsentRequestQuerySet:
        """Those that this editor has made."""
        return self.filter(user_id=user.pk)

    def news_for(self, user: Any) -> ConsentRequestQuerySet:
        """Those that were granted, and this editor was not told."""
        return self.filter(user_id=user.pk, told_at=None).exclude(granted_at=None)


class ConsentRequest(models.Model):
    """Rights that an editor, or the site, needs and an administrator has to grant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="m365_consent_requests",
    )
    #: NULL while the account could not even be connected without that consent.
    connection = models.ForeignKey(
        Connection,
        null=True,
        on_delete=models.CASCADE,
        related_name="consent_requests",
    )
    #: Space-separated, sorted.
    scopes = models.TextField(_("rights"))
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    looked_at = models.DateTimeField(null=True)
    granted_at = models.DateTimeField(_("granted"), null=True)
    told_at = models.DateTimeField(null=True)

    objects = ConsentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent request")
        verbose_name_plural = _("consent requests")
        ordering = ["asked_at"]

    def __str__(self) -> str:
        return self.scopes

    @property
    def wanted(self) -> tuple[str, ...]:
        """The rights that are waited for."""
        return tuple(self.scopes.split())

    def mark_granted(self) -> None:
        """An administrator has granted it; the editor is still to be told."""
        self.granted_at = timezone.now()
        self.save(update_fields=["granted_at"])

    def mark_told(self) -> None:
        """The editor knows."""
        self.told_at = timezone.now()
        self.save(update_fields=["told_at"])
