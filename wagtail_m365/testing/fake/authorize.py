"""The authorization endpoint: is the request good, and who may hear so?

Source: Microsoft, "OAuth 2.0 authorization code flow", "Redirect URI restrictions",
"Admin consent on the Microsoft identity platform"; RFC 6749 §4.1; RFC 7636.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from . import journey
from .directory import AppRegistration, RedirectUri
from .errors import IdentityError, refusal, to_application
from .pages import not_supported
from .realms import Realm, app_in, realm_of
from .scopes import understand
from .sign_ins import SignIn, browser_of, send_refusal
from .state import World

#: What Microsoft may heed, and the fake does not. Whatever else is unknown is ignored
#: (RFC 6749 §3.1: "MUST ignore unrecognized request parameters").
_ELSEWHERE = frozenset({"request", "request_uri", "registration"})
PROMPTS = frozenset({"", "none", "login", "consent", "select_account", "create"})
MODES = frozenset({"query", "fragment", "form_post"})
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def authorize(request: Request, world: World, alias: str) -> Response:
    """``GET`` or ``POST /{tenant}/oauth2/v2.0/authorize``."""
    given = request.values
    unknown = sorted(_ELSEWHERE & set(given))
    if unknown:
        return not_supported(f"{request.path} with {', '.join(unknown)}")
    if "resource" in given:
        raise refusal(901002)
    with world.lock:
        realm = realm_of(world, alias)
        app = app_in(world, realm, _required(given, "client_id"))
        redirect = _redirect(app, given.get("redirect_uri", ""))
        sign_in = _bare(request, world, realm, app, redirect)
        try:
            _fill(request, world, sign_in)
        except IdentityError as error:
            if not error.sends_back:
                raise
            return send_refusal(sign_in, error, request, world)
        return journey.begin(request, world, sign_in)


def admin_consent(request: Request, world: World, alias: str) -> Response:
    """``GET /{tenant}/v2.0/adminconsent``: for everybody in the organisation."""
    given = request.values
    with world.lock:
        realm = realm_of(world, alias)
        app = app_in(world, realm, _required(given, "client_id"))
        redirect = _redirect(app, given.get("redirect_uri", ""))
        sign_in = _bare(request, world, realm, app, redirect)
        sign_in.purpose = "adminconsent"
        sign_in.response_mode = "query"
        sign_in.scope = given.get("scope") or ".default"
        sign_in.asked = understand(
            sign_in.scope, app, request.host, world.apps.values()
        )
        return journey.begin(request, world, sign_in)


def _required(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "")
    if not value:
        raise refusal(900144, name=name)
    return value


def _redirect(app: AppRegistration, given: str) -> RedirectUri:
    """The registered address, as it was given now.

    Raises:
        IdentityError: 500113, 900971 or 50011.
    """
    if not app.redirect_uris:
        raise refusal(500113)
    if not given:
        if len(app.redirect_uris) > 1:
            raise refusal(900971)
        return app.redirect_uris[0]
    known = app.redirect(given)
    if known is None:
        raise refusal(50011, uri=given, client_id=app.client_id)
    return RedirectUri(url=given, platform=known.platform)


def _bare(
    request: Request,
    world: World,
    realm: Realm,
    app: AppRegistration,
    redirect: RedirectUri,
) -> SignIn:
    """The sign-in as far as it is needed to send the browser back."""
    given = request.values
    mode = given.get("response_mode", "query")
    return SignIn(
        realm=realm,
        app=app,
        browser=browser_of(request, world),
        redirect_uri=redirect.url,
        platform=redirect.platform,
        asked=understand("openid", app, request.host, ()),
        scope=given.get("scope", ""),
        state=given.get("state"),
        response_mode=mode if mode in MODES else "query",
    )


def _fill(request: Request, world: World, sign_in: SignIn) -> None:
    """Check the rest.

    Raises:
        IdentityError: Something is missing or not valid.
    """
    given = request.values
    _check_words(given)
    _check_challenge(given)
    sign_in.asked = understand(
        sign_in.scope, sign_in.app, request.host, world.apps.values()
    )
    sign_in.nonce = given.get("nonce", "")
    sign_in.prompt = given.get("prompt", "")
    sign_in.login_hint = given.get("login_hint", "")
    sign_in.challenge = given.get("code_challenge", "")
    sign_in.challenge_method = given.get("code_challenge_method", "plain")
    sign_in.wants_client_info = given.get("client_info") == "1"
    sign_in.wants_mfa = _demands_mfa(given.get("claims", ""))
    sign_in.fresh = sign_in.prompt == "login" or given.get("max_age") == "0"


def _check_words(given: Mapping[str, str]) -> None:
    kind = given.get("response_type", "")
    if not kind:
        raise to_application(refusal(900144, name="response_type"))
    if kind != "code":
        number = 700054 if "id_token" in kind.split() else 700051
        raise to_application(refusal(number, response_type=kind))
    if not given.get("scope"):
        raise to_application(refusal(900144, name="scope"))
    if given.get("response_mode", "query") not in MODES:
        raise to_application(refusal(70007, mode=given["response_mode"]))
    if given.get("prompt", "") not in PROMPTS:
        raise to_application(refusal(90023, prompt=given["prompt"]))


def _check_challenge(given: Mapping[str, str]) -> None:
    challenge = given.get("code_challenge")
    method = given.get("code_challenge_method")
    if challenge is None and method is None:
        return
    if method not in {None, "plain", "S256"}:
        raise to_application(refusal(501491))
    if not _CHALLENGE.fullmatch(challenge or ""):
        raise to_application(refusal(50147))


def _demands_mfa(text: str) -> bool:
    """Do the claims ask for more than a capability (``capolids``, ``acrs`` …)?

    Raises:
        IdentityError: 9002313: it is no JSON object.
    """
    try:
        claims: Any = json.loads(text or "{}")
        wanted = set(claims.get("access_token", {})) | set(claims.get("id_token", {}))
    except (ValueError, AttributeError, TypeError) as error:
        raise to_application(refusal(9002313)) from error
    return bool(wanted & {"capolids", "polids", "acrs", "acr", "amr"})
