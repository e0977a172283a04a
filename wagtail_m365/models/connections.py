"""Connections: one Microsoft account each, with its sealed tokens."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from wagtail_m365.redaction import Secret

from .managers import BecomesManager
from .vault import vault

if TYPE_CHECKING:
    from wagtail_m365.crypto import Vault

#: Home of every personal Microsoft account (Microsoft, "ID token claims", ``tid``).
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"


class ConnectionQuerySet(BecomesManager, models.QuerySet["Connection"]):
    """The questions asked of connections."""

    def of_user(self, user: Any) -> ConnectionQuerySet:
        """What this person connected, the default first."""
        return self.filter(user_id=user.pk).order_by(
            models.F("default_for").desc(nulls_last=True), "created_at"
        )

    def default_of(self, user: Any) -> ConnectionQuerySet:
        """The one connection that is used when nobody names one."""
        return self.filter(default_for_id=user.pk)

    def service(self, name: str | None = None) -> ConnectionQuerySet:
        """Connections of the site itself, or the one of that name."""
        if name is None:
            return self.filter(service_name__isnull=False)
        return self.filter(service_name=name)

    def active(self) -> ConnectionQuerySet:
        """Those that can give a token as far as is known."""
        return self.filter(state=Connection.State.ACTIVE)

    def idle_since(self, moment: Any) -> ConnectionQuerySet:
        """Those whose refresh token was last renewed before that moment."""
        return self.filter(last_refreshed_at__lt=moment, kind=Connection.Kind.DELEGATED)


class Connection(models.Model):
    """One Microsoft account, connected by one editor or by the site."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Connected")
        NEEDS_CONSENT = "needs_consent", _("Needs consent")
        NEEDS_INTERACTION = "needs_interaction", _("Needs another sign-in step")
        NEEDS_RECONNECT = "needs_reconnect", _("Needs to be connected again")
        DENIED = "denied", _("Refused by a policy")
        MISCONFIGURED = "misconfigured", _("Set-up is wrong")

    class Kind(models.TextChoices):
        DELEGATED = "delegated", _("A person's account")
        APP_ONLY = "app_only", _("The application itself")

    # Made in Python: sealed values are bound to it before the row exists.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="m365_connections",
    )
    #: The same user while this is the default, NULL otherwise: a unique column
    #: says "one default per user" on every database.
    default_for = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="m365_default_connection",
    )
    #: Name by which other code asks for a service connection; NULL for editors'.
    service_name = models.SlugField(
        _("service name"), max_length=100, unique=True, null=True, blank=True
    )
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.DELEGATED)
    label = models.CharField(_("label"), max_length=100, blank=True)

    #: The editor's own app registration; NULL: the site's.
    registration = models.ForeignKey(
        "wagtail_m365.AppRegistration",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="connections",
    )
    client_id = models.CharField(max_length=100)
    #: The servers it was made with; its tokens go to no others. Empty: made before this
    #: was remembered (see :mod:`wagtail_m365.tokens.servers`).
    authority = models.CharField(max_length=255, blank=True, default="")
    graph_origin = models.CharField(max_length=255, blank=True, default="")
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
    #: What the state rests on: {"code", "scopes", "claims", "correlation_id", "at"}.
    state_details = models.JSONField(default=dict, blank=True)
    #: Space-separated, as Microsoft names them, without Graph's own address.
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

    #: Code of the trouble about which a mail was sent; empty: none since it worked.
    told_trouble = models.CharField(max_length=100, blank=True, default="")

    created_at = models.DateTimeField(_("connected on"), auto_now_add=True)
    last_refreshed_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Microsoft connection")
        verbose_name_plural = _("Microsoft connections")
        permissions = [
            ("manage_connections", _("Can manage Microsoft connections")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "client_id", "tenant_id", "object_id"],
                name="m365_one_connection_per_account",
            ),
        ]
        indexes = [
            # Keep-alive walks the idle ones in this order.
            models.Index(
                fields=["state", "last_refreshed_at"], name="m365_connection_idle"
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.username or self.service_name or str(self.pk)

    @property
    def is_default(self) -> bool:
        """Is this the one that is used when nobody names one?"""
        return self.default_for_id is not None

    @property
    def is_personal(self) -> bool:
        """Is it a personal account (outlook.com, live.com)?"""
        return self.tenant_id == PERSONAL_TENANT

    @property
    def consent_page(self) -> str:
        """Where the account's owner sees and withdraws consent at Microsoft."""
        if self.is_personal:
            return "https://account.live.com/consent/Manage"
        return "https://myapps.microsoft.com"

    @property
    def scopes(self) -> frozenset[str]:
        """The rights that were granted, as far as is known."""
        return frozenset(self.granted_scopes.split())

    def make_default(self) -> None:
        """Use this one where nobody names one; the former default stops being it."""
        with transaction.atomic():
            others = type(self).objects.filter(default_for_id=self.user_id)
            others.exclude(pk=self.pk).update(default_for=None)
            self.default_for_id = self.user_id
            self.save(update_fields=["default_for"])

    def seal_refresh_token(self, token: Secret) -> str:
        """The token, sealed for this row; changes nothing."""
        return vault().seal(token, *refresh_token_context(self.pk))

    def set_refresh_token(self, token: Secret) -> None:
        """Seal the token into this row; the caller saves."""
        self.refresh_token_sealed = self.seal_refresh_token(token)

    def open_refresh_token(self, keys: Vault | None = None) -> Secret:
        """The refresh token.

        Raises:
            Undecryptable: When it was sealed with a key that is gone.
        """
        keys = keys or vault()
        return keys.open(self.refresh_token_sealed, *refresh_token_context(self.pk))

    # Django's templates must not get at it by a dot.
    open_refresh_token.alters_data = True  # type: ignore[attr-defined]  # Django's own mark


class CachedAccessToken(models.Model):
    """A short-lived bearer token of a connection for one audience, sealed."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="access_tokens"
    )
    #: The resource the token is for: "graph", or the host of another one.
    audience = models.CharField(max_length=255)
    scopes = models.TextField()
    token_sealed = models.TextField(editable=False)
    #: POSIX seconds.
    expires_on = models.PositiveBigIntegerField()
    #: POSIX seconds from which a new one should be asked for; 0: not told.
    refresh_on = models.PositiveBigIntegerField(default=0)
    #: POSIX seconds before which the resource wants no request; 0: it may be asked.
    not_before = models.FloatField(default=0)
    #: `Connection.version` with which this token was stored.
    version = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("access token kept ready")
        verbose_name_plural = _("access tokens kept ready")
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "audience"], name="m365_one_token_per_audience"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.audience}"


def refresh_token_context(connection_id: object) -> tuple[str, ...]:
    """What a sealed refresh token is bound to."""
    return ("Connection", str(connection_id), "refresh_token")


def access_token_context(connection_id: object, audience: str) -> tuple[str, ...]:
    """What a sealed access token is bound to."""
    return ("Connection", str(connection_id), "access_token", audience)
