"""*Join*: a second editor goes to the file that somebody else has opened."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from wagtail_m365.documents.edit_folders import scopes_of_session
from wagtail_m365.documents.joining import join
from wagtail_m365.errors import TokenError

from .bringing_back import SessionPage
from .buttons import page_url
from .document_page import leave_for


class JoinView(SessionPage):
    """With POST ask for the way to the file, note who joined, and follow it.

    GET leads to the page that says who has the document open, and offers to join: that
    is where a sign-in comes back to.
    """

    url_name = "join"
    error_title = gettext_lazy("You could not join")

    @property
    def here(self) -> str:
        return page_url("open", self.document.pk)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # it has no template
        return redirect(self.here)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            url = join(self.session, request.user)
        except TokenError as error:
            scopes = scopes_of_session(self.session)
            return self.sign_in_or_explain(error, come_back=self.here, scopes=scopes)
        return leave_for(url.reveal())
