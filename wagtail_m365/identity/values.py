"""What the identity client takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wagtail_m365.redaction import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A Microsoft account."""

    #: Where it signed in; with ``object_id`` it identifies the account.
    tenant_id: str
    object_id: str
    #: The account's home: object and tenant id there (guests have others here).
    home_account_id: str
    #: Display only: it can change and be given to somebody else.
    username: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """What a sign-in or a refresh gave."""

    access_token: Secret
    #: POSIX seconds at which the access token ends.
    expires_on: int
    #: POSIX seconds from which on Microsoft wants it renewed; 0 if not told.
    refresh_on: int
    #: Granted rights in their short form; may be more or less than asked for.
    scopes: frozenset[str]
    #: ``None``: none was sent, an older one stays valid.
    refresh_token: Secret | None
    #: ``None`` for the application itself, or when a refresh did not say.
    account: Account | None
    #: The tenant to refresh at.
    authority_tenant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A sign-in that begins."""

    #: Where the person is sent.
    url: str
    #: What :meth:`IdentityClient.redeem` needs to end it: JSON for their session.
    flow: dict[str, Any] = field(repr=False)
