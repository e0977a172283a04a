"""The app registration, as the identity client needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from wagtail_m365.errors import Misconfigured
from wagtail_m365.redaction import Secret

from .clouds import Cloud

#: Tenants that are no tenant: whoever signs in brings theirs.
SHARED_TENANTS = frozenset({"common", "organizations", "consumers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecret:
    """A client secret: its value, not its id."""

    value: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """A certificate with its RSA key, both PEM."""

    private_key: Secret
    certificate: str
    passphrase: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PfxCertificate:
    """A certificate with its RSA key in a PKCS #12 file."""

    path: str
    passphrase: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FederatedAssertion:
    """A token of another issuer, in a file that somebody keeps fresh.

    Workload identity writes its path into ``AZURE_FEDERATED_TOKEN_FILE``.
    """

    path: str


#: How the application proves itself; ``None``: it does not (public client).
Credential: TypeAlias = (
    ClientSecret | ClientCertificate | PfxCertificate | FederatedAssertion | None
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """An application registered in Microsoft Entra.

    Raises:
        Misconfigured: ``invalid_tenant`` or ``invalid_client_id``.
    """

    client_id: str
    #: Tenant id, one of its domains, or one of :data:`SHARED_TENANTS`.
    tenant: str
    cloud: Cloud
    credential: Credential
    #: What the site declares to understand; ``("CP1",)`` for claims challenges.
    capabilities: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w.-]{1,255}", self.client_id, re.ASCII):
            raise Misconfigured(
                "The application (client) ID looks wrong.", code="invalid_client_id"
            )
        check_tenant(self.tenant)


def check_tenant(tenant: str) -> str:
    """The tenant, which becomes a part of addresses.

    Raises:
        Misconfigured: ``invalid_tenant``.
    """
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?", tenant):
        raise Misconfigured(
            "The tenant must be an id, a domain, or common, organizations or "
            "consumers.",
            code="invalid_tenant",
        )
    return tenant
