"""Signing in at Microsoft: out, back, and what may come of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin import messages

from wagtail_m365.errors import M365Error, OtherAccount, SignInExpired, SignInRefused
from wagtail_m365.models import AppRegistration, Connection
from wagtail_m365.redaction import HiddenTexts
from wagtail_m365.tokens import bundles, sign_in

from . import remembered
from .access import SignsIn, UsesMicrosoft365, safe_next
from .addresses import account_address, callback_address
from .elsewhere import if_granted, told_to_move
from .errors import ExplainsErrors, note

#: What Microsoft sends to the redirect URI (RFC 6749 §4.1.2). Never `client_info`:
#: MSAL would decode it before it compares the state.
_ANSWER = ("state", "code", "error", "error_description", "error_uri")
_SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}", re.ASCII)
_MOST_SCOPES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a link to the sign-in asks for."""

    scopes: frozenset[str]
    next_url: str
    #: Add one more account instead of granting more to the default connection.
    another: bool = False
    #: Sign in with the app registration of the editor's own.
    own: bool = False
    login_hint: str = ""
    #: Make or renew the site's own connection of this name.
    service_name: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Wish:
        """Read and check the query of a request.

        Raises:
            SignInRefused: A scope is not written like one.
        """
        return cls(
            scopes=checked_scopes(request.GET.get("scopes", "").split()),
            next_url=safe_next(request, account_address()),
            another="another" in request.GET,
            own="own" in request.GET,
            login_hint=request.GET.get("login_hint", "")[:255],
        )

    def address(self, connection: Connection | None = None) -> str:
        """The link that wishes this again."""
        if self.service_name:
            return self._service_form(connection)
        query = {
            "scopes": " ".join(sorted(self.scopes)),
            "another": "1" if self.another and not connection else "",
            "own": "1" if self.own and not connection else "",
            "login_hint": self.login_hint,
            "next": self.next_url,
        }
        given = urlencode({name: value for name, value in query.items() if value})
        if connection:
            return f"{reverse('wagtail_m365:reconnect', args=[connection.pk])}?{given}"
        return f"{reverse('wagtail_m365:connect')}?{given}"

    def _service_form(self, connection: Connection | None) -> str:
        """The form that asks for this again; it is posted, so no link starts it."""
        query = {"name": self.service_name, "scopes": " ".join(sorted(self.scopes))}
        if connection:
            name = "wagtail_m365:service_renew"
            path = reverse(name, args=[connection.service_name])
        else:
            path = reverse("wagtail_m365:service_add_by_sign_in")
        return f"{path}?{urlencode(query)}"


def checked_scopes(names: Iterable[str]) -> frozenset[str]:
    """The scopes, if each is written like one.

    Raises:
        SignInRefused: One is not, or there are too many; code ``scopes_refused``.
    """
    scopes = frozenset(names)
    if len(scopes) > _MOST_SCOPES or not all(map(_SCOPE.fullmatch, scopes)):
        detail = "The link asks for rights that are not written like scopes."
        raise SignInRefused(detail, code="scopes_refused")
    return scopes


# Discovery is asked of Microsoft here: with ATOMIC_REQUESTS, no transaction may wait.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ConnectView(UsesMicrosoft365, ExplainsErrors, View):
    """Send the editor to Microsoft's sign-in page."""

    http_method_names = ["get"]
    error_title = gettext_lazy("The sign-in at Microsoft could not be started")

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        wish = Wish.of(request)
        if wish.own:
            return leave_for_microsoft(request, wish, None, own=self.own())
        return self.leave(wish, None if wish.another else self.default_connection())

    def own(self) -> AppRegistration:
        """The app registration that this editor has entered."""
        return get_object_or_404(AppRegistration, owner_id=self.request.user.pk)

    def default_connection(self) -> Connection | None:
        """The connection that gets the rights when the link names none."""
        return Connection.objects.of_user(self.request.user).first()

    def leave(self, wish: Wish, connection: Connection | None) -> HttpResponseBase:
        """Redirect to Microsoft."""
        return leave_for_microsoft(self.request, wish, connection)

    def get_back_url(self) -> str:
        return safe_next(self.request, account_address())


class ReconnectView(ConnectView):
    """The same for one connection: it stays the same connection."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        connection = get_object_or_404(
            Connection, pk=kwargs["connection_id"], user=request.user
        )
        return self.leave(Wish.of(request), connection)


def leave_for_microsoft(
    request: HttpRequest,
    wish: Wish,
    connection: Connection | None,
    *,
    any_account: bool = False,
    own: AppRegistration | None = None,
) -> HttpResponse:
    """Begin a sign-in in this browser and redirect to Microsoft's page.

    Where it could not end, since Microsoft sends the browser to another address than the
    one that it shows, a page says so instead.
    """
    there, again = callback_address(request), wish.address(connection)
    if page := told_to_move(request, there, again, wish.next_url):
        return page
    hint = wish.login_hint or (connection.username if connection else "")
    address = sign_in.start(
        request.user,
        scopes=_scopes_for(wish, connection),
        redirect_uri=there,
        next_url=wish.next_url,
        session=request.session,
        connection=connection,
        service_name=wish.service_name,
        own=own,
        any_account=any_account,
        login_hint=hint,
        prompt="" if hint else "select_account",
    )
    return leaving(address)


def _scopes_for(wish: Wish, connection: Connection | None) -> set[str]:
    """What the link asks for, else the least; and what the connection lacks."""
    lacking = connection.state_details.get("scopes", ()) if connection else ()
    return {*(wish.scopes or (*bundles.PROFILE, *bundles.EDIT)), *lacking}


def _answer_of(request: HttpRequest) -> HiddenTexts:
    """What Microsoft sent the browser back with, as far as it is read."""
    given = request.GET
    return HiddenTexts({key: given[key] for key in _ANSWER if key in given})


def forget_query(request: HttpRequest) -> None:
    """Leave no code with the request: reports of later errors show its query."""
    request.GET = QueryDict()
    request.META["QUERY_STRING"] = ""


def leaving(address: str) -> HttpResponse:
    """A redirect that takes no address with it and that nobody stores."""
    response = HttpResponseRedirect(address)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class CallbackView(SignsIn, View):
    """Where Microsoft sends the editor back to.

    Whatever happens, the answer is a redirect to an address without code or state:
    the page that follows is the first one that shows anything.
    """

    # HEAD would redeem the code for a link checker.
    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if "admin_consent" in request.GET:
            return self.consent_given()
        answer = _answer_of(request)
        forget_query(request)
        try:
            signed_in = sign_in.finish(
                request.user, query=answer, session=request.session
            )
        except SignInExpired as error:
            return self.come_again(answer, error)
        except M365Error as error:
            return self.fail(error)
        return self.succeed(answer, signed_in)

    def consent_given(self) -> HttpResponse:
        """An Entra administrator comes back from granting rights to the application.

        Anybody could write such a link, so nothing is concluded from it.
        """
        messages.info(self.request, if_granted())
        return leaving(account_address())

    def succeed(
        self, answer: dict[str, str], signed_in: sign_in.SignedIn
    ) -> HttpResponse:
        """Go on with what the editor wanted to do."""
        session = self.request.session
        remembered.forget_failure(session)
        next_url = signed_in.next_url or account_address()
        remembered.finished(session, answer["state"], next_url)
        messages.success(self.request, self.success_message(signed_in))
        return leaving(next_url)

    def success_message(self, signed_in: sign_in.SignedIn) -> str:
        account = signed_in.connection.username or signed_in.connection.display_name
        if service := signed_in.connection.service_name:
            return _("The service connection “%(name)s” acts as %(account)s.") % {
                "name": service,
                "account": account,
            }
        if signed_in.created:
            return _("Connected to Microsoft 365 as %(account)s.") % {
                "account": account
            }
        return _("The connection of %(account)s is up to date.") % {"account": account}

    def come_again(self, answer: dict[str, str], error: SignInExpired) -> HttpResponse:
        """A reload of a callback that has done its work already is no failure."""
        next_url = remembered.next_of_finished(
            self.request.session, answer.get("state", "")
        )
        error.facts["host"] = self.request.get_host()
        return leaving(next_url) if next_url else self.fail(error)

    def fail(self, error: M365Error) -> HttpResponse:
        """Keep what is to be told in the session, and tell it on a clean page."""
        remembered.failed(self.request.session, error)
        note(self.request, error)
        other = isinstance(error, OtherAccount)
        name = "other_account" if other else "connect_failed"
        return leaving(reverse(f"wagtail_m365:{name}"))
