"""The claims of an id token, checked by us.

MSAL checks the nonce and, since 1.38, nothing else. The signature is not needed: the
token came over TLS from the token endpoint (OpenID Connect Core §3.1.3.7, number 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wagtail_m365.errors import IdTokenRejected

#: How far two clocks may be apart, in seconds.
CLOCK_SKEW = 300

_TENANT_PLACEHOLDER = "{tenantid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who signed in, as the id token says."""

    tenant_id: str
    object_id: str
    #: Display only: it can change and be given to somebody else.
    username: str
    name: str


def checked(
    claims: Mapping[str, Any] | None, *, client_id: str, issuer: str, now: float
) -> Identity:
    """Who signed in, if the token is for this application, from its issuer, and valid.

    Args:
        claims: The decoded id token.
        client_id: Our application.
        issuer: As the discovery document names it; ``{tenantid}`` stands for the
            tenant where many may sign in (Microsoft, "OpenID Connect", issuer).
        now: POSIX time in seconds.

    Raises:
        IdTokenRejected: With a code that names the claim: ``id_token_missing``,
            ``id_token_audience``, ``id_token_issuer``, ``id_token_expired``,
            ``id_token_not_yet_valid`` or ``id_token_subject``.
    """
    if not isinstance(claims, Mapping) or not claims:
        raise _rejected("missing", "The answer holds no readable id token.")
    _check_audience(claims, client_id)
    tenant_id = _text(claims, "tid")
    _check_issuer(claims, issuer, tenant_id)
    _check_times(claims, now)
    object_id = _text(claims, "oid")
    if not object_id or not _text(claims, "sub"):
        raise _rejected("subject", "The id token does not name the account.")
    return Identity(
        tenant_id=tenant_id,
        object_id=object_id,
        username=_text(claims, "preferred_username"),
        name=_text(claims, "name"),
    )


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    if claims.get("aud") != client_id:
        raise _rejected("audience", "The id token is for another application.")


def _check_issuer(claims: Mapping[str, Any], issuer: str, tenant_id: str) -> None:
    expected = issuer.replace(_TENANT_PLACEHOLDER, tenant_id)
    if not tenant_id or claims.get("iss") != expected:
        raise _rejected("issuer", "The id token comes from another issuer.")
    # An issuer that names one tenant vouches for that tenant only.
    if f"/{tenant_id}/" not in f"{expected}/":
        raise _rejected("issuer", "The id token names another tenant than its issuer.")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    if _number(claims, "exp") + CLOCK_SKEW < now:
        raise _rejected("expired", "The id token has expired.")
    if _number(claims, "nbf") - CLOCK_SKEW > now:
        raise _rejected("not_yet_valid", "The id token is not valid yet.")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _rejected(reason: str, detail: str) -> IdTokenRejected:
    return IdTokenRejected(detail, code=f"id_token_{reason}")
