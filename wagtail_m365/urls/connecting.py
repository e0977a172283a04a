"""The connection: signing in, the account page, the settings, the guided set-up."""

from __future__ import annotations

from django.urls import URLPattern, path

from wagtail_m365.views.account import DisconnectView
from wagtail_m365.views.callback_address import CallbackPattern
from wagtail_m365.views.connect import CallbackView, ConnectView, ReconnectView
from wagtail_m365.views.outcomes import ConnectFailedView, OtherAccountView
from wagtail_m365.views.own_registration import (
    OwnRegistrationView,
    RemoveOwnRegistrationView,
)
from wagtail_m365.views.set_up import SetUpStepView, SetUpView
from wagtail_m365.views.set_up_certificate import CertificateView
from wagtail_m365.views.settings import HealthView, SupportBundleView
from wagtail_m365.views.waiting_consents import WaitingConsentsView

#: The connection: signing in, its account page, the settings.
connection_urls: list[URLPattern] = [
    path("connect/", ConnectView.as_view(), name="connect"),
    CallbackPattern("oauth/callback/", CallbackView.as_view(), "callback"),
    path("connect/failed/", ConnectFailedView.as_view(), name="connect_failed"),
    path("connect/other-account/", OtherAccountView.as_view(), name="other_account"),
    path(
        "connections/<uuid:connection_id>/reconnect/",
        ReconnectView.as_view(),
        name="reconnect",
    ),
    path(
        "connections/<uuid:connection_id>/disconnect/",
        DisconnectView.as_view(),
        name="disconnect",
    ),
    path("settings/health/", HealthView.as_view(), name="health"),
    path("settings/set-up/", SetUpView.as_view(), name="set_up"),
    path(
        "settings/set-up/certificate/",
        CertificateView.as_view(),
        name="set_up_certificate",
    ),
    path("settings/set-up/<slug:step>/", SetUpStepView.as_view(), name="set_up_step"),
    path("settings/health/bundle/", SupportBundleView.as_view(), name="support_bundle"),
    path(
        "account/registration/",
        OwnRegistrationView.as_view(),
        name="own_registration",
    ),
    path(
        "account/registration/remove/",
        RemoveOwnRegistrationView.as_view(),
        name="remove_own_registration",
    ),
    path(
        "connections/waiting/",
        WaitingConsentsView.as_view(),
        name="waiting_consents",
    ),
]
