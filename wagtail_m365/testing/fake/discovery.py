"""What the identity platform says of itself: metadata, keys, clouds.

Source: OpenID Connect Discovery 1.0; Microsoft, "OpenID Connect on the Microsoft
identity platform".
"""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from .answers import json_answer
from .errors import IdentityError, refusal, refusal_answer
from .log import account_of
from .people import names_of
from .realms import Realm, issuer_base, realm_of
from .signing import subject
from .state import World


def metadata(request: Request, world: World, alias: str) -> Response:
    """``/{tenant}/v2.0/.well-known/openid-configuration``."""
    realm = _known_realm(world, alias)
    here = request.host_url.rstrip("/")
    secure = issuer_base(request, world)
    at = f"{here}/{realm.name}"
    issuer = realm.tenant.id if realm.tenant else "{tenantid}"
    body: dict[str, Any] = {
        "token_endpoint": f"{secure}/{realm.name}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": [
            *("client_secret_post", "private_key_jwt", "client_secret_basic"),
        ],
        "jwks_uri": f"{at}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{secure}/{issuer}/v2.0",
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"{here}/oidc/userinfo",
        "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{secure}/{realm.name}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{at}/oauth2/v2.0/logout",
        "claims_supported": [
            "sub",
            "iss",
            "cloud_instance_name",
            "aud",
            "exp",
            "iat",
            "nonce",
            "preferred_username",
            "name",
            "tid",
            "ver",
            "oid",
            "email",
        ],
        "tenant_region_scope": "EU" if realm.tenant else None,
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": request.host,
    }
    return _for_pages(json_answer(body))


def _for_pages(answer: Response) -> Response:
    """The answer, which scripts of every site may read."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _known_realm(world: World, alias: str) -> Realm:
    try:
        return realm_of(world, alias)
    except IdentityError as error:
        # The same refusal has another name here.
        error.error = "invalid_tenant"
        raise


def keys(request: Request, world: World, alias: str) -> Response:
    """``/{tenant}/discovery/v2.0/keys``."""
    realm = _known_realm(world, alias)
    name = realm.tenant.id if realm.tenant else "{tenantid}"
    issuer = f"{issuer_base(request, world)}/{name}/v2.0"
    return _for_pages(json_answer(world.keys.jwks(issuer)))


def instance(request: Request, world: World) -> Response:
    """``/common/discovery/instance``: which cloud this is."""
    host = request.host
    return json_answer(
        {
            "tenant_discovery_endpoint": (
                f"{request.host_url}common/v2.0/.well-known/openid-configuration"
            ),
            "api-version": "1.1",
            "metadata": [
                {
                    "preferred_network": host,
                    "preferred_cache": host,
                    "aliases": [host],
                }
            ],
        }
    )


def userinfo(request: Request, world: World) -> Response:
    """``/oidc/userinfo`` (OpenID Connect Core §5.3)."""
    account = account_of(world, request)
    bearer = request.headers.get("Authorization", "").partition(" ")[2]
    token = world.access_token(bearer)
    alive = token and token.expires_on > world.clock.time()
    if account is None or token is None or not alive or "openid" not in token.scopes:
        answer = refusal_answer(refusal(9002313), request, world.clock.now())
        answer.status_code = 401
        return answer
    given, surname = names_of(account)
    names = {"name": account.name, "given_name": given, "family_name": surname}
    return json_answer(
        {
            "sub": subject(account, token.app.client_id),
            **(names if "profile" in token.scopes else {}),
            "picture": f"{request.host_url}v1.0/me/photo/$value",
            "email": account.username,
        }
    )
