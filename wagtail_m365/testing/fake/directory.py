"""Entra's directory: tenants, accounts and app registrations."""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit

#: Tenant of all personal accounts (Microsoft: "ID token claims reference", ``tid``).
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"

#: Who may sign in, by the names of the manifest's ``signInAudience``.
AUDIENCES = {
    "single": "AzureADMyOrg",
    "multiple": "AzureADMultipleOrgs",
    "all": "AzureADandPersonalMicrosoftAccount",
    "personal": "PersonalMicrosoftAccount",
}
#: Microsoft: "Redirect URI (reply URL) restrictions and limitations".
LONGEST_REDIRECT_URI = 256
_FORBIDDEN_IN_REDIRECT_URI = re.compile(r"[!$'(),;\s]")
_LOOPBACK = {"localhost", "127.0.0.1"}


def new_id() -> str:
    """A random GUID."""
    return str(uuid.uuid4())


@dataclass(slots=True, kw_only=True, eq=False)
class Tenant:
    """An organisation, or the one of all personal accounts.

    Attributes:
        user_consent: May people consent for themselves, to what needs no admin?
    """

    id: str = field(default_factory=new_id)
    domain: str = "contoso.onmicrosoft.com"
    name: str = "Contoso"
    user_consent: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class Account:
    """Somebody who can sign in.

    Attributes:
        is_admin: May consent for the whole organisation.
        requires_mfa: A policy asks for a second factor from now on.
        blocked: A Conditional Access policy lets nobody sign in to this account.
        password_expired: The person must choose a new password first.
        home: For a guest: the account in its own organisation; else None.
        valid_from: POSIX seconds; refresh tokens from before are void.
    """

    username: str
    name: str
    tenant_id: str
    object_id: str = field(default_factory=new_id)
    password: str = field(default="", repr=False)
    personal: bool = False
    enabled: bool = True
    is_admin: bool = False
    requires_mfa: bool = False
    blocked: bool = False
    password_expired: bool = False
    home: Account | None = None
    valid_from: float = 0.0

    @property
    def home_account_id(self) -> str:
        """Object id and tenant id of the home account, as MSAL puts them together."""
        own = self.home or self
        return f"{own.object_id}.{own.tenant_id}"


@dataclass(slots=True, kw_only=True, eq=False)
class ClientSecret:
    """A secret of an application: its id is not its value.

    Attributes:
        expires_on: POSIX seconds; None: never.
    """

    value: str = field(
        default_factory=lambda: f"8Q~{secrets.token_urlsafe(28)}", repr=False
    )
    id: str = field(default_factory=new_id)
    expires_on: float | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class FederatedCredential:
    """Trust in another issuer's assertions instead of a secret.

    Attributes:
        public_key: PEM of the issuer's key; the fake fetches nothing from outside.
    """

    issuer: str
    subject: str
    public_key: str
    audience: str = "api://AzureADTokenExchange"


@dataclass(slots=True, kw_only=True, eq=False)
class RedirectUri:
    """An address to which sign-ins may be sent.

    Attributes:
        platform: ``web``, ``public`` (mobile and desktop) or ``spa``.
    """

    url: str
    platform: str = "web"

    def matches(self, url: str) -> bool:
        """Exactly; only the port of ``http://localhost`` does not matter."""
        if self.url == url:
            return True
        known, given = urlsplit(self.url), urlsplit(url)
        on_loopback = known.scheme == "http" and known.hostname in _LOOPBACK
        return (
            on_loopback
            and _without_port(self.url) == _without_port(url)
            and (known.hostname == given.hostname)
        )


def _without_port(url: str) -> tuple[str, str | None, str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.path, parts.query


@dataclass(slots=True, kw_only=True, eq=False)
class AppRegistration:
    """An application, as an admin registers it.

    Attributes:
        audience: One of ``AUDIENCES``.
        certificates: PEM texts whose keys may sign client assertions.
        permissions: Delegated permissions of the registration, which ``.default``
            means; other scopes can be asked for all the same.
        app_permissions: Application permissions granted by an administrator.
        admin_consent: Scopes that only an administrator can grant for this app,
            beside those of which Microsoft says so.
        requires_admin_consent: All of them.
        exposes: Scopes of the application's own API, with their names for people.
        assigned: Object ids of who may use it; None: everybody.
    """

    name: str
    tenant_id: str
    client_id: str = field(default_factory=new_id)
    audience: str = "all"
    secrets: list[ClientSecret] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    federated: list[FederatedCredential] = field(default_factory=list)
    redirect_uris: list[RedirectUri] = field(default_factory=list)
    permissions: set[str] = field(default_factory=lambda: {"User.Read"})
    app_permissions: set[str] = field(default_factory=set)
    admin_consent: set[str] = field(default_factory=set)
    requires_admin_consent: bool = False
    exposes: dict[str, str] = field(default_factory=dict)
    assigned: set[str] | None = None
    enabled: bool = True

    @property
    def takes_personal_accounts(self) -> bool:
        """Is it registered for personal Microsoft accounts?"""
        return self.audience in {"all", "personal"}

    def add_secret(self, expires_on: float | None = None) -> ClientSecret:
        """A further secret; only its value signs the application in.

        Args:
            expires_on: POSIX seconds; None: never.
        """
        secret = ClientSecret(expires_on=expires_on)
        self.secrets.append(secret)
        return secret

    def add_redirect_uri(self, url: str, platform: str = "web") -> None:
        """Register an address, as on the page *Authentication* of the portal.

        Raises:
            ValueError: Entra would not take it.
        """
        check_redirect_uri(url, platform, personal=self.takes_personal_accounts)
        if not any(known.url == url for known in self.redirect_uris):
            self.redirect_uris.append(RedirectUri(url=url, platform=platform))

    def redirect(self, url: str) -> RedirectUri | None:
        """The registered address that this one is."""
        return next((one for one in self.redirect_uris if one.matches(url)), None)


@dataclass(slots=True, kw_only=True, eq=False)
class Grant:
    """A consent: of a person, or of an administrator for all of a tenant.

    Attributes:
        principal: Object id of the account, or id of the tenant.
        scopes: Names of Graph's scopes as they are; others with their resource.
    """

    principal: str
    client_id: str
    scopes: set[str] = field(default_factory=set)


def check_redirect_uri(url: str, platform: str, *, personal: bool) -> None:
    """Entra's rules for a redirect URI (Microsoft: "Redirect URI restrictions").

    Raises:
        ValueError: One is broken.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in _LOOPBACK
    )
    refused = {
        f"There is no platform {platform!r}": platform not in {"web", "public", "spa"},
        "It must be https; plain http is for localhost only": not secure,
        f"It is longer than {LONGEST_REDIRECT_URI} characters": (
            len(url) > LONGEST_REDIRECT_URI
        ),
        "It has a character that is not supported": bool(
            _FORBIDDEN_IN_REDIRECT_URI.search(url)
        ),
        "It has a fragment": bool(parts.fragment),
        "It has a query, which personal accounts do not allow": (
            personal and bool(parts.query)
        ),
    }
    for reason, holds in refused.items():
        if holds:
            raise ValueError(f"{reason}: {url}")
