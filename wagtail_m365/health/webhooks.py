"""Whether Microsoft still promises to call when a followed drive changes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wagtail_m365.conf import settings
from wagtail_m365.errors import Misconfigured
from wagtail_m365.models import Subscription

from .findings import Attention

if TYPE_CHECKING:
    from .subject import Subject

#: Renewed in time, none comes this near to its end.
_NEAR = timedelta(days=2)


def ending_subscriptions() -> int:
    """How many were not renewed in time; 0 where webhooks are off."""
    if not settings.WEBHOOKS:
        return 0
    active = Subscription.objects.filter(state=Subscription.State.ACTIVE)
    return active.filter(expires_at__lte=timezone.now() + _NEAR).count()


def ending_sentence(number: int) -> str:
    """What ends, for the report and the dashboard."""
    return ngettext(
        "%(number)s subscription ends within two days, or has ended: Microsoft calls "
        "no more when that drive changes.",
        "%(number)s subscriptions end within two days, or have ended: Microsoft calls "
        "no more when those drives change.",
        number,
    ) % {"number": number}


def ask_webhooks(subject: Subject) -> str:
    """Read off the rows; nothing is sent."""
    if not settings.WEBHOOKS:
        return _("Webhooks are off; changes are noticed when they are asked for.")
    if ending := ending_subscriptions():
        found = Misconfigured(code="subscriptions_ending")
        raise Attention(found, ending_sentence(ending))
    refused = Subscription.objects.filter(state=Subscription.State.REFUSED).count()
    if refused:
        told = ngettext(
            "%(number)s subscription was refused.",
            "%(number)s subscriptions were refused.",
            refused,
        ) % {"number": refused}
        raise Attention(Misconfigured(code="subscriptions_refused"), told)
    return _("Microsoft calls when a followed drive changes.")
