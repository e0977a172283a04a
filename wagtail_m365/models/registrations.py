"""The site's connection to Microsoft: app registrations and the settings row."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

from wagtail_m365.redaction import Secret

from .edit_locations import EditLocation, EditPlace
from .vault import vault

if TYPE_CHECKING:
    from wagtail_m365.crypto import Vault

#: The columns that say which servers are asked.
_SERVERS = ("cloud", "authority_url", "graph_url")


class AppRegistration(models.Model):
    """An application that an admin registered in Microsoft Entra."""

    class Cloud(models.TextChoices):
        GLOBAL = "global", _("Microsoft 365 (worldwide, including US GCC)")
        US_GOV = "us_gov", _("US Government (GCC High)")
        US_DOD = "us_dod", _("US Government (DoD)")
        CHINA = "china", _("China (21Vianet)")
        CUSTOM = "custom", _("Another server (addresses below)")

    class CredentialKind(models.TextChoices):
        SECRET = "secret", _("Client secret")
        CERTIFICATE = "certificate", _("Certificate")
        NONE = "none", _("None (public client)")

    # Made in Python: sealed values are bound to it before the row exists.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    cloud = models.CharField(
        _("cloud"), max_length=10, choices=Cloud.choices, default=Cloud.GLOBAL
    )
    authority_url = models.URLField(_("authority address"), blank=True)
    graph_url = models.URLField(_("Graph address with version"), blank=True)
    tenant = models.CharField(_("tenant"), max_length=255, default="organizations")
    client_id = models.CharField(_("application (client) ID"), max_length=100)
    credential_kind = models.CharField(
        _("credential"),
        max_length=12,
        choices=CredentialKind.choices,
        default=CredentialKind.SECRET,
    )
    client_secret_sealed = models.TextField(blank=True, editable=False)
    certificate_sealed = models.TextField(blank=True, editable=False)
    #: Whose own it is; NULL: the site's.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="m365_app_registrations",
    )
    credential_expires_on = models.DateField(
        _("secret or certificate ends on"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("app registration")
        verbose_name_plural = _("app registrations")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **options: Any) -> None:
        """Save; when other servers are named, ready tokens must not go to them."""
        moved = not self._state.adding and self._names_other_servers()
        super().save(*args, **options)
        if moved:
            _drop_ready_tokens()

    def _names_other_servers(self) -> bool:
        here = {name: getattr(self, name) for name in _SERVERS}
        return not type(self).objects.filter(pk=self.pk, **here).exists()

    @property
    def cloud_value(self) -> str | dict[str, str]:
        """The cloud as ``WAGTAIL_M365["CLOUD"]`` would name it."""
        if self.cloud == self.Cloud.CUSTOM:
            return {"authority": self.authority_url, "graph": self.graph_url}
        return self.cloud

    def set_client_secret(self, secret: Secret) -> None:
        """Seal the secret into this row; an empty one removes it. The caller saves."""
        self.client_secret_sealed = self._sealed("client_secret", secret)

    def client_secret(self, keys: Vault | None = None) -> Secret:
        """The client secret; empty when there is none.

        Raises:
            Undecryptable: When it was sealed with a key that is gone.
        """
        return self._opened("client_secret", self.client_secret_sealed, keys)

    def set_certificate(
        self, *, private_key: Secret, certificate: str, passphrase: Secret | None = None
    ) -> None:
        """Seal a certificate and its key (both PEM) into this row. The caller saves."""
        bundle = {
            "private_key": private_key.reveal(),
            "certificate": certificate,
            "passphrase": passphrase.reveal() if passphrase else "",
        }
        self.certificate_sealed = self._sealed(
            "certificate", Secret(json.dumps(bundle))
        )

    def certificate(self, keys: Vault | None = None) -> Mapping[str, Secret]:
        """``private_key``, ``certificate`` and ``passphrase``; empty when there is none.

        Raises:
            Undecryptable: When it was sealed with a key that is gone.
        """
        bundle = self._opened("certificate", self.certificate_sealed, keys)
        if not bundle:
            return {}
        return {
            name: Secret(text) for name, text in json.loads(bundle.reveal()).items()
        }

    # Django's templates must not get at them by a dot.
    client_secret.alters_data = True  # type: ignore[attr-defined]  # Django's own mark
    certificate.alters_data = True  # type: ignore[attr-defined]  # Django's own mark

    def _sealed(self, field: str, secret: Secret) -> str:
        return vault().seal(secret, *self._context(field)) if secret else ""

    def _opened(self, field: str, sealed: str, keys: Vault | None) -> Secret:
        if not sealed:
            return Secret("")
        return (keys or vault()).open(sealed, *self._context(field))

    def _context(self, field: str) -> tuple[str, str, str]:
        return ("AppRegistration", str(self.pk), field)


@register_setting(icon="m365", order=800)
class M365Settings(BaseGenericSetting):
    """Settings → Microsoft 365."""

    #: Without an app registration nothing happens, so it is on from the start.
    enabled = models.BooleanField(_("enabled"), default=True)
    registration = models.ForeignKey(
        AppRegistration,
        verbose_name=_("app registration"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        # Those of editors are theirs alone.
        limit_choices_to={"owner": None},
    )

    own_registrations_allowed = models.BooleanField(
        _("editors may use app registrations of their own"), default=False
    )

    #: How far the guided set-up has come: what was answered, and which steps are done.
    set_up = models.JSONField(default=dict, blank=True, editable=False)
    edit_place = models.CharField(
        _("where copies lie"),
        max_length=12,
        choices=EditPlace.choices,
        default=EditPlace.APP_FOLDER,
    )
    edit_path = models.CharField(
        _("folder in OneDrive"), max_length=255, blank=True, default=""
    )
    edit_drive_id = models.CharField(
        _("drive ID of the library"), max_length=255, blank=True, default=""
    )
    edit_folder_id = models.CharField(
        _("folder ID in the library"), max_length=255, blank=True, default=""
    )
    #: What Microsoft calls that folder; empty: nobody could look at it yet.
    edit_folder_name = models.CharField(
        max_length=400, blank=True, default="", editable=False
    )

    select_related = ["registration"]

    class Meta:
        verbose_name = _("Microsoft 365")
        permissions = [
            ("use_microsoft365", _("Can connect a Microsoft account and use it")),
        ]

    @property
    def edit_location(self) -> EditLocation:
        """Where new copies go, as this row says."""
        return EditLocation(
            place=EditPlace(self.edit_place),
            path=self.edit_path.strip("/"),
            drive_id=self.edit_drive_id,
            folder_id=self.edit_folder_id,
        )

    def save(self, *args: Any, **options: Any) -> None:
        """Save; a change of what tokens rest on drops those that are kept ready.

        So a look-up of a ready token need not ask whether all is switched on, whether
        editors may bring registrations of their own, and which servers are asked.
        """
        rests_on = {name: getattr(self, name) for name in _TOKENS_REST_ON}
        same = type(self).objects.filter(pk=self.pk, **rests_on).exists()
        super().save(*args, **options)
        if not (self.enabled and same):
            _drop_ready_tokens()

    @classmethod
    def current(cls) -> M365Settings:
        """The row, or its defaults where nobody has saved it; one query."""
        return cls.objects.select_related("registration").first() or cls()


#: What a ready token was given under.
_TOKENS_REST_ON = ("enabled", "registration_id", "own_registrations_allowed")


def _drop_ready_tokens() -> None:
    from .connections import CachedAccessToken

    CachedAccessToken.objects.all().delete()
