from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from wagtail_m365.models import Connection, FollowedDrive, Subscription
from wagtail_m365.models.subscriptions import hash_of
from wagtail_m365.redaction import Secret

SECRET = "what only Microsoft and we know"


@pytest.fixture
def webhooks(settings, db):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "WEBHOOKS": True}


@pytest.fixture
def subscription(webhooks, django_user_model):
    owner = django_user_model.objects.create_user("owner")
    connection = Connection.objects.create(user=owner, client_id="a", tenant_id="t")
    drive = FollowedDrive.objects.create(connection=connection, drive_id="b!1")
    return Subscription.objects.create(
        drive=drive,
        subscription_id="s1",
        client_state_sha256=hash_of(Secret(SECRET)),
        state="active",
        expires_at=timezone.now() + timedelta(days=9),
    )


def address():
    return reverse("wagtail_m365_public:notifications")


def call(body, **headers):
    outside = Client(enforce_csrf_checks=True)
    data = body if isinstance(body, str) else json.dumps(body)
    return outside.post(address(), data, content_type="application/json", **headers)


def told(**more):
    one = {"subscriptionId": "s1", "clientState": SECRET, "resource": "drives/b!1/root"}
    return {"value": [one | more]}


def was_heard():
    return FollowedDrive.objects.get().notified_at is not None


def test_a_validation_token_comes_back_as_plain_text(webhooks):
    token = "Validation: <script>alert(1)</script> & 100 % ü"
    answer = Client(enforce_csrf_checks=True).post(
        address(), query_params={"validationToken": token}
    )
    assert (answer.status_code, answer.content.decode()) == (200, token)
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_an_endless_validation_token_is_refused(webhooks):
    token = "x" * 5000
    answer = Client().post(address(), query_params={"validationToken": token})
    assert answer.status_code == 400


def test_a_notification_is_taken_at_once_and_without_signing_in(subscription):
    assert call(told()).status_code == 202
    assert was_heard()
    subscription.refresh_from_db()
    assert subscription.last_notified_at


def test_a_forged_secret_has_no_effect_and_learns_nothing(subscription):
    for forged in ("another", "", None, SECRET + "x", 7):
        assert call(told(clientState=forged)).status_code == 202
    assert not was_heard()


def test_an_unknown_subscription_has_no_effect(subscription):
    assert call(told(subscriptionId="s2")).status_code == 202
    assert not was_heard()


def test_of_a_batch_only_what_is_proved_is_heard(subscription):
    body = {"value": [{"subscriptionId": "s2"}, "text", {}, *told()["value"] * 3]}
    assert call(body).status_code == 202
    assert was_heard()


def test_a_batch_costs_few_queries(subscription, django_assert_max_num_queries):
    # What the notifications themselves cost is the task's.
    subscription.note(client_state_sha256="0")
    with django_assert_max_num_queries(1):
        call({"value": told()["value"] * 100})


@pytest.mark.parametrize(
    "body", ["", "no json", "[]", "3", '{"value": 3}', '{"value": {}}', "[" * 9000]
)
def test_what_is_none_of_microsofts_is_refused(subscription, body):
    assert call(body).status_code in {400, 413}
    assert not was_heard()


def test_a_body_beyond_all_measure_is_not_read(subscription):
    assert call(told(resource="x" * 600_000)).status_code == 413


def test_only_post_is_answered(webhooks):
    assert Client().get(address() + "?validationToken=x").status_code == 405


def test_without_webhooks_there_is_nothing(db):
    assert call(told()).status_code == 404


def test_a_lifecycle_notification_is_no_change(subscription):
    answer = call(told(lifecycleEvent="somethingNew"))
    assert answer.status_code == 202
    assert not was_heard()


@pytest.mark.parametrize("event", [[], {}, 7, "new one", ""])
def test_an_event_that_nobody_knows_is_left_unheard(subscription, event):
    assert call(told(lifecycleEvent=event)).status_code == 202
    assert not was_heard()


def test_a_forged_lifecycle_notification_has_no_effect(subscription):
    call(told(lifecycleEvent="subscriptionRemoved", clientState="another"))
    subscription.refresh_from_db()
    assert subscription.state == "active"
