"""Which tenant an address means, and who and what is let in there."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.wrappers import Request

from .directory import PERSONAL_TENANT, Account, AppRegistration, Tenant
from .errors import refusal
from .state import World

ALIASES = ("common", "organizations", "consumers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """The first segment of an address, understood.

    Attributes:
        alias: As it stands in the address.
        kind: ``common``, ``organizations``, ``consumers`` or ``tenant``.
        tenant: None for ``common`` and ``organizations``.
    """

    alias: str
    kind: str
    tenant: Tenant | None

    @property
    def name(self) -> str:
        """As the discovery document names it: the tenant's id where there is one."""
        return self.tenant.id if self.tenant else self.alias

    def is_same(self, other: Realm) -> bool:
        """Do both mean the same tenant, by whatever name?"""
        return (self.kind, self.name) == (other.kind, other.name)


def realm_of(world: World, alias: str) -> Realm:
    """The realm that an address means.

    Raises:
        IdentityError: 90002.
    """
    if alias in {"common", "organizations"}:
        return Realm(alias=alias, kind=alias, tenant=None)
    tenant = world.find_tenant(PERSONAL_TENANT if alias == "consumers" else alias)
    if tenant is None:
        raise refusal(90002, tenant=alias)
    kind = "consumers" if tenant.id == PERSONAL_TENANT else "tenant"
    return Realm(alias=alias, kind=kind, tenant=tenant)


def app_in(world: World, realm: Realm, client_id: str) -> AppRegistration:
    """The application, if it may be used at this address.

    Raises:
        IdentityError: 700016, 50194, 9002332 or 7000112.
    """
    app = world.apps.get(client_id)
    foreign = app and (
        (app.audience == "single" and realm.tenant and realm.tenant.id != app.tenant_id)
        or (realm.kind == "consumers" and not app.takes_personal_accounts)
    )
    if app is None or (foreign and realm.kind != "common"):
        raise refusal(700016, client_id=client_id, tenant=realm.alias)
    facts = {"client_id": client_id, "app": app.name}
    if app.audience == "single" and realm.tenant is None:
        raise refusal(50194, **facts)
    if app.audience == "personal" and realm.kind in {"tenant", "organizations"}:
        raise refusal(9002332, **facts)
    if not app.enabled:
        raise refusal(7000112, **facts)
    return app


def member_of(
    world: World, realm: Realm, account: Account, app: AppRegistration
) -> Account:
    """How the realm knows this account: as its own, or as a guest.

    Raises:
        IdentityError: 50020 or 500200.
    """
    account = account.home or account
    if realm.tenant is None:
        if account.personal and not (
            realm.kind == "common" and app.takes_personal_accounts
        ):
            raise refusal(500200, username=account.username)
        return account
    member = world.member(account, realm.tenant.id)
    if member is None:
        raise refusal(
            50020,
            username=account.username,
            provider="live.com" if account.personal else account.tenant_id,
            tenant=realm.tenant.name,
            client_id=app.client_id,
            app=app.name,
        )
    return member


def check_account(account: Account, app: AppRegistration) -> None:
    """May this account use this application now?

    Raises:
        IdentityError: 50057, 53003, 50055 or 50105.
    """
    own = account.home or account
    if not (account.enabled and own.enabled):
        raise refusal(50057)
    if account.blocked or own.blocked:
        raise refusal(53003)
    if own.password_expired:
        raise refusal(50055)
    if app.assigned is not None and account.object_id not in app.assigned:
        raise refusal(
            50105, app=app.name, client_id=app.client_id, username=account.username
        )


def needs_mfa(account: Account) -> bool:
    """Does a policy ask this person for a second factor?"""
    return account.requires_mfa or bool(account.home and account.home.requires_mfa)


def issuer_base(request: Request, world: World) -> str:
    """This server's address, as issuer and token endpoint name it."""
    base = request.host_url.rstrip("/")
    if world.options.https_endpoints:
        return base.replace("http://", "https://", 1)
    return base
