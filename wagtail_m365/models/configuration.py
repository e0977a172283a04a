"""The site's connection to Microsoft: app registrations and the settings row."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting


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
    credential_expires_on = models.DateField(
        _("secret or certificate ends on"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("app registration")
        verbose_name_plural = _("app registrations")

    def __str__(self) -> str:
        return self.name


@register_setting(icon="m365", order=800)
class M365Settings(BaseGenericSetting):
    """Settings → Microsoft 365."""

    enabled = models.BooleanField(_("enabled"), default=False)
    registration = models.ForeignKey(
        AppRegistration,
        verbose_name=_("app registration"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("Microsoft 365")
        permissions = [
            ("use_microsoft365", _("Can connect a Microsoft account and use it")),
        ]
