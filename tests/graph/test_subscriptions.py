from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from wagtail_m365 import errors
from wagtail_m365.redaction import Secret

from .wire import Reply, Wire


def test_a_drive_is_watched_renewed_and_left(client, microsoft, notified: str):
    now = datetime.fromtimestamp(microsoft.clock.time(), UTC)
    mine = client.drives.mine().id

    subscription = client.subscriptions.create(
        mine,
        notification_url=notified,
        expires_at=now + timedelta(days=1),
        client_state=Secret("hush"),
    )
    renewed = client.subscriptions.renew(
        subscription.id, expires_at=now + timedelta(days=2)
    )
    client.subscriptions.delete(subscription.id)

    assert subscription.notification_url == notified
    assert renewed.expires_at - subscription.expires_at == timedelta(days=1)
    with pytest.raises(errors.ItemNotFound):
        client.subscriptions.delete(subscription.id)


def test_an_address_that_does_not_answer_is_refused(client, microsoft, wire: Wire):
    now = datetime.fromtimestamp(microsoft.clock.time(), UTC)

    with pytest.raises(errors.InvalidRequest):
        client.subscriptions.create(
            client.drives.mine().id,
            notification_url=wire.storage,
            expires_at=now + timedelta(days=1),
            client_state=Secret("hush"),
        )


def test_times_are_written_in_utc(wired, wire: Wire):
    wire.on("POST", "/subscriptions", Reply(201, {"id": "1"}))
    there = timezone(timedelta(hours=2))

    wired.subscriptions.create(
        "b!1",
        notification_url="https://site.example/n",
        lifecycle_url="https://site.example/l",
        expires_at=datetime(2026, 11, 21, 12, 0, 0, 5, there),
        client_state=Secret("hush"),
    )

    assert json.loads(wire.asked[0].body) == {
        "changeType": "updated",
        "notificationUrl": "https://site.example/n",
        "lifecycleNotificationUrl": "https://site.example/l",
        "resource": "/drives/b!1/root",
        "expirationDateTime": "2026-11-21T10:00:00Z",
        "clientState": "hush",
    }
