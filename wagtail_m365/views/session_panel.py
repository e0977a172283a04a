"""The part of the side panel that shows how the edit session stands, by itself.

Wagtail's ``w-swap`` fetches it when somebody comes back to the tab, since documents are
opened, and handed over, in another one.
"""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView

from .document_page import DocumentPage
from .edit_sessions import panel_context


class SessionPanelView(DocumentPage, TemplateView):
    """A fragment of a page; what is known is shown, Microsoft is not asked."""

    template_name = "wagtail_m365/edit_sessions/session.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = panel_context(self.document, self.request.user)
        return {**super().get_context_data(**kwargs), **known}
