"""A Graph client for an owner: the only place where tokens and Graph meet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wagtail_m365.conf import settings
from wagtail_m365.models import Connection
from wagtail_m365.models.configuration import http_options, registration
from wagtail_m365.tokens import bundles
from wagtail_m365.tokens.credentials import TokenSource
from wagtail_m365.tokens.demands import Owner
from wagtail_m365.tokens.throttling import SharedThrottle

if TYPE_CHECKING:
    # Built with requests, which takes a while to import.
    from wagtail_m365.graph.client import GraphClient


def graph_for(
    owner: Owner,
    scopes: Iterable[str],
    purpose: str | None = None,
    *,
    patience: float = 20,
) -> GraphClient:
    """A client that asks Graph with this owner's token; nothing is sent yet.

    Args:
        owner: A user, a connection, or the name of a service connection.
        scopes: Rights that its token must carry.
        purpose: What for, as declared in ``register_m365_purposes``.
        patience: Seconds that the pauses of one request may take, where Microsoft
            asks to wait or does not answer; less where a person looks on.

    Raises:
        Misconfigured: The site's set-up is wrong or switched off.
    """
    from wagtail_m365.graph.client import connect

    return connect(
        registration().cloud.graph,
        TokenSource(owner, tuple(scopes), purpose),
        http_options(),
        allow_insecure_loopback=settings.ALLOW_INSECURE_LOOPBACK,
        patience=patience,
        throttle=SharedThrottle(owner, purpose),
    )


def scopes_for(connection: Connection, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """These rights of a person's account; the application has what it was granted."""
    if connection.kind == Connection.Kind.APP_ONLY:
        return bundles.APP_ONLY
    return scopes
