"""What Wagtail's log is told about connections; never a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import LogActionRegistry, LogFormatter, log

from wagtail_m365.models import Connection, M365Settings, RefusedPurpose

CONNECT = "wagtail_m365.connect"
RECONNECT = "wagtail_m365.reconnect"
DISCONNECT = "wagtail_m365.disconnect"
REVOKE = "wagtail_m365.revoke"
RENAME = "wagtail_m365.rename_connection"
DEFAULT = "wagtail_m365.default_connection"
REFUSE_PURPOSE = "wagtail_m365.refuse_purpose"
ALLOW_PURPOSE = "wagtail_m365.allow_purpose"
ROTATE_KEYS = "wagtail_m365.rotate_keys"

_ACTIONS = (
    (CONNECT, _("Connect Microsoft account"), _("Microsoft account connected")),
    (RECONNECT, _("Reconnect Microsoft account"), _("Microsoft account reconnected")),
    (
        DISCONNECT,
        _("Disconnect Microsoft account"),
        _("Microsoft account disconnected"),
    ),
    (REVOKE, _("Revoke Microsoft connection"), _("Microsoft connection revoked")),
    (RENAME, _("Rename Microsoft connection"), _("Microsoft connection renamed")),
    (
        DEFAULT,
        _("Use Microsoft account by default"),
        _("Microsoft account used by default"),
    ),
    (REFUSE_PURPOSE, _("Refuse a use of Microsoft 365"), _("Use refused")),
    (ALLOW_PURPOSE, _("Allow a use of Microsoft 365"), _("Use allowed again")),
)


#: Why the site has ended a connection by itself; other reasons are somebody's words.
_WHY: dict[str, Promise] = {
    "deactivated": _("its owner was deactivated"),
    "deleted": _("its owner was deleted"),
    "permission_lost": _("its owner may not use Microsoft 365 any more"),
}


def register_log_actions(actions: LogActionRegistry) -> None:
    """Make our actions known to Wagtail's log (hook ``register_log_actions``)."""
    for action, label, message in _ACTIONS:
        actions.register_action(action)(_formatter(label, message))
    actions.register_action(ROTATE_KEYS)(_OfKeys)


def connected(
    connection: Connection, user: Any, *, created: bool, instead_of: str = ""
) -> None:
    """An account was connected, or connected again, or took the place of another one."""
    action = CONNECT if created else RECONNECT
    facts = _facts_of(connection) | {"instead_of": instead_of}
    log(connection, action, user=user, data=facts)


def disconnected(connection: Connection, user: Any = None, *, reason: str) -> None:
    """An account was disconnected, and why."""
    facts = _facts_of(connection) | {"reason": reason}
    log(connection, DISCONNECT, user=user, data=facts, deleted=True)


def revoked(connection: Connection, user: Any, *, reason: str) -> None:
    """An administrator ended a connection, and why."""
    log(connection, REVOKE, user=user, data=_facts_of(connection) | {"reason": reason})


def renamed(connection: Connection, user: Any, *, before: str) -> None:
    """A connection has another label."""
    facts = _facts_of(connection) | {"before": before, "label": connection.label}
    log(connection, RENAME, user=user, data=facts)


def made_default(connection: Connection, user: Any) -> None:
    """Documents open with this one unless another is chosen."""
    log(connection, DEFAULT, user=user, data=_facts_of(connection))


def purpose_refused(refused: RefusedPurpose, user: Any) -> None:
    """An administrator lets nobody have a token for this purpose."""
    facts = {"purpose": refused.name, "reason": refused.reason}
    log(refused, REFUSE_PURPOSE, user=user, data=facts)


def purpose_allowed(refused: RefusedPurpose, user: Any) -> None:
    """An administrator took a refusal back."""
    facts = {"purpose": refused.name}
    log(refused, ALLOW_PURPOSE, user=user, data=facts, deleted=True)


def keys_rotated(key: str, *, sealed: int, unreadable: int) -> None:
    """Tokens and secrets were sealed anew; whoever may change the settings sees it.

    Args:
        key: The id of the key, which says nothing about the key itself.
        sealed: How many values it seals now that it did not before.
        unreadable: How many values no key of this site opens.
    """
    facts = {"key": key, "sealed": sealed, "unreadable": unreadable}
    log(M365Settings.load(), ROTATE_KEYS, data=facts)


def _formatter(label_text: Promise, message_text: Promise) -> type[LogFormatter]:
    class Formatter(LogFormatter):
        label = label_text

        def format_message(self, log_entry: Any) -> str:
            details = ", ".join(_details(log_entry.data or {}))
            if not details:
                return str(message_text)
            told = {"what": message_text, "details": details}
            return gettext("%(what)s: %(details)s") % told

        def format_comment(self, log_entry: Any) -> str:
            reason = str((log_entry.data or {}).get("reason", ""))
            return "" if reason in {*_WHY, "asked"} else reason

    return Formatter


def _details(facts: dict[str, Any]) -> Iterator[str]:
    if facts.get("service"):
        yield gettext("service connection “%(service)s”") % facts
    if facts.get("instead_of"):
        yield gettext("instead of %(instead_of)s") % facts
    if facts.get("before"):
        yield gettext("formerly “%(before)s”") % facts
    if facts.get("reason") in _WHY:
        yield str(_WHY[facts["reason"]])


class _OfKeys(LogFormatter):
    label = _("Seal with the newest key")

    def format_message(self, log_entry: Any) -> str:
        return gettext(
            "Values sealed with key %(key)s: %(sealed)s. Unreadable: %(unreadable)s."
        ) % (log_entry.data or {})


def _facts_of(connection: Connection) -> dict[str, Any]:
    return {
        "account": connection.username,
        "service": connection.service_name or "",
        "scopes": sorted(connection.scopes),
    }
