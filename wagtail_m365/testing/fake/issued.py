"""What the identity platform gives out: codes, refresh tokens and access tokens."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field

from .directory import Account, AppRegistration

GRAPH = "https://graph.microsoft.com"
#: Microsoft Graph's application id, an audience of its tokens too.
GRAPH_ID = "00000003-0000-0000-c000-000000000000"
#: Seconds; Microsoft: "authorization codes … expire after about 10 minutes".
CODE_LIFETIME = 600
#: Seconds; Microsoft: "Refresh tokens in the Microsoft identity platform".
REFRESH_LIFETIME = 90 * 86_400
SPA_REFRESH_LIFETIME = 86_400


@dataclass(slots=True, kw_only=True)
class Options:
    """How this Microsoft behaves where Microsoft's may behave in several ways.

    Attributes:
        https_endpoints: Name the token endpoint with https although the server speaks
            http, because MSAL takes nothing else.
        strict_rotation: A refresh token works once; Entra itself lets the old one live.
        token_lifetime: Seconds for which access tokens hold.
        refresh_in: Seconds after which they should be renewed; 0: not told.
        resync_kind: Which 410 a delta token gets that is too old: ``apply`` (what is
            missing was deleted) or ``upload`` (nobody knows: keep it).
    """

    https_endpoints: bool = True
    strict_rotation: bool = False
    token_lifetime: int = 3600
    refresh_in: int = 0
    resync_kind: str = "apply"


@dataclass(slots=True, kw_only=True, eq=False)
class Code:
    """An authorization code on its way to the application.

    Attributes:
        tenant: The name of the tenant, as the authorize request gave it.
        platform: Platform of the redirect URI.
        issued_on: POSIX seconds.
        strong: Did the person meet the demand for a second factor?
    """

    account: Account
    app: AppRegistration
    redirect_uri: str
    platform: str
    tenant: str
    scopes: tuple[str, ...]
    issued_on: float
    nonce: str = ""
    challenge: str = ""
    challenge_method: str = ""
    strong: bool = False
    redeemed: bool = False
    text: str = field(default_factory=lambda: f"1.{secrets.token_urlsafe(240)}")


@dataclass(slots=True, kw_only=True, eq=False)
class RefreshToken:
    """A refresh token, for one account and one application.

    Attributes:
        issued_on: POSIX seconds.
        expires_on: POSIX seconds.
        platform: Platform of the redirect URI that began it.
        revoked: It, with all of its account or of its consent, was taken back.
        replaced: A newer one was given out for it.
    """

    account: Account
    app: AppRegistration
    issued_on: float
    expires_on: float
    platform: str = "web"
    strong: bool = False
    revoked: bool = False
    replaced: bool = False
    text: str = field(default_factory=lambda: f"1.{secrets.token_urlsafe(900)}")


@dataclass(slots=True, kw_only=True, eq=False)
class IssuedToken:
    """An access token as its resource sees it.

    Attributes:
        account: None for a token that an application has for itself.
        scopes: Delegated permissions by name, without the resource; for an
            application's own token: its application permissions.
        expires_on: POSIX seconds.
        audience: The resource.
        capabilities: What the client declared, such as ``CP1``.
        revoked: Refused before its time: only for clients with ``CP1``.
    """

    account: Account | None
    app: AppRegistration
    scopes: frozenset[str]
    expires_on: float
    issued_on: float = 0.0
    audience: str = GRAPH
    capabilities: frozenset[str] = frozenset()
    revoked: bool = False

    @property
    def is_continuously_evaluated(self) -> bool:
        """Did the client say that it understands claims challenges?"""
        return "CP1" in self.capabilities


def access_token_text(*, personal: bool) -> str:
    """The text of a new access token; nobody but its resource can read it."""
    if personal:
        return f"EwB{secrets.token_urlsafe(900)}"
    # Three parts, as work tokens have, but nothing to be read in them.
    header = json.dumps({"typ": "JWT", "nonce": secrets.token_urlsafe(32)}).encode()
    head = base64.urlsafe_b64encode(header).decode().rstrip("=")
    return f"{head}.{secrets.token_urlsafe(1100)}.{secrets.token_urlsafe(256)}"


def refresh_token_text(*, personal: bool) -> str:
    """The text of a new refresh token."""
    if personal:
        return f"M.C512_BAY.0.U.-{secrets.token_urlsafe(700)}"
    return f"1.A{secrets.token_urlsafe(900)}"
