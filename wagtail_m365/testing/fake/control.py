"""The control API under ``/_control/``: tests and demos in other processes steer by it.

Every call takes and gives JSON. Nothing of this exists at Microsoft.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from . import drives
from .faults import KNOWN
from .state import Account, World

Body = dict[str, Any]


def _reset(world: World, body: Body) -> Any:
    world.reset()
    return {}


def _faults(world: World, body: Body) -> Any:
    known = {"name", "times", "where"}
    more = {name: value for name, value in body.items() if name not in known}
    world.faults.add(
        body["name"], int(body.get("times", 1)), where=body.get("where"), **more
    )
    return {}


def _clear_faults(world: World, body: Body) -> Any:
    world.faults.clear()
    return {}


def _list_faults(world: World, body: Body) -> Any:
    waiting = [
        {"name": fault.name, "times": fault.times, "where": dict(fault.where)}
        for fault in world.faults.waiting()
    ]
    return {"known": KNOWN, "waiting": waiting}


def _clock(world: World, body: Body) -> Any:
    world.clock.advance(float(body.get("advance", 0)))
    return {"time": world.clock.time()}


def _options(world: World, body: Body) -> Any:
    names = {"strict_rotation", "refresh_in", "token_lifetime", "https_endpoints"}
    for name in names & set(body):
        setattr(world, name, body[name])
    return {name: getattr(world, name) for name in sorted(names)}


def _requests(world: World, body: Body) -> Any:
    with world.lock:
        return {"requests": [asdict(record) for record in world.requests]}


def _clear_requests(world: World, body: Body) -> Any:
    with world.lock:
        world.requests.clear()
    return {}


def _tenants(world: World, body: Body) -> Any:
    tenant = world.add_tenant(body["domain"], body.get("name", ""))
    return {"id": tenant.id, "domain": tenant.domain}


def _accounts(world: World, body: Body) -> Any:
    tenant = world.find_tenant(body["tenant"]) if body.get("tenant") else None
    account = world.add_account(
        body["username"],
        body.get("name", ""),
        tenant=tenant,
        password=body.get("password", ""),
        personal=bool(body.get("personal")),
    )
    return _shown(account)


def _list_accounts(world: World, body: Body) -> Any:
    return {"accounts": [_shown(account) for account in world.accounts.values()]}


def _apps(world: World, body: Body) -> Any:
    tenant = world.find_tenant(body.get("tenant", ""))
    app = world.add_app(
        body["name"],
        tenant or next(iter(world.tenants.values())),
        audience=body.get("audience", "all"),
        certificates=list(body.get("certificates", ())),
        app_permissions=set(body.get("app_permissions", ())),
    )
    for uri in body.get("redirect_uris", ()):
        platform = "web" if isinstance(uri, str) else uri.get("platform", "web")
        app.add_redirect_uri(uri if isinstance(uri, str) else uri["url"], platform)
    secret = app.add_secret()
    return {"client_id": app.client_id, "client_secret": secret.value}


def _redirect_uris(world: World, body: Body) -> Any:
    app = world.apps[body["client_id"]]
    app.add_redirect_uri(body["url"], body.get("platform", "web"))
    return {}


def _revoke(world: World, body: Body) -> Any:
    world.revoke_sessions(_account(world, body))
    return {}


def _withdraw(world: World, body: Body) -> Any:
    world.withdraw_consent(_account(world, body), world.apps[body["client_id"]])
    return {}


def _drive(world: World, body: Body) -> Any:
    seam = drives.seam(world, _account(world, body))
    files = [
        {"path": item.path, "size": item.blob.size}
        for item in seam.items()
        if not item.is_folder
    ]
    return {"drive": seam.drive.id, "files": files}


def _file(world: World, body: Body) -> Any:
    seam = drives.seam(world, _account(world, body))
    return {"content": base64.b64encode(seam.file(body["path"])).decode()}


def _change(world: World, body: Body) -> Any:
    """``do``: put, edit, delete, lock, unlock, rename."""
    seam = drives.seam(world, _account(world, body))
    by = world.find_account(body["by"]) if body.get("by") else None
    path, data = body["path"], base64.b64decode(body.get("content", ""))
    doing: dict[str, Callable[[], Any]] = {
        "put": lambda: seam.put(path, data, by=by),
        "edit": lambda: seam.edit(path, data, by=by),
        "delete": lambda: seam.delete(path),
        "lock": lambda: seam.lock(path),
        "unlock": lambda: seam.unlock(path),
        "rename": lambda: seam.rename(path, body["name"]),
    }
    doing[body["do"]]()
    return {}


def _account(world: World, body: Body) -> Account:
    account = world.find_account(body.get("account", ""))
    if account is None:
        raise LookupError(f"No account is called {body.get('account')!r}.")
    return account


def _shown(account: Account) -> Body:
    return {
        "object_id": account.object_id,
        "tenant_id": account.tenant_id,
        "username": account.username,
        "name": account.name,
        "personal": account.personal,
    }


_CALLS: dict[tuple[str, str], Callable[[World, Body], Any]] = {
    ("POST", "reset"): _reset,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _faults,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "clock"): _clock,
    ("POST", "options"): _options,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _clear_requests,
    ("POST", "tenants"): _tenants,
    ("POST", "accounts"): _accounts,
    ("GET", "accounts"): _list_accounts,
    ("POST", "apps"): _apps,
    ("POST", "redirect-uris"): _redirect_uris,
    ("POST", "revoke"): _revoke,
    ("POST", "withdraw-consent"): _withdraw,
    ("POST", "drive"): _drive,
    ("POST", "drive/file"): _file,
    ("POST", "drive/change"): _change,
}


def control(request: Request, world: World, call: str) -> Response:
    """Carry out one call."""
    doing = _CALLS.get((request.method, call))
    if doing is None:
        known = ", ".join(f"{method} {name}" for method, name in _CALLS)
        return _json({"error": f"No such call. Known: {known}."}, 404)
    try:
        body = json.loads(request.get_data() or b"{}")
        with world.lock:
            return _json(doing(world, body))
    except (LookupError, TypeError, ValueError) as error:
        return _json({"error": f"{type(error).__name__}: {error}"}, 400)


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


RULES = [
    Rule("/_control/<path:call>", endpoint=control, methods=["GET", "POST", "DELETE"])
]
