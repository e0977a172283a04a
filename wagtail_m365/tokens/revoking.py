"""An administrator ends somebody's connection: its tokens go, and its owner is told why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction

from wagtail_m365.models import Connection
from wagtail_m365.signals import connection_lost, send_when_committed

from . import audit
from .generation import forget_kept_tokens
from .states import error_of

#: The code under which the owner reads what happened.
REVOKED = "revoked"


def revoke(connection: Connection, *, user: Any, reason: str = "") -> None:
    """Destroy every token of a connection, and keep the row that says so.

    The owner's account page tells it with the reason, and what is open in Microsoft 365
    stays where it is: the same account can be connected again. Nothing is asked of
    Microsoft, so it works when Microsoft is out of reach.

    Args:
        connection: An editor's connection; one that is gone already is left alone.
        user: Who does it, for the log.
        reason: A sentence for the owner.
    """
    details = {
        "code": REVOKED,
        "reason": reason,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    rows = Connection.objects.filter(pk=connection.pk)
    with transaction.atomic():
        # The fence rises: a refresh that is under way keeps nothing.
        found = rows.update(
            refresh_token_sealed="",
            state=Connection.State.NEEDS_RECONNECT,
            state_details=details,
            version=models.F("version") + 1,
            lease_owner="",
            lease_until=0,
        )
        if found:
            _tell(connection, user, reason)
    forget_kept_tokens()


def is_revoked(connection: Connection) -> bool:
    """Has an administrator ended it, and nobody connected it again?"""
    return bool(connection.state_details.get("code") == REVOKED)


def _tell(connection: Connection, user: Any, reason: str) -> None:
    connection.access_tokens.all().delete()
    connection.refresh_from_db()
    audit.revoked(connection, user, reason=reason)
    send_when_committed(
        connection_lost, Connection, connection=connection, error=error_of(connection)
    )
