from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils import timezone

from wagtail_m365.documents.sweeping import sweep
from wagtail_m365.models import Connection, ConsentRequest
from wagtail_m365.tokens import consents

from .conftest import may

pytestmark = pytest.mark.django_db

WAITING = "wagtail_m365:waiting_consents"


def in_trouble(connection, code="reconnect_required", **details):
    connection.state = details.pop("state", Connection.State.NEEDS_RECONNECT)
    connection.state_details = {"code": code, **details}
    connection.save()
    return connection


@pytest.fixture
def dashboard(client, switched_on):
    def dashboard(user):
        client.force_login(user)
        return client.get(reverse("wagtailadmin_home")).content.decode()

    return dashboard


def test_nothing_is_shown_while_everything_works(dashboard, editor, account_of):
    account_of(editor)
    assert "m365-notices" not in dashboard(editor)


def test_the_dashboard_says_what_needs_the_editor_and_how(
    dashboard, editor, account_of
):
    connection = in_trouble(account_of(editor))
    page = dashboard(editor)

    assert "Microsoft 365 needs you" in page
    assert "The connection to your Microsoft account has ended." in page
    reconnect = reverse("wagtail_m365:reconnect", args=[connection.pk])
    assert f"{reconnect}?next=%2Fadmin%2F" in page


def test_what_others_have_to_do_is_not_shown(dashboard, editor, account_of):
    in_trouble(account_of(editor), "outage", state=Connection.State.MISCONFIGURED)
    assert "m365-notices" not in dashboard(editor)


def test_nobody_sees_the_troubles_of_others(dashboard, editor, account_of, make_writer):
    in_trouble(account_of(make_writer("other")))
    assert "m365-notices" not in dashboard(editor)


def test_whoever_manages_connections_sees_those_of_the_site(
    dashboard, editor, outsider
):
    in_trouble(Connection.objects.create(service_name="newsletter", object_id="o"))
    manager = may(outsider, "wagtail_m365.manage_connections")
    page = dashboard(manager)

    assert "Service connection “newsletter”" in page
    assert reverse("wagtail_m365:service_connection", args=["newsletter"]) in page
    assert "m365-notices" not in dashboard(editor)


def granted_to(user, connection, scopes="Mail.Send"):
    return ConsentRequest.objects.create(
        user=user, connection=connection, scopes=scopes, granted_at=timezone.now()
    )


def test_a_granted_consent_is_told_once(dashboard, editor, account_of):
    granted_to(editor, account_of(editor))

    page = dashboard(editor)
    assert "An administrator has granted the rights" in page
    assert "Send mail as you" in page
    assert "m365-notices" not in dashboard(editor)


def test_who_could_not_connect_at_all_is_led_to_the_sign_in(dashboard, editor):
    granted_to(editor, None)
    page = dashboard(editor)

    assert f"{reverse('wagtail_m365:connect')}?scopes=Mail.Send" in page


def test_it_costs_the_same_for_one_trouble_and_for_many(
    dashboard, client, editor, account_of, django_assert_num_queries
):
    in_trouble(account_of(editor))
    dashboard(editor)
    home = reverse("wagtailadmin_home")
    with CaptureQueriesContext(database) as one:
        client.get(home)
    for number in range(5):
        in_trouble(
            Connection.objects.create(user=editor, tenant_id="t", object_id=str(number))
        )
    with django_assert_num_queries(len(one)):
        client.get(home)


# Waiting for an administrator


@pytest.fixture
def refused_by_policy(client, connected_editor):
    """The connection lacks what only an administrator can grant."""
    connection = Connection.objects.get(user=connected_editor)
    in_trouble(
        connection,
        "admin_consent_required",
        state=Connection.State.NEEDS_CONSENT,
        scopes=["Sites.Read.All"],
        admin=True,
    )
    client.force_login(connected_editor)
    return connection


def account_page(client):
    return client.get(reverse("wagtailadmin_account")).content.decode()


def test_the_letter_on_the_account_page_is_a_request_that_is_remembered(
    client, refused_by_policy
):
    assert "adminconsent" in account_page(client)
    account_page(client)

    request = ConsentRequest.objects.get()
    assert request.connection == refused_by_policy
    assert "Sites.Read.All" in request.wanted


def test_the_account_page_looks_again_when_something_waits(client, refused_by_policy):
    account_page(client)
    assert reverse(WAITING) in account_page(client)


def test_the_account_page_asks_nothing_when_nothing_waits(client, connected_editor):
    client.force_login(connected_editor)
    assert reverse(WAITING) not in account_page(client)


def test_what_was_granted_meanwhile_is_told_on_the_page_once(client, connected_editor):
    connection = Connection.objects.get()
    consents.request(["Files.ReadWrite"], user=connected_editor, connection=connection)
    client.force_login(connected_editor)

    page = client.get(reverse(WAITING)).content.decode()
    assert "An administrator has granted the rights" in page
    assert "Waiting for an administrator" not in page
    again = client.get(reverse(WAITING)).content.decode()
    assert "An administrator has granted" not in again


def test_what_still_waits_is_told_and_microsoft_is_not_asked_twice(
    client, connected_editor, microsoft
):
    connection = Connection.objects.get()
    consents.request(["Mail.Send"], user=connected_editor, connection=connection)
    client.force_login(connected_editor)

    page = client.get(reverse(WAITING)).content.decode()
    assert "Waiting for an administrator to grant rights" in page
    microsoft.clear_requests()
    client.get(reverse(WAITING))
    assert microsoft.requests == []


def test_when_microsoft_is_away_the_page_says_that_it_still_waits(
    client, connected_editor, microsoft
):
    connection = Connection.objects.get()
    consents.request(["Mail.Send"], user=connected_editor, connection=connection)
    client.force_login(connected_editor)
    microsoft.stop()
    try:
        page = client.get(reverse(WAITING))
    finally:
        microsoft.start()
    assert page.status_code == 200
    assert "Waiting for an administrator" in page.content.decode()


def test_nobody_looks_at_the_requests_of_others(client, editor, account_of, writer):
    granted_to(writer, account_of(writer))
    client.force_login(editor)

    page = client.get(reverse(WAITING)).content.decode()
    assert "granted" not in page
    assert ConsentRequest.objects.news_for(writer).exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_right_to_use_microsoft_there_is_none(client, outsider, method):
    client.force_login(outsider)
    answer = getattr(client, method)(reverse(WAITING))
    assert answer.url == reverse("wagtailadmin_home")


def test_it_only_looks(client, editor):
    client.force_login(editor)
    assert client.post(reverse(WAITING)).status_code == 405


def test_no_transaction_waits_for_microsoft():
    assert "default" in resolve(reverse(WAITING)).func._non_atomic_requests


def forgotten(session, **columns):
    long_ago = timezone.now() - timedelta(days=8)
    known = {"opened_at": long_ago, "remote_modified_at": long_ago}
    type(session).objects.update(**known | columns)


def test_a_forgotten_edit_session_is_told_once_when_the_sweeper_has_seen_it(
    dashboard, writer, document, open_session
):
    forgotten(open_session(document, writer))
    assert "m365-notices" not in dashboard(writer)

    sweep()
    page = dashboard(writer)
    assert "“Visitor rules” is still open" in page
    assert "You opened it in Microsoft 365 on" in page
    assert "Whether the copy has changed since then is not known." in page
    assert reverse("wagtaildocs:edit", args=[document.pk]) in page
    assert "m365-notices" not in dashboard(writer)


def test_the_next_period_tells_it_again(dashboard, writer, document, open_session):
    session = open_session(document, writer)
    forgotten(session)
    sweep()
    assert "is still open" in dashboard(writer)
    forgotten(session, reminded_at=timezone.now() - timedelta(days=7))
    sweep()
    assert "is still open" in dashboard(writer)


def test_nobody_is_reminded_of_the_sessions_of_others(
    dashboard, writer, make_writer, document, open_session
):
    forgotten(open_session(document, writer))
    sweep()
    assert "m365-notices" not in dashboard(make_writer("other"))
