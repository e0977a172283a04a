"""Which servers a connection's tokens may go to: those it was made with, and no others.

A refresh token is a key to the account. Whoever may change the site's cloud could
otherwise point it to a server of their own, and every connection's key would follow at
its next refresh.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.apps import apps as global_apps

from wagtail_m365.errors import M365Error, ReconnectRequired, SignInExpired
from wagtail_m365.identity.clouds import Cloud
from wagtail_m365.identity.registration import Registration
from wagtail_m365.models import Connection
from wagtail_m365.models.configuration import site_cloud


def remember_servers(connection: Connection, cloud: Cloud) -> None:
    """Bind the connection to this cloud; the caller saves."""
    connection.authority, connection.graph_origin = _servers_of(cloud)


def refuse_other_servers(connection: Connection, cloud: Cloud) -> None:
    """Send nothing of this connection to a cloud that it was not made with.

    An app-only connection has no key of its own: the application proves itself, and
    its secret is bound to the servers it was entered for.

    Raises:
        ReconnectRequired: ``other_authority``. Nothing is lost where the site's cloud
            is set back: the connection works again by itself.
    """
    if connection.kind == Connection.Kind.APP_ONLY:
        return
    if (connection.authority, connection.graph_origin) != _servers_of(cloud):
        raise ReconnectRequired(
            "The connection was made with another server than the site names now.",
            code="other_authority",
            authority=connection.authority,
        )


def binding_of(registration: Registration) -> str:
    """The servers and the application of a sign-in, to compare at its end."""
    return " ".join((*_servers_of(registration.cloud), registration.client_id))


def refuse_changed_registration(bound_to: str, registration: Registration) -> None:
    """End a sign-in only where it was begun: a code is a key as well.

    Raises:
        SignInExpired: The site names other servers or another application now.
    """
    if bound_to != binding_of(registration):
        raise SignInExpired(
            "The site's set-up was changed since this sign-in was begun."
        )


def remember_servers_of_older_connections(
    using: str, apps: Any = global_apps, **kwargs: Any
) -> None:
    """Bind connections from before this was remembered to the cloud of this moment.

    Run when the column has been added (``post_migrate``), by whoever deploys the site;
    not at the next use, whose cloud somebody may have changed by then. Where none can
    be told, they stay unbound and have to be connected again.
    """
    if not _has_column(apps):
        return
    rows = Connection.objects.using(using).filter(authority="")
    if not rows.exists():
        return
    try:
        authority, graph_origin = _servers_of(site_cloud())
    except M365Error:
        return
    rows.update(authority=authority, graph_origin=graph_origin)


def _servers_of(cloud: Cloud) -> tuple[str, str]:
    """The identity platform and Graph, without paths: a version of Graph is no server."""
    graph = urlsplit(cloud.graph)
    return cloud.authority.lower(), f"{graph.scheme}://{graph.netloc}".lower()


def _has_column(apps: Any) -> bool:
    """Is the database as new as this code? Not when migrating backwards."""
    try:
        model = apps.get_model("wagtail_m365", "Connection")
    except LookupError:
        return False
    return any(field.name == "graph_origin" for field in model._meta.get_fields())
