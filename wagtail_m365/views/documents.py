"""Wagtail's own document pages, with Microsoft 365 in them.

Wagtail offers no hook for rows, columns, header buttons or side panels of documents,
so its views are subclassed and mounted in front of them, at the same addresses. A
site with document views of its own mixes these classes into them, and sets
``WAGTAIL_M365 = {"EXTEND_DOCUMENT_VIEWS": False}``::

    class MyEditView(M365DocumentEditMixin, EditView): ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.tables import BaseColumn
from wagtail.documents import admin_urls

from wagtail_m365.conf import settings
from wagtail_m365.documents.keeping import kept_while_replaced
from wagtail_m365.errors import M365Error

from .buttons import (
    document_buttons,
    import_button,
    may_import,
    save_collection_button,
    shown_to,
)
from .edit_sessions import M365SidePanel, prefetch_open_sessions
from .errors import in_words
from .listing_column import M365StatusColumn

__all__ = ["M365DocumentEditMixin", "M365DocumentIndexMixin", "extended_views"]


class M365DocumentIndexMixin:
    """The column *Microsoft 365*, with a row menu, for a listing of documents.

    Costs one query per page, whatever the number of rows.
    """

    request: HttpRequest
    get_next_url: Callable[[], str]

    @cached_property
    def columns(self) -> list[BaseColumn]:
        """Wagtail's columns and ours."""
        columns = super().columns  # type: ignore[misc]  # a mixin
        if not shown_to(self.request.user):
            return list(columns)
        return [*columns, self._status_column()]

    def _status_column(self) -> BaseColumn:
        return M365StatusColumn(
            "m365",
            label=_("Microsoft 365"),
            user=self.request.user,
            next_url=self.get_next_url(),
        )

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        """Wagtail's menu items, and ours for a whole collection."""
        buttons = super().header_more_buttons  # type: ignore[misc]  # a mixin
        if not shown_to(self.request.user):
            return list(buttons)
        return [*buttons, save_collection_button(self.request)]

    @cached_property
    def header_buttons(self) -> list[Any]:
        """Wagtail's buttons, and the way to files in OneDrive."""
        buttons = super().header_buttons  # type: ignore[misc]  # a mixin
        if not shown_to(self.request.user) or not may_import(self.request.user):
            return list(buttons)
        return [*buttons, import_button(self.request.GET.get("collection_id", ""))]

    def decorate_paginated_queryset(self, object_list: Any) -> Any:
        """Ask once for all rows who has them open."""
        decorated = super().decorate_paginated_queryset(object_list)  # type: ignore[misc]  # a mixin
        if shown_to(self.request.user):
            prefetch_open_sessions(decorated)
        return decorated


class M365DocumentEditMixin:
    """Menu items, side panel and history link for a page that edits a document."""

    request: HttpRequest
    object: Any
    history_url_name = "wagtail_m365:document_history"
    usage_url_name = "wagtaildocs:document_usage"

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        """Wagtail's menu items and ours."""
        buttons = super().header_more_buttons  # type: ignore[misc]  # a mixin
        return [*buttons, *document_buttons(self.object, self.request, place="edit")]

    def get_side_panels(self) -> MediaContainer:
        """Wagtail's side panels and ours."""
        panels = super().get_side_panels()  # type: ignore[misc]  # a mixin
        if not shown_to(self.request.user):
            return panels
        return MediaContainer([*panels, M365SidePanel(self.object, self.request)])

    def form_valid(self, form: Any) -> HttpResponseBase:
        """Save as Wagtail does; the file that is replaced becomes a version."""
        save = super().form_valid  # type: ignore[misc]  # a mixin
        if "file" not in form.changed_data:
            return save(form)  # type: ignore[no-any-return]  # Wagtail's own
        try:
            with kept_while_replaced(self.object, self.request.user):
                return save(form)  # type: ignore[no-any-return]  # Wagtail's own
        except M365Error as error:
            told = error.explanation
            form.add_error("file", f"{told.what} {told.next_step}")
            # Wagtail notes there what it will tell above an invalid form.
            self.is_valid(form)  # type: ignore[attr-defined]
            return self.form_invalid(form)  # type: ignore[attr-defined,no-any-return]


_MIXINS: dict[str, Any] = {
    "index": M365DocumentIndexMixin,
    "index_results": M365DocumentIndexMixin,
    "edit": M365DocumentEditMixin,
}


def extended_views() -> list[URLPattern]:
    """Wagtail's document views with our mixins, for the addresses they already have.

    Addresses and arguments are taken from Wagtail's own list, so that they follow it.
    """
    if not settings.EXTEND_DOCUMENT_VIEWS:
        return []
    found = ((each, _MIXINS.get(each.name)) for each in admin_urls.urlpatterns)
    return in_words([_extended(pattern, mixin) for pattern, mixin in found if mixin])


def _extended(pattern: URLPattern, mixin: Any) -> URLPattern:
    base = pattern.callback.view_class  # type: ignore[attr-defined]  # set by as_view
    arguments = pattern.callback.view_initkwargs  # type: ignore[attr-defined]
    view: Any = type(f"M365{base.__name__}", (mixin, base), {})
    extended: URLPattern = path(
        f"documents/{pattern.pattern}", view.as_view(**arguments)
    )
    return extended
