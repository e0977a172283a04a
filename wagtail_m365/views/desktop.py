"""*Open in the desktop app*: from the side panel to Word, Excel or PowerPoint."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from wagtail_m365.documents.desktop import address_on_desktop, desktop_url
from wagtail_m365.errors import TokenError

from .bringing_back import SessionPage
from .document_page import is_web_address


class DesktopView(SessionPage):
    """Ask Microsoft where the copy lies, and send the browser to the application."""

    url_name = "desktop"
    http_method_names = ["get"]
    error_title = gettext_lazy("The document could not be opened in the desktop app")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # explained errors are no template of this view
        try:
            address = address_on_desktop(self.session, request.user)
        except TokenError as error:
            return self.sign_in(error)
        url = desktop_url(self.document.filename, address)
        if not url or not is_web_address(address):
            text = _(
                "Microsoft tells no address for the desktop app: open “%(title)s” in "
                "the browser instead."
            )
            messages.warning(request, text % {"title": self.document})
            return redirect(self.next_url)
        return _hand_to_application(url)


def _hand_to_application(url: str) -> HttpResponse:
    # Django's own redirects know no schemes of applications, and would escape the bars.
    response = HttpResponse(status=302)
    response["Location"] = url
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
