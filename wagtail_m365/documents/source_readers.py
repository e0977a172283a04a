"""Whose account reads the file that a document was imported from."""

from __future__ import annotations

from typing import Any

from wagtail_m365.errors import NotConnected
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.models import Connection, RemoteSource

from .clients import graph_for, scopes_for
from .folders import Place


def graph_for_person(source: RemoteSource, user: Any) -> GraphClient:
    """A client that may read the file for this person: never with somebody else's account.

    Raises:
        NotConnected: This person has no account of their own.
    """
    own = Connection.objects.of_user(user)
    same = own.filter(imported_documents=source.pk).first()
    if same is not None:
        return graph_for(same, Place(source.place).scopes)
    if source.connection is not None and source.connection.service_name:
        # The site's own account, which an administrator has set up for this.
        scopes = scopes_for(source.connection, Place(source.place).scopes)
        return graph_for(source.connection, scopes)
    other = own.first()
    if other is None:
        raise NotConnected(
            "This person has no account to read the file with.",
            code="source_out_of_reach",
        )
    return graph_for(other, Place.SHARED.scopes)
