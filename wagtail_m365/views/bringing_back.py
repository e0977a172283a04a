"""*Bring back*, *Discard* and *Check for changes*: what can be done with an open document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from wagtail_m365 import hooks
from wagtail_m365.documents.bringing_back import (
    BroughtBack,
    bring_back,
)
from wagtail_m365.documents.checking import check
from wagtail_m365.documents.closing import discard
from wagtail_m365.documents.edit_folders import scopes_of_session
from wagtail_m365.errors import BothChanged, M365Error, NothingOpen, TokenError
from wagtail_m365.models import EditSession

from .buttons import open_session_of, page_url
from .comments import AsksForComment
from .document_page import DocumentPage
from .edit_sessions import SessionFacts
from .errors import explain_in_message
from .proposals import tell_pending
from .status_sentences import sentence_about_copy, sentences_about
from .versions import version_buttons

#: Why a document stays open that was to be closed → what to say about it.
STAYS_OPEN = {
    "": gettext_lazy("It stays open in Microsoft 365."),
    "locked": gettext_lazy(
        "It stays open, because Office still has the file open: close it there, then "
        "bring it back once more."
    ),
    "checked_out": gettext_lazy(
        "It stays open, because somebody else has the file checked out in the library: "
        "ask for it to be checked in, then bring it back once more."
    ),
    "changed_again": gettext_lazy(
        "It stays open, because it was changed again just now: bring it back once more."
    ),
    "unavailable": gettext_lazy(
        "It stays open, because Microsoft could not delete the copy just now: try again "
        "later."
    ),
}


class SessionPage(DocumentPage, TemplateView):
    """A page about a document that is open in Microsoft 365."""

    #: Name of its address.
    url_name = ""

    @cached_property
    def session(self) -> EditSession:
        """The edit session in which the document is open.

        Raises:
            NothingOpen: It is not.
        """
        session = open_session_of(self.document)
        if session is None:
            raise NothingOpen
        return session

    @property
    def here(self) -> str:
        return page_url(self.url_name, self.document.pk, self.next_url)

    @property
    def bring_back_url(self) -> str:
        return page_url("bring_back", self.document.pk, self.next_url)

    @property
    def edit_buttons(self) -> list[Any]:
        """For a message: the way to the document, unless one is there already."""
        if self.next_url == self.edit_url:
            return []
        return [messages.button(self.edit_url, _("Edit"))]

    def get_try_again_url(self) -> str:
        return self.here

    def sign_in(self, error: TokenError) -> HttpResponseBase:
        """The session's own account has to sign in, if that helps."""
        scopes = scopes_of_session(self.session)
        return self.sign_in_or_explain(error, come_back=self.here, scopes=scopes)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            session=self.session,
            facts=SessionFacts(session=self.session, user=self.request.user),
            **kwargs,
        )


class BringBackView(AsksForComment, SessionPage):
    """Ask, and with POST fetch the edited file."""

    url_name = "bring_back"
    template_name = "wagtail_m365/documents/bring_back.html"
    page_title = gettext_lazy("Bring back from Microsoft 365")
    error_title = gettext_lazy("The document could not be brought back")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(comment_form=self.comment_form, **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not self.comment_form.is_valid():
            return self.render_to_response(self.get_context_data(), status=400)
        given = {"document": self.document, "session": self.session}
        refused = hooks.before_m365_bring_back(request=request, **given)
        if refused:
            return refused
        try:
            brought_back = bring_back(
                self.session,
                request.user,
                close="close" in request.POST,
                comment=self.comment,
            )
        except TokenError as error:
            return self.sign_in(error)
        except BothChanged:
            # Nothing was touched; the person chooses there.
            return redirect(page_url("resolve", self.document.pk, self.next_url))
        instead = hooks.after_m365_bring_back(
            request=request, version=brought_back.version, **given
        )
        return instead or self.tell(brought_back)

    def tell(self, brought_back: BroughtBack) -> HttpResponseBase:
        """Say what came of it, and go back to where the person was."""
        if brought_back.proposal is not None:
            tell_pending(self.request, brought_back.proposal, self.ending(brought_back))
            return redirect(self.next_url)
        buttons = self.edit_buttons
        if brought_back.version:
            buttons += version_buttons(brought_back.version)
        text = " ".join(self.sentences(brought_back))
        warns = brought_back.stays_open or brought_back.stays_checked_out
        tell = messages.warning if warns else messages.success
        tell(self.request, text, buttons=buttons)
        return redirect(self.next_url)

    def sentences(self, brought_back: BroughtBack) -> Iterator[str]:
        """What the site has now, and how the copy stands."""
        title = {"title": self.document}
        if brought_back.outcome == "taken":
            yield _("“%(title)s” was brought back.") % title
        else:
            yield _("“%(title)s” did not change in Microsoft 365.") % title
        if brought_back.site_changed:
            yield _("The file on the site did: the copy does not have that change.")
        if brought_back.stays_checked_out:
            yield _("In the library it stays checked out: colleagues see the old file.")
        yield self.ending(brought_back)

    def ending(self, brought_back: BroughtBack) -> str:
        """How the copy stands."""
        if brought_back.closed:
            self.session.refresh_from_db()
            closed = _("It is closed in Microsoft 365.")
            return f"{closed} {sentence_about_copy(self.session)}".strip()
        return str(STAYS_OPEN[brought_back.stays_open])


class DiscardView(SessionPage):
    """Ask, and with POST end the session without its changes."""

    url_name = "discard"
    template_name = "wagtail_m365/documents/discard.html"
    page_title = gettext_lazy("Discard the copy in Microsoft 365")
    error_title = gettext_lazy("The copy could not be discarded")

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            session = discard(self.session, request.user)
        except TokenError as error:
            return self.sign_in(error)
        text = _(
            "“%(title)s” is closed in Microsoft 365; this site's file is unchanged."
        )
        told = f"{text % {'title': self.document}} {sentence_about_copy(session)}"
        messages.success(request, told, buttons=self.edit_buttons)
        return redirect(self.next_url)


class CheckView(SessionPage):
    """With POST ask Microsoft how the copy stands."""

    url_name = "check"
    http_method_names = ["post"]

    @property
    def here(self) -> str:
        return self.next_url

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            status = check(self.session, request.user)
        except TokenError as error:
            return self.sign_in(error)
        except M365Error as error:
            explain_in_message(request, error)
        else:
            messages.info(request, " ".join(sentences_about(status)))
        return redirect(self.next_url)
