"""*Changed on both sides*: look at both, and choose; nothing is lost by any choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.log_actions import registry as log_registry

from wagtail_m365.documents.differences import to_copy
from wagtail_m365.documents.permissions import may_create
from wagtail_m365.documents.resolving import keep_both, keep_ours, take_theirs
from wagtail_m365.errors import M365Error, TokenError

from .bringing_back import STAYS_OPEN, SessionPage
from .comments import AsksForComment
from .document_page import edit_url
from .usage import usage_of
from .versions import version_buttons

_PENDING = gettext_lazy(
    "The file for “%(title)s” waits for approval; the site's file is unchanged."
)


class ResolveView(AsksForComment, SessionPage):
    """Show both sides; with POST do what was chosen, and end the edit session."""

    url_name = "resolve"
    template_name = "wagtail_m365/documents/resolve.html"
    page_title = gettext_lazy("Changed on both sides")
    error_title = gettext_lazy("The choice could not be carried out")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_over:
            return redirect(self.bring_back_url)
        return super().get(request, *args, **kwargs)

    @property
    def is_over(self) -> bool:
        """Was it decided in the meantime, or was there never a conflict?"""
        return bool(self.session.state != self.session.State.CONFLICT)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if self.is_over:  # a page from before: the same choice would be made twice
            return redirect(self.bring_back_url)
        choices: dict[str, Callable[[], HttpResponseBase]] = {
            "theirs": self.take_theirs,
            "ours": self.keep_ours,
            "both": self.keep_both,
        }
        choice = choices.get(request.POST.get("choice", ""))
        if choice is None:
            return redirect(self.here)
        if not self.comment_form.is_valid():
            return self.render_to_response(self.get_context_data(), status=400)
        try:
            return choice()
        except TokenError as error:
            return self.sign_in(error)

    def take_theirs(self) -> HttpResponseBase:
        outcome = take_theirs(
            self.session, self.request.user, close=True, comment=self.comment
        )
        if outcome.proposal is not None:
            return self.tell(str(_PENDING), outcome.stays_open, [])
        text = _("“%(title)s” has the file that was edited in Microsoft 365.")
        buttons = version_buttons(outcome.version) if outcome.version else []
        return self.tell(text, outcome.stays_open, buttons)

    def keep_ours(self) -> HttpResponseBase:
        outcome = keep_ours(
            self.session, self.request.user, close=True, comment=self.comment
        )
        text = _(
            "“%(title)s” keeps the site's file; the edited one is kept as a version."
        )
        return self.tell(text, outcome.stays_open, [])

    def keep_both(self) -> HttpResponseBase:
        kept = keep_both(self.session, self.request.user)
        if kept.document is None:
            return self.tell(str(_PENDING), kept.stays_open, [])
        text = _("“%(title)s” keeps the site's file; the edited one is a new document.")
        buttons = [messages.button(edit_url(kept.document), _("Edit the new document"))]
        return self.tell(text, kept.stays_open, buttons)

    def tell(self, text: str, stays_open: str, buttons: list[Any]) -> HttpResponseBase:
        """Say what the site has now, and how the copy stands."""
        text = text % {"title": self.document}
        if stays_open:
            text = f"{text} {STAYS_OPEN[stays_open]}"
        messages.success(self.request, text, buttons=[*self.edit_buttons, *buttons])
        return redirect(self.next_url)

    def difference(self) -> dict[str, Any]:
        """What differs; the choice stays possible where that cannot be told."""
        try:
            return {"difference": to_copy(self.session, self.request.user)}
        except M365Error as error:
            return {"trouble": error.explanation}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries = log_registry.get_logs_for_instance(self.document)
        return super().get_context_data(
            **self.difference(),
            comment_form=self.comment_form,
            last_edit=entries.filter(content_changed=True).first(),
            usage=usage_of(self.document, self.request.user),
            may_create=may_create(self.document.collection, self.request.user),
            **kwargs,
        )
