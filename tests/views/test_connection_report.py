from __future__ import annotations

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from wagtail_m365 import api
from wagtail_m365.models import CachedAccessToken, Connection, TokenUse
from wagtail_m365.tokens.revoking import revoke

from .conftest import may

pytestmark = pytest.mark.django_db

REPORT = "wagtail_m365:connection_report"


@pytest.fixture
def manager(django_user_model, db):
    user = django_user_model.objects.create_user("manager", password="manager")
    return may(user, "wagtailadmin.access_admin", "wagtail_m365.manage_connections")


@pytest.fixture
def listing(client, manager, switched_on):
    def listing(**query):
        client.force_login(manager)
        page = client.get(reverse(REPORT), query)
        assert page.status_code == 200
        return page.content.decode()

    return listing


@pytest.fixture
def ada(django_user_model, account_of):
    return account_of(django_user_model.objects.create_user("ada"))


@pytest.fixture
def newsletter(db):
    return Connection.objects.create(
        service_name="newsletter",
        username="news@contoso.example",
        tenant_id="other-tenant",
        kind=Connection.Kind.APP_ONLY,
    )


def trouble(connection, state=Connection.State.NEEDS_CONSENT):
    connection.state = state
    connection.state_details = {"code": "consent_required", "scopes": ["Mail.Send"]}
    connection.save()


def test_it_says_who_which_account_and_which_rights(listing, ada, newsletter):
    page = listing()

    assert "ada@contoso.example" in page
    assert "The site: newsletter" in page
    assert "Read and change files in this site" in page
    assert reverse("wagtail_m365:service_connection", args=["newsletter"]) in page


def test_a_tenant_is_an_id_with_a_word_before_it(listing, ada, newsletter):
    page = listing()

    assert 'Tenant <span class="m365-id">other-tenant</span>' in page
    Connection.objects.filter(pk=ada.pk).update(
        tenant_id="9188040d-6c67-4c5b-b112-36a304b66dad"
    )
    assert "Personal account" in listing()


def test_it_says_what_is_wrong_and_who_must_act(listing, ada):
    trouble(ada)
    page = listing()

    assert "Needs consent" in page
    assert "Sign in to Microsoft and agree" in page
    assert "The account&#x27;s owner" in page


def test_it_says_which_purpose_used_it_last(listing, ada):
    for days, purpose in [(2, "press_kit.old"), (1, "press_kit.mail")]:
        moment = timezone.now() - timedelta(days=days)
        TokenUse.objects.add(ada, purpose, moment, 1)
    page = listing()

    assert "press_kit.mail" in page
    assert "press_kit.old" not in page


def test_it_costs_the_same_for_one_and_for_many(
    listing, ada, django_user_model, account_of, django_assert_num_queries
):
    listing()
    with CaptureQueriesContext(database) as one:
        listing()
    for number in range(10):
        account_of(django_user_model.objects.create_user(f"more {number}"))
    with django_assert_num_queries(len(one)):
        listing()


@pytest.mark.parametrize(
    "query",
    [
        {"state": "needs_consent"},
        {"owner": "editors"},
        {"kind": "delegated"},
        {"tenant": "tenant"},
        {"idle": "30"},
    ],
)
def test_it_can_be_filtered(listing, ada, newsletter, query):
    trouble(ada)
    long_ago = timezone.now() - timedelta(days=31)
    Connection.objects.filter(pk=ada.pk).update(created_at=long_ago)
    page = listing(**query)

    assert "ada@contoso.example" in page
    assert "The site: newsletter" not in page


def test_who_used_it_lately_is_not_idle(listing, ada):
    long_ago = timezone.now() - timedelta(days=31)
    Connection.objects.filter(pk=ada.pk).update(
        created_at=long_ago, last_used_at=timezone.now()
    )
    assert "ada@contoso.example" not in listing(idle="30")


def exported(client, manager, kind):
    client.force_login(manager)
    answer = client.get(reverse(REPORT), {"export": kind})
    return b"".join(answer.streaming_content)


def test_it_is_exported_as_csv_in_words(client, manager, ada, switched_on):
    trouble(ada)
    Connection.objects.filter(pk=ada.pk).update(username="=cmd|' /C calc'!A0")
    rows = list(csv.DictReader(io.StringIO(exported(client, manager, "csv").decode())))

    assert rows[0]["Belongs to"] == "ada"
    assert rows[0]["State"] == "Needs consent"
    assert "does not have the rights yet" in rows[0]["What is wrong"]
    assert rows[0]["Microsoft account"].startswith("'=")


def test_it_is_exported_as_xlsx(client, manager, ada, newsletter, switched_on):
    book = openpyxl.load_workbook(io.BytesIO(exported(client, manager, "xlsx")))
    owners = [row[0].value for row in book.active.iter_rows(min_row=2)]

    assert sorted(owners) == ["The site: newsletter", "ada"]


def test_no_sealed_token_is_exported(client, manager, ada, switched_on):
    Connection.objects.filter(pk=ada.pk).update(refresh_token_sealed="sealed-value")
    assert b"sealed-value" not in exported(client, manager, "csv")


# Revoking


@pytest.fixture
def connected(client, manager, connected_editor):
    """An editor's living connection, and the manager's browser."""
    api.get_token(connected_editor)
    client.force_login(manager)
    return Connection.objects.get(user=connected_editor)


def revoke_page(connection):
    return reverse("wagtail_m365:revoke", args=[connection.pk])


def test_the_question_changes_nothing(client, connected):
    page = client.get(revoke_page(connected))

    assert "editor@" in page.content.decode()
    assert Connection.objects.get().state == "active"


def test_revoking_destroys_the_tokens_at_once(
    client, manager, connected, connected_editor
):
    answer = client.post(revoke_page(connected), {"reason": "The laptop was stolen."})

    assert answer.url == reverse(REPORT)
    revoked = Connection.objects.get()
    assert revoked.refresh_token_sealed == ""
    assert not CachedAccessToken.objects.exists()
    with pytest.raises(api.errors.ReconnectRequired) as failed:
        api.get_token(connected_editor)
    assert failed.value.code == "revoked"
    entry = ModelLogEntry.objects.get(action="wagtail_m365.revoke")
    assert (entry.user, entry.data["reason"]) == (manager, "The laptop was stolen.")


def test_it_works_when_microsoft_is_away(client, connected, microsoft):
    microsoft.stop()
    try:
        client.post(revoke_page(connected))
    finally:
        microsoft.start()
    assert Connection.objects.get().refresh_token_sealed == ""


def test_the_owner_reads_why_and_can_connect_again(
    client, connected, connected_editor, connect_account, editor_account
):
    client.post(revoke_page(connected), {"reason": "The laptop was stolen."})
    client.force_login(connected_editor)
    page = client.get(reverse("wagtailadmin_account")).content.decode()

    assert "An administrator of this site has ended this connection." in page
    assert "The laptop was stolen." in page
    connect_account(connected_editor, editor_account)
    again = Connection.objects.get()
    assert (again.pk, again.state) == (connected.pk, "active")
    assert api.get_token(connected_editor).token


def test_a_refresh_that_was_under_way_brings_nothing_back(connected, connected_editor):
    before = connected.version
    revoke(connected, user=None)

    revoked = Connection.objects.get()
    assert revoked.version == before + 1
    stale = Connection.objects.filter(pk=connected.pk, version=before)
    assert not stale.update(refresh_token_sealed="brought back")


def test_what_is_revoked_is_not_offered_again(client, connected):
    assert revoke_page(connected) in client.get(reverse(REPORT)).content.decode()
    client.post(revoke_page(connected))
    assert revoke_page(connected) not in client.get(reverse(REPORT)).content.decode()


def test_one_of_the_site_is_deleted_on_its_own_page(client, manager, newsletter):
    client.force_login(manager)
    assert client.get(revoke_page(newsletter)).status_code == 404
    assert client.post(revoke_page(newsletter)).status_code == 404


# Who may


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["outsider", "editor"])
def test_nobody_else_sees_or_revokes(client, request, ada, who, method):
    client.force_login(request.getfixturevalue(who))
    addresses = [reverse(REPORT), reverse(f"{REPORT}_results"), revoke_page(ada)]
    for address in addresses:
        answer = getattr(client, method)(address)
        assert answer.url == reverse("wagtailadmin_home"), address
    assert Connection.objects.get(pk=ada.pk).state == "active"


def test_the_menu_shows_it_to_whom_it_opens(client, manager, editor):
    for user, shown in [(manager, True), (editor, False)]:
        client.force_login(user)
        page = client.get(reverse("wagtailadmin_home")).content.decode()
        assert (reverse(REPORT) in page) is shown


def test_managers_find_the_entries_in_the_site_history(client, connected):
    client.post(revoke_page(connected))
    page = client.get(reverse("wagtailadmin_reports:site_history")).content.decode()

    assert "Microsoft connection revoked" in page


def test_editors_do_not(client, connected, connected_editor, manager):
    client.post(revoke_page(connected))
    client.force_login(may(connected_editor, "wagtailadmin.access_admin"))
    page = client.get(reverse("wagtailadmin_reports:site_history")).content.decode()

    assert "Microsoft connection revoked" not in page
