"""*Add from OneDrive*: a pasted link leads to its folder, or to its file alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from wagtail_m365.documents.browsing import Entry
from wagtail_m365.documents.linked import open_link
from wagtail_m365.errors import M365Error

from .accounts import ACCOUNT
from .file_screens import FILE, FileScreen
from .folder_screens import HOME
from .imports import ImportView
from .link_fields import LINK, taken_link


@method_decorator(sensitive_post_parameters(LINK), name="dispatch")
class ImportLinkView(ImportView):
    """With POST the link is opened; without, one pastes it among all places."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(self._step())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            entry = open_link(self.connection, taken_link(request))
        except M365Error as error:
            self.screen = FileScreen(request, error, of_link=True)
            return self.render_to_response(self.get_context_data())
        return redirect(self._step(entry))

    def _step(self, entry: Entry | None = None) -> str:
        """The step of the browser that shows what was opened."""
        query = {"at": HOME}
        if entry and entry.location:
            query = {"at": entry.location.sign()}
        elif entry and entry.file:
            query[FILE] = entry.file.sign()
        if self.choice.offered and self.choice.chosen:
            query[ACCOUNT] = str(self.choice.chosen.pk)
        if collection := self.request.GET.get("collection"):
            query["collection"] = collection
        return f"{reverse('wagtail_m365:import')}?{urlencode(query)}"
