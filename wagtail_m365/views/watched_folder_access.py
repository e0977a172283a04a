"""Who may see and change which watched folders, and what all their pages share."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import View
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_m365.models import WatchedFolder

from .access import may_use
from .errors import ExplainsErrors

MANAGE = "wagtail_m365.manage_watched_folders"
_SEES_ALL = "wagtail_m365.change_m365settings"


def may_watch(user: Any) -> bool:
    """May this person set up watched folders?"""
    return may_use(user) and bool(user.has_perm(MANAGE))


def visible_folders(user: Any) -> QuerySet[WatchedFolder]:
    """One's own; all of them for administrators of the extension."""
    folders = WatchedFolder.objects.select_related("owner", "connection", "collection")
    if user.has_perm(_SEES_ALL):
        return folders
    return folders.filter(Q(owner=user))


class ManagesWatchedFolders:
    """A view for people who hold ``manage_watched_folders``, whatever the method."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Refuse everybody else, before anything is read or done."""
        if not may_watch(request.user):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(  # type: ignore[misc]  # a mixin
            request, *args, **kwargs
        )
        return response


# Microsoft is waited for here: with ATOMIC_REQUESTS, no transaction may wait with it.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class WatchedFolderPage(
    ManagesWatchedFolders, ExplainsErrors, WagtailAdminTemplateMixin, View
):
    """A page about watched folders, or about one of them."""

    header_icon = "m365"

    @cached_property
    def folder(self) -> WatchedFolder:
        """The folder of the address; 404 where this person sees none."""
        folders = visible_folders(self.request.user)
        return get_object_or_404(folders, pk=self.kwargs["folder_id"])

    @property
    def folder_url(self) -> str:
        return reverse("wagtail_m365:watched_folder", args=[self.kwargs["folder_id"]])

    def get_back_url(self) -> str:
        return reverse("wagtail_m365:watched_folders")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {
                "url": reverse("wagtail_m365:watched_folders"),
                "label": _("Watched folders"),
            },
            {"url": "", "label": self.get_page_title()},
        ]
