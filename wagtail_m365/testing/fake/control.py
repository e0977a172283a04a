"""The control API under ``/_control/``: tests and demos in other processes steer by it.

Every call takes and gives JSON. Nothing of this exists at Microsoft.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from . import control_drives
from .control_values import (
    ACCOUNT_FIELDS,
    APP_FIELDS,
    Body,
    account_of,
    app_of,
    only_known,
    shown_account,
    shown_app,
)
from .faults import KNOWN, WHERE
from .state import Options, World


def _reset(world: World, body: Body) -> Any:
    """A new world."""
    world.reset()
    return {}


def _order_fault(world: World, body: Body) -> Any:
    """``name``, ``times``, where (``service``, ``path`` …), and what the fault needs."""
    where = {key: body.pop(key) for key in WHERE if key in body}
    if "account" in where:
        where["account"] = account_of(world, where).object_id
    world.faults.add(body.pop("name"), int(body.pop("times", 1)), where=where, **body)
    return {}


def _list_faults(world: World, body: Body) -> Any:
    """What there is, and what was ordered and has not happened."""
    waiting = [
        {"name": fault.name, "times": fault.times, "where": dict(fault.where)}
        for fault in world.faults.waiting()
    ]
    return {"known": KNOWN, "waiting": waiting}


def _clear_faults(world: World, body: Body) -> Any:
    """Take back every order."""
    world.faults.clear()
    return {}


def _move_clock(world: World, body: Body) -> Any:
    """``advance``: seconds."""
    world.clock.advance(float(body.get("advance", 0)))
    return {"time": world.clock.time()}


def _set_options(world: World, body: Body) -> Any:
    """How it behaves: see ``issued.Options``."""
    only_known(body, [one.name for one in fields(Options)])
    for name, value in body.items():
        setattr(world.options, name, value)
    return asdict(world.options)


def _list_requests(world: World, body: Body) -> Any:
    """What was asked, oldest first, without secrets."""
    return {"requests": [asdict(record) for record in world.requests]}


def _clear_requests(world: World, body: Body) -> Any:
    """Forget what was asked."""
    world.requests.clear()
    return {}


def _add_tenant(world: World, body: Body) -> Any:
    """``domain``, ``name``, ``user_consent``."""
    return asdict(world.add_tenant(**body))


def _list_tenants(world: World, body: Body) -> Any:
    """All organisations."""
    return {"tenants": [asdict(tenant) for tenant in world.tenants.values()]}


def _add_account(world: World, body: Body) -> Any:
    """``username``, ``name``, ``password``, ``personal``, ``tenant``, ``is_admin``."""
    if "tenant" in body:
        body["tenant"] = world.find_tenant(body["tenant"])
    return shown_account(world.add_account(**body))


def _change_account(world: World, body: Body) -> Any:
    """``account``, and what is new of it: ``enabled``, ``requires_mfa``."""
    account = account_of(world, body)
    changes = {name: value for name, value in body.items() if name != "account"}
    only_known(changes, ACCOUNT_FIELDS)
    for name, value in changes.items():
        setattr(account, name, value)
    return shown_account(account)


def _list_accounts(world: World, body: Body) -> Any:
    """Everybody who can sign in."""
    return {"accounts": [shown_account(one) for one in world.accounts.values()]}


def _add_app(world: World, body: Body) -> Any:
    """``name``, ``tenant``, ``audience``, ``redirect_uris`` …; it has a secret at once."""
    tenant = world.find_tenant(body.pop("tenant", "")) or next(
        iter(world.tenants.values())
    )
    app = world.add_app(body.pop("name"), tenant)
    app.add_secret()
    return _changed_app(world, {"client_id": app.client_id, **body})


def _changed_app(world: World, body: Body) -> Any:
    """``client_id``, and what is new of it; ``redirect_uris`` are added."""
    app = app_of(world, body)
    changes = {name: value for name, value in body.items() if name != "client_id"}
    for uri in changes.pop("redirect_uris", ()):
        one = {"url": uri} if isinstance(uri, str) else uri
        app.add_redirect_uri(**one)
    only_known(changes, APP_FIELDS)
    for name, value in changes.items():
        kind = type(getattr(app, name))
        setattr(app, name, kind(value) if kind is not type(None) else set(value))
    return shown_app(app)


def _add_secret(world: World, body: Body) -> Any:
    """``client_id``, ``expires_on`` (POSIX seconds)."""
    secret = app_of(world, body).add_secret(body.get("expires_on"))
    return asdict(secret)


def _list_apps(world: World, body: Body) -> Any:
    """All app registrations, with their secrets."""
    return {"apps": [shown_app(app) for app in world.apps.values()]}


def _consent(world: World, body: Body) -> Any:
    """``account`` or ``tenant``, ``client_id``, ``scopes``."""
    tenant = world.find_tenant(body.get("tenant", ""))
    principal = tenant or account_of(world, body)
    grant = world.consent(principal, app_of(world, body), body["scopes"])
    return {"scopes": sorted(grant.scopes)}


def _withdraw_consent(world: World, body: Body) -> Any:
    """``account``, ``client_id``, ``scopes`` (none: all)."""
    account, app = account_of(world, body), app_of(world, body)
    world.withdraw_consent(account, app, *body.get("scopes", ()))
    return {"scopes": sorted(world.granted(account, app))}


def _revoke(world: World, body: Body) -> Any:
    """``account``: all its sign-ins end."""
    world.revoke_sessions(account_of(world, body))
    return {}


Call = Callable[[World, Body], Any]
CALLS: dict[tuple[str, str], Call] = {
    ("POST", "reset"): _reset,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _order_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "clock"): _move_clock,
    ("POST", "clock"): _move_clock,
    ("GET", "options"): _set_options,
    ("POST", "options"): _set_options,
    ("GET", "requests"): _list_requests,
    ("DELETE", "requests"): _clear_requests,
    ("GET", "tenants"): _list_tenants,
    ("POST", "tenants"): _add_tenant,
    ("GET", "accounts"): _list_accounts,
    ("POST", "accounts"): _add_account,
    ("PATCH", "accounts"): _change_account,
    ("GET", "apps"): _list_apps,
    ("POST", "apps"): _add_app,
    ("PATCH", "apps"): _changed_app,
    ("POST", "secrets"): _add_secret,
    ("POST", "consents"): _consent,
    ("DELETE", "consents"): _withdraw_consent,
    ("POST", "revocations"): _revoke,
    ("POST", "drives/list"): control_drives.list_files,
    ("POST", "drives/read"): control_drives.read_file,
    ("POST", "drives/change"): control_drives.change,
    ("POST", "libraries"): control_drives.add_library,
}


def control(request: Request, world: World, name: str = "") -> Response:
    """Carry out one call."""
    call = CALLS.get((request.method, name.strip("/")))
    if call is None:
        return _json({"calls": _described()}, 200 if not name else 404)
    try:
        body = json.loads(request.get_data() or b"{}")
        with world.lock:
            return _json(call(world, body))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return _json({"error": f"{type(error).__name__}: {error}"}, 400)


def _described() -> dict[str, str]:
    return {
        f"{method} /_control/{name}": (call.__doc__ or "").strip()
        for (method, name), call in CALLS.items()
    }


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


_METHODS = ["GET", "POST", "PATCH", "DELETE"]
RULES = [
    Rule("/_control/", endpoint=control, methods=_METHODS),
    Rule("/_control/<path:name>", endpoint=control, methods=_METHODS),
]
