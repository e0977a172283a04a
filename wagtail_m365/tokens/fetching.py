"""What is asked of Microsoft when a token has to be fetched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from wagtail_m365.errors import (
    ConsentRequired,
    IdTokenRejected,
    ReconnectRequired,
    Undecryptable,
)
from wagtail_m365.http import HttpOptions
from wagtail_m365.identity.client import IdentityClient, TokenSet
from wagtail_m365.identity.registration import Registration
from wagtail_m365.models import Connection
from wagtail_m365.models.configuration import http_options, registration_of

from . import servers, single_flight, storing
from .demands import Demand, all_granted

#: Personal accounts answer AADSTS70000 once in a while and take the same refresh
#: token seconds later (BingAds Python SDK, issue 279).
_SPURIOUS, _SPURIOUS_PAUSE = "aadsts70000", 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the token service needs from outside; tests pass their own."""

    identity: Callable[[Registration, HttpOptions], IdentityClient] = IdentityClient
    flight: Callable[[HttpOptions], single_flight.Flight] = field(
        default=lambda options: single_flight.Flight(timeout=options.timeout)
    )


@dataclass(frozen=True, slots=True)
class Fetching:
    """One connection's request for the tokens of one demand."""

    connection: Connection
    demand: Demand
    world: World

    def tokens(self, pause: Callable[[float], None]) -> TokenSet:
        """Ask Microsoft, and once more where its answer is known to be spurious."""
        try:
            return self.ask_microsoft(self.scopes_to_ask())
        except ReconnectRequired as error:
            if error.code != _SPURIOUS:
                raise
            pause(_SPURIOUS_PAUSE)
        except ConsentRequired:
            # Something granted before was withdrawn; what is wanted now may be left.
            if self.scopes_to_ask() == self.demand.scopes or not self.demand.scopes:
                raise
            return self.ask_microsoft(self.demand.scopes)
        return self.ask_microsoft(self.scopes_to_ask())

    def scopes_to_ask(self) -> frozenset[str]:
        """All rights for this audience: one token then serves every caller."""
        audience = self.demand.audience
        granted = {
            name
            for name in self.connection.scopes
            if storing.of_audience(name, audience)
        }
        return self.demand.scopes.union(granted)

    def ask_microsoft(self, wanted: frozenset[str]) -> TokenSet:
        """One request to the token endpoint."""
        client = self.world.identity(self.registration(), http_options())
        if self.connection.kind == Connection.Kind.APP_ONLY:
            return client.client_credentials([all_granted(self.demand.audience)])
        try:
            return client.refresh(
                self.connection.open_refresh_token(),
                home_account_id=self.connection.home_account_id,
                scopes=sorted(wanted) or [all_granted(self.demand.audience)],
                tenant=self.connection.authority_tenant,
                claims=self.demand.claims,
            )
        except Undecryptable as error:
            raise ReconnectRequired(str(error), code="undecryptable") from error
        except IdTokenRejected as error:
            raise ReconnectRequired(str(error), code=error.code) from error

    def registration(self) -> Registration:
        """The app registration with which the connection was made."""
        here = registration_of(self.connection)
        if here.client_id != self.connection.client_id:
            raise ReconnectRequired(
                "The connection was made with another app registration.",
                code="other_registration",
            )
        servers.refuse_other_servers(self.connection, here.cloud)
        return here
