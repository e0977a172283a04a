"""The pages of the extension, mounted at ``m365/`` under Wagtail's admin."""

from __future__ import annotations

from django.urls import URLPattern, path

from .views.account import DisconnectView
from .views.bringing_back import BringBackView, CheckView, DiscardView
from .views.callback_address import CallbackPattern
from .views.connect import CallbackView, ConnectView, ReconnectView
from .views.desktop import DesktopView
from .views.opening import OpenView
from .views.outcomes import ConnectFailedView, OtherAccountView
from .views.resolving import ResolveView
from .views.save import SaveView
from .views.session_management import EndSessionView, HandOverView
from .views.session_panel import SessionPanelView
from .views.session_report import EditSessionsView
from .views.settings import ConnectionTestView
from .views.snippets import SnippetDocumentsView
from .views.version_list import DocumentVersionsView, VersionDifferenceView
from .views.versions import (
    DocumentHistoryView,
    VersionDownloadView,
    VersionRestoreView,
)

app_name = "wagtail_m365"

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
    path("settings/test/", ConnectionTestView.as_view(), name="settings_test"),
]

#: Documents: open, bring back, discard, save, history, versions.
document_urls: list[URLPattern] = [
    path("documents/<int:document_id>/open/", OpenView.as_view(), name="open"),
    path(
        "documents/<int:document_id>/bring-back/",
        BringBackView.as_view(),
        name="bring_back",
    ),
    path("documents/<int:document_id>/resolve/", ResolveView.as_view(), name="resolve"),
    path("documents/<int:document_id>/discard/", DiscardView.as_view(), name="discard"),
    path("documents/<int:document_id>/desktop/", DesktopView.as_view(), name="desktop"),
    path("documents/<int:document_id>/check/", CheckView.as_view(), name="check"),
    path(
        "documents/<int:document_id>/panel/", SessionPanelView.as_view(), name="panel"
    ),
    path("documents/<int:document_id>/save/", SaveView.as_view(), name="save"),
    path(
        "documents/<int:document_id>/history/",
        DocumentHistoryView.as_view(),
        name="document_history",
    ),
    path(
        "documents/<int:document_id>/history/results/",
        DocumentHistoryView.as_view(results_only=True),
        name="document_history_results",
    ),
    path(
        "documents/<int:document_id>/versions/",
        DocumentVersionsView.as_view(),
        name="versions",
    ),
    path(
        "versions/<uuid:version_id>/difference/",
        VersionDifferenceView.as_view(),
        name="version_difference",
    ),
    path(
        "versions/<uuid:version_id>/download/",
        VersionDownloadView.as_view(),
        name="version_download",
    ),
    path(
        "versions/<uuid:version_id>/restore/",
        VersionRestoreView.as_view(),
        name="version_restore",
    ),
    path(
        "snippets/<slug:app_label>/<slug:model_name>/<str:snippet_id>/documents/",
        SnippetDocumentsView.as_view(),
        name="snippet_documents",
    ),
]

#: Edit sessions: who has what open; end and hand over.
session_urls: list[URLPattern] = [
    path("edit-sessions/", EditSessionsView.as_view(), name="edit_sessions"),
    path(
        "edit-sessions/results/",
        EditSessionsView.as_view(results_only=True),
        name="edit_sessions_results",
    ),
    path(
        "edit-sessions/<uuid:session_id>/end/",
        EndSessionView.as_view(),
        name="end_session",
    ),
    path(
        "edit-sessions/<uuid:session_id>/hand-over/",
        HandOverView.as_view(),
        name="hand_over",
    ),
]

urlpatterns = [*connection_urls, *document_urls, *session_urls]
