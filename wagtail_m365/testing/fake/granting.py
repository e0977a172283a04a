"""The token endpoint: codes, refresh tokens and credentials against tokens.

Source: Microsoft, "OAuth 2.0 authorization code flow", "Refresh tokens in the Microsoft
identity platform", "OAuth 2.0 client credentials flow"; RFC 6749 §5.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from . import ordered
from .answers import json_answer
from .credentials import authenticate, client_id_of
from .directory import Account
from .errors import refusal
from .exchange import Exchange, unsupported
from .issued import CODE_LIFETIME, Code, RefreshToken
from .log import ACCOUNT
from .realms import app_in, check_account, member_of, needs_mfa, realm_of
from .scopes import DEFAULT, OPENID, Asked, registered, resource_of
from .signing import challenge_met
from .state import World
from .token_answers import Granted, token_answer


def token(request: Request, world: World, alias: str) -> Response:
    """``POST /{tenant}/oauth2/v2.0/token``."""
    if request.method != "POST":
        raise refusal(900561)
    unknown = unsupported(request)
    if unknown:
        return json_answer(
            {"error": "not_supported", "error_description": ", ".join(unknown)}, 501
        )
    if "resource" in request.form:
        raise refusal(901002)
    if fault := world.faults.take("slow_token", request):
        ordered.pass_time(world, fault)
    with world.lock:
        grant = request.form.get("grant_type", "")
        if not grant:
            raise refusal(900144, name="grant_type")
        if grant not in _GRANTS:
            raise refusal(70003, grant_type=grant)
        realm = realm_of(world, alias)
        app = app_in(world, realm, client_id_of(request))
        exchange = Exchange(request=request, world=world, realm=realm, app=app)
        return json_answer(_GRANTS[grant](exchange))


def _redeem(exchange: Exchange) -> dict[str, Any]:
    code = exchange.world.codes.get(exchange.field("code"))
    authenticate(exchange.request, exchange.app, code.platform if code else "web")
    exchange.act_for(code.account if code else None)
    if code is None or code.app is not exchange.app:
        raise refusal(70000)
    _check_code(exchange, code)
    code.redeemed = True
    text = exchange.request.form.get("scope")
    account = member_of(exchange.world, exchange.realm, code.account, exchange.app)
    return _grant(
        exchange,
        account,
        exchange.asked(text) if text else exchange.asked_before(code),
        platform=code.platform,
        strong=code.strong,
        nonce=code.nonce,
        earlier=frozenset(OPENID) & frozenset(code.scopes),
    )


def _check_code(exchange: Exchange, code: Code) -> None:
    """Raises: IdentityError: The code cannot be redeemed, or not so."""
    if code.redeemed:
        raise refusal(54005)
    if exchange.world.clock.time() > code.issued_on + CODE_LIFETIME:
        raise refusal(70008)
    uri = exchange.field("redirect_uri")
    if uri != code.redirect_uri:
        raise refusal(500112, uri=uri, expected=code.redirect_uri)
    if not realm_of(exchange.world, code.tenant).is_same(exchange.realm):
        raise refusal(700005)
    _check_verifier(exchange.request.form.get("code_verifier", ""), code)


def _check_verifier(verifier: str, code: Code) -> None:
    if not code.challenge:
        if code.platform == "spa":
            raise refusal(9002325)
        if verifier:
            raise refusal(501481)
        return
    if not verifier:
        raise refusal(50148)
    if not challenge_met(verifier, code.challenge, code.challenge_method):
        raise refusal(501481)


def _refresh(exchange: Exchange) -> dict[str, Any]:
    old = exchange.world.refresh_tokens.get(exchange.field("refresh_token"))
    authenticate(exchange.request, exchange.app, old.platform if old else "web")
    exchange.act_for(old.account if old else None)
    if old is None or old.app is not exchange.app:
        garbage = refusal(9002313)
        garbage.error = "invalid_grant"
        raise garbage
    _check_refresh_token(exchange.world, old)
    account = member_of(exchange.world, exchange.realm, old.account, exchange.app)
    text = exchange.request.form.get("scope") or "https://graph.microsoft.com/.default"
    answer = _grant(
        exchange,
        account,
        exchange.asked(text),
        platform=old.platform,
        strong=old.strong,
        expires_on=old.expires_on if old.platform == "spa" else None,
        earlier=frozenset({"offline_access"}),
    )
    old.replaced = True
    return answer


def _check_refresh_token(world: World, old: RefreshToken) -> None:
    """Raises: IdentityError: The token is void."""
    issued = _moment(old.issued_on)
    if old.revoked:
        raise refusal(50173, issued=issued, valid_from=_moment(old.account.valid_from))
    if world.clock.time() >= old.expires_on:
        raise refusal(700084 if old.platform == "spa" else 700082, issued=issued)
    if old.replaced and world.options.strict_rotation:
        raise refusal(70000)


def _moment(posix: float) -> str:
    return datetime.fromtimestamp(posix, UTC).isoformat()


def _grant(
    exchange: Exchange,
    account: Account,
    asked: Asked,
    *,
    platform: str,
    strong: bool,
    nonce: str = "",
    expires_on: float | None = None,
    earlier: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Tokens for a person.

    Raises:
        IdentityError: The person may not, must do something first, or never agreed.
    """
    exchange.request.environ[ACCOUNT] = account
    check_account(account, exchange.app)
    if needs_mfa(account) and not strong:
        raise ordered.mfa_required()
    granted = exchange.world.granted(account, exchange.app)
    _check_consent(exchange, asked, granted)
    return token_answer(
        exchange.request,
        exchange.world,
        Granted(
            account=account,
            app=exchange.app,
            asked=asked,
            granted=granted,
            platform=platform,
            strong=strong,
            nonce=nonce,
            refresh_expires_on=expires_on,
            earlier=earlier,
        ),
    )


def _check_consent(exchange: Exchange, asked: Asked, granted: frozenset[str]) -> None:
    wanted = asked.keys(exchange.app)
    for scope in asked.rights:
        if scope.name == DEFAULT:
            # Whatever was agreed to for this resource is enough.
            wanted -= registered(exchange.app, scope.resource)
            has_any = any(resource_of(key) == scope.resource for key in granted)
            wanted |= frozenset() if has_any else {scope.key}
    if granted:
        # Microsoft grants these with any other right ("offline_access is always …").
        wanted -= set(OPENID)
    if wanted - granted:
        raise refusal(65001, **exchange.facts)


def _client_credentials(exchange: Exchange) -> dict[str, Any]:
    if exchange.realm.kind in {"common", "consumers"}:
        raise refusal(9001023)
    if exchange.realm.tenant is None:
        raise refusal(50059)
    authenticate(exchange.request, exchange.app, "app")
    exchange.act_for(None)
    text = exchange.field("scope")
    asked = exchange.asked(text)
    if [scope.name for scope in asked.scopes] != [DEFAULT]:
        raise refusal(1002012, scope=text)
    world, resource = exchange.world, asked.resources[0]
    lifetime = world.options.token_lifetime
    return {
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": world.issue_access_token(
            None, exchange.app, exchange.app.app_permissions, audience=resource
        ),
    }


_GRANTS: dict[str, Callable[[Exchange], dict[str, Any]]] = {
    "authorization_code": _redeem,
    "refresh_token": _refresh,
    "client_credentials": _client_credentials,
}
