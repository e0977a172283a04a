"""How the site is reached, as far as its settings say: the rest takes a visit (health)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core import checks
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, get_language_from_path, override

from wagtail_m365 import conf
from wagtail_m365.conf import settings

from .messages import Messages

#: Cache backends that every process has for itself.
_ALONE = ("locmem.LocMemCache", "dummy.DummyCache")


def check_forwarded_headers(**kwargs: Any) -> Messages:
    """W008: the host of a proxy is believed, and its scheme is not."""
    fixed = conf.is_set("REDIRECT_URI")
    believes_scheme = django_settings.SECURE_PROXY_SSL_HEADER
    if fixed or believes_scheme or not django_settings.USE_X_FORWARDED_HOST:
        return []
    return [
        checks.Warning(
            "Django believes the host that a proxy names, but not its scheme: the "
            "redirect URI is computed with http, and Microsoft takes https only.",
            hint=(
                "Set SECURE_PROXY_SSL_HEADER, or WAGTAIL_M365['REDIRECT_URI']. Silence "
                "this if the server in front of Django sets the scheme by itself."
            ),
            id="wagtail_m365.W008",
        )
    ]


def check_redirect_uri(**kwargs: Any) -> Messages:
    """W009: Microsoft would refuse the address, or send people where nobody waits."""
    if conf.wrong_types() or not conf.is_set("REDIRECT_URI"):
        return []
    uri = str(settings.REDIRECT_URI or "")
    return [
        checks.Warning(problem, hint=hint, id="wagtail_m365.W009")
        for problem, hint in (
            _not_https(uri),
            _not_the_callback(uri),
            _not_where_mails_lead(uri),
        )
        if problem
    ]


def _not_https(uri: str) -> tuple[str, str]:
    from wagtail_m365.http import is_loopback

    scheme = urlsplit(uri).scheme
    if scheme == "https" or (scheme == "http" and is_loopback(uri)):
        return "", ""
    return (
        "REDIRECT_URI is not https: Microsoft takes http for this machine only.",
        "Begin it with https://.",
    )


def _not_the_callback(uri: str) -> tuple[str, str]:
    given = urlsplit(uri).path
    # Where the admin is under i18n_patterns, there is one address for each language.
    language = get_language_from_path(given) or get_language()
    try:
        with override(language):
            path = reverse("wagtail_m365:callback")
    except NoReverseMatch:
        return "", ""
    # A proxy may put something before it, and nothing behind.
    if given.endswith(path):
        return "", ""
    return f"REDIRECT_URI does not end with {path}.", "Our callback is there."


def _not_where_mails_lead(uri: str) -> tuple[str, str]:
    """Who follows a link of a mail and signs in would not come back to their session."""
    from wagtail_m365.health.browser import keeps_session

    base = str(getattr(django_settings, "WAGTAILADMIN_BASE_URL", "") or "")
    if not base or keeps_session(base, uri):
        return "", ""
    problem = (
        "REDIRECT_URI and WAGTAILADMIN_BASE_URL name different hosts: who comes by a "
        "link of a mail has no session where Microsoft sends them back."
    )
    return problem, "Let both name the host that people open."


def check_shared_sessions(**kwargs: Any) -> Messages:
    """W010: a sign-in begins in one process and ends in another."""
    engine = str(django_settings.SESSION_ENGINE).rpartition(".")[2]
    alias = str(django_settings.SESSION_CACHE_ALIAS)
    cache = str(django_settings.CACHES.get(alias, {}).get("BACKEND", ""))
    if engine != "cache" or not cache.endswith(_ALONE):
        return []
    return [
        checks.Warning(
            "Sessions are in a cache that each process has for itself: who comes back "
            "from Microsoft may meet a process that knows nothing of the sign-in.",
            hint="Keep sessions in the database, or in a cache that is shared.",
            id="wagtail_m365.W010",
        )
    ]
