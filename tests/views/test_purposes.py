from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail import hooks
from wagtail.models import ModelLogEntry

from wagtail_m365 import api
from wagtail_m365.hooks import Purpose
from wagtail_m365.models import RefusedPurpose, TokenUse
from wagtail_m365.tokens import purposes

from .conftest import may

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("declared")]

LIST = "wagtail_m365:purposes"
LOG = "wagtail_m365:use_log"
MAIL = Purpose(
    name="press_kit.mail",
    title="Mail press kits",
    reason="Sends the press kits that you choose.",
    scopes=("Mail.Send",),
)
EVENTS = Purpose(
    name="press_kit.events",
    title="My next events",
    reason="Shows your next events.",
    scopes=("Calendars.Read",),
)


@pytest.fixture
def declared(db):
    with hooks.register_temporarily("register_m365_purposes", lambda: [MAIL, EVENTS]):
        yield


@pytest.fixture
def manager(django_user_model):
    user = django_user_model.objects.create_user("manager", password="manager")
    return may(user, "wagtailadmin.access_admin", "wagtail_m365.manage_connections")


@pytest.fixture
def browser(client, manager, switched_on):
    client.force_login(manager)
    return client


def refuse_page(name=MAIL.name):
    return reverse("wagtail_m365:refuse_purpose", args=[name])


def allow_page(name=MAIL.name):
    return reverse("wagtail_m365:allow_purpose", args=[name])


def used(connection, purpose=MAIL, days=0, uses=1):
    moment = timezone.now() - timedelta(days=days)
    TokenUse.objects.add(connection, purpose.name, moment, uses)


def test_it_lists_what_plugins_declare_with_their_reasons(browser):
    page = browser.get(reverse(LIST)).content.decode()

    assert "Mail press kits" in page
    assert "Sends the press kits that you choose." in page
    assert "Send mail as you" in page
    assert "Mail.Send" in page


def test_the_log_tells_a_purpose_by_its_title(browser, account_of, editor):
    used(account_of(editor))
    report = browser.get(reverse(f"{LOG}_results")).content.decode()
    whose = browser.get(reverse("wagtail_m365:connection_report_results"))

    assert MAIL.title in report
    assert MAIL.name in report
    assert MAIL.title in whose.content.decode()


def test_it_counts_the_uses_of_thirty_days(browser, account_of, editor):
    connection = account_of(editor)
    used(connection, days=40, uses=100)
    used(connection, days=3, uses=4)
    used(connection, uses=3)
    rows = {row.name: row for row in browser.get(reverse(LIST)).context["rows"]}

    assert rows[MAIL.name].uses == 7
    assert rows[MAIL.name].last_used_at.date() == timezone.now().date()
    assert rows[EVENTS.name].uses == 0
    assert rows[EVENTS.name].last_used_at is None


def test_refusing_asks_first(browser):
    assert browser.get(refuse_page()).status_code == 200
    assert not RefusedPurpose.is_refused(MAIL.name)


def test_what_is_refused_gets_no_token_and_what_is_allowed_again_does(
    client, manager, connected_editor, connect_account, editor_account
):
    connect_account(connected_editor, editor_account, "Mail.Send")
    assert api.get_token(connected_editor, purpose=MAIL.name).token
    client.force_login(manager)

    client.post(refuse_page(), {"reason": "Not agreed with the works council."})
    with pytest.raises(api.errors.AccessDenied) as refused:
        api.get_token(connected_editor, purpose=MAIL.name)
    assert refused.value.code == "purpose_refused"
    page = client.get(reverse(LIST)).content.decode()
    assert "Not agreed with the works council." in page

    client.post(allow_page())
    assert api.get_token(connected_editor, purpose=MAIL.name).token


def test_both_decisions_are_logged_and_shown(browser, manager):
    browser.post(refuse_page(), {"reason": "Not agreed."})
    browser.post(allow_page())

    entries = ModelLogEntry.objects.filter(user=manager).order_by("pk")
    assert [entry.action for entry in entries] == [
        "wagtail_m365.refuse_purpose",
        "wagtail_m365.allow_purpose",
    ]
    page = browser.get(reverse(LIST)).content.decode()
    assert "Use refused" in page
    assert "Use allowed again" in page


def test_a_refused_purpose_whose_plugin_is_gone_can_be_allowed(browser, manager):
    purposes.refuse("gone.plugin", user=manager)
    page = browser.get(reverse(LIST)).content.decode()
    assert "No plugin declares this purpose at the moment." in page

    browser.post(allow_page("gone.plugin"))
    assert not RefusedPurpose.is_refused("gone.plugin")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", [refuse_page, allow_page])
def test_a_purpose_that_nobody_knows_is_not_found(browser, page, method):
    assert getattr(browser, method)(page("nobody.knows")).status_code == 404


# The use log


@pytest.fixture
def log(browser):
    def log(**query):
        page = browser.get(reverse(LOG), query)
        assert page.status_code == 200
        return page.context["object_list"]

    return log


def test_the_log_shows_each_day(log, account_of, editor, outsider):
    used(account_of(editor))
    used(account_of(outsider), EVENTS, days=2)

    assert [use.purpose for use in log()] == [MAIL.name, EVENTS.name]


def test_it_can_be_filtered(log, account_of, editor, outsider):
    used(account_of(editor))
    used(account_of(outsider), EVENTS, days=2)
    yesterday = timezone.now().date() - timedelta(days=1)

    assert [use.user for use in log(purpose=EVENTS.name)] == [outsider]
    assert [use.user for use in log(user=editor.pk)] == [editor]
    assert [use.user for use in log(day_to=yesterday.isoformat())] == [outsider]
    assert [use.user for use in log(day_from=yesterday.isoformat())] == [editor]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_is_exported(browser, account_of, editor, kind):
    used(account_of(editor), uses=12)
    answer = browser.get(reverse(LOG), {"export": kind})
    content = b"".join(answer.streaming_content)

    if kind == "csv":
        (row,) = csv.DictReader(io.StringIO(content.decode()))
        assert (row["Person"], row["Uses"]) == ("editor", "12")
    else:
        assert content.startswith(b"PK")


def test_the_log_stays_when_the_connection_is_gone(log, account_of, editor):
    connection = account_of(editor)
    used(connection)
    connection.delete()

    assert [use.account for use in log()] == ["editor@contoso.example"]


# Who may


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["outsider", "editor"])
def test_nobody_else_sees_or_decides(client, request, who, method):
    client.force_login(request.getfixturevalue(who))
    pages = [reverse(LIST), reverse(LOG), reverse(f"{LOG}_results")]
    for address in [*pages, refuse_page(), allow_page()]:
        answer = getattr(client, method)(address)
        assert answer.url == reverse("wagtailadmin_home"), address
    assert not RefusedPurpose.objects.exists()


def test_the_menus_show_them_to_whom_they_open(client, manager, editor):
    for user, shown in [(manager, True), (editor, False)]:
        client.force_login(user)
        page = client.get(reverse("wagtailadmin_home")).content.decode()
        assert (reverse(LIST) in page) is shown
        assert (reverse(LOG) in page) is shown
