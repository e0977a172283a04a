"""What can be done with one document in Microsoft 365: as a page, and as a row's menu.

The documents listing links to the page; its script fetches the menu instead.
"""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.widgets.button import Button

from .buttons import document_buttons
from .document_page import DocumentPage
from .edit_sessions import facts_of


class DocumentActionsView(DocumentPage, TemplateView):
    """A page with every action, for browsers without script and for new tabs."""

    template_name = "wagtail_m365/documents/actions.html"
    page_title = gettext_lazy("Microsoft 365")
    http_method_names = ["get", "head"]

    @cached_property
    def buttons(self) -> list[Button]:
        """What the row's menu has always offered; they lead back to the listing."""
        return sorted(
            button
            for button in document_buttons(
                self.document, self.request, place="listing", next_url=self.next_url
            )
            if button.show
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        facts = facts_of(self.document, self.request.user)
        return super().get_context_data(buttons=self.buttons, facts=facts, **kwargs)


class DocumentMenuView(DocumentActionsView):
    """The same actions as a piece of a page: the menu of the document's row."""

    template_name = "wagtail_m365/documents/menu.html"
