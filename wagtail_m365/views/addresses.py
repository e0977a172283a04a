"""Addresses of pages that others link to."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from wagtail_m365.conf import settings


def account_address() -> str:
    """The tab *Microsoft 365* of the person's own account page."""
    return reverse("wagtailadmin_account") + "#tab-m365"


def callback_address(request: HttpRequest) -> str:
    """The redirect URI as this site computes it for this request."""
    return settings.REDIRECT_URI or request.build_absolute_uri(
        reverse("wagtail_m365:callback")
    )


def settings_address() -> str:
    """Settings → Microsoft 365."""
    return reverse("wagtailsettings:edit", args=["wagtail_m365", "m365settings"])


def service_address(name: str) -> str:
    """The page of one of the site's own connections."""
    return reverse("wagtail_m365:service_connection", args=[name])
