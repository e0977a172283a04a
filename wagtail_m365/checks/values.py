"""What ``WAGTAIL_M365`` says: names, types, the cloud, the app registration."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.core import checks

from wagtail_m365 import conf
from wagtail_m365.conf import settings

from .messages import Messages, complaints, error


def check_names(**kwargs: Any) -> Messages:
    """E001: a misspelt name would be silence."""
    return [
        checks.Error(
            f"WAGTAIL_M365 has no setting {name!r}.",
            hint=f"Did you mean {nearest!r}?" if nearest else "Remove it.",
            id="wagtail_m365.E001",
        )
        for name, nearest in conf.unknown_names().items()
    ]


def check_types(**kwargs: Any) -> Messages:
    """E002: a wrong type would fail in the middle of somebody's work."""
    value = getattr(django_settings, "WAGTAIL_M365", {})
    if not isinstance(value, dict):
        return [error("E002", "WAGTAIL_M365 must be a dictionary.")]
    wrong = conf.wrong_choices() | conf.wrong_types()
    return [
        error("E002", f"WAGTAIL_M365[{name!r}] must be: {expected}.")
        for name, expected in wrong.items()
    ]


def check_cloud(**kwargs: Any) -> Messages:
    """E003: tokens would be sent to the wrong place, or nowhere."""
    if not conf.is_set("CLOUD") or "CLOUD" in conf.wrong_types():
        return []
    # Not at the top: start-up does not need what it imports.
    from wagtail_m365.identity.clouds import resolve as resolve_cloud

    insecure = bool(settings.ALLOW_INSECURE_LOOPBACK)
    return complaints(
        "E003",
        lambda: resolve_cloud(settings.CLOUD or "", allow_insecure_loopback=insecure),
    )


def check_registration(**kwargs: Any) -> Messages:
    """E006: what Django's settings say of the app registration."""
    if conf.wrong_types() or not settings.CLIENT_ID:
        return []
    from wagtail_m365.models.configuration import merged

    if check_cloud():
        return []
    return complaints("E006", lambda: merged(None))


def check_webhooks(**kwargs: Any) -> Messages:
    """E008: Microsoft would call, and nobody would hear."""
    if conf.wrong_types() or not settings.WEBHOOKS:
        return []
    from wagtail_m365.documents.subscribing import notification_url

    return complaints("E008", notification_url)


def check_insecure_loopback(**kwargs: Any) -> Messages:
    """W002: secrets over plain http are for development."""
    if not settings.ALLOW_INSECURE_LOOPBACK:
        return []
    return [
        checks.Warning(
            "WAGTAIL_M365['ALLOW_INSECURE_LOOPBACK'] allows plain http to this machine.",
            hint="Leave it out in production.",
            id="wagtail_m365.W002",
        )
    ]
