"""Wagtail's document chooser, with the way to files in OneDrive.

Its window is a viewset whose views are attributes: a copy of it with one view more
capable is mounted in front of it, at the same address. Widgets and blocks stay
Wagtail's own.
"""

from __future__ import annotations

from copy import copy

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse

from wagtail_m365.conf import settings

from .buttons import may_import, shown_to


class M365DocumentChooseMixin:
    """The window for choosing a document says how a file of OneDrive becomes one."""

    request: HttpRequest
    creation_form_template_name = "wagtail_m365/choosers/creation_form.html"

    @property
    def m365_import_url(self) -> str:
        """The page *Add from OneDrive*; ``""`` where it is not this person's."""
        user = self.request.user
        if not (shown_to(user) and may_import(user)):
            return ""
        return reverse("wagtail_m365:import")


def extended_chooser() -> list[URLPattern]:
    """The chooser's window with our mixin, for the address that it already has."""
    from wagtail.documents.views.chooser import viewset

    if not settings.EXTEND_DOCUMENT_VIEWS:
        return []
    base = viewset.choose_view_class
    extended = copy(viewset)
    extended.choose_view_class = type(
        f"M365{base.__name__}", (M365DocumentChooseMixin, base), {}
    )
    return [path(f"{viewset.url_prefix}/", extended.choose_view)]
