"""What other plugins use: tokens, Graph clients, links and errors. This is the contract.

An *owner* is a user, a :class:`Connection`, or the name of a service connection::

    from wagtail_m365 import api

    token = api.get_token(request.user, "Mail.Send")
    api.graph(request.user, "Calendars.Read").get("/me/events")
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.shortcuts import redirect

from . import errors
from .errors import (
    ConsentRequired,
    InteractionRequired,
    NotConnected,
    ReconnectRequired,
    TokenError,
)
from .models import Connection
from .tokens import broker
from .tokens.connect_urls import connect_url
from .tokens.credentials import TokenCredential, TokenSource
from .tokens.demands import AccessToken, Owner

if TYPE_CHECKING:
    # Built with requests, which takes a while to import.
    from .graph.client import GraphClient
    from .tokens.graph_auth import GraphAuth

__all__ = [
    "AccessToken",
    "Connection",
    "Owner",
    "aget_token",
    "auth",
    "connect_url",
    "connections",
    "credential",
    "errors",
    "get_token",
    "graph",
    "token_required",
]

View = TypeVar("View", bound=Callable[..., Any])

_CURED_BY_SIGN_IN = (
    NotConnected,
    ConsentRequired,
    InteractionRequired,
    ReconnectRequired,
)


def get_token(
    owner: Owner,
    *scopes: str,
    purpose: str | None = None,
    min_validity: int = 300,
    force_refresh: bool = False,
    claims: str | None = None,
) -> AccessToken:
    """A valid access token for this owner, renewed if need be.

    Args:
        owner: A user, a connection, or the name of a service connection.
        scopes: Rights that the token must carry, all for one resource. Without a
            resource they are Microsoft Graph's; none: whatever was granted.
        purpose: What for: a purpose declared in ``register_m365_purposes``. The use
            is then logged under that name, and an admin can refuse it.
        min_validity: Seconds for which the token must still be valid.
        force_refresh: Fetch a new token even if the old one is valid.
        claims: A claims challenge (decoded JSON) that the token must answer.

    Returns:
        The token, with ``token`` and ``expires_on`` (POSIX seconds); its ``repr``
        hides the secret. Keep it no longer than the work at hand: ask again instead.

    Raises:
        NotConnected: The owner has no connection.
        ConsentRequired: A right is missing; ``scopes`` names it.
        InteractionRequired: Microsoft wants to see the person.
        ReconnectRequired: The grant is gone.
        AccessDenied: A policy refuses.
        Misconfigured: The site's set-up is wrong.
        TemporarilyUnavailable: Microsoft does not answer; ``retry_after`` seconds.
        TypeError: A scope is no text.
        ValueError: The scopes belong to several resources or are not written like
            scopes, or the claims are no JSON object.
    """
    return broker.get_token(
        owner,
        *scopes,
        purpose=purpose,
        min_validity=min_validity,
        force_refresh=force_refresh,
        claims=claims,
    )


async def aget_token(
    owner: Owner,
    *scopes: str,
    purpose: str | None = None,
    min_validity: int = 300,
    force_refresh: bool = False,
    claims: str | None = None,
) -> AccessToken:
    """The same as :func:`get_token`, for async code.

    Args:
        owner: A user, a connection, or the name of a service connection.
        scopes: Rights that the token must carry.
        purpose: What for, as declared in ``register_m365_purposes``.
        min_validity: Seconds for which the token must still be valid.
        force_refresh: Fetch a new token even if the old one is valid.
        claims: A claims challenge (decoded JSON) that the token must answer.

    Raises:
        M365Error: As :func:`get_token`.
    """
    return await sync_to_async(get_token)(
        owner,
        *scopes,
        purpose=purpose,
        min_validity=min_validity,
        force_refresh=force_refresh,
        claims=claims,
    )


def graph(
    owner: Owner, *scopes: str, purpose: str | None = None, patience: float = 20
) -> GraphClient:
    """An authorised client of Microsoft Graph: what most plugins should take.

    It retries, waits when throttled, follows pages, renews tokens and raises our
    typed errors. Nothing is sent before the first call.

    Args:
        owner: A user, a connection, or the name of a service connection.
        scopes: Rights that its token must carry.
        purpose: What for, as declared in ``register_m365_purposes``.
        patience: Seconds that the pauses of one request may take, where Microsoft asks
            to wait or does not answer; less where a person looks on.

    Raises:
        Misconfigured: The site's set-up is wrong.
    """
    from .documents.clients import graph_for

    return graph_for(owner, scopes, purpose, patience=patience)


def auth(owner: Owner, *scopes: str, purpose: str | None = None) -> GraphAuth:
    """An ``auth=`` for ``requests``: adds the token for the Graph host only.

    A 401 is answered with a fresh token and the claims asked for, once. What a 429 asks
    to wait holds for all that use the connection: until then, requests raise
    :class:`~wagtail_m365.errors.TemporarilyUnavailable` and are not sent.

    Args:
        owner: A user, a connection, or the name of a service connection.
        scopes: Rights that the token must carry.
        purpose: What for, as declared in ``register_m365_purposes``.

    Raises:
        Misconfigured: The site's set-up is wrong.
    """
    from .tokens.graph_auth import GraphAuth

    return GraphAuth(TokenSource(owner, scopes, purpose))


def credential(owner: Owner, purpose: str | None = None) -> TokenCredential:
    """A credential for azure-core clients, such as those of ``msgraph-sdk``.

    Args:
        owner: A user, a connection, or the name of a service connection.
        purpose: What for, as declared in ``register_m365_purposes``.
    """
    return TokenCredential(owner, purpose)


def connections(user: Any) -> QuerySet[Connection]:
    """The Microsoft accounts that this person has connected, the default first.

    Args:
        user: A Django user.
    """
    return Connection.objects.of_user(user)


def token_required(*scopes: str, purpose: str | None = None) -> Callable[[View], View]:
    """A view decorator: the view runs only when a token with these rights can be had.

    Who is not logged in is sent to the log-in; who has to connect, to grant or to sign
    in again is sent to Microsoft and comes back to the same page. Other errors are
    raised. Works for sync and async views.

    Args:
        scopes: Rights that the token must carry.
        purpose: What for, as declared in ``register_m365_purposes``.
    """

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def guarded_async(request: Any, *args: Any, **kwargs: Any) -> Any:
                detour = await sync_to_async(_detour)(request, scopes, purpose)
                return detour or await view(request, *args, **kwargs)

            return cast("View", guarded_async)

        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            return _detour(request, scopes, purpose) or view(request, *args, **kwargs)

        return cast("View", guarded)

    return decorate


def _detour(request: Any, scopes: tuple[str, ...], purpose: str | None) -> Any:
    """A redirect to where the missing token can be had; ``None`` when it is there."""
    here = request.get_full_path()
    if not request.user.is_authenticated:
        return redirect_to_login(here)
    try:
        get_token(request.user, *scopes, purpose=purpose)
    except _CURED_BY_SIGN_IN as error:
        return redirect(_way_out(error, scopes, here))
    return None


def _way_out(error: TokenError, scopes: tuple[str, ...], here: str) -> str:
    # A form that was posted cannot be sent again by a redirect; its page can.
    wanted = getattr(error, "scopes", ()) or scopes
    return connect_url(*wanted, next=here)
