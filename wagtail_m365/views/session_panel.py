"""The part of the side panel that shows how the edit session stands, by itself.

Wagtail's ``w-swap`` fetches it beside the document's page, and when somebody comes back to
the tab, since documents are opened, and handed over, in another one. Microsoft is asked
here how the copy stands, so that the page itself waits for nobody.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.views.generic import TemplateView

from wagtail_m365.documents.noticed_sessions import look
from wagtail_m365.errors import M365Error

from .buttons import open_session_of
from .document_page import DocumentPage
from .edit_sessions import panel_context


class SessionPanelView(DocumentPage, TemplateView):
    """A fragment of a page, with what Microsoft tells now, or has told."""

    template_name = "wagtail_m365/edit_sessions/session.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session = open_session_of(self.document)
        if session is not None:
            with suppress(M365Error):
                look(session)
        known = panel_context(self.document, self.request.user)
        return {**super().get_context_data(**kwargs), **known}
