"""What a person goes through: who are you, is it you, do you agree, and back.

Source: Microsoft, "Understand the user experience for applications", "OAuth 2.0
authorization code flow" (``prompt``, ``login_hint``).
"""

from __future__ import annotations

import secrets

from werkzeug.wrappers import Request, Response

from . import consents, pages
from .directory import Account
from .errors import IdentityError, refusal
from .issued import Code
from .realms import check_account, member_of, needs_mfa
from .sign_ins import SignIn, send_back, send_refusal, with_cookie
from .signing import client_info
from .state import World

#: As many accounts as the sign-in page offers.
MOST_ACCOUNTS = 20


def begin(request: Request, world: World, sign_in: SignIn) -> Response:
    """The first page; none where the browser's own sign-in is enough."""
    world.sign_ins[sign_in.id] = sign_in
    if sign_in.prompt == "none":
        return _without_a_page(request, world, sign_in)
    if not sign_in.fresh and sign_in.prompt not in {"select_account", "create"}:
        sign_in.account = _remembered(world, sign_in)
    return go_on(request, world, sign_in)


def go_on(
    request: Request, world: World, sign_in: SignIn, problem: str = ""
) -> Response:
    """The next page, or the way back.

    Args:
        request: What the browser sent.
        world: Where it is.
        sign_in: How far the person has come.
        problem: What went wrong with the last try.
    """
    if sign_in.account is None:
        answer = _sign_in_page(request, world, sign_in, problem)
    else:
        try:
            answer = _next(world, sign_in, let_in(world, sign_in))
        except IdentityError as error:
            sign_in.account = None
            answer = pages.refused(error, request, world.clock.now(), sign_in.id)
    return with_cookie(answer, sign_in.browser)


def _next(world: World, sign_in: SignIn, account: Account) -> Response:
    if is_mfa_due(sign_in, account):
        return pages.second_factor(sign_in.app, account, sign_in.id)
    if sign_in.purpose == "adminconsent":
        return _admin_consent(world, sign_in, account)
    if consents.needs_admin(world, sign_in, account):
        missing = consents.missing(world, sign_in, account)
        return _approval_page(world, sign_in, account, missing)
    missing = consents.missing(world, sign_in, account)
    if missing or (sign_in.prompt == "consent" and not sign_in.agreed):
        return _consent_page(world, sign_in, account, missing)
    return _finish(world, sign_in, account)


def _remembered(world: World, sign_in: SignIn) -> Account | None:
    """Who is signed in there, if there is no doubt about it."""
    known = [
        account
        for one in sign_in.browser.accounts
        if (account := world.accounts.get(one))
    ]
    hint = sign_in.login_hint.casefold()
    if hint:
        known = [one for one in known if one.username.casefold() == hint]
    if len(known) != 1:
        return None
    sign_in.strong = known[0].object_id in sign_in.browser.strong
    return known[0]


def _without_a_page(request: Request, world: World, sign_in: SignIn) -> Response:
    """``prompt=none``: at once, or with an error (OpenID Connect Core §3.1.2.6)."""
    try:
        sign_in.account = _remembered(world, sign_in)
        account = let_in(world, sign_in)
        if is_mfa_due(sign_in, account):
            raise refusal(50076)
        if consents.missing(world, sign_in, account):
            app = sign_in.app
            unagreed = refusal(65001, client_id=app.client_id, app=app.name)
            unagreed.error = "consent_required"
            raise unagreed
    except IdentityError as error:
        return send_refusal(sign_in, error, request, world)
    return _finish(world, sign_in, account)


def let_in(world: World, sign_in: SignIn) -> Account:
    """The account as the realm knows it.

    Raises:
        IdentityError: It is not let in, or there is none.
    """
    if sign_in.account is None:
        raise refusal(50058)
    account = member_of(world, sign_in.realm, sign_in.account, sign_in.app)
    check_account(account, sign_in.app)
    for scope in sign_in.asked.rights:
        if account.personal and scope.permission and not scope.permission.personal:
            detail = f"The scope '{scope.name}' is not for personal accounts."
            raise refusal(70011, detail=detail)
    return account


def is_mfa_due(sign_in: SignIn, account: Account) -> bool:
    """Must a second factor be shown?"""
    return not sign_in.strong and (sign_in.wants_mfa or needs_mfa(account))


def _finish(world: World, sign_in: SignIn, account: Account) -> Response:
    """Back to the application, with a code."""
    code = Code(
        account=account,
        app=sign_in.app,
        redirect_uri=sign_in.redirect_uri,
        platform=sign_in.platform,
        tenant=sign_in.realm.alias,
        scopes=tuple(sign_in.scope.split()),
        issued_on=world.clock.time(),
        nonce=sign_in.nonce,
        challenge=sign_in.challenge,
        challenge_method=sign_in.challenge_method,
        strong=sign_in.strong,
    )
    world.codes[code.text] = code
    world.sign_ins.pop(sign_in.id, None)
    fields = {"code": code.text}
    if sign_in.wants_client_info:
        fields["client_info"] = client_info(account)
    fields["session_state"] = secrets.token_hex(16)
    return send_back(sign_in, fields)


def _sign_in_page(
    request: Request, world: World, sign_in: SignIn, problem: str
) -> Response:
    accounts = [one for one in world.accounts.values() if one.home is None]
    return pages.sign_in(
        sign_in.app,
        accounts[:MOST_ACCOUNTS],
        context=sign_in.id,
        hint=request.form.get("username") or sign_in.login_hint,
        problem=problem,
    )


def _consent_page(
    world: World, sign_in: SignIn, account: Account, missing: frozenset[str]
) -> Response:
    return pages.consent(
        sign_in.app,
        account,
        consents.titles(world, missing or consents.wanted(sign_in)),
        context=sign_in.id,
        for_all=account.is_admin and not account.personal,
    )


def _approval_page(
    world: World, sign_in: SignIn, account: Account, missing: frozenset[str]
) -> Response:
    titles = consents.titles(world, missing)
    return pages.admin_approval(sign_in.app, account, titles, context=sign_in.id)


def _admin_consent(world: World, sign_in: SignIn, account: Account) -> Response:
    keys = consents.wanted(sign_in)
    if not account.is_admin or account.personal:
        return _approval_page(world, sign_in, account, keys)
    return pages.consent(
        sign_in.app,
        account,
        consents.titles(world, keys),
        context=sign_in.id,
        organisation=True,
    )
