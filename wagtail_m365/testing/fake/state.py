"""Everything the fake Microsoft knows, in memory, under one lock and one clock."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from .clock import Clock
from .directory import PERSONAL_TENANT, Account, AppRegistration, Grant, Tenant
from .faults import Faults
from .issued import (
    GRAPH,
    REFRESH_LIFETIME,
    SPA_REFRESH_LIFETIME,
    Code,
    IssuedToken,
    Options,
    RefreshToken,
    access_token_text,
    refresh_token_text,
)
from .recorded import RecordedRequest
from .signing import Keys

__all__ = [
    "PERSONAL_TENANT",
    "Account",
    "AppRegistration",
    "Code",
    "Grant",
    "IssuedToken",
    "Options",
    "RecordedRequest",
    "RefreshToken",
    "Tenant",
    "World",
]


class World:
    """All state of one fake Microsoft; `lock` guards it, `clock` is its time.

    Args:
        seed: Puts in what the world begins with, now and after each reset.

    Attributes:
        drives: For Graph: its drives by id.
        extras: For Graph: whatever else it remembers; what has a ``close`` is closed
            at a reset.
        crashes: Errors of the fake itself; there should be none.
    """

    def __init__(self, seed: Callable[[World], None] = lambda world: None) -> None:
        self._seed = seed
        self.clock = Clock()
        self.lock = threading.RLock()
        self.faults = Faults()
        self.drives: dict[str, Any] = {}
        self.extras: dict[str, Any] = {}
        self._empty()
        seed(self)

    @cached_property
    def keys(self) -> Keys:
        """The key that signs id tokens; it outlives a reset."""
        return Keys()

    def _empty(self) -> None:
        self.options = Options()
        self.tenants: dict[str, Tenant] = {}
        self.accounts: dict[str, Account] = {}
        self.apps: dict[str, AppRegistration] = {}
        self.grants: dict[tuple[str, str], Grant] = {}
        self.codes: dict[str, Code] = {}
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.access_tokens: dict[str, IssuedToken] = {}
        self.requests: list[RecordedRequest] = []
        self.crashes: list[Exception] = []
        self.browsers: dict[str, Any] = {}
        self.sign_ins: dict[str, Any] = {}

    def reset(self) -> None:
        """A new world: as at the beginning, no faults, and the machine's time."""
        with self.lock:
            for extra in self.extras.values():
                getattr(extra, "close", lambda: None)()
            self.extras.clear()
            for extra in self.extras.values():
                extra.close()
            self.extras.clear()
            self.drives.clear()
            self.faults.clear()
            self.clock.reset()
            self._empty()
            self._seed(self)

    def add_tenant(self, domain: str, name: str = "", **more: Any) -> Tenant:
        """An organisation of its own."""
        name = name or domain.split(".", maxsplit=1)[0].title()
        tenant = Tenant(domain=domain, name=name, **more)
        self.tenants[tenant.id] = tenant
        return tenant

    def find_tenant(self, text: str) -> Tenant | None:
        """The tenant with this id or domain."""
        wanted = text.casefold()
        if wanted == PERSONAL_TENANT:
            return Tenant(id=PERSONAL_TENANT, domain="live.com", name="Personal")
        for tenant in self.tenants.values():
            if wanted in {tenant.id.casefold(), tenant.domain.casefold()}:
                return tenant
        return None

    def add_app(self, name: str, tenant: Tenant, **more: Any) -> AppRegistration:
        """An application registered in a tenant."""
        app = AppRegistration(name=name, tenant_id=tenant.id, **more)
        self.apps[app.client_id] = app
        return app

    def add_account(
        self,
        username: str,
        name: str = "",
        *,
        tenant: Tenant | None = None,
        password: str = "",
        personal: bool = False,
        **more: Any,
    ) -> Account:
        """Somebody who can sign in, with an organisation's or a personal account.

        Raises:
            ValueError: There is such an account already.
        """
        if self.find_account(username):
            raise ValueError(f"There is an account {username} already.")
        tenant_id = PERSONAL_TENANT if personal else self._tenant_or_first(tenant).id
        if personal:
            more.setdefault("object_id", _personal_object_id())
        account = Account(
            username=username,
            name=name or username.split("@", maxsplit=1)[0].replace(".", " ").title(),
            tenant_id=tenant_id,
            password=password or secrets.token_urlsafe(12),
            personal=personal,
            **more,
        )
        self.accounts[account.object_id] = account
        return account

    def invite(self, account: Account, tenant: Tenant) -> Account:
        """Make somebody a guest of another organisation.

        Returns:
            The guest account, with an object id of its own.
        """
        guest = Account(
            username=account.username,
            name=account.name,
            tenant_id=tenant.id,
            home=account,
        )
        self.accounts[guest.object_id] = guest
        return guest

    def _tenant_or_first(self, tenant: Tenant | None) -> Tenant:
        if tenant is None and not self.tenants:
            raise ValueError("There is no tenant yet: add one first.")
        return tenant or next(iter(self.tenants.values()))

    def find_account(self, text: str) -> Account | None:
        """The account, no guest, with this user name or object id."""
        wanted = text.casefold()
        for account in self.accounts.values():
            if wanted == account.object_id or (
                wanted == account.username.casefold() and account.home is None
            ):
                return account
        return None

    def member(self, account: Account, tenant_id: str) -> Account | None:
        """How a tenant knows this account: as its own, as a guest, or not at all."""
        home = account.home or account
        for one in self.accounts.values():
            if (one.home or one) is home and one.tenant_id == tenant_id:
                return one
        return None

    def granted(self, account: Account, app: AppRegistration) -> frozenset[str]:
        """Scopes that the account, or an administrator for it, has agreed to."""
        keys = (account.object_id, app.client_id), (account.tenant_id, app.client_id)
        found = [self.grants[key].scopes for key in keys if key in self.grants]
        return frozenset().union(*found)

    def consent(
        self, principal: Account | Tenant, app: AppRegistration, scopes: Iterable[str]
    ) -> Grant:
        """Note a consent of a person, or of an administrator for a tenant."""
        who = principal.object_id if isinstance(principal, Account) else principal.id
        key = (who, app.client_id)
        grant = self.grants.setdefault(key, Grant(principal=who, client_id=key[1]))
        grant.scopes.update(scopes)
        return grant

    def withdraw_consent(
        self, account: Account, app: AppRegistration, *scopes: str
    ) -> None:
        """The person takes the consent back, all of it or these scopes.

        Access tokens that are out live on (Microsoft: "Delete oAuth2PermissionGrant").
        """
        grant = self.grants.get((account.object_id, app.client_id))
        if grant is not None:
            grant.scopes -= set(scopes or grant.scopes)

    def revoke_sessions(self, account: Account) -> None:
        """End every sign-in: refresh tokens, browsers, and continuously checked tokens."""
        account.valid_from = self.clock.time()
        home = account.home or account
        for refresh in self.refresh_tokens.values():
            refresh.revoked = refresh.revoked or refresh.account is home
        for token in self.access_tokens.values():
            if token.account and (token.account.home or token.account) is home:
                token.revoked = token.is_continuously_evaluated
        self.browsers.clear()

    def issue_access_token(
        self,
        account: Account | None,
        app: AppRegistration,
        scopes: Iterable[str],
        *,
        audience: str = GRAPH,
        lifetime: int | None = None,
        capabilities: frozenset[str] = frozenset(),
    ) -> str:
        """An access token; it lasts ``lifetime`` seconds, or as the options say."""
        now = self.clock.time()
        text = access_token_text(personal=bool(account and account.personal))
        self.access_tokens[text] = IssuedToken(
            account=account,
            app=app,
            scopes=frozenset(scopes),
            issued_on=now,
            expires_on=now + (lifetime or self.options.token_lifetime),
            audience=audience,
            capabilities=capabilities,
        )
        return text

    def issue_refresh_token(
        self,
        account: Account,
        app: AppRegistration,
        *,
        platform: str = "web",
        strong: bool = False,
        expires_on: float | None = None,
    ) -> RefreshToken:
        """A refresh token of the account's home; ``expires_on`` in POSIX seconds."""
        now = self.clock.time()
        lifetime = SPA_REFRESH_LIFETIME if platform == "spa" else REFRESH_LIFETIME
        token = RefreshToken(
            account=account.home or account,
            app=app,
            issued_on=now,
            expires_on=expires_on or now + lifetime,
            platform=platform,
            strong=strong,
            text=refresh_token_text(personal=account.personal),
        )
        self.refresh_tokens[token.text] = token
        return token

    def access_token(self, text: str) -> IssuedToken | None:
        """What a bearer token stands for; None for one that nobody issued.

        Its resource looks at ``expires_on``, ``audience`` and ``revoked`` itself.
        """
        return self.access_tokens.get(text)


def _personal_object_id() -> str:
    """A personal account's id is its 64-bit PUID in a zero-filled GUID."""
    return f"00000000-0000-0000-{secrets.token_hex(2)}-{uuid.uuid4().hex[:12]}"
