"""*Open in Microsoft 365*: the page that says what goes on, and the way there.

GET never sends anything. It shows a form, which a script submits by itself when the
address carries a fresh value of :mod:`.go`: then the person clicked for it here.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from wagtail_m365 import hooks, tasks
from wagtail_m365.conf import settings
from wagtail_m365.documents.desktop import way_to_open
from wagtail_m365.documents.edit_folders import (
    edit_location,
    scopes_of,
    scopes_of_session,
)
from wagtail_m365.documents.opening import Opened, open_document, preflight
from wagtail_m365.documents.preflight import leaves_protection
from wagtail_m365.errors import AlreadyOpen, TokenError
from wagtail_m365.models import EditSession
from wagtail_m365.tokens.connect_urls import connect_url

from . import go
from .buttons import open_session_of, page_url
from .document_page import DocumentPage, leave_for
from .edit_sessions import SessionFacts, facts_of

_ON_DESKTOP = "wagtail_m365/documents/on_desktop.html"


class OpenView(DocumentPage, TemplateView):
    """Say where the document goes; with POST send it there and follow it."""

    template_name = "wagtail_m365/documents/open.html"
    page_title = gettext_lazy("Open in Microsoft 365")
    error_title = gettext_lazy("The document could not be opened in Microsoft 365")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.needs_sign_in and self.go and not self.go.after_sign_in:
            return redirect(self.sign_in_url)
        response = super().get(request, *args, **kwargs)
        # The address holds a value that is good for a quarter of an hour.
        response["Referrer-Policy"] = "same-origin"
        return response

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        document = self.document
        refused = hooks.before_m365_open(request=request, document=document)
        if refused:
            return refused
        try:
            opened = open_document(document, request.user, connection=self.connection)
        except TokenError as error:
            return self.sign_in(error)
        except AlreadyOpen:
            # The page says who has it, and since when.
            return self.render_to_response(self.get_context_data(), status=409)
        if settings.WEBHOOKS:
            tasks.follow_sessions.enqueue()
        instead = hooks.after_m365_open(
            request=request, document=document, session=opened.session
        )
        return instead or self.leave(opened)

    def leave(self, opened: Opened) -> HttpResponseBase:
        """On to the browser's Office, or to the desktop's by way of a page of ours."""
        facts = SessionFacts(session=opened.session, user=self.request.user)
        way = self.request.POST.get("with") or self.way
        if way != "desktop" or not facts.opens_on_desktop:
            return leave_for(opened.web_url)
        address = page_url("desktop", self.document.pk)
        context = self.get_context_data(app=facts.app, desktop_url=address)
        response = self.response_class(
            request=self.request, template=_ON_DESKTOP, context=context
        )
        # A page must stay behind: the address of an application shows none.
        response["Refresh"] = f"0; url={address}"
        return response

    @property
    def way(self) -> str:
        """In the browser, in the desktop app, or as the person says."""
        return way_to_open(self.document.filename)

    def sign_in(self, error: TokenError) -> HttpResponseBase:
        """Go to Microsoft's sign-in once by itself; the second time, explain."""
        if self.go and self.go.after_sign_in:
            return self.explain(self.request, error)
        return self.sign_in_or_explain(
            error, come_back=self.go_on_url, scopes=self.scopes
        )

    @cached_property
    def go(self) -> go.Go | None:
        value = self.request.POST.get("go") or self.request.GET.get("go", "")
        return go.read(value, self.request.user, self.document.pk)

    @cached_property
    def refusals(self) -> list[Any]:
        """Why it cannot be opened, before anything is sent."""
        return list(preflight(self.document, self.request.user))

    @property
    def save_url(self) -> str:
        """Where a copy of an old format can at least be looked at and converted."""
        only_old = [each.code for each in self.refusals] == ["legacy_format"]
        return page_url("save", self.document.pk, self.edit_url) if only_old else ""

    @cached_property
    def session(self) -> EditSession | None:
        return open_session_of(self.document)

    @property
    def somebody_elses(self) -> bool:
        """Has another editor got it open? What nobody owns any more is free."""
        owner = self.session.owner_id if self.session else None
        return owner not in {None, self.request.user.pk}

    @property
    def may_join(self) -> bool:
        """May this person go to the other editor's copy, as far as the site decides?"""
        facts = facts_of(self.document, self.request.user)
        return bool(self.somebody_elses and facts and facts.can_be_joined)

    @property
    def needs_sign_in(self) -> bool:
        """Is a Microsoft account all that is missing?"""
        return not (self.connection or self.refusals or self.somebody_elses)

    @property
    def go_on_url(self) -> str:
        """This page, going on by itself after a sign-in."""
        return go.open_url(self.request.user, self.document.pk, after_sign_in=True)

    @property
    def sign_in_url(self) -> str:
        return connect_url(*self.scopes, next=self.go_on_url)

    @property
    def must_be_asked(self) -> bool:
        """Is there something to choose before the document is sent?"""
        return self.way == "ask" or self.must_choose_account

    @property
    def must_choose_account(self) -> bool:
        """Is it not known with which of several accounts?"""
        unknown = self.has_accounts and not self.choice.remembered
        return unknown and not self.session

    @property
    def place(self) -> str:
        """Where the copy lies, or will lie."""
        return self.session.place if self.session else edit_location().place

    @property
    def scopes(self) -> tuple[str, ...]:
        """The rights that this place needs."""
        return (
            scopes_of_session(self.session) if self.session else scopes_of(self.place)
        )

    def get_try_again_url(self) -> str:
        return page_url("open", self.document.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        private = not self.session and leaves_protection(self.document)
        return super().get_context_data(
            refusals=self.refusals,
            session=self.session,
            facts=facts_of(self.document, self.request.user),
            somebody_elses=self.somebody_elses,
            private=private,
            may_join=self.may_join,
            save_url=self.save_url,
            goes_on=bool(self.go) and not (private or self.must_be_asked),
            way=self.way,
            place=self.place,
            go=self.request.GET.get("go", ""),
            sign_in_url=self.sign_in_url,
            **kwargs,
        )
