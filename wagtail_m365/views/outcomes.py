"""The pages on which a sign-in ends that did not end well."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.generic import View

from wagtail_m365.models import Connection
from wagtail_m365.tokens.service_connections import may_manage

from . import remembered
from .access import SignsIn
from .addresses import account_address
from .connect import Wish, checked_scopes, leave_for_microsoft
from .errors import Action, ExplainsErrors, breadcrumbs, page_of
from .letters import letter_for
from .remembered import Failure


class _OutcomeView(SignsIn, ExplainsErrors, View):
    """A page about the last failure; without one, the account page."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        failure = remembered.last_failure(request.session)
        if failure is None:
            return redirect(account_address())
        response = self.tell(failure)
        # Not "no-referrer": forms would then come from an origin "null", which Django
        # refuses, those of the menu too.
        response["Referrer-Policy"] = "same-origin"
        return response

    def tell(self, failure: Failure) -> HttpResponseBase:
        raise NotImplementedError

    def wish_of(self, failure: Failure, **more: Any) -> Wish:
        """What was wished for, to wish it again."""
        return Wish(
            scopes=checked_scopes(failure.facts.get("scopes", ())),
            next_url=self.next_of(failure),
            service_name=failure.facts.get("service_name", ""),
            **more,
        )

    def next_of(self, failure: Failure) -> str:
        wanted = failure.facts.get("next_url", "")
        stays_here = url_has_allowed_host_and_scheme(
            wanted, allowed_hosts={self.request.get_host()}
        )
        return wanted if stays_here else account_address()

    def connection_of(self, failure: Failure) -> Connection | None:
        """The connection that was to be renewed, if it is still this person's to renew."""
        if service := failure.facts.get("service_name"):
            managed = may_manage(self.request.user)
            return Connection.objects.service(service).first() if managed else None
        wanted = failure.facts.get("connection_id")
        if not wanted:
            return None
        return Connection.objects.of_user(self.request.user).filter(pk=wanted).first()


class ConnectFailedView(_OutcomeView):
    """Why the account was not connected, and how to try again."""

    def tell(self, failure: Failure) -> HttpResponseBase:
        connection = self.connection_of(failure)
        again = self.wish_of(failure).address(connection)
        actions = [
            Action(url=again, label=_("Try again"), primary=True),
            Action(url=self.next_of(failure), label=_("Go back")),
        ]
        title = _("Your Microsoft account was not connected")
        if failure.facts.get("service_name"):
            title = _("The service connection was not made")
        scopes = failure.facts.get("scopes", ())
        return page_of(
            self.request,
            failure.explanation,
            title=title,
            actions=actions,
            letter=letter_for(self.request, failure.explanation, scopes, connection),
            status=400,
        )


# The way to Microsoft begins with a look at what it says of itself.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class OtherAccountView(_OutcomeView):
    """Somebody else signed in than the connection's account: ask, change nothing."""

    http_method_names = ["get", "head", "post"]

    def tell(self, failure: Failure) -> HttpResponseBase:
        connection = self.connection_of(failure)
        if connection is None:
            return redirect(account_address())
        title = _("That is another Microsoft account")
        context = {
            "page_title": title,
            "header_title": title,
            "header_icon": "m365",
            "breadcrumbs_items": breadcrumbs(title),
            "connection": connection,
            "actual": failure.facts.get("actual", ""),
            "same_url": self.wish_of(failure).address(connection),
            "as_well_url": self.as_well_url(failure, connection),
            "next_url": self.next_of(failure),
            "explanation": failure.explanation,
        }
        template = "wagtail_m365/connect/other_account.html"
        return TemplateResponse(self.request, template, context, status=409)

    def as_well_url(self, failure: Failure, connection: Connection) -> str:
        """Beside an editor's connection; a service name stands for one account."""
        return "" if connection.service_name else self.as_well(failure).address()

    def as_well(self, failure: Failure) -> Wish:
        """Keep the old connection and add the other account beside it."""
        hint = str(failure.facts.get("actual", ""))
        return self.wish_of(failure, another=True, login_hint=hint)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """The editor was asked and says: the other account takes its place."""
        failure = remembered.last_failure(request.session)
        connection = self.connection_of(failure) if failure else None
        if failure is None or connection is None:
            return redirect(account_address())
        wish = self.as_well(failure)
        return leave_for_microsoft(request, wish, connection, any_account=True)
