"""Files that come from OneDrive and SharePoint, and transfers both ways."""

from __future__ import annotations

from django.urls import URLPattern, path

from wagtail_m365.views.import_links import ImportLinkView
from wagtail_m365.views.imports import ImportFilesView, ImportResultView, ImportView
from wagtail_m365.views.transfer_report import TransfersView
from wagtail_m365.views.transfers import (
    CancelTransfersView,
    RetryTransfersView,
    TakeUpView,
    TransferBatchView,
    TransferRowsView,
)
from wagtail_m365.views.updating import UpdateView
from wagtail_m365.views.watched_folder_changes import (
    AddWatchedFolderView,
    DeleteWatchedFolderView,
    EditWatchedFolderView,
)
from wagtail_m365.views.watched_folders import (
    GoOnView,
    PauseView,
    RunNowView,
    WatchedFoldersView,
    WatchedFolderView,
)

#: Files that come from OneDrive and SharePoint: import, update, watched folders.
place_urls: list[URLPattern] = [
    path("import/", ImportView.as_view(), name="import"),
    path("import/link/", ImportLinkView.as_view(), name="import_link"),
    path("import/files/", ImportFilesView.as_view(), name="import_files"),
    path("import/result/", ImportResultView.as_view(), name="import_result"),
    path("documents/<int:document_id>/update/", UpdateView.as_view(), name="update"),
    path("watched-folders/", WatchedFoldersView.as_view(), name="watched_folders"),
    path(
        "watched-folders/add/",
        AddWatchedFolderView.as_view(),
        name="watched_folder_add",
    ),
    path(
        "watched-folders/<uuid:folder_id>/",
        WatchedFolderView.as_view(),
        name="watched_folder",
    ),
    path(
        "watched-folders/<uuid:folder_id>/edit/",
        EditWatchedFolderView.as_view(),
        name="watched_folder_edit",
    ),
    path(
        "watched-folders/<uuid:folder_id>/delete/",
        DeleteWatchedFolderView.as_view(),
        name="watched_folder_delete",
    ),
    path(
        "watched-folders/<uuid:folder_id>/run/",
        RunNowView.as_view(),
        name="watched_folder_run",
    ),
    path(
        "watched-folders/<uuid:folder_id>/pause/",
        PauseView.as_view(),
        name="watched_folder_pause",
    ),
    path(
        "watched-folders/<uuid:folder_id>/go-on/",
        GoOnView.as_view(),
        name="watched_folder_go_on",
    ),
]

#: Transfers: how far they are; cancel, try again.
transfer_urls: list[URLPattern] = [
    path("transfers/", TransfersView.as_view(), name="transfers"),
    path(
        "transfers/results/",
        TransfersView.as_view(results_only=True),
        name="transfers_results",
    ),
    path(
        "transfers/<uuid:batch_id>/",
        TransferBatchView.as_view(),
        name="transfer_batch",
    ),
    path(
        "transfers/<uuid:batch_id>/rows/",
        TransferRowsView.as_view(),
        name="transfer_rows",
    ),
    path(
        "transfers/<uuid:batch_id>/cancel/",
        CancelTransfersView.as_view(),
        name="cancel_transfers",
    ),
    path(
        "transfers/<uuid:batch_id>/again/",
        RetryTransfersView.as_view(),
        name="retry_transfers",
    ),
    path(
        "transfers/<uuid:batch_id>/go-on/",
        TakeUpView.as_view(),
        name="go_on_with_transfers",
    ),
]
