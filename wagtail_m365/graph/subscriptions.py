"""Subscriptions: Microsoft calls when something on a drive has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from wagtail_m365.redaction import Secret

from . import addresses
from .answers import Json, required
from .rest import Rest
from .types import moment, text

#: The longest life of a subscription to a drive (Microsoft: subscription resource
#: type, "Subscription lifetime": 42,300 minutes).
LONGEST = timedelta(minutes=42_300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Microsoft's promise to call an address of ours."""

    id: str
    resource: str = ""
    notification_url: str = ""
    expires_at: datetime | None = None

    @classmethod
    def from_json(cls, json: Json) -> Self:
        return cls(
            id=required(json, "id"),
            resource=text(json, "resource"),
            notification_url=text(json, "notificationUrl"),
            expires_at=moment(text(json, "expirationDateTime")),
        )


class Subscriptions:
    """Makes, prolongs and ends subscriptions to drives."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def create(
        self,
        drive_id: str,
        *,
        notification_url: str,
        expires_at: datetime,
        client_state: Secret,
        lifecycle_url: str = "",
    ) -> Subscription:
        """Ask to be called when anything on a drive changes.

        Microsoft checks ``notification_url`` during this call: it must answer already.

        Args:
            drive_id: The drive; changes are told for its root only.
            notification_url: https address of ours, reachable from outside.
            expires_at: With time zone; at most :data:`LONGEST` from now.
            client_state: Comes back with every call and proves that it is Microsoft's;
                at most 128 characters.
            lifecycle_url: Told when the subscription is about to be lost.
        """
        body: dict[str, Any] = {
            "changeType": "updated",
            "notificationUrl": notification_url,
            "resource": f"/drives/{addresses.segment(drive_id)}/root",
            "expirationDateTime": _written(expires_at),
            "clientState": client_state.reveal(),
        }
        if lifecycle_url:
            body["lifecycleNotificationUrl"] = lifecycle_url
        return Subscription.from_json(self._rest.post("/subscriptions", body))

    def renew(self, subscription_id: str, *, expires_at: datetime) -> Subscription:
        """Let a subscription live longer."""
        answer = self._rest.patch(
            _path(subscription_id),
            {"expirationDateTime": _written(expires_at)},
            repeatable=True,
        )
        return Subscription.from_json(answer)

    def delete(self, subscription_id: str) -> None:
        """End a subscription."""
        self._rest.delete(_path(subscription_id))


def _path(subscription_id: str) -> str:
    return f"/subscriptions/{addresses.segment(subscription_id)}"


def _written(when: datetime) -> str:
    """A point in time as Graph takes it: ISO 8601 in UTC."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
