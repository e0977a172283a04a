"""*Preview*: look at the copy in Microsoft 365 without opening it for editing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from wagtail_m365.documents.previewing import preview
from wagtail_m365.errors import TokenError

from .bringing_back import SessionPage
from .document_page import leave_for


class PreviewView(SessionPage):
    """With POST ask Microsoft for a viewer, and follow its short-lived address.

    It opens in a tab of its own and not in a frame: nothing of ours then holds the
    address, and a page of ours need not let Microsoft's servers into its frames.
    """

    url_name = "preview"
    error_title = gettext_lazy("There is no preview")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # it has no template
        return redirect(self.edit_url)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            url = preview(self.session, request.user)
        except TokenError as error:
            return self.sign_in(error)
        return leave_for(url.reveal())
