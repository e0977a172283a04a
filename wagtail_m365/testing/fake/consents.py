"""Consents: what is still to be agreed to, by whom, and in which words.

Source: Microsoft, "Permissions and consent", "User and admin consent overview".
"""

from __future__ import annotations

from .directory import Account
from .scopes import permission_of, resource_of, title_of
from .sign_ins import SignIn
from .state import World


def wanted(sign_in: SignIn) -> frozenset[str]:
    """Keys of everything that is asked for."""
    return sign_in.asked.keys(sign_in.app)


def missing(world: World, sign_in: SignIn, account: Account) -> frozenset[str]:
    """Keys of what nobody agreed to yet."""
    return wanted(sign_in) - world.granted(account, sign_in.app)


def needs_admin(world: World, sign_in: SignIn, account: Account) -> bool:
    """Is something missing that this account cannot grant?"""
    keys = missing(world, sign_in, account)
    if account.is_admin or not keys:
        return False
    app, tenant = sign_in.app, world.tenants.get(account.tenant_id)
    if app.requires_admin_consent or (tenant and not tenant.user_consent):
        return True
    return any(key in app.admin_consent or _is_for_admins(key) for key in keys)


def _is_for_admins(key: str) -> bool:
    permission = permission_of(key)
    return permission is not None and permission.admin


def titles(world: World, keys: frozenset[str]) -> list[tuple[str, str]]:
    """Plain name and technical name, rights before the basics."""
    apps = list(world.apps.values())
    ordered = sorted(keys, key=lambda key: (key.islower(), resource_of(key), key))
    return [(title_of(key, apps), key) for key in ordered]
