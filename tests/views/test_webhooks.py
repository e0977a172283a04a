from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from wagtail_m365.health.findings import Attention
from wagtail_m365.health.webhooks import ask_webhooks
from wagtail_m365.models import Connection, FollowedDrive, Subscription
from wagtail_m365.models.places import RecentFolder

from .conftest import may

pytestmark = pytest.mark.django_db

LIST = "wagtail_m365:followed_drives"


@pytest.fixture
def manager(django_user_model):
    user = django_user_model.objects.create_user("manager")
    return may(user, "wagtailadmin.access_admin", "wagtail_m365.manage_connections")


@pytest.fixture
def webhooks(switched_on, settings):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "WEBHOOKS": True}


@pytest.fixture
def drive(switched_on):
    connection = Connection.objects.create(
        service_name="site", client_id="client", tenant_id="tenant", object_id="site"
    )
    return FollowedDrive.objects.create(connection=connection, drive_id="b!drive")


@pytest.fixture
def subscribe(drive):
    def subscribe(days=20, **columns):
        return Subscription.objects.create(
            drive=drive,
            subscription_id="promise",
            **{
                "state": Subscription.State.ACTIVE,
                "expires_at": timezone.now() + timedelta(days=days),
                **columns,
            },
        )

    return subscribe


@pytest.fixture
def page(client, manager):
    def page(name=LIST):
        client.force_login(manager)
        answer = client.get(reverse(name))
        assert answer.status_code == 200
        return answer.content.decode()

    return page


def test_the_list_says_what_went_wrong_and_what_to_do(webhooks, subscribe, page):
    subscribe(state=Subscription.State.REFUSED, last_error="forbidden")
    shown = page()
    assert "b!drive" in shown
    assert "Not possible" in shown
    assert "Renew now" in shown
    assert "Read changes now" in shown


def test_a_library_is_listed_by_its_name_and_every_id_with_a_word(drive, page):
    shown = page()
    assert f'Drive ID <span class="m365-id">{drive.drive_id}</span>' in shown
    RecentFolder.objects.remember(
        drive.connection,
        drive_id=drive.drive_id,
        item_id="root",
        place="sites",
        top_name="Press – Documents",
    )
    assert "Press – Documents" in page()


def test_nothing_can_be_renewed_where_webhooks_are_off(client, drive, page):
    assert "Renew now" not in page()
    client.post(reverse("wagtail_m365:renew_subscription", args=[drive.pk]))
    assert "Webhooks are off" in page()
    assert not Subscription.objects.exists()


def test_an_ended_promise_is_not_shown_as_active(webhooks, subscribe, page):
    subscribe(days=-1)
    assert "Ended" in page()


def test_the_end_to_come_of_a_promise_is_told_as_a_day(webhooks, subscribe, page):
    ends = timezone.now() + timedelta(days=20)
    subscribe(expires_at=ends)
    shown = page()
    assert date_format(timezone.localtime(ends), "SHORT_DATETIME_FORMAT") in shown
    assert "Just now" not in shown


def test_the_menu_item_appears_when_there_is_something_to_see(drive, page):
    address = reverse(LIST)
    assert address in page("wagtailadmin_home")
    drive.delete()
    assert address not in page("wagtailadmin_home")


def test_the_dashboard_warns_of_what_was_not_renewed(webhooks, subscribe, page):
    row = subscribe(days=1)
    assert "1 subscription ends within two days" in page("wagtailadmin_home")
    row.note(expires_at=timezone.now() + timedelta(days=20))
    assert "within two days" not in page("wagtailadmin_home")


def test_health_warns_of_ending_and_of_refused_ones(webhooks, subscribe):
    row = subscribe(days=1)
    with pytest.raises(Attention) as found:
        ask_webhooks(None)
    assert found.value.error.code == "subscriptions_ending"
    row.note(state=Subscription.State.REFUSED)
    with pytest.raises(Attention) as found:
        ask_webhooks(None)
    assert found.value.error.code == "subscriptions_refused"


def test_health_is_content_with_webhooks_that_are_off(subscribe):
    subscribe(days=1)
    assert "off" in ask_webhooks(None)


def test_long_lists_of_drives_are_told_by_pages(drive, page):
    FollowedDrive.objects.bulk_create(
        FollowedDrive(connection=drive.connection, drive_id=f"b!{number}")
        for number in range(60)
    )
    told = page()
    assert "Page 1 of 2" in told
    assert told.count('"m365-id">b!') == 50
