"""Tokens in the shapes that others ask for: a callable, and azure-core's credential."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from asgiref.sync import sync_to_async

from wagtail_m365.redaction import HIDDEN

from .broker import get_token
from .demands import AccessToken, Owner


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Gives tokens of one owner, for one set of rights, one at a time."""

    owner: Owner
    scopes: tuple[str, ...]
    purpose: str | None = None

    def __call__(
        self, *, rejected: str | None = None, claims: str | None = None
    ) -> str:
        """A valid token.

        Args:
            rejected: The token that the resource refused.
            claims: The claims challenge (decoded JSON) it answered with.

        Raises:
            M365Error: As :func:`~wagtail_m365.tokens.broker.get_token`.
        """
        return get_token(
            self.owner,
            *self.scopes,
            purpose=self.purpose,
            rejected=rejected,
            claims=claims,
        ).token


class TokenCredential:
    """A credential of azure-core: ``msgraph-sdk`` and others take it.

    Args:
        owner: A user, a connection, or the name of a service connection.
        purpose: The purpose, as declared in ``register_m365_purposes``.
    """

    def __init__(self, owner: Owner, purpose: str | None = None) -> None:
        self._owner = owner
        self._purpose = purpose

    def get_token(self, *scopes: str, claims: str | None = None, **options: Any) -> Any:
        """A token for these scopes; ``.default`` stands for all that was granted.

        In a running event loop an awaitable of it, as azure-core's async clients want
        (``msgraph-sdk`` is one): Django's database must not be asked from there.

        Args:
            scopes: As azure-core's clients name them, with their resource.
            claims: A claims challenge (decoded JSON) that the token must answer.
            options: ``tenant_id`` and ``enable_cae`` of azure-core: the connection's
                own tenant and the site's own setting hold.

        Returns:
            ``azure.core.credentials.AccessToken`` where azure-core is in use, else
            :class:`~wagtail_m365.tokens.demands.AccessToken`: the same two attributes.

        Raises:
            M365Error: As :func:`~wagtail_m365.tokens.broker.get_token`.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._token(*scopes, claims=claims)
        return sync_to_async(self._token)(*scopes, claims=claims)

    def _token(self, *scopes: str, claims: str | None) -> Any:
        token = get_token(self._owner, *scopes, purpose=self._purpose, claims=claims)
        return _in_the_shape_of_azure(token)

    def close(self) -> None:
        """Nothing is open; azure-core's clients call it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()


def _in_the_shape_of_azure(token: AccessToken) -> Any:
    """azure-core's own class where that is in use: some of its clients insist on it."""
    module = sys.modules.get("azure.core.credentials")
    if module is None:
        return token
    return _hiding(module.AccessToken)(token.token, token.expires_on)


@cache
def _hiding(shape: type) -> type:
    """The class, with a ``repr`` that tells no secret."""
    hidden = {"__slots__": (), "__repr__": lambda self: f"AccessToken({HIDDEN})"}
    return type("AccessToken", (shape,), hidden)
