"""What a good token request is answered with.

Source: Microsoft, "OAuth 2.0 authorization code flow" (successful response), "ID token
claims reference", "Access tokens" (lifetimes), "Continuous access evaluation".
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request

from .directory import Account, AppRegistration
from .errors import refusal
from .issued import GRAPH
from .realms import issuer_base
from .scopes import DEFAULT, OPENID, Asked, resource_of
from .signing import client_info, subject
from .state import World

#: Seconds; Microsoft: 20 to 28 hours for clients that understand claims challenges.
LONG_LIFETIME = 86_400
ID_TOKEN_LIFETIME = 3600
_MOST_OFTEN = ("profile", "openid", "email")


@dataclass(frozen=True, kw_only=True)
class Granted:
    """Everything that goes into the answer.

    Attributes:
        granted: Keys of all that was agreed to.
        earlier: Scopes of OpenID Connect for which was asked before; a token request need
            not repeat them (Microsoft's own examples do not).
        refresh_expires_on: POSIX seconds, where the old token's end stays the new one's.
    """

    account: Account
    app: AppRegistration
    asked: Asked
    granted: frozenset[str]
    platform: str = "web"
    strong: bool = False
    nonce: str = ""
    refresh_expires_on: float | None = None
    earlier: frozenset[str] = frozenset()

    @property
    def openid(self) -> frozenset[str]:
        """OpenID Connect's scopes, asked for now or at the sign-in."""
        return self.asked.openid | self.earlier

    @property
    def resource(self) -> str:
        """Whom the access token is for."""
        return next(iter(self.asked.resources), GRAPH)

    @property
    def names(self) -> list[str]:
        """Names of all that the token is good for; more than asked for, at work."""
        asked = {scope.name for scope in self.asked.rights}
        keys = (key for key in self.granted if resource_of(key) == self.resource)
        names = {key.rpartition("/")[2] for key in keys} - {*OPENID, DEFAULT}
        if self.account.personal and DEFAULT not in asked:
            names &= asked
        return sorted(names)


def token_answer(request: Request, world: World, granted: Granted) -> dict[str, Any]:
    """The answer's JSON."""
    capabilities = _capabilities(request)
    lifetime = LONG_LIFETIME if "CP1" in capabilities else world.options.token_lifetime
    names = granted.names
    if fault := world.faults.take("fewer_scopes", request, granted.account):
        names = [name for name in names if name in fault.get("scopes", ())]
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": _scope_text(granted, names),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": world.issue_access_token(
            granted.account,
            granted.app,
            {*names, *(granted.asked.openid - {"offline_access"})},
            audience=granted.resource,
            lifetime=lifetime,
            capabilities=capabilities,
        ),
    }
    answer |= _refresh_in(world, lifetime)
    answer |= _refresh_token(request, world, granted)
    if "openid" in granted.openid:
        answer["id_token"] = id_token(request, world, granted)
    if request.form.get("client_info") == "1":
        answer["client_info"] = client_info(granted.account)
    if world.faults.take("numbers_as_text", request, granted.account):
        answer |= {k: str(v) for k, v in answer.items() if isinstance(v, int)}
    return answer


def id_token(request: Request, world: World, granted: Granted) -> str:
    """The signed id token."""
    account, now = granted.account, int(world.clock.time())
    claims: dict[str, Any] = {
        "ver": "2.0",
        "iss": f"{issuer_base(request, world)}/{account.tenant_id}/v2.0",
        "sub": subject(account, granted.app.client_id),
        "aud": granted.app.client_id,
        "exp": now + ID_TOKEN_LIFETIME,
        "iat": now,
        "nbf": now,
        "tid": account.tenant_id,
        "oid": account.object_id,
        # Microsoft's own, of no meaning to anybody else.
        "rh": f"1.A{secrets.token_urlsafe(40)}.",
        "uti": secrets.token_urlsafe(16),
    }
    if "profile" in granted.openid:
        claims |= {"name": account.name, "preferred_username": account.username}
    if "email" in granted.openid:
        claims["email"] = account.username
    if granted.nonce:
        claims["nonce"] = granted.nonce
    if fault := world.faults.take("wrong_id_token", request, account):
        claims |= fault.get("claims", {})
    return world.keys.sign({k: v for k, v in claims.items() if v is not None})


def _scope_text(granted: Granted, names: list[str]) -> str:
    """Written as it was asked for: with the resource before each name, or without."""
    prefix = next((scope.prefix for scope in granted.asked.rights), "")
    words = [f"{prefix}{name}" for name in names]
    if any(scope.name == DEFAULT for scope in granted.asked.rights):
        words.append(f"{prefix}{DEFAULT}")
    words += [name for name in _MOST_OFTEN if name in granted.asked.openid]
    return " ".join(words)


def _refresh_in(world: World, lifetime: int) -> dict[str, int]:
    """Told for tokens that last long (MSAL: "proactive token renewal")."""
    if world.options.refresh_in:
        return {"refresh_in": world.options.refresh_in}
    return {"refresh_in": lifetime // 2} if lifetime >= LONG_LIFETIME else {}


def _refresh_token(request: Request, world: World, granted: Granted) -> dict[str, str]:
    if "offline_access" not in granted.openid:
        return {}
    if world.faults.take("no_refresh_token", request, granted.account):
        return {}
    token = world.issue_refresh_token(
        granted.account,
        granted.app,
        platform=granted.platform,
        strong=granted.strong,
        expires_on=granted.refresh_expires_on,
    )
    return {"refresh_token": token.text}


def _capabilities(request: Request) -> frozenset[str]:
    """What the client declares in ``claims`` (Microsoft: "Client capabilities").

    Raises:
        IdentityError: 9002313: it is no JSON object.
    """
    text = request.form.get("claims")
    if not text:
        return frozenset()
    try:
        claims = json.loads(text)
        values = claims.get("access_token", {}).get("xms_cc", {}).get("values", [])
    except (ValueError, AttributeError) as error:
        raise refusal(9002313) from error
    return frozenset(str(value).upper() for value in values)
