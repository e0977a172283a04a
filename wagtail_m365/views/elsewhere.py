"""A sign-in that would come to nothing because the site was opened at another address."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings as django_settings  # noqa: TID251  # cookies are Django's
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from wagtail_m365.errors import Misconfigured, SignInExpired, SignInRefused
from wagtail_m365.health.browser import strays_from

from .addresses import account_address
from .errors import Action, actor_name, note, page_of, status_of

#: In the address of a sign-in that was begun anew where it can end: not asked twice.
_MOVED = "moved"


def told_to_move(
    request: HttpRequest, there: str, wish_url: str, back_url: str
) -> HttpResponse | None:
    """A page that names both addresses; ``None`` where the sign-in can end well.

    Args:
        request: The request that begins the sign-in.
        there: The redirect URI.
        wish_url: The path that begins this sign-in.
        back_url: Where the person came from.
    """
    guess = request.method == "GET" and _MOVED not in request.GET
    own = request.build_absolute_uri("/")
    here = strays_from(there, own, request.headers, guess=guess)
    if not here:
        return None
    host = urlsplit(there).netloc
    error = SignInRefused(code="opened_elsewhere", here=here, there=host)
    note(request, error)
    go_on = _("Go on at %(there)s") % {"there": host}
    actions = [
        Action(url=_same_there(there, wish_url), label=go_on, primary=True),
        Action(url=back_url, label=_("Go back")),
    ]
    title = _("The sign-in at Microsoft could not be started")
    return page_of(
        request,
        error.explanation,
        title=title,
        actions=actions,
        status=status_of(error),
    )


def _same_there(there: str, wish_url: str) -> str:
    """This path of ours on the site that is configured, and on no other."""
    parts = urlsplit(there)
    # A proxy may put something before the path.
    prefix = parts.path.removesuffix(reverse("wagtail_m365:callback"))
    prefix = "" if prefix == parts.path else prefix
    glue = "&" if "?" in wish_url else "?"
    return f"{parts.scheme}://{parts.netloc}{prefix}{wish_url}{glue}{_MOVED}=1"


def has_session_cookie(request: HttpRequest) -> bool:
    """Did the browser send a session at all, valid or not?"""
    return django_settings.SESSION_COOKIE_NAME in request.COOKIES


def session_left_behind(request: HttpRequest) -> HttpResponse:
    """Microsoft sent back somebody without any session: the page that says why.

    It is for people who are not logged in, so it stands outside the admin's own pages.
    """
    strict = str(django_settings.SESSION_COOKIE_SAMESITE).lower() == "strict"
    error = (
        Misconfigured(code="session_cookie_strict")
        if strict
        else SignInExpired(code="no_session_cookie", host=request.get_host())
    )
    note(request, error)
    explanation = error.explanation
    context = {
        "explanation": explanation,
        "actor": actor_name(explanation.actor),
        "log_in_url": account_address(),
    }
    template = "wagtail_m365/connect/no_session.html"
    response = TemplateResponse(request, template, context, status=400)
    response["Referrer-Policy"] = "no-referrer"
    return response


def consent_given(request: HttpRequest) -> HttpResponse:
    """An Entra administrator without a log-in is back: the page that says what now.

    Anybody could open it, so it claims nothing and shows nothing of the site.
    """
    what = {"what": if_granted(), "log_in_url": account_address()}
    response = TemplateResponse(
        request, "wagtail_m365/connect/consent_given.html", what
    )
    response["Referrer-Policy"] = "no-referrer"
    return response


def if_granted() -> str:
    """What holds for everybody who comes back from granting rights."""
    return _("If the rights were granted at Microsoft, accounts can be connected now.")
