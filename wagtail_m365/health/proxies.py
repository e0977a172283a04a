"""How this site is reached: the proxy in front of it, and the cookie on the way back."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings as django_settings  # noqa: TID251  # what is tested is Django's own
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_m365.conf import is_set
from wagtail_m365.errors import Misconfigured
from wagtail_m365.http import is_loopback

from .browser import strays_from
from .findings import Attention, Failing, Probe, Skip
from .subject import Subject, Visit


def _ask_scheme(subject: Subject) -> str:
    """A proxy that ends TLS must say so, and Django must be told to believe it."""
    visit = _visited(subject)
    told = _first(visit, "X-Forwarded-Proto")
    if visit.secure:
        return _("Django knows that this page was asked for over https.")
    if told == "https" or "proto=https" in _first(visit, "Forwarded"):
        seen = _("A proxy said “https”, and Django did not believe it.")
        raise Failing(Misconfigured(code="forwarded_proto_ignored"), seen)
    if _browser_is_on_https(visit):
        seen = _("Your browser is on https, and no proxy tells this server so.")
        raise Failing(Misconfigured(code="proxy_tells_no_scheme"), seen)
    if is_loopback(f"http://{visit.host}"):
        return _("This is http on this machine, which Microsoft allows.")
    raise Attention(
        Misconfigured(code="redirect_uri_insecure", uri=visit.redirect_uri),
        _("This page was asked for over plain http."),
    )


def _ask_host(subject: Subject) -> str:
    visit = _visited(subject)
    own = f"{'https' if visit.secure else 'http'}://{visit.host}"
    if here := strays_from(visit.redirect_uri, own, visit.headers, guess=True):
        seen = _("You are at %(here)s, sign-ins come back to %(there)s.") % {
            "here": here,
            "there": urlsplit(visit.redirect_uri).netloc,
        }
        raise Attention(Misconfigured(code="redirect_uri_elsewhere"), seen)
    told = _first(visit, "X-Forwarded-Host")
    if not told or told == visit.host.lower() or is_set("REDIRECT_URI"):
        return _("The redirect URI names the host %(host)s.") % {
            "host": urlsplit(visit.redirect_uri).netloc
        }
    seen = _("The proxy says “%(told)s”, Django computes with “%(host)s”.") % {
        "told": told[:200],
        "host": visit.host,
    }
    raise Failing(Misconfigured(code="forwarded_host_ignored"), seen)


def _visited(subject: Subject) -> Visit:
    if subject.visit.assumed:
        raise Skip(
            _(
                "Only a visit shows it: open the health page under Settings in a browser."
            )
        )
    return subject.visit


def _first(visit: Visit, name: str) -> str:
    """The part of the header that the outermost proxy wrote."""
    return visit.headers.get(name, "").split(",")[0].strip().lower()


def _browser_is_on_https(visit: Visit) -> bool:
    """What a browser says of the page it comes from is the address that it shows."""
    pages = (visit.headers.get(name, "") for name in ("Origin", "Referer"))
    parts = (urlsplit(page) for page in pages)
    return any(p.scheme == "https" and p.netloc == visit.host for p in parts)


def _ask_session_cookie(subject: Subject) -> str:
    """With SameSite=Strict the browser hides the session from Microsoft's redirect."""
    if str(django_settings.SESSION_COOKIE_SAMESITE).lower() == "strict":
        raise Misconfigured(code="session_cookie_strict")
    return _("The session survives the way to Microsoft and back.")


def _ask_secure_cookie(subject: Subject) -> str:
    on_https = urlsplit(subject.visit.redirect_uri).scheme == "https"
    if django_settings.SESSION_COOKIE_SECURE:
        return _("The session cookie travels over https only.")
    if not on_https:
        return _("Over http on this machine, the session cookie needs no “Secure”.")
    raise Attention(Misconfigured(code="session_cookie_insecure"))


def _ask_opener_policy(subject: Subject) -> str:
    """Every sign-in of ours is a redirect; nothing talks to the window it came from."""
    policy = django_settings.SECURE_CROSS_ORIGIN_OPENER_POLICY or "unsafe-none"
    return _(
        "Cross-Origin-Opener-Policy is “%(policy)s”. Sign-ins go by redirect, so any "
        "value works; a pop-up of a plugin needs “same-origin-allow-popups”."
    ) % {"policy": policy}


PROBES = (
    Probe(
        code="scheme",
        title=gettext_lazy("https behind the proxy"),
        ask=_ask_scheme,
        at_once=True,
    ),
    Probe(
        code="host",
        title=gettext_lazy("Host name behind the proxy"),
        ask=_ask_host,
        at_once=True,
    ),
    Probe(
        code="session_cookie",
        title=gettext_lazy("Session cookie"),
        ask=_ask_session_cookie,
        at_once=True,
    ),
    Probe(
        code="secure_cookie",
        title=gettext_lazy("Session cookie over https only"),
        ask=_ask_secure_cookie,
        at_once=True,
    ),
    Probe(
        code="opener_policy",
        title=gettext_lazy("Pop-ups"),
        ask=_ask_opener_policy,
        at_once=True,
    ),
)
