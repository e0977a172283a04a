"""The slow path: a token that has to be fetched from Microsoft, by one caller for all."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from django.db import Error

from wagtail_m365.errors import (
    ConsentRequired,
    M365Error,
    NotConnected,
    TemporarilyUnavailable,
    Undecryptable,
)
from wagtail_m365.identity import scopes as scope_names
from wagtail_m365.identity.client import TokenSet
from wagtail_m365.models import CachedAccessToken, Connection
from wagtail_m365.models.configuration import http_options
from wagtail_m365.redaction import Secret
from wagtail_m365.signals import connection_lost, send_when_committed

from . import apart, joining, leaving, prepared, rescue, single_flight, states, storing
from .demands import AccessToken, Demand
from .disconnecting import disconnect
from .fetching import Fetching, World
from .looking_up import USABLE
from .resealing import resealed_refresh_token

logger = logging.getLogger(__name__)

#: Seconds for which an ageing token must still hold during an outage.
_LAST = 5


class Asking:
    """One caller's way to a token of one connection."""

    def __init__(self, connection_id: Any, demand: Demand, world: World) -> None:
        self.demand = demand
        self.world = world
        self.flight = world.flight(http_options())
        self.connection_id = connection_id
        self.look()
        self.avoided = self.cached.version if demand.wants_new and self.cached else -1

    def look(self) -> None:
        """Read the connection and its token for this audience, as they stand now."""
        alias = apart.database().alias
        rows = Connection.objects.using(alias).filter(pk=self.connection_id)
        connection = rows.first()
        if connection is None:
            raise NotConnected("The connection was removed.")
        self.connection = connection
        tokens = CachedAccessToken.objects.using(alias)
        self.cached = tokens.filter(
            connection_id=self.connection_id, audience=self.demand.audience
        ).first()

    def with_lease(self) -> AccessToken:
        """A token: the one that is there, another caller's new one, or our own.

        Raises:
            M365Error: Why there is none, typed, with what has to be done.
        """
        if token := self.settled():
            return token
        if apart.is_apart():
            # Whoever is waited for may wait for a lock of the caller behind this one.
            return self.in_turn()
        return joining.join(
            (self.connection_id, replace(self.demand, purpose=""), self.avoided),
            self.in_turn,
            instead=lambda: self.ageing(USABLE),
            patience=2 * self.flight.lease_seconds,
        )

    def in_turn(self) -> AccessToken:
        """The same, for the one caller of this process who goes for all."""
        for is_first in self.flight.looks():
            if not is_first and not self.has_moved():
                continue
            if token := self.settled():
                return token
            if lease := self.flight.take(self.connection):
                return self.refresh(lease)
            if token := self.ageing(USABLE):
                return token
        raise TemporarilyUnavailable(
            "Another refresh of this connection does not end.",
            code="refresh_stuck",
            retry_after=self.flight.lease_seconds,
        )

    def has_moved(self) -> bool:
        """Has another caller's refresh ended, or its time? Then the rows are read anew.

        Asked by many and often, so it is one small query.
        """
        known = (self.connection.version, self.connection.lease_until)
        if known[1] > self.flight.clock() and known == prepared.progress(
            apart.database().alias, self.connection_id
        ):
            return False
        self.look()
        return True

    def within_transaction(self) -> AccessToken:
        """The same where the row cannot be reached from outside a transaction.

        A lease would be a lock that lasts until the caller's transaction ends, so none
        is taken: two callers may ask Microsoft, and the fence keeps one answer.

        Raises:
            M365Error: Why there is none, typed, with what has to be done.
        """
        if token := self.settled():
            return token
        version = self.connection.version
        lease = single_flight.Lease(
            connection_id=self.connection_id, version=version, owner=""
        )
        return self.refresh(lease)

    def settled(self) -> AccessToken | None:
        """A token that needs no refresh; ``None`` when one is needed and allowed."""
        now = self.flight.clock()
        if self.fresh(now):
            return self.ageing(self.demand.min_validity)
        self.refuse_missing_scopes()
        if states.may_ask_again(self.connection, now):
            return None
        if token := self.ageing(_LAST):
            return token
        raise states.error_of(self.connection) or TemporarilyUnavailable(
            "Microsoft did not answer a moment ago.",
            retry_after=self.connection.retry_at - now,
        )

    def fresh(self, now: float) -> bool:
        """Is a token there that nobody would replace yet?"""
        if self.cached is None or self.ageing(self.demand.min_validity) is None:
            return False
        return not 0 < self.cached.refresh_on < now

    def ageing(self, seconds: float) -> AccessToken | None:
        """The token that is there, if it suits and holds for so many seconds more."""
        cached = self.cached
        if cached is None or cached.version == self.avoided:
            return None
        if cached.expires_on - self.flight.clock() <= seconds or not self.covers(
            cached
        ):
            return None
        try:
            token = storing.open_access_token(cached)
        except Undecryptable:
            return None
        if self.demand.rejected == Secret(token.token):
            return None
        return token

    def covers(self, cached: CachedAccessToken) -> bool:
        """Does the token carry every right that is asked for?"""
        return not lacking(self.demand.scopes, cached.scopes.split(), self.connection)

    def refuse_leavers(self) -> None:
        """Notice who may not use Microsoft 365 any more where no signal told it."""
        person = self.connection.user
        if person is None or leaving.may_use(person):
            return
        disconnect(self.connection, reason="permission_lost")
        raise NotConnected(
            "This person may not use Microsoft 365 on this site.",
            code="not_permitted",
        )

    def refuse_missing_scopes(self) -> None:
        """Ask nothing of Microsoft that the account's owner has not agreed to."""
        if self.demand.perhaps_granted:
            return
        lacks = lacking(self.demand.scopes, self.connection.scopes, self.connection)
        if lacks:
            raise ConsentRequired(
                "The connection lacks rights that were asked for.", scopes=lacks
            )

    def refresh(self, lease: single_flight.Lease) -> AccessToken:
        """Fetch a new token with the lease in hand."""
        self.refuse_leavers()
        try:
            tokens = Fetching(self.connection, self.demand, self.world).tokens(
                lambda seconds: self.flight.pause(lease, seconds)
            )
        except M365Error as error:
            return self.failed(error, lease)
        except BaseException:
            self.flight.abandon(lease)
            raise
        return self.store(tokens, lease)

    def store(self, tokens: TokenSet, lease: single_flight.Lease) -> AccessToken:
        """Keep what came, unless somebody else's newer tokens are there already."""
        changes = storing.changes_of(self.connection, tokens, self.demand)
        try:
            # Both at once: who saw the lease ended and no token yet would fetch another.
            with rescue.remembered(self.connection_id, lease.version, changes):
                if is_ours := self.flight.give_back(lease, **changes):
                    storing.keep_access_token(
                        self.connection, tokens, self.demand.audience
                    )
        except Error:
            # Microsoft has answered: asked again, it would see a token that was used.
            logger.warning("A refresh is written later.", exc_info=True)
            return storing.access_token_of(tokens)
        if not is_ours:
            self.look()
            return self.ageing(_LAST) or storing.access_token_of(tokens)
        return storing.access_token_of(tokens)

    def failed(self, error: M365Error, lease: single_flight.Lease) -> AccessToken:
        """Note the failure for everybody, and serve the old token while it holds."""
        now = self.flight.clock()
        changes = storing.changes_after(self.connection, error, now)
        if self.demand.perhaps_granted and isinstance(error, ConsentRequired):
            # Not granted yet; what was granted before is as good as it was.
            changes = {}
        # It was read, whatever became of it: Microsoft may be down for days.
        changes |= resealed_refresh_token(self.connection)
        if not self.flight.give_back(lease, **changes):
            # Rotated under us: the failure is of a token that nobody uses any more.
            self.look()
        elif "state" in changes:
            send_when_committed(
                connection_lost, Connection, connection=self.connection, error=error
            )
        if token := self.ageing(_LAST):
            return token
        raise error


def lacking(wanted: Any, granted: Any, connection: Connection) -> frozenset[str]:
    """The rights asked for that are not among these."""
    if connection.kind == Connection.Kind.APP_ONLY or set(wanted) <= set(granted):
        return frozenset()
    return scope_names.missing(wanted, granted, "")
