"""Start and end of the authorization code flow with PKCE, for one user and browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.http import url_has_allowed_host_and_scheme

from wagtail_m365.errors import M365Error, OtherAccount, SignInRefused
from wagtail_m365.identity.client import Account, IdentityClient, TokenSet
from wagtail_m365.identity.registration import Registration
from wagtail_m365.models import AppRegistration, Connection
from wagtail_m365.models.configuration import http_options
from wagtail_m365.redaction import HiddenTexts
from wagtail_m365.signals import connection_made, send_when_committed

from . import (
    audit,
    consents,
    flows,
    leaving,
    own_registrations,
    servers,
    service_connections,
    storing,
    tenants,
)
from .demands import GRAPH, Demand
from .generation import forget_kept_tokens

#: A sign-in brings a token for Graph.
_DEMAND = Demand(audience=GRAPH, scopes=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A sign-in that came to a good end."""

    connection: Connection
    #: Where the editor wanted to go; empty when nothing was said.
    next_url: str
    #: Was the connection made just now?
    created: bool


def start(
    request_user: Any,
    *,
    scopes: Iterable[str],
    redirect_uri: str,
    next_url: str = "",
    session: flows.Session,
    connection: Connection | None = None,
    service_name: str = "",
    own: AppRegistration | None = None,
    any_account: bool = False,
    claims: str = "",
    login_hint: str = "",
    prompt: str = "",
) -> str:
    """The address at Microsoft to which the browser is sent.

    What the connection was granted before is asked for again: the new grant takes the
    old one's place.

    Args:
        request_user: Who signs in; only this user can end the sign-in.
        scopes: The rights that are needed.
        redirect_uri: Where Microsoft sends the browser; as registered in Entra.
        next_url: Where to go afterwards; dropped when it leaves this site.
        session: The browser's session.
        connection: Renew this one.
        service_name: Make or renew the site's own connection of this name.
        own: The app registration of this user's own to sign in with; a connection
            that was made with one is renewed with it anyway.
        any_account: Another account may take the connection's place.
        claims: A claims challenge (decoded JSON) to answer.
        login_hint: The account to offer.
        prompt: As in OpenID Connect: ``select_account``, ``consent``, ``login``.

    Raises:
        Misconfigured: There is no usable app registration.
        TemporarilyUnavailable: Microsoft is out of reach.
    """
    wanted = set(scopes)
    if connection:
        wanted |= {name for name in connection.scopes if "/" not in name}
        claims = claims or connection.state_details.get("claims", "")
        own = own or connection.registration
    here = own_registrations.registration_for(own)
    asked = _client(here).authorization_request(
        sorted(wanted),
        redirect_uri,
        login_hint=login_hint,
        prompt=prompt,
        claims=claims,
    )
    begun = flows.SignIn(
        flow=dict(asked.flow),
        user_id=str(request_user.pk),
        bound_to=servers.binding_of(here),
        next_url=safe_next(next_url, redirect_uri),
        scopes=tuple(sorted(wanted)),
        connection_id=str(connection.pk) if connection else "",
        service_name=service_name,
        registration_id=str(own.pk) if own else "",
        any_account=any_account,
    )
    flows.remember(session, begun)
    return asked.url


def finish(user: Any, *, query: Mapping[str, str], session: flows.Session) -> SignedIn:
    """End the sign-in that Microsoft's answer belongs to, and keep the tokens sealed.

    Errors carry ``next_url``, ``scopes``, ``connection_id`` and ``service_name`` in
    their facts, where these are known.

    Args:
        user: Who came back; must be who began.
        query: Microsoft's answer (RFC 6749 §4.1.2); hidden from error reports.
        session: The browser's session.

    Raises:
        SignInExpired: The state is unknown, used, outdated or another user's, or the
            site names other servers or another application than at the beginning.
        SignInRefused: The person, Microsoft or this site said no.
        IdTokenRejected: The id token is not for us.
        OtherAccount: It is not the account of the connection; nothing was kept.
        M365Error: Any other failure of Microsoft's, typed.
    """
    query = HiddenTexts(query)
    begun = flows.take(session, query.get("state", ""), str(user.pk))
    try:
        return _redeemed(user, begun, query)
    except M365Error as error:
        error.facts |= {
            "next_url": begun.next_url,
            "scopes": begun.scopes,
            "connection_id": begun.connection_id,
            "service_name": begun.service_name,
        }
        raise


def safe_next(next_url: str, redirect_uri: str) -> str:
    """The address, if it stays on this site; else nothing."""
    here = urlsplit(redirect_uri)
    stays = url_has_allowed_host_and_scheme(
        next_url, allowed_hosts={here.netloc}, require_https=here.scheme == "https"
    )
    return next_url if stays else ""


def _client(here: Registration) -> IdentityClient:
    return IdentityClient(here, http_options())


def _refuse_without_right(user: Any, begun: flows.SignIn) -> None:
    """The right may have been taken away while the person was at Microsoft."""
    may = service_connections.may_manage if begun.service_name else leaving.may_use
    if not may(user):
        detail = "This person may not make such a connection."
        raise SignInRefused(detail, code="not_permitted")


def _redeemed(user: Any, begun: flows.SignIn, query: Mapping[str, str]) -> SignedIn:
    _refuse_without_right(user, begun)
    own = own_registrations.begun_with(user, begun.registration_id)
    here = own_registrations.registration_for(own)
    servers.refuse_changed_registration(begun.bound_to, here)
    tokens = _client(here).redeem(begun.flow, query)
    account = _accepted_account(tokens)
    with transaction.atomic():
        connection = _connection_for(user, begun, account, own, here.client_id)
        created = connection._state.adding
        is_other = connection.object_id not in {"", account.object_id}
        instead_of = connection.username if is_other else ""
        _fill(connection, account, here.client_id, tokens)
        connection.registration = own
        servers.remember_servers(connection, here.cloud)
        connection.save(force_insert=created)
        if connection.user_id and not _has_default(user):
            connection.make_default()
        storing.keep_new_access_token(connection, tokens, GRAPH)
        consents.granted_by_sign_in(connection)
        audit.connected(connection, user, created=created, instead_of=instead_of)
        send_when_committed(
            connection_made, Connection, connection=connection, created=created
        )
    forget_kept_tokens()
    return SignedIn(connection=connection, next_url=begun.next_url, created=created)


def _accepted_account(tokens: TokenSet) -> Account:
    account = tokens.account
    if account is None:
        raise SignInRefused("Microsoft did not say whose account it is.")
    tenants.refuse_other_tenants(account)
    if not tokens.refresh_token:
        raise SignInRefused(
            "Microsoft gave no refresh token: the connection would end in an hour.",
            code="no_refresh_token",
        )
    return account


def _connection_for(
    user: Any,
    begun: flows.SignIn,
    account: Account,
    own: AppRegistration | None,
    client_id: str,
) -> Connection:
    """The row that this account's tokens belong to, new or old."""
    if begun.service_name:
        return _service_row(begun, account)
    rows = Connection.objects.select_for_update()
    of_account = rows.filter(
        user=user, tenant_id=account.tenant_id, object_id=account.object_id
    ).order_by("-created_at")
    same = (
        of_account.filter(client_id=client_id).first()
        # The site, or the editor, has changed to another application since then: what
        # lies in the account goes on with the row that it knows.
        or of_account.filter(registration=own).first()
    )
    if not begun.connection_id:
        return same or Connection(user=user)
    renewed = rows.filter(pk=begun.connection_id, user=user).first()
    if renewed is None:
        # Removed in the meantime: then this is a new one.
        return same or Connection(user=user)
    # The account may have a row of its own that was made with this registration.
    other = same if same != renewed else None
    _refuse_another(renewed, account, any_account=begun.any_account and not other)
    return other or renewed


def _service_row(begun: flows.SignIn, account: Account) -> Connection:
    rows = Connection.objects.select_for_update()
    known = rows.service(begun.service_name).first()
    if known is None:
        return Connection(service_name=begun.service_name)
    _refuse_another(known, account, any_account=begun.any_account)
    return known


def _refuse_another(
    connection: Connection, account: Account, *, any_account: bool
) -> None:
    """The connection stays that of its account unless somebody said otherwise."""
    before = (connection.tenant_id, connection.object_id)
    if (
        any_account
        or not connection.object_id
        or before == (account.tenant_id, account.object_id)
    ):
        return
    raise OtherAccount(
        "Another account signed in than the connection's.",
        expected=connection.username,
        actual=account.username,
    )


def _fill(
    connection: Connection, account: Account, client_id: str, tokens: TokenSet
) -> None:
    before = (connection.client_id, connection.object_id)
    if before != (client_id, account.object_id):
        # Another account, or another application, was granted other rights.
        connection.granted_scopes = ""
        connection.access_tokens.all().delete()
    for name, value in storing.changes_of(connection, tokens, _DEMAND).items():
        setattr(connection, name, value)
    connection.kind = Connection.Kind.DELEGATED
    connection.client_id = client_id
    connection.authority_tenant = tokens.authority_tenant
    connection.tenant_id = account.tenant_id
    connection.object_id = account.object_id
    connection.home_account_id = account.home_account_id
    connection.lease_owner, connection.lease_until = "", 0


def _has_default(user: Any) -> bool:
    return Connection.objects.default_of(user).exists()
