"""On the dashboard of those who can act: the secret or certificate ends soon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from wagtail.admin.ui.components import Component

from wagtail_m365.health.endings import Ending, ending_of_site
from wagtail_m365.health.warning import sentence
from wagtail_m365.health.webhooks import ending_sentence, ending_subscriptions
from wagtail_m365.tokens.service_connections import may_manage

from .settings import CONFIGURE


class ExpiryPanel(Component):
    """One warning, with the way to the place where it is mended."""

    name = "m365_expiry"
    template_name = "wagtail_m365/settings/expiry_panel.html"
    order = 50

    def __init__(self, ending: Ending, request: HttpRequest) -> None:
        self.ending = ending
        self.request = request

    def get_context_data(
        self, parent_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """What the template shows."""
        return {
            "ending": self.ending,
            "sentence": sentence(self.ending),
            "mend_url": reverse("wagtail_m365:set_up_step", args=["credential"]),
            "health_url": reverse("wagtail_m365:health"),
        }


class SubscriptionsPanel(Component):
    """Microsoft's promises to call end soon, with the way to renew them."""

    name = "m365_subscriptions"
    template_name = "wagtail_m365/settings/subscriptions_panel.html"
    order = 51

    def __init__(self, number: int) -> None:
        self.number = number

    def get_context_data(
        self, parent_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """What the template shows."""
        return {
            "sentence": ending_sentence(self.number),
            "drives_url": reverse("wagtail_m365:followed_drives"),
        }


def expiry_panels(request: HttpRequest) -> list[Component]:
    """What there is to warn of, for a person who can act."""
    return [*_credential_panels(request), *_subscription_panels(request)]


def _subscription_panels(request: HttpRequest) -> list[Component]:
    if not may_manage(request.user):
        return []
    try:
        number = ending_subscriptions()
    except DatabaseError:
        # The dashboard must come up before the migrations have run.
        return []
    return [SubscriptionsPanel(number)] if number else []


def _credential_panels(request: HttpRequest) -> list[Component]:
    if not request.user.has_perm(CONFIGURE):
        return []
    try:
        ending = ending_of_site()
    except DatabaseError:
        # The dashboard must come up before the migrations have run.
        return []
    if ending is None or ending.threshold is None:
        return []
    return [ExpiryPanel(ending, request)]
