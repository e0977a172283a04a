"""Tokens in the shapes that other libraries ask for: requests and azure-core."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import requests
from asgiref.sync import sync_to_async
from requests.auth import AuthBase

from wagtail_m365.http import origin
from wagtail_m365.identity.challenges import claims_challenge
from wagtail_m365.models.configuration import registration
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


class GraphAuth(AuthBase):
    """Adds the owner's token to requests to Microsoft Graph, and to nobody else.

    A token that Graph refuses with 401 is renewed once, with the claims that Graph
    may ask for; the request is then sent again if its body can be.
    """

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._origin = origin(registration().cloud.graph)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if origin(request.url or "") != self._origin:
            return request
        token = self._source()
        request.headers["Authorization"] = f"Bearer {token}"
        body = request.body
        replayable = body is None or isinstance(body, bytes | str)
        if replayable:
            request.register_hook(  # type: ignore[no-untyped-call]  # requests' own
                "response",
                lambda response, **options: self._answered(response, token, options),
            )
        return request

    def _answered(
        self, response: requests.Response, token: str, options: dict[str, Any]
    ) -> requests.Response:
        """Send the request again, once, if Graph refused the token."""
        sent = response.request.headers.get("Authorization")
        if response.status_code != 401 or sent != f"Bearer {token}":  # noqa: PLR2004  # Unauthorized
            return response
        # Read to the end: the connection goes back, even when there is no new token.
        response.content  # noqa: B018
        response.close()
        claims = claims_challenge(response.headers.get("WWW-Authenticate", ""))
        fresh = self._source(rejected=token, claims=claims)
        again = response.request.copy()
        again.headers["Authorization"] = f"Bearer {fresh}"
        second: requests.Response = response.connection.send(again, **options)
        second.history.append(response)
        second.request = again
        return second


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
