"""The pages of the extension, mounted at ``m365/`` under Wagtail's admin."""

from __future__ import annotations

from django.urls import URLPattern, path

from .views.account import DisconnectView
from .views.connect import CallbackView, ConnectView, ReconnectView
from .views.outcomes import ConnectFailedView, OtherAccountView
from .views.settings import ConnectionTestView

app_name = "wagtail_m365"

#: The connection: signing in, its account page, the settings.
connection_urls: list[URLPattern] = [
    path("connect/", ConnectView.as_view(), name="connect"),
    path("oauth/callback/", CallbackView.as_view(), name="callback"),
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
    path("settings/test/", ConnectionTestView.as_view(), name="settings_test"),
]

#: Documents: open, bring back, discard, save, history, versions.
document_urls: list[URLPattern] = []

urlpatterns = [*connection_urls, *document_urls]
