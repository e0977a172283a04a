"""What a person does on the pages of a sign-in."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from . import consents, pages
from .directory import Account, Tenant
from .errors import refusal
from .journey import go_on, is_mfa_due, let_in
from .sign_ins import SignIn, browser_of, send_back, send_refusal
from .state import World

Reply = Callable[[Request, World, SignIn], Response]


def reply(request: Request, world: World, name: str) -> Response:
    """``POST /common/{name}``: a form of one of the pages."""
    with world.lock:
        sign_in = world.sign_ins.get(request.form.get("ctx", ""))
        if not isinstance(sign_in, SignIn):
            return pages.lost()
        if sign_in.browser is not browser_of(request, world):
            return pages.lost()
        if "cancel" in request.form:
            return _cancel(request, world, sign_in)
        return REPLIES[name](request, world, sign_in)


def _cancel(request: Request, world: World, sign_in: SignIn) -> Response:
    world.sign_ins.pop(sign_in.id, None)
    error = refusal(65004)
    if sign_in.purpose == "adminconsent":
        error.error = "permission_denied"
        error.text = "The admin canceled the request."
    return send_refusal(sign_in, error, request, world)


def _log_in(request: Request, world: World, sign_in: SignIn) -> Response:
    """An account was picked, or name and password were typed."""
    account = world.accounts.get(request.form.get("account", ""))
    if account is None:
        username = request.form.get("username", "").strip()
        account = world.find_account(username)
        if account is None:
            problem = str(refusal(50034, username=username))
            return go_on(request, world, sign_in, problem)
        given = request.form.get("password", "").encode()
        if not secrets.compare_digest(account.password.encode(), given):
            return go_on(request, world, sign_in, str(refusal(50126)))
    sign_in.account = account
    sign_in.strong = False
    sign_in.browser.remember(account)
    return go_on(request, world, sign_in)


def _prove(request: Request, world: World, sign_in: SignIn) -> Response:
    """The second factor was approved, or not."""
    if sign_in.account is None:
        return pages.lost()
    if request.form.get("decision") != "approve":
        denied = refusal(500121)
        return pages.refused(denied, request, world.clock.now(), sign_in.id)
    sign_in.strong = True
    sign_in.browser.strong.add(sign_in.account.object_id)
    return go_on(request, world, sign_in)


def _agree(request: Request, world: World, sign_in: SignIn) -> Response:
    """*Accept* was pressed."""
    account = let_in(world, sign_in)
    if is_mfa_due(sign_in, account) or consents.needs_admin(world, sign_in, account):
        return go_on(request, world, sign_in)
    if sign_in.purpose == "adminconsent":
        return _agree_for_all(world, sign_in, account)
    principal: Account | Tenant = account
    if request.form.get("for_all") and account.is_admin:
        principal = world.tenants[account.tenant_id]
    world.consent(principal, sign_in.app, consents.wanted(sign_in))
    sign_in.agreed = True
    return go_on(request, world, sign_in)


def _agree_for_all(world: World, sign_in: SignIn, account: Account) -> Response:
    if not account.is_admin:
        return pages.lost()
    tenant = world.tenants[account.tenant_id]
    world.consent(tenant, sign_in.app, consents.wanted(sign_in))
    world.sign_ins.pop(sign_in.id, None)
    fields = {"admin_consent": "True", "tenant": tenant.id, "scope": sign_in.scope}
    return send_back(sign_in, fields)


def _switch(request: Request, world: World, sign_in: SignIn) -> Response:
    """*Sign in with another account* was pressed."""
    sign_in.account = None
    return go_on(request, world, sign_in)


REPLIES: dict[str, Reply] = {
    "login": _log_in,
    "SAS/ProcessAuth": _prove,
    "Consent/Set": _agree,
    "reprocess": _switch,
}
