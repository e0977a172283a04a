"""MSAL's application objects: made for one operation, through its public API only.

An object per operation costs a tenth of a millisecond and shares nothing: MSAL's own
caches neither mix people nor answer "try again" from memory.
"""

from __future__ import annotations

import json
import logging
import warnings
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from wagtail_m365.redaction import ScrubbingFilter, Secret

from . import assertions
from .discovery import Discovery, authority_url
from .registration import (
    ClientSecret,
    FederatedAssertion,
    Registration,
)
from .transport import Transport


@cache
def msal() -> ModuleType:
    """MSAL, loaded on first use, with a log that keeps secrets to itself."""
    loaded = import_module("msal")

    # Query, not form_post: a cross-site POST would come without the session cookie.
    warnings.filterwarnings(
        "ignore", message="response_mode", category=UserWarning, module="msal"
    )
    _silence_logs()
    return loaded


def _silence_logs() -> None:
    """MSAL logs codes and verifiers at DEBUG, and unreadable answers whole."""
    loggers = logging.root.manager.loggerDict
    for name in [name for name in loggers if name.split(".")[0] == "msal"]:
        logging.getLogger(name).addFilter(ScrubbingFilter())
    top = logging.getLogger("msal")
    if top.level == logging.NOTSET:
        top.setLevel(logging.INFO)


def build(
    registration: Registration,
    transport: Transport,
    discovery: Discovery,
    *,
    tenant: str,
    token_cache: Any = None,
) -> Any:
    """An ``msal.ClientApplication`` of this app registration, for one operation.

    Args:
        registration: Whose object it is.
        transport: MSAL's way to the network.
        discovery: The discovery document of the tenant.
        tenant: The tenant to ask.
        token_cache: A cache of MSAL's to read and fill; else a new one.
    """
    credential = _credential(registration, discovery)
    kind = (
        msal().PublicClientApplication
        if credential is None
        else msal().ConfidentialClientApplication
    )
    return kind(
        registration.client_id,
        authority=authority_url(registration.cloud, tenant),
        client_credential=credential,
        client_capabilities=list(registration.capabilities) or None,
        instance_discovery=False,  # else Microsoft is told the authority's name
        http_client=transport,
        token_cache=token_cache,
    )


def cache_with(
    refresh_token: Secret, registration: Registration, home_account_id: str
) -> Any:
    """A token cache that holds this refresh token and nothing else."""
    entry = {
        "credential_type": "RefreshToken",
        "secret": refresh_token.reveal(),
        "client_id": registration.client_id,
        "home_account_id": home_account_id,
        "environment": environment(registration),
        "target": "",
        "last_modification_time": "0",
    }
    token_cache = msal().SerializableTokenCache()
    token_cache.deserialize(json.dumps({"RefreshToken": {"rt": entry}}))
    return token_cache


def environment(registration: Registration) -> str:
    """The authority's host, as MSAL's cache names it."""
    return (urlsplit(registration.cloud.authority).hostname or "").lower()


def _credential(registration: Registration, discovery: Discovery) -> Any:
    """The credential as MSAL takes it; assertions are made when they are sent."""
    credential = registration.credential
    if credential is None:
        return None
    if isinstance(credential, ClientSecret):
        return credential.value.reveal()
    if isinstance(credential, FederatedAssertion):
        federated = credential
        return {"client_assertion": lambda: assertions.federated(federated).reveal()}
    signer = assertions.signer(credential)
    audience = discovery.audience
    return {
        "client_assertion": lambda: signer.assertion(
            registration.client_id, audience
        ).reveal()
    }
