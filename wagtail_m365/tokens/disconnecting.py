"""The end of a connection: its tokens are destroyed at once, whatever Microsoft does.

Nothing is asked of Microsoft: it has no way to revoke one refresh token, and it may be
out of reach. What ends the access is that nobody has the token any more; consent is
withdrawn by the account's owner on Microsoft's own page (``Connection.consent_page``).
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from wagtail_m365.models import AppRegistration, Connection
from wagtail_m365.signals import connection_removed, send_when_committed

from . import audit
from .generation import forget_kept_tokens


def disconnect(
    connection: Connection, *, user: Any = None, reason: str = "asked"
) -> None:
    """Remove a connection and every token of it. Always succeeds.

    Args:
        connection: The one to remove; it may be gone already.
        user: Who removes it, for the log.
        reason: A word for the log: asked, deactivated, deleted, permission_lost.
    """
    with transaction.atomic():
        audit.disconnected(connection, user, reason=reason)
        Connection.objects.filter(pk=connection.pk).delete()
        _remove_own_registration(connection)
        _name_another_default(connection)
        send_when_committed(
            connection_removed, Connection, connection=connection, reason=reason
        )
    forget_kept_tokens()


def disconnect_all(person: Any, *, reason: str) -> None:
    """Remove every connection of a person, and the app registration of their own."""
    for connection in Connection.objects.of_user(person):
        disconnect(connection, reason=reason)
    AppRegistration.objects.filter(owner_id=person.pk).delete()


def _remove_own_registration(removed: Connection) -> None:
    """An editor's own registration, whose secret nothing needs any more."""
    if removed.registration_id is None:
        return
    unused = AppRegistration.objects.filter(
        pk=removed.registration_id, owner__isnull=False, connections=None
    )
    unused.delete()


def _name_another_default(removed: Connection) -> None:
    if removed.user_id is None or removed.default_for_id is None:
        return
    rest = Connection.objects.filter(user_id=removed.user_id).order_by("created_at")
    if other := rest.first():
        other.make_default()
