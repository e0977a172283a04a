"""What Wagtail's log is told about connections; never a secret."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import LogActionRegistry, log

from wagtail_m365.models import Connection

CONNECT = "wagtail_m365.connect"
RECONNECT = "wagtail_m365.reconnect"
DISCONNECT = "wagtail_m365.disconnect"

_ACTIONS = (
    (CONNECT, _("Connect Microsoft account"), _("Microsoft account connected")),
    (RECONNECT, _("Reconnect Microsoft account"), _("Microsoft account reconnected")),
    (
        DISCONNECT,
        _("Disconnect Microsoft account"),
        _("Microsoft account disconnected"),
    ),
)


def register_log_actions(actions: LogActionRegistry) -> None:
    """Make our actions known to Wagtail's log (hook ``register_log_actions``)."""
    for action in _ACTIONS:
        actions.register_action(*action)


def connected(connection: Connection, user: Any, *, created: bool) -> None:
    """An account was connected, or connected again."""
    action = CONNECT if created else RECONNECT
    log(connection, action, user=user, data=_facts_of(connection))


def disconnected(connection: Connection, user: Any = None, *, reason: str) -> None:
    """An account was disconnected, and why."""
    facts = _facts_of(connection) | {"reason": reason}
    log(connection, DISCONNECT, user=user, data=facts, deleted=True)


def _facts_of(connection: Connection) -> dict[str, Any]:
    return {
        "account": connection.username,
        "service": connection.service_name or "",
        "scopes": sorted(connection.scopes),
    }
