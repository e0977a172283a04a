"""Warn in time that a secret or certificate ends: by mail, once for each threshold."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db.models import Q
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_m365.conf import settings
from wagtail_m365.models import ExpiryWarning

from .endings import Ending, ending_of_site

_PERMISSION = "wagtail_m365.change_m365settings"


def warn_of_expiry() -> list[str]:
    """Mail those who can act, if a threshold is reached that nobody was told of.

    Returns:
        The addresses that were written to.

    Raises:
        OSError: The mail could not be sent (``smtplib.SMTPException``); it is tried again
            the next time.
    """
    ending = ending_of_site()
    if ending is None or ending.threshold is None:
        return []
    addresses = _addresses()
    told = (ending.what, ending.ends_on, ending.threshold)
    if not addresses or not ExpiryWarning.objects.claim(*told):
        return []
    try:
        _send(ending, addresses)
    except BaseException:
        ExpiryWarning.objects.give_back(*told)
        raise
    return addresses


def _addresses() -> list[str]:
    """Those that are set, or everybody who may change the settings."""
    if settings.ADMIN_EMAILS:
        return list(settings.ADMIN_EMAILS)
    return sorted({user.email for user in _admins() if user.email})


def _admins() -> list[Any]:
    codename = _PERMISSION.partition(".")[2]
    of_ours = {"codename": codename, "content_type__app_label": "wagtail_m365"}
    may = Q(is_superuser=True)
    for way in ("groups__permissions", "user_permissions"):
        may |= Q(**{f"{way}__{name}": value for name, value in of_ours.items()})
    users = get_user_model()._default_manager
    return list(users.filter(may, is_active=True).distinct())


def sentence(ending: Ending) -> str:
    """What ends, and when; for the mail and the dashboard."""
    day = date_format(ending.ends_on)
    if ending.days_left < 0:
        return _("It ended on %(day)s: nobody can connect or work.") % {"day": day}
    return ngettext(
        "It ends on %(day)s: %(number)s day is left.",
        "It ends on %(day)s: %(number)s days are left.",
        ending.days_left,
    ) % {"day": day, "number": ending.days_left}


def _send(ending: Ending, addresses: list[str]) -> None:
    from django.conf import settings as django_settings  # noqa: TID251  # the site's own language

    with translation.override(django_settings.LANGUAGE_CODE):
        subject = _("Microsoft 365: a certificate of this site ends soon")
        if not ending.is_certificate:
            subject = _("Microsoft 365: a client secret of this site ends soon")
        body = _(
            "“%(name)s”: %(sentence)s\n\n"
            "Make a new one in the Microsoft Entra admin center (App registrations → your "
            "app → Certificates & secrets), and enter it under Settings → Microsoft 365. "
            "The old one and the new one work side by side until then."
        ) % {"name": ending.name, "sentence": sentence(ending)}
        # One mail each: addresses are nobody else's business.
        for address in addresses:
            send_mail(subject, body, None, [address])
