"""At which address a browser shows this site, and whether a sign-in from there can end.

Microsoft sends the browser to the redirect URI. Where that names another host than the
one in the browser's address bar, the session cookie stays behind: the sign-in is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from django.conf import settings as django_settings  # noqa: TID251  # cookies are Django's

#: Headers of a proxy: the host that Django sees is then perhaps not the browser's.
FORWARDED = (
    *("X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-For"),
    *("Forwarded", "Via"),
)


def strays_from(
    there: str, own: str, headers: Mapping[str, str], *, guess: bool
) -> str:
    """The host in the browser's address bar, if a sign-in from there comes to nothing.

    What a browser says of the page it comes from (``Origin``, ``Referer``) is believed.
    The host that Django sees is a guess: a silent proxy may have changed it.

    Args:
        there: The redirect URI.
        own: The origin of this site as Django computes it.
        headers: Of the request; names in any case.
        guess: Go by Django's host where the browser tells nothing.
    """
    known = {urlsplit(own).netloc, urlsplit(there).netloc}
    for name in ("Origin", "Referer"):
        shown = urlsplit(headers.get(name) or "")
        if shown.netloc in known:
            lost = shown.port != urlsplit(there).port or not keeps_session(
                shown.geturl(), there
            )
            return shown.netloc if lost else ""
    if not guess or any(headers.get(name) for name in FORWARDED):
        return ""
    return "" if keeps_session(own, there) else urlsplit(own).netloc


def keeps_session(here: str, there: str) -> bool:
    """Does a browser take the session cookie from one address to the other?

    Cookies know no ports (RFC 6265 §8.5).
    """
    one, other = urlsplit(here), urlsplit(there)
    over_http_now = (one.scheme, other.scheme) == ("https", "http")
    if over_http_now and django_settings.SESSION_COOKIE_SECURE:
        return False
    return one.hostname == other.hostname or all(map(_shares_cookies, (one, other)))


def _shares_cookies(address: SplitResult) -> bool:
    domain = str(django_settings.SESSION_COOKIE_DOMAIN or "").lstrip(".").lower()
    host = address.hostname or ""
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))
