"""*Watched folders*: the list, one folder's page, and letting it run, rest and go on."""

from __future__ import annotations

import time
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BaseColumn, Column, DateColumn, TitleColumn
from wagtail.admin.utils import get_user_display_name
from wagtail.admin.views.generic import IndexView

from wagtail_m365 import tasks
from wagtail_m365.documents.watching import go_on, pause
from wagtail_m365.errors import Explanation, M365Error
from wagtail_m365.models import WatchedFolder, WatchedItem
from wagtail_m365.models.watched_items import ItemState

from . import records
from .document_page import edit_url
from .errors import actor_name
from .watched_folder_access import (
    ManagesWatchedFolders,
    WatchedFolderPage,
    may_watch,
    visible_folders,
)
from .watched_folder_words import EVENTS, counts_in_words

#: Rows that the page of a folder shows of each kind.
_SHOWN = 50


class _NameColumn(TitleColumn):
    def get_link_url(
        self, instance: WatchedFolder, parent_context: dict[str, Any]
    ) -> str | None:
        return reverse("wagtail_m365:watched_folder", args=[instance.pk])


class _StateColumn(BaseColumn):
    """How it stands, and what the last run did."""

    cell_template_name = "wagtail_m365/watched_folders/state_cell.html"

    def get_cell_context_data(
        self, instance: WatchedFolder, parent_context: dict[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(
            instance, parent_context
        )
        return {**context, "folder": instance, "is_running": _is_running(instance)}


class WatchedFoldersView(ManagesWatchedFolders, IndexView):
    """The listing."""

    model = WatchedFolder
    page_title = gettext_lazy("Watched folders")
    header_icon = "m365"
    index_url_name = "wagtail_m365:watched_folders"
    add_url_name = "wagtail_m365:watched_folder_add"
    add_item_label = gettext_lazy("Watch a folder")
    results_template_name = "wagtail_m365/watched_folders/list_results.html"
    # Asked for by ManagesWatchedFolders; the rows are limited besides.
    permission_policy = None
    default_ordering = "name"
    paginate_by = 50
    is_searchable = False
    list_export: list[str] = []

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """What the listing shows of a folder."""
        return [
            _NameColumn(
                "name",
                label=_("Folder"),
                accessor=str,
                classname="m365-cell",
                sort_key="name",
            ),
            Column("collection", label=_("Collection")),
            Column("owner", label=_("Set up by"), accessor=_owner_of),
            _StateColumn("state", label=_("State"), sort_key="state"),
            DateColumn("last_run_at", label=_("Last run"), sort_key="last_run_at"),
            Column("counts", label=_("Last run did"), accessor=_counts_of),
        ]

    def get_base_queryset(self) -> QuerySet[WatchedFolder]:
        return visible_folders(self.request.user)

    def get_add_url(self) -> str:
        """Whoever sees the list may add."""
        return reverse(self.add_url_name)


class WatchedFolderView(WatchedFolderPage, TemplateView):
    """One folder: its state, what does not work, and what was done of late."""

    template_name = "wagtail_m365/watched_folders/folder.html"

    def get_page_title(self) -> str:
        return str(self.folder)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        items = WatchedItem.objects.filter(folder=self.folder).files()
        trouble = _explained(self.folder.stop_code, self.folder.stop_facts)
        return super().get_context_data(
            folder=self.folder,
            owner=_owner_of(self.folder),
            is_running=_is_running(self.folder),
            trouble=trouble,
            trouble_actor=actor_name(trouble.actor) if trouble else "",
            last_run=_counts_of(self.folder),
            states=_states(items),
            attention=_rows(items, ItemState.FAILED, ItemState.CONFLICT),
            recent=_recent(items),
            **kwargs,
        )


class _ChangesState(WatchedFolderPage):
    """A button of the folder's page; it leads back there."""

    http_method_names = ["post"]

    def get_page_title(self) -> str:
        return str(self.folder)

    def done(self, text: str) -> HttpResponse:
        """Say what was done."""
        messages.success(self.request, text % {"name": self.folder})
        return redirect(self.folder_url)


class RunNowView(_ChangesState):
    """Let the folder run; at once, or by the site's worker."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if self.folder.state == WatchedFolder.State.STOPPED:
            go_on(self.folder)
            records.changed(self.folder, request.user, state="active")
        tasks.watch_folder.enqueue(str(self.folder.pk))
        return self.done(_("“%(name)s” was told to run."))


class PauseView(_ChangesState):
    """Let the folder rest."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        pause(self.folder)
        records.changed(self.folder, request.user, state="paused")
        return self.done(_("“%(name)s” rests until somebody lets it go on."))


class GoOnView(_ChangesState):
    """Let a folder run again that rests or has stopped."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        go_on(self.folder)
        records.changed(self.folder, request.user, state="active")
        return self.done(_("“%(name)s” runs again from now on."))


def _is_running(folder: WatchedFolder) -> bool:
    return folder.is_running(time.time())


def _owner_of(folder: WatchedFolder) -> str:
    owner = folder.owner
    return str(get_user_display_name(owner)) if owner else _("Somebody who left")


def _counts_of(folder: WatchedFolder) -> str:
    """What the last run did; before the first one, nothing can be said."""
    if not folder.last_run_at:
        return ""
    if folder.stop_code and not any(folder.last_counts.values()):
        # Whether anything had changed, nobody has seen.
        return _("It did not run to its end")
    return counts_in_words(folder.last_counts)


def _states(items: Any) -> list[tuple[str, int]]:
    counted = items.order_by().values_list("state").annotate(Count("pk"))
    found = dict(counted)
    return [
        (str(state.label), found[state.value])
        for state in ItemState
        if state.value in found
    ]


def _rows(items: Any, *states: str) -> list[dict[str, Any]]:
    rows = items.filter(state__in=states).select_related("source__document")
    return [_row(item) for item in rows.order_by("name")[:_SHOWN]]


def _recent(items: Any) -> list[dict[str, Any]]:
    rows = items.filter(last_event_at__isnull=False).select_related("source__document")
    return [_row(item) for item in rows.order_by("-last_event_at")[:_SHOWN]]


def _row(item: WatchedItem) -> dict[str, Any]:
    document = item.source.document if item.source else None
    explanation = _explained(item.error_code, item.error_facts)
    return {
        "item": item,
        "event": EVENTS.get(item.last_event, ""),
        "document": document,
        "document_url": edit_url(document) if document else "",
        "in_conflict": item.state == ItemState.CONFLICT and document is not None,
        "explanation": explanation,
        "actor": actor_name(explanation.actor) if explanation else "",
    }


def _explained(code: str, facts: dict[str, Any]) -> Explanation | None:
    return M365Error(code=code, **facts).explanation if code else None


class WatchedFoldersMenuItem(MenuItem):
    """*Settings → Watched folders*, for people who may set some up."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Only where the page behind it opens."""
        return may_watch(request.user)


def menu_item() -> WatchedFoldersMenuItem:
    """For the hook ``register_settings_menu_item``."""
    return WatchedFoldersMenuItem(
        _("Watched folders"),
        reverse("wagtail_m365:watched_folders"),
        name="m365-watched-folders",
        icon_name="m365",
        order=960,
    )
