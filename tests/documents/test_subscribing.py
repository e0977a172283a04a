from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from wagtail.models import ModelLogEntry

from wagtail_m365 import tasks
from wagtail_m365.documents import subscribing
from wagtail_m365.documents.closing import discard
from wagtail_m365.documents.opening import open_document
from wagtail_m365.documents.subscribing import renew_all, renew_now, subscribe_all
from wagtail_m365.errors import Misconfigured
from wagtail_m365.models import (
    Connection,
    EditSession,
    FollowedDrive,
    Subscription,
    WatchedFolder,
)
from wagtail_m365.redaction import Secret
from wagtail_m365.testing.fake.calls import state_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection(ada, connect, microsoft):
    """An account with all that a subscription to a work account's drive needs."""
    return connect(ada, scopes={"Files.ReadWrite.All"})


@pytest.fixture
def drive(document, ada, connection, onedrive):
    drive = onedrive(connection)
    open_document(document, ada)
    return drive


@pytest.fixture
def site(live_server, settings, microsoft):
    """The site can be called by Microsoft."""
    settings.WAGTAILADMIN_BASE_URL = live_server.url
    settings.WAGTAIL_M365 = microsoft.settings(WEBHOOKS=True)
    return live_server


@pytest.fixture
def graph_state(microsoft):
    return state_of(microsoft.world)


@pytest.fixture
def subscribed(site, drive):
    assert subscribe_all() == []
    return Subscription.objects.get()


def theirs(state):
    return list(state.subscriptions.values())


def test_microsoft_is_asked_to_call_and_asks_back(subscribed, graph_state):
    (one,) = theirs(graph_state)
    assert subscribed.state == "active"
    assert subscribed.subscription_id == one.id
    assert one.url.endswith("/m365/notifications/")
    assert one.lifecycle_url == one.url
    assert subscribed.expires_at == one.expires_at


def test_the_secret_itself_is_not_kept(subscribed, graph_state):
    (one,) = theirs(graph_state)
    kept = [str(value) for value in vars(subscribed).values()]
    assert len(one.client_state) >= 32
    assert not [text for text in kept if one.client_state in text]
    assert subscribed.is_proved_by(Secret(one.client_state))


def test_an_edit_is_noticed_because_microsoft_calls(subscribed, drive, graph_state):
    drive.edit(b"edited in Word")
    graph_state.notifier.flush()
    assert EditSession.objects.get().remote_size == len(b"edited in Word")
    subscribed.refresh_from_db()
    assert subscribed.last_notified_at


def test_asking_twice_makes_one_subscription(subscribed, graph_state):
    assert subscribe_all() == []
    assert len(theirs(graph_state)) == 1


def test_it_is_renewed_before_it_ends_and_not_sooner(
    subscribed, microsoft, graph_state
):
    assert renew_all().renewed == []
    subscribed.note(expires_at=timezone.now() + timedelta(days=1))
    assert renew_all().renewed == [str(subscribed)]
    subscribed.refresh_from_db()
    assert subscribed.expires_at > timezone.now() + timedelta(days=20)
    assert len(theirs(graph_state)) == 1


def test_a_renewal_finds_out_once_what_is_to_be_followed(subscribed):
    with CaptureQueriesContext(database) as captured:
        renew_all()
    places = [
        each["sql"]
        for each in captured
        if "SELECT DISTINCT" in each["sql"] and "editsession" in each["sql"]
    ]
    assert len(places) == 1


def test_one_that_is_gone_is_asked_for_anew(subscribed, graph_state, capsys):
    graph_state.subscriptions.clear()
    subscribed.note(expires_at=timezone.now() + timedelta(days=1))
    call_command("m365_renew_subscriptions")
    assert "Renewed" in capsys.readouterr().out
    (one,) = theirs(graph_state)
    subscribed.refresh_from_db()
    assert subscribed.subscription_id == one.id


def test_one_that_ran_out_is_asked_for_anew(subscribed, graph_state):
    graph_state.subscriptions.clear()
    subscribed.note(expires_at=timezone.now() - timedelta(days=1))
    renew_all()
    subscribed.refresh_from_db()
    assert subscribed.is_alive


def test_it_ends_when_nobody_needs_it(subscribed, document, ada, graph_state):
    discard(document, ada)
    assert renew_all().ended
    assert theirs(graph_state) == []
    assert not FollowedDrive.objects.exists()


def test_microsofts_wish_to_reauthorise_renews(subscribed, graph_state):
    before = timezone.now() + timedelta(days=1)
    subscribed.note(expires_at=before)
    graph_state.tell_lifecycle(subscribed.subscription_id, "reauthorizationRequired")
    graph_state.notifier.flush()
    subscribed.refresh_from_db()
    assert subscribed.expires_at > before


def test_a_removed_subscription_is_made_anew_and_the_gap_is_read(
    subscribed, drive, graph_state
):
    url, state = theirs(graph_state)[0].url, theirs(graph_state)[0]
    graph_state.subscriptions.clear()
    drive.edit(b"while nobody called")
    graph_state.subscriptions[state.id] = state
    graph_state.tell_lifecycle(state.id, "subscriptionRemoved")
    graph_state.notifier.flush()
    (one,) = theirs(graph_state)
    assert (one.url, one.id == state.id) == (url, False)
    assert EditSession.objects.get().remote_size == len(b"while nobody called")


def test_missed_notifications_are_made_up_for(subscribed, drive, graph_state):
    (one,) = theirs(graph_state)
    one.url = f"{one.url}nowhere/"
    drive.edit(b"nobody was told")
    graph_state.notifier.flush()
    assert EditSession.objects.get().remote_size != len(b"nobody was told")
    graph_state.tell_lifecycle(one.id, "missed")
    graph_state.notifier.flush()
    assert EditSession.objects.get().remote_size == len(b"nobody was told")


def test_an_address_that_does_not_answer_is_noted_and_tried_again_tomorrow(
    site, drive, settings, graph_state, microsoft
):
    address = f"{site.url}/nowhere/"
    settings.WAGTAIL_M365 = microsoft.settings(WEBHOOKS=True, WEBHOOK_URL=address)
    assert [code for _, code in subscribe_all()] == ["invalid_request"]
    row = Subscription.objects.get()
    assert (row.state, row.last_error) == ("refused", "invalid_request")
    microsoft.clear_requests()
    assert subscribe_all() == []
    assert not [one for one in microsoft.requests if "subscriptions" in one.path]
    settings.WAGTAIL_M365 = microsoft.settings(WEBHOOKS=True)
    row.note(asked_at=timezone.now() - timedelta(days=2))
    assert subscribe_all() == []
    assert len(theirs(graph_state)) == 1


def test_a_worker_that_died_while_asking_does_not_block_for_ever(site, drive):
    subscribing.follow_what_is_wanted()
    row = Subscription.objects.create(drive=FollowedDrive.objects.get())
    subscribe_all()
    row.refresh_from_db()
    assert row.state == "asked"
    row.note(asked_at=timezone.now() - timedelta(hours=1))
    subscribe_all()
    row.refresh_from_db()
    assert row.state == "active"


def test_the_app_folder_alone_gives_no_right_to_a_subscription(
    site, drive, graph_state
):
    Connection.objects.update(granted_scopes="User.Read Files.ReadWrite.AppFolder")
    assert subscribe_all() == []
    assert theirs(graph_state) == []
    assert not Subscription.objects.exists()


def test_without_webhooks_nothing_is_asked(drive, graph_state):
    assert subscribe_all() == []
    assert theirs(graph_state) == []
    assert renew_all().renewed == []


def test_the_tasks_say_how_much_they_did(subscribed):
    tasks.follow_sessions.call()
    assert tasks.renew_subscriptions.call()["renewed"] == 0
    assert tasks.notice_changes.call() == 0


@pytest.mark.parametrize(
    ("base", "more"),
    [
        ("http://site.example", {}),
        ("", {}),
        ("https://site.example", {"WEBHOOK_URL": "http://site.example/m365/"}),
    ],
)
def test_an_address_that_microsoft_would_not_call_is_no_address(settings, base, more):
    settings.WAGTAILADMIN_BASE_URL = base
    settings.WAGTAIL_M365 = {"WEBHOOKS": True, **more}
    with pytest.raises(Misconfigured):
        subscribing.notification_url()


@pytest.mark.parametrize(
    ("fault", "code"),
    [("server_error", "temporarily_unavailable"), ("not_json", "unreadable_answer")],
)
def test_what_was_not_answered_is_not_refused_and_is_asked_for_the_next_time(
    site, drive, microsoft, fault, code
):
    microsoft.fail(fault, service="graph")
    assert [code for _, code in subscribe_all()] == [code]
    row = Subscription.objects.get()
    assert (row.state, row.last_error) == ("asked", code)
    assert subscribe_all() == []
    assert Subscription.objects.get().is_alive


def test_what_was_refused_lately_is_asked_for_again_when_somebody_wants_it(
    subscribed, graph_state
):
    subscribed.note(state="refused", subscription_id=None)
    assert subscribe_all() == []
    assert Subscription.objects.get().state == "refused"
    row = renew_now(subscribed.drive)
    assert row.is_alive
    assert row.subscription_id in {one.id for one in theirs(graph_state)}


def test_who_renews_now_gets_a_later_end(subscribed):
    subscribed.note(expires_at=timezone.now() + timedelta(hours=1))
    row = renew_now(subscribed.drive)
    assert not row.ends_before(timezone.now() + timedelta(days=20))


def told(drive):
    of_it = ModelLogEntry.objects.filter(object_id=str(drive.connection_id))
    rows = of_it.filter(action__contains="subscri").order_by("timestamp", "pk")
    return [row.action.partition(".")[2] for row in rows]


def test_the_log_tells_what_was_promised_renewed_lost_and_ended(
    subscribed, document, ada, graph_state
):
    drive = subscribed.drive
    subscribed.note(expires_at=timezone.now() + timedelta(days=1))
    renew_all()
    graph_state.subscriptions.clear()
    renew_now(drive)
    discard(document, ada)
    renew_all()

    lost = ["lose_subscription", "subscribe"]
    assert told(drive) == ["subscribe", "renew_subscription", *lost, "end_subscription"]
    entry = ModelLogEntry.objects.get(action="wagtail_m365.renew_subscription")
    until = (timezone.now() + timedelta(minutes=42_240)).date()
    assert entry.data == {"drive": drive.drive_id, "until": until.isoformat()}
    assert entry.message.endswith(
        f"changes in a drive of {drive.connection}, until {date_format(until)}"
    )


def test_the_log_names_a_library_and_shows_no_id_of_a_drive(subscribed):
    drive = subscribed.drive
    known = {"connection": drive.connection, "drive_id": drive.drive_id}
    WatchedFolder.objects.create(
        **known, place="sites", item_id="root", top_name="Press – Documents"
    )
    renew_now(drive)
    entry = ModelLogEntry.objects.get(action="wagtail_m365.renew_subscription")
    assert "changes in “Press – Documents”, until " in entry.message
    assert drive.drive_id not in entry.message


def test_what_fails_day_after_day_is_told_once_and_again_after_it_worked(
    subscribed, settings, microsoft
):
    def ask(**settings_of_the_day):
        settings.WAGTAIL_M365 = microsoft.settings(WEBHOOKS=True, **settings_of_the_day)
        long_ago = timezone.now() - timedelta(days=2)
        Subscription.objects.update(expires_at=long_ago, asked_at=long_ago)
        subscribe_all()

    nowhere = {"WEBHOOK_URL": "http://127.0.0.1:9/nowhere/"}
    ask(**nowhere)
    ask(**nowhere)
    ask()
    ask(**nowhere)

    failed, made = "fail_subscription", "subscribe"
    assert told(subscribed.drive) == [made, failed, made, failed]
    *_, entry = ModelLogEntry.objects.filter(action="wagtail_m365.fail_subscription")
    assert entry.data["code"] == "invalid_request"
    assert entry.user is None
    assert entry.message.startswith("Microsoft does not call when something")
