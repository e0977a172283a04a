"""A valid token for an owner, or a typed reason why there is none."""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from wagtail_m365.conf import settings
from wagtail_m365.errors import M365Error, Misconfigured, NotConnected
from wagtail_m365.models import Connection, RefusedPurpose
from wagtail_m365.models.configuration import http_options
from wagtail_m365.redaction import Secret

from . import apart, joining, purposes, rescue
from .connect_urls import add_connect_url
from .demands import (
    AccessToken,
    Demand,
    Owner,
    audience_and_scopes,
    checked_claims,
)
from .fetching import World
from .looking_up import Ready, keep, path_from, token_at_hand
from .refreshing import Asking

__all__ = ["AccessToken", "Owner", "connection_of", "get_token", "token_for"]


def get_token(
    owner: Owner,
    *scopes: str,
    purpose: str | None = None,
    min_validity: int = 300,
    force_refresh: bool = False,
    rejected: str | None = None,
    claims: str | None = None,
    world: World | None = None,
) -> AccessToken:
    """A valid access token for this owner.

    A token that is there is served from the database; one that is about to expire is
    renewed first, by one caller for all. No lock and no transaction of ours is held
    meanwhile.

    Args:
        owner: A user, a connection, or the name of a service connection.
        scopes: The rights that the token must carry, all for one resource; without
            a resource they are Microsoft Graph's.
        purpose: The purpose, as declared in ``register_m365_purposes``.
        min_validity: Seconds for which the token must still be valid.
        force_refresh: Do not serve the token that is there now.
        rejected: The token that the resource has refused: do not serve this one.
        claims: A claims challenge (decoded JSON) that the token must answer.
        world: Other collaborators, for tests.

    Raises:
        NotConnected: The owner has no connection.
        ConsentRequired: A right is missing.
        InteractionRequired: Microsoft wants to see the person.
        ReconnectRequired: The grant is gone.
        AccessDenied: A policy refuses.
        Misconfigured: The site's set-up is wrong or switched off.
        TemporarilyUnavailable: Microsoft does not answer.
        TypeError: A scope is no text.
        ValueError: The scopes belong to several resources or are not written like
            scopes, or the claims are no JSON object.
    """
    refuse_when_switched_off()
    if purpose:
        scopes = purposes.scopes_for(purpose, scopes)
    audience, wanted = audience_and_scopes(scopes)
    demand = Demand(
        audience=audience,
        scopes=wanted,
        min_validity=min_validity,
        force=force_refresh,
        purpose=purpose or "",
        rejected=Secret(rejected) if rejected else None,
        claims=checked_claims(claims),
    )
    return token_for(owner, demand, world)


def token_for(owner: Owner, demand: Demand, world: World | None = None) -> AccessToken:
    """The token that is demanded, for callers inside this package.

    Raises:
        M365Error: As :func:`get_token`.
    """
    _refuse_nobody(owner)
    ready = None if demand.wants_new else token_at_hand(owner, demand)
    if ready is None or not ready.suits(demand, time.time()):
        ready = _fetched_by_one(owner, demand, world or World(), ready)
    if demand.purpose:
        purposes.use_log.note(ready.connection_id, demand.purpose)
    return ready.token


def connection_of(owner: Owner) -> Connection:
    """The connection that a token for this owner comes from.

    Raises:
        NotConnected: There is none.
    """
    _refuse_nobody(owner)
    if isinstance(owner, Connection):
        return owner
    connections = Connection.objects.all()
    if isinstance(owner, str):
        found = connections.service(owner).first()
    else:
        found = connections.default_of(owner).first()
    if found is None:
        raise _not_connected(owner)
    return found


def refuse_when_switched_off() -> None:
    """Switched off in Django's settings: at once. In the admin: no token is kept."""
    if settings.ENABLED is False:
        raise Misconfigured("Microsoft 365 is switched off.", code="not_enabled")


def _refuse_nobody(owner: Owner) -> None:
    if isinstance(owner, Connection | str):
        return
    # Whoever was deactivated has no token, even before the connection is removed.
    if owner.pk is None or not owner.is_active:
        raise _not_connected(owner)


def _not_connected(owner: Owner) -> NotConnected:
    if isinstance(owner, str):
        return NotConnected(
            f"There is no service connection named {owner!r}.",
            code="service_not_connected",
            service=owner,
        )
    error = NotConnected("This person has not connected a Microsoft account.")
    if isinstance(owner, AbstractBaseUser):
        add_connect_url(error, None)
    return error


def _fetched_by_one(
    owner: Owner, demand: Demand, world: World, at_hand: Ready | None
) -> Ready:
    """A new token, for which one caller of this process goes and the others wait.

    They join before anything is read: in a herd, what each reads for itself costs more
    than the one request to Microsoft.
    """
    rescue.settle()
    if demand.wants_new or apart.in_transaction():
        # Each has seen another token that it does not want, or stands in its own way.
        return _fetched(owner, demand, world)

    def bridge() -> Ready | None:
        return at_hand if at_hand and at_hand.bridges(demand, time.time()) else None

    ready = joining.join(
        (path_from(owner), demand),
        lambda: _fetched(owner, demand, world),
        instead=bridge,
        patience=2 * world.flight(http_options()).lease_seconds,
    )
    return keep(owner, demand, ready.connection_id, ready.token)


def _fetched(owner: Owner, demand: Demand, world: World) -> Ready:
    connection = connection_of(owner)
    if demand.purpose and RefusedPurpose.is_refused(demand.purpose):
        raise purposes.refusal(demand.purpose)
    try:
        token = _fetch(connection.pk, demand, world)
    except M365Error as error:
        add_connect_url(error, connection)
        raise
    return keep(owner, demand, connection.pk, token)


def _fetch(connection_id: Any, demand: Demand, world: World) -> AccessToken:
    if not apart.in_transaction():
        return Asking(connection_id, demand, world).with_lease()
    try:
        return apart.run_apart(
            lambda: _as_seen_from_outside(connection_id, demand, world)
        )
    except apart.OutOfReach:
        return Asking(connection_id, demand, world).within_transaction()


def _as_seen_from_outside(
    connection_id: Any, demand: Demand, world: World
) -> AccessToken:
    with apart.short_wait():
        is_seen = Connection.objects.filter(pk=connection_id).exists()
    if not is_seen:
        raise apart.OutOfReach("The connection was made in the same transaction.")
    return Asking(connection_id, demand, world).with_lease()
