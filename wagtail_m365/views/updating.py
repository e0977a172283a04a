"""*Update from OneDrive*: an imported document follows its file, or both are shown."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from wagtail_m365.documents.folders import Place
from wagtail_m365.documents.updating import Choice, resolve, source_of, update
from wagtail_m365.errors import BothChanged, TokenError
from wagtail_m365.models import RemoteSource

from .buttons import page_url
from .comments import AsksForComment
from .document_page import DocumentPage, is_web_address
from .versions import version_buttons


class UpdateView(AsksForComment, DocumentPage, TemplateView):
    """Ask, and with POST fetch the file; where both changed, show both and ask again."""

    template_name = "wagtail_m365/documents/update.html"
    page_title = gettext_lazy("Update from OneDrive")
    error_title = gettext_lazy("The document could not be updated")

    @cached_property
    def source(self) -> RemoteSource:
        """Where the document came from.

        Raises:
            NothingOpen: It was not imported.
        """
        return source_of(self.document)

    @property
    def here(self) -> str:
        return page_url("update", self.document.pk, self.next_url)

    def get_try_again_url(self) -> str:
        return self.here

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not self.comment_form.is_valid():
            return self.render_to_response(self.get_context_data(), status=400)
        choice = request.POST.get("choice", "")
        try:
            if choice in ("theirs", "ours"):
                return self.decide(cast("Choice", choice))
            return self.update()
        except TokenError as error:
            scopes = Place(self.source.place).scopes
            return self.sign_in_or_explain(error, come_back=self.here, scopes=scopes)
        except BothChanged as error:
            if error.code != "both_changed":
                raise
            context = self.get_context_data(conflict=error.facts)
            return self.render_to_response(context, status=409)

    def update(self) -> HttpResponseBase:
        """Take what changed there, if only that side did."""
        outcome = update(self.document, self.request.user, comment=self.comment)
        if outcome.version is None:
            text = _("“%(title)s” is up to date: its file has not changed.")
            messages.info(self.request, text % {"title": self.document})
            return redirect(self.next_url)
        return self.tell(_("“%(title)s” has the newest file now."), outcome.version)

    def decide(self, choice: Choice) -> HttpResponseBase:
        """Do what was chosen; the other side becomes a version."""
        version = resolve(
            self.document, self.request.user, choice, comment=self.comment
        )
        if choice == "theirs":
            text = _("“%(title)s” has the file of OneDrive; the site's is a version.")
        else:
            text = _("“%(title)s” keeps the site's file; OneDrive's is a version.")
        return self.tell(text, version)

    def tell(self, text: str, version: Any) -> HttpResponseBase:
        """Say what was done, and go back to where the person was."""
        buttons = version_buttons(version) if version else None
        messages.success(self.request, text % {"title": self.document}, buttons=buttons)
        return redirect(self.next_url)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        web_url = self.source.web_url
        return super().get_context_data(
            source=self.source,
            web_url=web_url if is_web_address(web_url) else "",
            comment_form=self.comment_form,
            **kwargs,
        )
