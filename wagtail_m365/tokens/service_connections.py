"""Connections of the site itself, asked for by name."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from wagtail_m365.errors import Misconfigured, OtherAccount
from wagtail_m365.identity.client import IdentityClient, TokenSet
from wagtail_m365.identity.registration import Registration
from wagtail_m365.models import Connection
from wagtail_m365.models.configuration import http_options, registration
from wagtail_m365.redaction import Secret
from wagtail_m365.signals import connection_made, send_when_committed

from . import audit, servers, storing, tenants
from .demands import GRAPH, Demand, all_granted
from .generation import forget_kept_tokens

_DEMAND = Demand(audience=GRAPH, scopes=frozenset())


#: The permission that lets an administrator see and change every connection.
MANAGE = "wagtail_m365.manage_connections"


def may_manage(user: Any) -> bool:
    """May this person make, renew and remove connections of the site and of others?"""
    return bool(user.is_active and user.has_perm(MANAGE))


def rename(connection: Connection, label: str, user: Any) -> None:
    """Give it another label; the name by which code asks for it stays."""
    before, connection.label = connection.label, label
    with transaction.atomic():
        connection.save(update_fields=["label"])
        audit.renamed(connection, user, before=before)


def from_refresh_token(
    name: str,
    refresh_token: Secret,
    user: Any,
    *,
    tenant: str = "",
    any_account: bool = False,
) -> Connection:
    """Make or renew a service connection from a refresh token that somebody has.

    It is tried at once by a refresh; what is kept is the token that comes back, so the
    one that was pasted is worth nothing where Microsoft rotates.

    Args:
        name: The name by which other code asks for it: letters, digits, ``-``, ``_``.
        refresh_token: As issued to this site's app registration.
        user: Who does it, for the log.
        tenant: Where it was issued, if not at the registration's tenant.
        any_account: It may be another account's than the connection had before.

    Raises:
        Misconfigured: ``invalid_name``, or the set-up is wrong.
        OtherAccount: It is another account's; nothing was changed.
        SignInRefused: ``tenant_not_allowed``; nothing was changed.
        M365Error: Microsoft does not take it; nothing was changed.
    """
    _check_name(name)
    here = registration()
    client = IdentityClient(here, http_options())
    tokens = client.refresh(
        refresh_token,
        home_account_id="",
        scopes=[all_granted(GRAPH)],
        tenant=tenant,
    )
    tenants.refuse_other_tenants(tokens.account)
    _refuse_another(name, tokens, any_account=any_account)
    connection = _row(name, Connection.Kind.DELEGATED, here)
    if not tokens.refresh_token:
        connection.set_refresh_token(refresh_token)
    return _stored(connection, tokens, user)


def app_only(name: str, user: Any) -> Connection:
    """Make or renew a service connection with which the application acts as itself.

    Args:
        name: The name by which other code asks for it.
        user: Who does it, for the log.

    Raises:
        Misconfigured: ``invalid_name``, ``credential_needed``, ``tenant_needed``.
        M365Error: Microsoft gives no token; nothing was changed.
    """
    _check_name(name)
    here = registration()
    client = IdentityClient(here, http_options())
    tokens = client.client_credentials([all_granted(GRAPH)])
    connection = _row(name, Connection.Kind.APP_ONLY, here)
    connection.tenant_id = here.tenant
    return _stored(connection, tokens, user)


def _check_name(name: str) -> None:
    try:
        validate_slug(name)
    except ValidationError as error:
        raise Misconfigured(
            "The name of a service connection is made of letters, digits, - and _.",
            code="invalid_name",
        ) from error


def _refuse_another(name: str, tokens: TokenSet, *, any_account: bool) -> None:
    """The connection stays that of its account unless somebody said otherwise."""
    known, account = Connection.objects.service(name).first(), tokens.account
    if any_account or account is None or known is None or not known.object_id:
        return
    if (known.tenant_id, known.object_id) != (account.tenant_id, account.object_id):
        raise OtherAccount(
            "The refresh token is another account's than the connection's.",
            expected=known.username,
            actual=account.username,
        )


def _row(name: str, kind: Connection.Kind, here: Registration) -> Connection:
    known = Connection.objects.service(name).first()
    connection = known or Connection(service_name=name)
    if connection.kind != kind:
        connection.refresh_token_sealed = ""
    connection.kind = kind
    connection.client_id = here.client_id
    servers.remember_servers(connection, here.cloud)
    connection.granted_scopes = ""
    return connection


def _stored(connection: Connection, tokens: TokenSet, user: Any) -> Connection:
    created = connection._state.adding
    account = tokens.account
    for column, value in storing.changes_of(connection, tokens, _DEMAND).items():
        setattr(connection, column, value)
    connection.authority_tenant = tokens.authority_tenant
    if account:
        connection.tenant_id = account.tenant_id
        connection.object_id = account.object_id
        connection.home_account_id = account.home_account_id
    with transaction.atomic():
        connection.save(force_insert=created)
        connection.access_tokens.all().delete()
        storing.keep_new_access_token(connection, tokens, GRAPH)
        audit.connected(connection, user, created=created)
        send_when_committed(
            connection_made, Connection, connection=connection, created=created
        )
    forget_kept_tokens()
    return connection
