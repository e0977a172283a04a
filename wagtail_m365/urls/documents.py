"""Documents: open, bring back, save, versions, moderation; who has what open."""

from __future__ import annotations

from django.urls import URLPattern, path

from wagtail_m365.views.bringing_back import BringBackView, CheckView, DiscardView
from wagtail_m365.views.desktop import DesktopView
from wagtail_m365.views.document_actions import DocumentActionsView, DocumentMenuView
from wagtail_m365.views.joining import JoinView
from wagtail_m365.views.opening import OpenView
from wagtail_m365.views.previewing import PreviewView
from wagtail_m365.views.proposals import ProposalsView, ProposalView
from wagtail_m365.views.resolving import ResolveView
from wagtail_m365.views.save import SaveView
from wagtail_m365.views.save_collection import SaveCollectionView
from wagtail_m365.views.session_management import EndSessionView, HandOverView
from wagtail_m365.views.session_panel import SessionPanelView
from wagtail_m365.views.session_report import EditSessionsView
from wagtail_m365.views.snippets import SnippetDocumentsView
from wagtail_m365.views.version_list import DocumentVersionsView, VersionDifferenceView
from wagtail_m365.views.versions import (
    DocumentHistoryView,
    VersionDownloadView,
    VersionRestoreView,
)

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
    path("documents/<int:document_id>/join/", JoinView.as_view(), name="join"),
    path("documents/<int:document_id>/preview/", PreviewView.as_view(), name="preview"),
    path("documents/<int:document_id>/check/", CheckView.as_view(), name="check"),
    path(
        "documents/<int:document_id>/actions/",
        DocumentActionsView.as_view(),
        name="document_actions",
    ),
    # Below the page: the script adds "menu/" to the address that the row links to.
    path(
        "documents/<int:document_id>/actions/menu/",
        DocumentMenuView.as_view(),
        name="document_menu",
    ),
    path(
        "documents/<int:document_id>/panel/", SessionPanelView.as_view(), name="panel"
    ),
    path("documents/<int:document_id>/save/", SaveView.as_view(), name="save"),
    path(
        "documents/save-collection/",
        SaveCollectionView.as_view(),
        name="save_collection",
    ),
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
    path("proposals/", ProposalsView.as_view(), name="proposals"),
    path(
        "proposals/results/",
        ProposalsView.as_view(results_only=True),
        name="proposals_results",
    ),
    path("proposals/<uuid:proposal_id>/", ProposalView.as_view(), name="proposal"),
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
