"""Accounts and applications as the control API writes and finds them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .state import Account, AppRegistration, World

Body = dict[str, Any]

#: What the control API may change of an account.
ACCOUNT_FIELDS = (
    *("username", "name", "password", "enabled", "is_admin", "requires_mfa"),
    *("blocked", "password_expired"),
)
#: What the control API may change of an application.
APP_FIELDS = (
    *("name", "audience", "certificates", "permissions", "app_permissions"),
    *("admin_consent", "requires_admin_consent", "exposes", "assigned", "enabled"),
)


def account_of(world: World, body: Body) -> Account:
    """The account that a call names, by user name or object id.

    Raises:
        LookupError: There is none.
    """
    account = world.find_account(str(body.get("account", "")))
    if account is None:
        raise LookupError(f"There is no account {body.get('account')!r}.")
    return account


def app_of(world: World, body: Body) -> AppRegistration:
    """The application that a call names; the first one where it names none.

    Raises:
        LookupError: There is none.
    """
    if "client_id" not in body and world.apps:
        return next(iter(world.apps.values()))
    app = world.apps.get(str(body.get("client_id")))
    if app is None:
        raise LookupError(f"There is no application {body.get('client_id')!r}.")
    return app


def only_known(given: Collection[str], known: Collection[str]) -> None:
    """Refuse names that nobody would read.

    Raises:
        ValueError: There is one.
    """
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"Unknown: {unknown}. Known: {list(known)}.")


def shown_account(account: Account) -> Body:
    """An account, for JSON."""
    own = {name: getattr(account, name) for name in ACCOUNT_FIELDS}
    return own | {
        "object_id": account.object_id,
        "tenant_id": account.tenant_id,
        "personal": account.personal,
    }


def shown_app(app: AppRegistration) -> Body:
    """An application, for JSON."""
    own = {name: _plain(getattr(app, name)) for name in APP_FIELDS}
    return own | {
        "client_id": app.client_id,
        "tenant_id": app.tenant_id,
        "client_secret": app.secrets[-1].value if app.secrets else "",
        "redirect_uris": [
            {"url": one.url, "platform": one.platform} for one in app.redirect_uris
        ],
    }


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else value
