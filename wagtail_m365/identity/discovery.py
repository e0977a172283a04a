"""The discovery document of a tenant (OpenID Connect Discovery 1.0).

It says where our secret is sent, so it is believed only as far as it names the
configured authority.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from wagtail_m365.errors import M365Error, Misconfigured
from wagtail_m365.http import origin

from .clouds import Cloud
from .refusals import refusal
from .transport import AS_TOLD, Transport

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What a tenant's discovery document says."""

    #: Issuer of id tokens; holds ``{tenantid}`` where many tenants may sign in.
    issuer: str
    #: Where the browser is sent.
    authorization_endpoint: str
    #: Where codes and tokens are exchanged; always named with https, as MSAL wants.
    token_endpoint: str
    #: The same as the document names it: whom an assertion is for (RFC 7523 §3).
    audience: str
    #: Graph as a resource; ``""`` when not told.
    graph: str

    @property
    def tenant(self) -> str:
        """The tenant as the token endpoint names it: usually its id."""
        return urlsplit(self.token_endpoint).path.split("/")[1]


def authority_url(cloud: Cloud, tenant: str) -> str:
    """The address of a tenant as MSAL takes it: with https, also for loopback."""
    return f"https://{urlsplit(cloud.authority).netloc}/{tenant}"


def discover(transport: Transport, cloud: Cloud, tenant: str) -> Discovery:
    """The tenant's discovery document, checked.

    Raises:
        Misconfigured: The tenant is unknown there (``aadsts90002`` …), or the document
            points elsewhere (``foreign_discovery``, ``insecure_discovery``).
        requests.RequestException: Out of reach, or an unusable answer.
    """
    url = f"{authority_url(cloud, tenant)}/v2.0/.well-known/openid-configuration"
    answer = transport.get(url)
    members = json.loads(answer.text)
    if answer.status_code != HTTPStatus.OK:
        raise refusal(members, last=transport.last)
    try:
        return _checked(members, cloud)
    except M365Error:
        transport.forget(url)
        raise


def _checked(members: Mapping[str, Any], cloud: Cloud) -> Discovery:
    found = Discovery(
        issuer=_address(members, "issuer", cloud),
        authorization_endpoint=_address(members, "authorization_endpoint", cloud),
        token_endpoint=_address(members, "token_endpoint", cloud),
        audience=_address(members, AS_TOLD, cloud)
        if AS_TOLD in members
        else _address(members, "token_endpoint", cloud),
        graph=_graph(members),
    )
    if origin(found.token_endpoint)[1:] != origin(cloud.authority)[1:]:
        raise Misconfigured(
            "The tenant's tokens come from another server than the configured "
            "authority: it lives in another cloud.",
            code="foreign_discovery",
        )
    if not found.tenant:
        raise _unusable("token_endpoint")
    return found


def _address(members: Mapping[str, Any], name: str, cloud: Cloud) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise _unusable(name)
    try:
        scheme, host, _ = origin(value)
    except ValueError as error:
        raise _unusable(name) from error
    if scheme not in {"https", "http"} or not host:
        raise _unusable(name)
    if scheme == "http" and origin(value) != origin(cloud.authority):
        raise Misconfigured(
            f"The discovery document names {name} with plain http.",
            code="insecure_discovery",
        )
    return value


def _graph(members: Mapping[str, Any]) -> str:
    """Graph's identifier, whose host Microsoft's documents name (``msgraph_host``)."""
    host = members.get("msgraph_host")
    is_host = isinstance(host, str) and _HOST.fullmatch(host)
    return f"https://{host}" if is_host else ""


def _unusable(name: str) -> Misconfigured:
    return Misconfigured(
        f"The discovery document has no usable {name}.", code="unusable_discovery"
    )
