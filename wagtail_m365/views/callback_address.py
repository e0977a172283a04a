"""The callback's place among the admin's addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, URLPattern, reverse
from django.urls.resolvers import RoutePattern
from django.utils.translation import gettext as _

from .access import may_sign_in
from .addresses import account_address
from .connect import leaving
from .elsewhere import consent_given, has_session_cookie, session_left_behind

View = Callable[..., HttpResponseBase]

#: In the callback's own address, instead of Microsoft's answer: no session came along.
_LOST = "lost"
#: The same: an Entra administrator is back, who need not be known here.
_CONSENT = "consent"


class CallbackPattern(URLPattern):
    """An address whose query never travels on, not even to the log-in page.

    Wagtail wraps every view of the admin and sends whoever is not logged in to its log-in
    with the whole address in ``next``: the authorization code would then stand in a page,
    in the history and in the log of the web server. So that is decided here, first.
    """

    def __init__(self, route: str, view: View, name: str) -> None:
        super().__init__(
            RoutePattern(route, name=name, is_endpoint=True), view, {}, name
        )

    def resolve(self, path: str) -> ResolverMatch | None:
        """The match, with a view that asks for the log-in before Wagtail does."""
        match: ResolverMatch | None = super().resolve(path)
        if match is not None:
            match.func = _known_or_told(_logged_in_first(match.func))
        return match


def _logged_in_first(view: View) -> View:
    # `wraps` also carries over the mark that this view wants no transaction around it.
    @wraps(view)
    def callback(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Whoever may not enter the admin is sent to the log-in like somebody unknown.
        if request.user.has_perm("wagtailadmin.access_admin"):
            if _LOST in request.GET:
                return leaving(account_address())
            return view(request, *args, **kwargs)
        if _LOST in request.GET and not has_session_cookie(request):
            return session_left_behind(request)
        if "state" in request.GET and not has_session_cookie(request):
            # First an address without the code: a page follows that stays open.
            return leaving(f"{request.path}?{_LOST}=1")
        text = _("You are not logged in here any more. Log in and connect once more.")
        messages.warning(request, text)
        query = urlencode({"next": account_address()})
        return leaving(f"{reverse('wagtailadmin_login')}?{query}")

    return callback


def _known_or_told(view: View) -> View:
    """Who comes back from granting rights for all was sent a link, and needs no log-in."""

    @wraps(view)
    def callback(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not {"admin_consent", _CONSENT} & request.GET.keys():
            return view(request, *args, **kwargs)
        user = request.user
        if user.has_perm("wagtailadmin.access_admin") and may_sign_in(user):
            if _CONSENT in request.GET:
                return leaving(account_address())
            return view(request, *args, **kwargs)
        if _CONSENT in request.GET:
            return consent_given(request)
        return leaving(f"{request.path}?{_CONSENT}=1")

    return callback
