"""The Microsoft identity platform, version 2: its addresses, and who answers there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from markupsafe import Markup
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from . import discovery, pages
from .answers import json_answer, unkept
from .authorize import admin_consent, authorize
from .errors import IdentityError, refusal, refusal_answer, request_ids
from .granting import token
from .replies import REPLIES, reply
from .sign_ins import COOKIE
from .state import World

Endpoint = Callable[..., Response]


def _with_json(endpoint: Endpoint) -> Endpoint:
    """For machines: refusals are JSON, and outages strike."""

    @functools.wraps(endpoint)
    def answer(request: Request, world: World, **path: Any) -> Response:
        try:
            _strike(request, world)
            response = endpoint(request, world, **path)
        except IdentityError as error:
            response = unkept(refusal_answer(error, request, world.clock.now()))
        return _traced(request, response)

    return answer


def _traced(request: Request, response: Response) -> Response:
    """Name the request, for Microsoft's support."""
    trace, correlation = request_ids(request)
    response.headers["x-ms-request-id"] = trace
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.headers.get("return-client-request-id", "").casefold() == "true":
        response.headers["client-request-id"] = correlation
    return response


def _with_pages(endpoint: Endpoint) -> Endpoint:
    """For people: refusals are pages."""

    @functools.wraps(endpoint)
    def answer(request: Request, world: World, **path: Any) -> Response:
        try:
            return endpoint(request, world, **path)
        except IdentityError as error:
            return pages.refused(error, request, world.clock.now())

    return answer


def _strike(request: Request, world: World) -> None:
    """Outages of the identity platform.

    Raises:
        IdentityError: One was ordered.
    """
    if fault := world.faults.take("throttled", request):
        busy = refusal(90055)
        busy.retry_after = str(fault.get("retry_after", 1))
        raise busy
    if fault := world.faults.take("service_unavailable", request):
        down = refusal(90033)
        down.retry_after = str(fault.get("retry_after", ""))
        raise down
    if world.faults.take("server_error", request):
        broken = refusal(90033)
        broken.error, broken.status = "server_error", 500
        raise broken


def log_out(request: Request, world: World, alias: str) -> Response:
    """``/{tenant}/oauth2/v2.0/logout``: ends the browser's sign-ins and nothing else."""
    with world.lock:
        world.browsers.pop(request.cookies.get(COOKIE, ""), None)
        where = request.values.get("post_logout_redirect_uri", "")
        known = any(app.redirect(where) for app in world.apps.values())
    answer = pages.signed_out()
    if where and known:
        answer = Response(status=302, headers={"Location": where})
    answer.delete_cookie(COOKIE)
    return answer


def not_supported(request: Request, world: World, **path: Any) -> Response:
    """What Microsoft has and the fake has not."""
    what = f"{request.method} {request.path}"
    return json_answer({"error": "not_supported", "error_description": what}, 501)


def error_page(request: Request, world: World) -> Response:
    """Where ``error_uri`` leads."""
    code = request.args.get("code", "")
    text = f"AADSTS{code}: see “Microsoft Entra authentication error codes”."
    return pages.page("Error code", Markup("<p>{}</p>").format(text))


def _rule(path: str, endpoint: Endpoint, *methods: str) -> Rule:
    return Rule(path, endpoint=endpoint, methods=methods or None)


def _replies() -> list[Rule]:
    return [
        _rule(
            f"/common/{name}",
            _with_pages(functools.partial(reply, name=name)),
            "POST",
        )
        for name in REPLIES
    ]


RULES = [
    _rule("/common/discovery/instance", _with_json(discovery.instance), "GET"),
    _rule(
        "/<alias>/v2.0/.well-known/openid-configuration",
        _with_json(discovery.metadata),
        "GET",
    ),
    _rule("/<alias>/discovery/v2.0/keys", _with_json(discovery.keys), "GET"),
    _rule("/oidc/userinfo", _with_json(discovery.userinfo), "GET", "POST"),
    _rule("/<alias>/oauth2/v2.0/authorize", _with_pages(authorize), "GET", "POST"),
    _rule("/<alias>/v2.0/adminconsent", _with_pages(admin_consent), "GET"),
    _rule("/<alias>/oauth2/v2.0/token", _with_json(token), "GET", "POST"),
    _rule("/<alias>/oauth2/v2.0/logout", _with_pages(log_out), "GET", "POST"),
    _rule("/<alias>/oauth2/v2.0/devicecode", not_supported),
    _rule("/error", error_page, "GET"),
    *_replies(),
]
