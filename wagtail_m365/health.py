"""The self-test: asks Microsoft and looks at this site, and says what it found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import requests
from django.conf import settings as django_settings  # noqa: TID251  # what is tested is Django's own
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wagtail_m365.errors import (
    Actor,
    Explanation,
    M365Error,
    Misconfigured,
    TemporarilyUnavailable,
)
from wagtail_m365.http import is_loopback, new_session
from wagtail_m365.identity.client import IdentityClient
from wagtail_m365.identity.registration import Registration
from wagtail_m365.models.configuration import http_options, registration

#: Tenants that stand for many: an application cannot sign in as itself there.
_MANY_TENANTS = ("common", "organizations", "consumers")

_AADSTS = re.compile(r"AADSTS(\d{4,8})")


class Outcome(StrEnum):
    """How one probe went."""

    PASSED = "passed"
    FAILED = "failed"
    #: It could not be tried; the detail says why.
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one probe found."""

    name: str | Promise
    outcome: Outcome
    #: One sentence: what was seen, or why it was not tried.
    detail: str = ""
    #: What is wrong, who must act and the next step; only when it failed.
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is tested."""

    registration: Registration
    identity: IdentityClient
    #: The redirect URI as the site computes it for the admin's own request.
    redirect_uri: str


class Skip(Exception):
    """A probe cannot be tried; its text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question. It answers with a sentence, or raises."""

    name: Promise
    ask: Callable[[Subject], str]
    #: When it fails, the probes after it have nothing to stand on.
    stops: bool = False


def examine(redirect_uri: str) -> list[Finding]:
    """Ask everything there is to ask, in order, until nothing more can be asked.

    Uses what is saved, switched on or not. Sends a few requests to Microsoft.
    """
    name = gettext_lazy("Configuration")
    try:
        found = registration(even_if_switched_off=True)
    except M365Error as error:
        return [_failed(name, error.explanation)]
    identity = IdentityClient(found, http_options())
    subject = Subject(registration=found, identity=identity, redirect_uri=redirect_uri)
    detail = _("Application %(client_id)s at %(authority)s.") % {
        "client_id": found.client_id,
        "authority": found.cloud.authority,
    }
    configured = Finding(name=name, outcome=Outcome.PASSED, detail=detail)
    return [configured, *_asked(subject)]


def _asked(subject: Subject) -> Iterator[Finding]:
    for probe in PROBES:
        finding = _answer(probe, subject)
        yield finding
        if probe.stops and finding.outcome is Outcome.FAILED:
            return


def _answer(probe: Probe, subject: Subject) -> Finding:
    try:
        detail = probe.ask(subject)
    except Skip as reason:
        return Finding(name=probe.name, outcome=Outcome.SKIPPED, detail=str(reason))
    except M365Error as error:
        return _failed(probe.name, error.explanation)
    except _Mistake as mistake:
        return _failed(probe.name, mistake.explanation)
    return Finding(name=probe.name, outcome=Outcome.PASSED, detail=detail)


def _failed(name: str | Promise, explanation: Explanation) -> Finding:
    return Finding(name=name, outcome=Outcome.FAILED, explanation=explanation)


class _Mistake(Exception):
    """Something about this site's own set-up that only a person can change."""

    def __init__(self, code: str, what: str, next_step: str) -> None:
        super().__init__(what)
        self.explanation = Explanation(
            code=code, what=what, actor=Actor.SITE_ADMIN, next_step=next_step
        )


def _ask_redirect_uri(subject: Subject) -> str:
    """Microsoft takes https, and http for localhost only ("Redirect URI restrictions")."""
    uri = subject.redirect_uri
    if urlsplit(uri).scheme != "https" and not is_loopback(uri):
        raise _Mistake(
            "redirect_uri_insecure",
            _("The site computes a redirect URI with plain http: %(uri)s.")
            % {"uri": uri},
            _(
                "Open the admin over https. Behind a proxy, set "
                "SECURE_PROXY_SSL_HEADER so that Django knows about it, or set "
                "REDIRECT_URI in WAGTAIL_M365."
            ),
        )
    return _where_microsoft_sends_back(subject)


def _where_microsoft_sends_back(subject: Subject) -> str:
    """Ask the sign-in page, as nobody, whether it would send the browser back to us.

    With ``prompt=none`` it redirects at once when it knows the application and the
    address, and shows an error page otherwise (OpenID Connect Core §3.1.2.6). What
    that page says is for people; only the number of the error is taken from it.
    """
    request = subject.identity.authorization_request(
        ["User.Read"], subject.redirect_uri, prompt="none"
    )
    answer = _page_of(request.url)
    if answer.headers.get("Location", "").startswith(subject.redirect_uri):
        return _("Microsoft would send the browser back to %(uri)s.") % {
            "uri": subject.redirect_uri
        }
    if number := _AADSTS.search(answer.text):
        code = f"aadsts{number[1]}"
        raise Misconfigured(code=code, microsoft_code=number[0])
    raise Skip(
        _(
            "%(uri)s must be registered exactly so, as platform “Web”. Only a sign-in "
            "shows whether it is."
        )
        % {"uri": subject.redirect_uri}
    )


def _page_of(url: str) -> requests.Response:
    with new_session(http_options()) as session:
        try:
            return session.get(url, allow_redirects=False)
        except requests.RequestException as error:
            raise TemporarilyUnavailable(code="unreachable") from error


def _ask_session_cookie(subject: Subject) -> str:
    """With SameSite=Strict the browser hides the session from Microsoft's redirect."""
    if str(django_settings.SESSION_COOKIE_SAMESITE).lower() == "strict":
        raise _Mistake(
            "session_cookie_strict",
            _("The session cookie is not sent when Microsoft sends the editor back."),
            _("Set SESSION_COOKIE_SAMESITE to “Lax” in the Django settings."),
        )
    return _("The session survives the way to Microsoft and back.")


def _ask_discovery(subject: Subject) -> str:
    discovery = subject.identity.discovery()
    return _("Microsoft answered; tokens are issued by %(issuer)s.") % {
        "issuer": discovery.issuer
    }


def _ask_credential(subject: Subject) -> str:
    if subject.registration.credential is None:
        raise Skip(
            _("There is no secret or certificate to test: this is a public client.")
        )
    if subject.registration.tenant in _MANY_TENANTS:
        raise Skip(
            _(
                "Tenant “%(tenant)s” stands for many organisations, so the secret can "
                "only be tested by signing in. Enter your tenant's ID to test it here."
            )
            % {"tenant": subject.registration.tenant}
        )
    subject.identity.client_credentials([f"{_graph_host(subject)}/.default"])
    return _("Microsoft accepted the client ID and its secret or certificate.")


def _graph_host(subject: Subject) -> str:
    parts = urlsplit(subject.registration.cloud.graph)
    return f"{parts.scheme}://{parts.netloc}"


PROBES = (
    Probe(name=gettext_lazy("Session cookie"), ask=_ask_session_cookie),
    Probe(name=gettext_lazy("Sign-in server"), ask=_ask_discovery, stops=True),
    Probe(name=gettext_lazy("Redirect URI"), ask=_ask_redirect_uri),
    Probe(name=gettext_lazy("Client ID and credential"), ask=_ask_credential),
)
