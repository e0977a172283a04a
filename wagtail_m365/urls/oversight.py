"""What administrators look after: the site's own connections, and who uses what."""

from __future__ import annotations

from django.urls import URLPattern, path

from wagtail_m365.views.connection_report import ConnectionReportView
from wagtail_m365.views.purposes import AllowView, PurposesView, RefuseView
from wagtail_m365.views.revoking import RevokeView
from wagtail_m365.views.service_connection_adding import (
    AddAppOnlyView,
    AddBySignInView,
    AddByTokenView,
    ServiceAddView,
)
from wagtail_m365.views.service_connection_list import ServiceConnectionsView
from wagtail_m365.views.service_connections import (
    ServiceConnectionView,
    ServiceDeleteView,
    ServiceRenewView,
)
from wagtail_m365.views.use_log import UseLogView
from wagtail_m365.views.webhooks import (
    FollowedDrivesView,
    ReadChangesView,
    RenewSubscriptionView,
)

#: The site's own connections.
service_urls: list[URLPattern] = [
    path(
        "service-connections/",
        ServiceConnectionsView.as_view(),
        name="service_connections",
    ),
    path(
        "service-connections/results/",
        ServiceConnectionsView.as_view(results_only=True),
        name="service_connections_results",
    ),
    path("service-connections/add/", ServiceAddView.as_view(), name="service_add"),
    path(
        "service-connections/add/sign-in/",
        AddBySignInView.as_view(),
        name="service_add_by_sign_in",
    ),
    path(
        "service-connections/add/token/",
        AddByTokenView.as_view(),
        name="service_add_by_token",
    ),
    path(
        "service-connections/add/app-only/",
        AddAppOnlyView.as_view(),
        name="service_add_app_only",
    ),
    # Below a word of their own: a connection may be named "add".
    path(
        "service-connections/named/<slug:name>/",
        ServiceConnectionView.as_view(),
        name="service_connection",
    ),
    path(
        "service-connections/named/<slug:name>/renew/",
        ServiceRenewView.as_view(),
        name="service_renew",
    ),
    path(
        "service-connections/named/<slug:name>/delete/",
        ServiceDeleteView.as_view(),
        name="service_delete",
    ),
]

#: Who has connected what, and what it is used for.
oversight_urls: list[URLPattern] = [
    path("connections/", ConnectionReportView.as_view(), name="connection_report"),
    path(
        "connections/results/",
        ConnectionReportView.as_view(results_only=True),
        name="connection_report_results",
    ),
    path(
        "connections/<uuid:connection_id>/revoke/",
        RevokeView.as_view(),
        name="revoke",
    ),
    path("followed-drives/", FollowedDrivesView.as_view(), name="followed_drives"),
    path(
        "followed-drives/results/",
        FollowedDrivesView.as_view(results_only=True),
        name="followed_drives_results",
    ),
    path(
        "followed-drives/<uuid:drive_id>/renew/",
        RenewSubscriptionView.as_view(),
        name="renew_subscription",
    ),
    path(
        "followed-drives/<uuid:drive_id>/read/",
        ReadChangesView.as_view(),
        name="read_changes",
    ),
    path("purposes/", PurposesView.as_view(), name="purposes"),
    path("purposes/<str:name>/refuse/", RefuseView.as_view(), name="refuse_purpose"),
    path("purposes/<str:name>/allow/", AllowView.as_view(), name="allow_purpose"),
    path("use-log/", UseLogView.as_view(), name="use_log"),
    path(
        "use-log/results/",
        UseLogView.as_view(results_only=True),
        name="use_log_results",
    ),
]
