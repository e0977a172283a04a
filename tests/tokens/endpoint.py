"""A token endpoint in memory, handed to the token service in place of the network."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from wagtail_m365.errors import M365Error, ReconnectRequired
from wagtail_m365.identity.client import TokenSet
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens.fetching import World
from wagtail_m365.tokens.single_flight import Flight


@dataclass
class Endpoint:
    """Gives tokens, rotates refresh tokens strictly, and can be told to fail."""

    #: The one refresh token that is valid; a used one is refused.
    valid: str = "refresh-0"
    granted: frozenset[str] = frozenset({"User.Read", "Files.ReadWrite"})
    lifetime: int = 3600
    refresh_in: int = 0
    rotates: bool = True
    failures: list[M365Error] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    #: Called while a request is under way.
    meanwhile: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()

    def __call__(self, registration: object, options: object) -> Endpoint:
        """The client for one operation, as the token service makes it."""
        return self

    def refresh(
        self, refresh_token: Secret, *, scopes: Iterable[str], **more: Any
    ) -> TokenSet:
        self.asked.append({"scopes": set(scopes), **more})
        self.meanwhile()
        if self.failures:
            raise self.failures.pop(0)
        with self._guard:
            if refresh_token.reveal() != self.valid:
                raise ReconnectRequired("That refresh token was used.")
            number = next(self._numbers)
            if self.rotates:
                self.valid = f"refresh-{number}"
        return self._tokens(f"access-{number}", Secret(self.valid))

    def client_credentials(
        self, scopes: Iterable[str] = (), *, fresh: bool = False
    ) -> TokenSet:
        self.asked.append({"scopes": set(scopes), "fresh": fresh})
        return self._tokens(f"app-{next(self._numbers)}", None)

    def _tokens(self, access: str, refresh: Secret | None) -> TokenSet:
        now = int(self.clock())
        return TokenSet(
            access_token=Secret(access),
            expires_on=now + self.lifetime,
            refresh_on=now + self.refresh_in if self.refresh_in else 0,
            scopes=self.granted,
            refresh_token=refresh if self.rotates else None,
            account=None,
            authority_tenant="organizations",
        )

    def world(self, **flight: Any) -> World:
        """The token service's surroundings with this endpoint in them."""
        return World(identity=self, flight=lambda options: Flight(**flight))
