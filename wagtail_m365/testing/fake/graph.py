"""Microsoft Graph v1.0: who is let in, and which function answers.

``RULES`` is what the application mounts: Graph itself, Microsoft's storage host and the
pages on which a person plays Word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from . import batch, storage, word
from .addressing import Address, check_escapes, parse
from .calls import Call, state_of
from .drives import author_of
from .faults import Fault
from .graph_errors import (
    GraphError,
    bad_request,
    claims_challenge,
    request_ids,
    throttled,
    unauthorized,
)
from .graph_routes import DRIVE_ROUTES, ITEM_ROUTES, RESOURCES, Route
from .items import Author, Item
from .locating import find_anchor, find_drive, person
from .odata import with_dollars
from .rights import check, check_item
from .segments import canonical, refuse, refuse_action
from .state import IssuedToken, World

_AUDIENCES = {"https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"}


def serve(request: Request, world: World, resource: str = "") -> Response:
    """Answer a request below ``/v1.0/``."""

    def answer() -> Response:
        check_escapes(str(request.environ.get("REQUEST_URI", "")))
        with_dollars(request)
        call = _admit(request, world)
        if resource == "$batch":
            return batch.run(call, serve)
        return _dispatch(call, canonical(resource.rstrip("/")))

    return _guarded(request, world, answer)


def serve_storage(
    request: Request, world: World, serving: storage.Serving, key: str
) -> Response:
    """Answer a request to a pre-authenticated address."""

    def answer() -> Response:
        storage.refuse_bearer(request)
        _outages(request, world, "")
        call = Call(
            request=request,
            world=world,
            state=state_of(world),
            token=None,
            by=Author(),
        )
        return serving(call, key)

    return _guarded(request, world, answer)


def _guarded(
    request: Request, world: World, answer: Callable[[], Response]
) -> Response:
    try:
        response = answer()
    except GraphError as error:
        response = error.response(request, state_of(world).now())
    ours, theirs = request_ids(request)
    response.headers["request-id"] = ours
    response.headers["client-request-id"] = theirs
    response.headers.setdefault("Cache-Control", "no-cache")
    if response.is_json:
        response.headers["OData-Version"] = "4.0"
    return response


def _admit(request: Request, world: World) -> Call:
    """Check the token.

    Raises:
        GraphError: 401, or an outage that was ordered.
    """
    token = _token(request, world)
    account = token.account
    author = author_of(account) if account else Author()
    _outages(request, world, author.id)
    by = Author(
        id=author.id,
        name=author.name,
        email=author.email,
        application_id=token.app.client_id,
        application_name=token.app.name,
    )
    call = Call(request=request, world=world, state=state_of(world), token=token, by=by)
    _check_token_faults(call)
    return call


def _token(request: Request, world: World) -> IssuedToken:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not text.strip():
        raise unauthorized("Access token is empty.")
    token = world.access_token(text.strip())
    if token is None:
        raise unauthorized("IDX14100: JWT is not well formed.")
    if token.expires_on <= state_of(world).now().timestamp():
        raise unauthorized("Lifetime validation failed, the token is expired.")
    if token.revoked:
        raise claims_challenge(int(state_of(world).now().timestamp()))
    if token.audience.rstrip("/") not in {*_AUDIENCES, request.host_url.rstrip("/")}:
        raise unauthorized("Access token validation failure. Invalid audience.")
    return token


def _dispatch(call: Call, resource: str) -> Response:
    resource = _as_me(call, resource)
    call.address = address = parse(resource)
    if resource.partition("/")[0] == "me":
        person(call)
    if address is None or address.drive.startswith("shares/"):
        route, found = _find(call, RESOURCES, resource)
        check(call, route.need)
    else:
        routes = ITEM_ROUTES if address.anchor else DRIVE_ROUTES
        route, found = _find(call, routes, address.action)
        check(call, route.need)
        with call.world.lock:
            _locate(call, address, route)
    with nullcontext() if route.streams else call.world.lock:
        return route.answer(call, **found)


def _as_me(call: Call, resource: str) -> str:
    """``users/{one's own id or name}/messages`` is ``me/messages``."""
    first, _, rest = resource.partition("/")
    user, _, what = rest.partition("/")
    account = call.token.account if call.token else None
    if first != "users" or account is None or not what or what.startswith("drive"):
        return resource
    is_self = call.world.find_account(user) is account
    return f"me/{what}" if is_self else resource


def _find(
    call: Call, routes: Sequence[Route], path: str
) -> tuple[Route, dict[str, str]]:
    """The route for this path and method.

    Raises:
        GraphError: 405 for another method, 400 for a path that Graph has not, 501 for
            one that only the fake has not.
    """
    allowed = []
    for route in routes:
        found = route.pattern.fullmatch(path)
        if found and route.method == call.request.method:
            return route, found.groupdict()
        allowed += [route.method] if found else []
    if allowed:
        raise GraphError(
            status=405,
            code="Request_BadRequest",
            message="Specified HTTP method is not allowed for the request target.",
            headers={"Allow": ", ".join(allowed)},
        )
    raise _unserved(call, path)


def _unserved(call: Call, path: str) -> GraphError:
    method, address = call.request.method, call.address
    if address is None or address.drive.startswith("shares/"):
        return refuse(method, path)
    resource = call.request.path.removeprefix("/v1.0/")
    return refuse_action(method, resource, path, of_item=bool(address.anchor))


def _locate(call: Call, address: Address, route: Route) -> None:
    """Find drive and item, and check the rights to them."""
    call.found_drive = find_drive(call, address.drive)
    if not address.anchor:
        check_item(call, call.drive.root, route.need)
        return
    call.anchor = find_anchor(call, address.anchor)
    if address.segments and not call.anchor.is_folder:
        raise bad_request("The item before the colon is not a folder")
    check_item(call, _nearest(call), route.need)


def _nearest(call: Call) -> Item:
    """The item that is addressed, or the folder in which it would be."""
    for length in range(len(call.segments), 0, -1):
        item = call.anchor and call.drive.find(call.anchor, call.segments[:length])
        if item is not None:
            return item
    return call.anchor or call.drive.root


def _outages(request: Request, world: World, account_id: str) -> None:
    """Faults that strike before anything is looked at.

    Raises:
        GraphError: The answer that was ordered.
    """
    take = world.faults.take
    if fault := take("throttled", request, account_id):
        raise throttled(str(fault.get("retry_after", 1)))
    if take("server_error", request, account_id):
        raise GraphError(
            status=500,
            code="generalException",
            message="General exception while processing",
        )
    if fault := take("service_unavailable", request, account_id):
        raise GraphError(
            status=503,
            code="serviceNotAvailable",
            message="Service unavailable",
            headers=_retry_after(fault),
        )


def _retry_after(fault: Fault) -> dict[str, str]:
    seconds = fault.get("retry_after")
    return {} if seconds is None else {"Retry-After": str(seconds)}


def _check_token_faults(call: Call) -> None:
    """Raises: GraphError: 401 that was ordered for a good token."""
    if call.fault("expired_token"):
        raise unauthorized("Lifetime validation failed, the token is expired.")
    if call.fault("claims_challenge"):
        raise claims_challenge(int(call.now.timestamp()))


def _rule(path: str, serving: storage.Serving, methods: Sequence[str]) -> Rule:
    def endpoint(request: Request, world: World, key: str) -> Response:
        return serve_storage(request, world, serving, key)

    return Rule(path, endpoint=endpoint, merge_slashes=False, methods=methods)


RULES = [
    Rule("/v1.0/", endpoint=serve, merge_slashes=False),
    Rule("/v1.0/<path:resource>", endpoint=serve, merge_slashes=False),
    _rule("/storage/upload/<key>", storage.upload, ["GET", "PUT", "DELETE"]),
    _rule("/storage/download/<key>", storage.download, ["GET"]),
    _rule("/storage/monitor/<key>", storage.monitor, ["GET"]),
    *word.RULES,
]
