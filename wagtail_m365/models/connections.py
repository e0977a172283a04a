"""Connections: one Microsoft account each, with its sealed tokens."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Connection(models.Model):
    """One Microsoft account, connected by one editor or by the site."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Connected")
        NEEDS_CONSENT = "needs_consent", _("Needs consent")
        NEEDS_INTERACTION = "needs_interaction", _("Needs another sign-in step")
        NEEDS_RECONNECT = "needs_reconnect", _("Needs to be connected again")
        DENIED = "denied", _("Refused by a policy")
        MISCONFIGURED = "misconfigured", _("Set-up is wrong")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="m365_connections",
    )
    #: Name by which other code asks for a service connection; NULL for editors'.
    service_name = models.SlugField(
        _("service name"), max_length=100, unique=True, null=True, blank=True
    )
    label = models.CharField(_("label"), max_length=100, blank=True)
    is_default = models.BooleanField(_("default"), default=True)

    client_id = models.CharField(max_length=100)
    #: Tenant of the authority at which the account signed in ("organizations", id …).
    authority_tenant = models.CharField(max_length=255)
    tenant_id = models.CharField(_("tenant"), max_length=100)
    object_id = models.CharField(max_length=100)
    home_account_id = models.CharField(max_length=255)
    #: For display only: Microsoft says that it may change hands.
    username = models.CharField(_("account"), max_length=255, blank=True)
    display_name = models.CharField(_("name"), max_length=255, blank=True)

    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.ACTIVE
    )
    #: What the state rests on: {"code", "scopes", "claims", "correlation_id"}.
    state_details = models.JSONField(default=dict, blank=True)
    granted_scopes = models.TextField(_("rights"), blank=True)
    refresh_token_sealed = models.TextField(blank=True, editable=False)

    #: Fence: rises with every change of a token; a writer names the one it read.
    version = models.PositiveBigIntegerField(default=0)
    lease_owner = models.CharField(max_length=32, blank=True, default="")
    #: POSIX seconds until which `lease_owner` alone may refresh.
    lease_until = models.FloatField(default=0)
    #: POSIX seconds before which nobody asks Microsoft again.
    retry_at = models.FloatField(default=0)
    failures = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(_("connected on"), auto_now_add=True)
    last_refreshed_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("Microsoft connection")
        verbose_name_plural = _("Microsoft connections")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "client_id", "tenant_id", "object_id"],
                name="m365_one_connection_per_account",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.username or str(self.pk)


class CachedAccessToken(models.Model):
    """A short-lived bearer token of a connection for one audience, sealed."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="access_tokens"
    )
    #: The resource the token is for, such as the Graph host.
    audience = models.CharField(max_length=255)
    scopes = models.TextField()
    token_sealed = models.TextField(editable=False)
    #: POSIX seconds.
    expires_on = models.PositiveBigIntegerField()
    #: POSIX seconds from which a new one should be asked for; 0: not told.
    refresh_on = models.PositiveBigIntegerField(default=0)
    #: `Connection.version` with which this token was stored.
    version = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "audience"], name="m365_one_token_per_audience"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.audience}"
