"""Links on which an owner grants what is missing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from wagtail_m365.errors import (
    ConsentRequired,
    InteractionRequired,
    M365Error,
    NotConnected,
    ReconnectRequired,
)
from wagtail_m365.models import Connection

#: The errors that a sign-in of the owner cures.
_CURED_BY_SIGN_IN = (
    NotConnected,
    ConsentRequired,
    InteractionRequired,
    ReconnectRequired,
)


def connect_url(*scopes: str, next: str = "", connection: Any = None) -> str:  # noqa: A002  # Django's own word for it
    """A path that asks the editor for these rights and then goes on to ``next``.

    Args:
        scopes: What to ask for, beside what was granted before.
        next: A path of this site to go to afterwards.
        connection: Grant it to this connection, and not to the default one.

    Returns:
        The path; empty where the site does not mount Wagtail's admin.
    """
    query = {"scopes": " ".join(sorted(scopes)), "next": next}
    given = urlencode({name: value for name, value in query.items() if value})
    try:
        if connection is None:
            path = reverse("wagtail_m365:connect")
        else:
            path = reverse("wagtail_m365:reconnect", args=[connection.pk])
    except NoReverseMatch:
        return ""
    return f"{path}?{given}" if given else path


def add_connect_url(error: M365Error, connection: Connection | None) -> None:
    """Give the error the link that cures it, where a sign-in does."""
    if not isinstance(error, _CURED_BY_SIGN_IN):
        return
    if connection and connection.service_name:
        error.facts.setdefault("service", connection.service_name)
        return
    own = connection if connection and connection.user_id else None
    scopes = error.scopes if isinstance(error, ConsentRequired) else ()
    error.connect_url = connect_url(*scopes, connection=own)
