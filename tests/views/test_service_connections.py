from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils import timezone
from django.views.debug import SafeExceptionReporterFilter
from wagtail.models import ModelLogEntry

from wagtail_m365 import api
from wagtail_m365.errors import Actor, ReconnectRequired
from wagtail_m365.models import CachedAccessToken, Connection, TokenUse
from wagtail_m365.redaction import Secret
from wagtail_m365.tokens import service_connections
from wagtail_m365.tokens import sign_in as signing_in

from .conftest import may

pytestmark = pytest.mark.django_db

MANAGE = "wagtail_m365.manage_connections"
LIST = "wagtail_m365:service_connections"


def url(name, *args):
    return reverse(f"wagtail_m365:{name}", args=args)


def asked_scopes(response):
    return parse_qs(urlsplit(response.url).query)["scope"][0].split()


@pytest.fixture
def manager(django_user_model, db):
    """May manage connections; has no account of one's own here."""
    user = django_user_model.objects.create_user("manager", password="manager")
    return may(user, "wagtailadmin.access_admin", MANAGE)


@pytest.fixture
def mailbox(microsoft):
    return microsoft.add_account("news@contoso.example", name="Newsletter")


@pytest.fixture
def browser(client, microsoft, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def sign_in(browser, microsoft):
    """Post a form that leads to Microsoft, sign in there, and give what comes back."""

    def sign_in(address, account, **posted):
        leaving = browser.post(address, posted)
        assert leaving.status_code == 302, leaving.content.decode()
        return browser.get(microsoft.sign_in(leaving.url, account))

    return sign_in


@pytest.fixture
def newsletter(sign_in, mailbox):
    form = url("service_add_by_sign_in")
    sign_in(form, mailbox, name="newsletter", bundles=["mail_send"])
    return Connection.objects.service("newsletter").get()


# By signing in


def test_an_administrator_signs_in_and_the_connection_belongs_to_the_site(
    sign_in, browser, mailbox
):
    form = url("service_add_by_sign_in")
    back = sign_in(form, mailbox, name="newsletter", bundles=["mail_send"])

    made = Connection.objects.get()
    assert made.user is None
    assert made.service_name == "newsletter"
    assert made.username == "news@contoso.example"
    assert {"Mail.Send", "User.Read"} <= made.scopes
    assert back.url == url("service_connection", "newsletter")
    assert api.get_token("newsletter", "Mail.Send").token


def test_only_what_was_chosen_is_asked_for(browser, mailbox):
    posted = {"name": "news", "bundles": ["calendar_read"], "others": "Tasks.Read"}
    leaving = browser.post(url("service_add_by_sign_in"), posted)

    named = {scope.rpartition("/")[2] for scope in asked_scopes(leaving)}
    assert {"Calendars.Read", "Tasks.Read", "User.Read"} <= named
    assert not {"Mail.Send", "Files.ReadWrite"} & named


def test_a_right_that_is_not_written_like_one_is_refused_in_the_form(browser):
    posted = {"name": "news", "others": "Mail.Send <script>"}
    page = browser.post(url("service_add_by_sign_in"), posted)

    assert page.status_code == 200
    assert "Write each right as Microsoft names it" in page.content.decode()


@pytest.mark.parametrize(
    "name", ["service_add_by_sign_in", "service_add_by_token", "service_add_app_only"]
)
def test_a_name_that_is_taken_is_refused(browser, newsletter, name):
    page = browser.post(url(name), {"name": "newsletter", "refresh_token": "x"})

    assert "There is a service connection of that name" in page.content.decode()
    assert Connection.objects.count() == 1


def test_a_sign_in_that_was_cancelled_leads_back_to_the_filled_form(
    browser, microsoft, mailbox
):
    posted = {"name": "newsletter", "bundles": ["mail_send"]}
    leaving = browser.post(url("service_add_by_sign_in"), posted)
    back = browser.get(microsoft.sign_in(leaving.url, mailbox, consent=False))
    page = browser.get(back.url).content.decode()

    assert "The service connection was not made" in page
    again = url("service_add_by_sign_in")
    assert f"{again}?name=newsletter&amp;scopes=Mail.Send+User.Read" in page
    form = browser.get(f"{again}?name=newsletter&scopes=Mail.Send+User.Read").context
    assert form["form"]["bundles"].initial == ["mail_send"]
    assert not Connection.objects.exists()


def test_whoever_lost_the_permission_at_microsoft_makes_nothing(
    browser, microsoft, manager, mailbox
):
    leaving = browser.post(url("service_add_by_sign_in"), {"name": "newsletter"})
    callback = microsoft.sign_in(leaving.url, mailbox)
    manager.user_permissions.remove(manager.user_permissions.get(codename=MANAGE[13:]))
    may(manager, "wagtail_m365.use_microsoft365")

    page = browser.get(browser.get(callback).url).content.decode()

    assert "You may not use Microsoft 365 on this site" in page
    assert not Connection.objects.exists()


def test_when_microsoft_is_away_the_form_says_so(browser, out_of_reach):
    page = browser.post(url("service_add_by_sign_in"), {"name": "newsletter"})

    assert page.status_code == 503
    assert "could not be reached" in page.content.decode()


# From a refresh token


@pytest.fixture
def pasted(newsletter):
    """A refresh token that somebody has; the connection it came from is gone."""
    token = newsletter.open_refresh_token().reveal()
    newsletter.delete()
    return token


def test_a_pasted_token_is_tried_and_replaced(browser, pasted):
    wrapped = f"{pasted[:20]}\n  {pasted[20:]}"
    posted = {"name": "script", "refresh_token": wrapped}
    answer = browser.post(url("service_add_by_token"), posted)

    made = Connection.objects.service("script").get()
    assert answer.url == url("service_connection", "script")
    assert made.open_refresh_token().reveal() != pasted
    assert api.get_token("script", "Mail.Send").token


def test_a_token_that_microsoft_refuses_is_explained_and_not_shown_again(browser):
    posted = {"name": "script", "refresh_token": "garbage-secret"}
    page = browser.post(url("service_add_by_token"), posted)
    text = page.content.decode()

    assert page.status_code == 403
    assert "m365-explanation" in text
    assert "Check that the token was copied whole" in text
    assert 'value="script"' in text
    assert "garbage-secret" not in text
    assert not Connection.objects.exists()


def test_a_pasted_token_is_kept_out_of_error_reports(browser):
    posted = {"name": "script", "refresh_token": "garbage-secret"}
    request = browser.post(url("service_add_by_token"), posted).wsgi_request

    shown = SafeExceptionReporterFilter().get_post_parameters(request)
    assert shown["name"] == "script"
    assert "garbage-secret" not in shown.values()


# The application itself


def test_the_application_itself_can_be_a_service_connection(browser, microsoft):
    answer = browser.post(url("service_add_app_only"), {"name": "sync"})

    made = Connection.objects.service("sync").get()
    assert answer.url == url("service_connection", "sync")
    assert made.kind == Connection.Kind.APP_ONLY
    assert api.get_token("sync").token
    page = browser.get(answer.url).content.decode()
    assert "The application itself" in page
    assert "api.get_token(&quot;sync&quot;)" in page


def test_without_a_secret_the_form_says_what_is_missing(browser, microsoft, settings):
    known = microsoft.settings()
    del known["CLIENT_SECRET"]
    settings.WAGTAIL_M365 = known
    page = browser.post(url("service_add_app_only"), {"name": "sync"})

    assert "needs an app registration that has a secret" in page.content.decode()
    assert not Connection.objects.exists()


# Its page


def test_the_page_shows_the_line_of_code_and_never_a_token(browser, newsletter):
    page = browser.get(url("service_connection", "newsletter")).content.decode()

    assert "api.get_token(&quot;newsletter&quot;, &quot;Mail.Send&quot;)" in page
    assert "Send mail as you" in page
    assert newsletter.refresh_token_sealed not in page
    assert newsletter.open_refresh_token().reveal() not in page


def test_the_page_says_what_is_wrong_and_who_must_act(browser, newsletter):
    newsletter.state = Connection.State.NEEDS_RECONNECT
    newsletter.state_details = {
        "code": "reconnect_required",
        "correlation_id": "c0ffee",
    }
    newsletter.save()
    page = browser.get(url("service_connection", "newsletter")).content.decode()

    assert "Needs to be connected again" in page
    assert "Next step" in page
    assert "c0ffee" in page
    # The account is the site's: no editor is told to connect theirs.
    assert "connect it again there" in page
    assert "Connect your account" not in page
    newsletter.access_tokens.all().delete()
    with pytest.raises(ReconnectRequired) as failed:
        api.get_token("newsletter", "Mail.Send")
    explanation = failed.value.explanation
    assert explanation.actor == Actor.SITE_ADMIN
    assert "“newsletter”" in explanation.next_step


def test_the_label_is_changed_and_that_is_logged(browser, newsletter, manager):
    browser.post(url("service_connection", "newsletter"), {"label": "Harbour news"})

    newsletter.refresh_from_db()
    assert newsletter.label == "Harbour news"
    entry = ModelLogEntry.objects.get(action="wagtail_m365.rename_connection")
    assert entry.user == manager
    assert entry.data["before"] == ""
    page = browser.get(url("service_connection", "newsletter")).content.decode()
    assert "Microsoft connection renamed" in page
    assert "service connection “newsletter”" in page


def test_the_list_names_them_all_and_no_editors_account(
    browser, newsletter, account_of, editor
):
    account_of(editor)
    page = browser.get(reverse(LIST)).content.decode()

    assert url("service_connection", "newsletter") in page
    assert "news@contoso.example" in page
    assert "editor@contoso.example" not in page


def test_an_empty_list_says_what_it_is_good_for(browser):
    assert "No service connection yet" in browser.get(reverse(LIST)).content.decode()


def test_the_list_costs_the_same_for_one_and_for_many(
    browser, newsletter, django_assert_num_queries
):
    browser.get(reverse(LIST))
    with CaptureQueriesContext(database) as one:
        browser.get(reverse(LIST))
    for number in range(10):
        Connection.objects.create(service_name=f"more-{number}", object_id=str(number))
    with django_assert_num_queries(len(one)):
        browser.get(reverse(LIST))


# Again


def test_authorising_again_keeps_the_connection_and_can_add_rights(
    sign_in, browser, newsletter, mailbox
):
    renew = url("service_renew", "newsletter")
    sign_in(renew, mailbox, way="sign-in", bundles=["mail_send", "calendar_read"])

    renewed = Connection.objects.get()
    assert renewed.pk == newsletter.pk
    assert {"Mail.Send", "Calendars.Read"} <= renewed.scopes


def test_the_rights_that_it_has_are_chosen_already(browser, newsletter):
    form = browser.get(url("service_renew", "newsletter")).context["rights_form"]

    assert form["bundles"].initial == ["mail_send"]


def test_another_account_takes_the_place_only_when_asked(
    sign_in, browser, newsletter, microsoft
):
    other = microsoft.add_account("other@contoso.example", name="Other")
    renew = url("service_renew", "newsletter")
    back = sign_in(renew, other, way="sign-in", bundles=["mail_send"])

    assert back.url == url("other_account")
    page = browser.get(back.url).content.decode()
    assert "other@contoso.example" in page
    assert "Connect it as well" not in page
    assert Connection.objects.get().username == "news@contoso.example"

    leaving = browser.post(back.url)
    browser.get(microsoft.sign_in(leaving.url, other))

    replaced = Connection.objects.get()
    assert replaced.pk == newsletter.pk
    assert replaced.service_name == "newsletter"
    assert replaced.username == "other@contoso.example"
    assert api.get_token("newsletter", "Mail.Send").token


def token_of_another(microsoft, connect_account, editor):
    other = microsoft.add_account("other@contoso.example", name="Other")
    return connect_account(editor, other, "Mail.Send").open_refresh_token().reveal()


def test_a_token_of_another_account_is_refused_unless_it_may_be(
    browser, newsletter, microsoft, connect_account, editor
):
    posted = {
        "way": "token",
        "refresh_token": token_of_another(microsoft, connect_account, editor),
    }
    renew = url("service_renew", "newsletter")

    refused = browser.post(renew, posted)
    assert "other@contoso.example" in refused.content.decode()
    newsletter.refresh_from_db()
    assert newsletter.username == "news@contoso.example"

    allowed = browser.post(renew, {**posted, "any_account": "on"})
    assert allowed.status_code == 302
    newsletter.refresh_from_db()
    assert newsletter.username == "other@contoso.example"


def test_the_application_itself_is_asked_for_again(browser, microsoft, manager):
    service_connections.app_only("sync", manager)
    before = Connection.objects.get().version

    answer = browser.post(url("service_renew", "sync"))

    assert answer.url == url("service_connection", "sync")
    assert Connection.objects.get().version > before


def test_signing_in_takes_the_place_of_the_application_itself(
    microsoft, manager, mailbox, browser
):
    service_connections.app_only("sync", manager)
    session = browser.session
    address = signing_in.start(
        manager,
        scopes=["Mail.Send"],
        redirect_uri="http://testserver" + url("callback"),
        session=session,
        service_name="sync",
    )
    session.save()
    browser.get(microsoft.sign_in(address, mailbox))

    assert Connection.objects.get().kind == Connection.Kind.DELEGATED


# Delete


def test_deleting_destroys_the_tokens_even_when_microsoft_is_away(
    browser, newsletter, microsoft, manager
):
    api.get_token("newsletter")
    microsoft.stop()
    try:
        answer = browser.post(url("service_delete", "newsletter"))
    finally:
        microsoft.start()

    assert answer.url == reverse(LIST)
    assert not Connection.objects.exists()
    assert not CachedAccessToken.objects.exists()
    with pytest.raises(api.errors.NotConnected):
        api.get_token("newsletter")
    entry = ModelLogEntry.objects.get(action="wagtail_m365.disconnect")
    assert entry.user == manager
    assert entry.data["service"] == "newsletter"
    assert "service connection “newsletter”" in entry.message


def test_the_question_says_what_uses_it(browser, newsletter):
    TokenUse.objects.add(newsletter, "press_kit.mail", timezone.now(), 1)
    page = browser.get(url("service_delete", "newsletter")).content.decode()

    assert "press_kit.mail" in page
    assert Connection.objects.exists()


# Who may


PAGES = {
    "service_connections": (),
    "service_connections_results": (),
    "service_add": (),
    "service_add_by_sign_in": (),
    "service_add_by_token": (),
    "service_add_app_only": (),
    "service_connection": ("newsletter",),
    "service_renew": ("newsletter",),
    "service_delete": ("newsletter",),
}


@pytest.fixture
def existing(microsoft):
    """Made without anybody's browser."""
    connection = Connection(service_name="newsletter", client_id="c", object_id="o")
    connection.set_refresh_token(Secret("secret"))
    connection.save()
    return connection


@pytest.mark.parametrize("name", PAGES)
def test_whoever_manages_connections_is_let_in(client, existing, manager, name):
    client.force_login(manager)
    assert client.get(url(name, *PAGES[name])).status_code == 200


@pytest.fixture(params=["outsider", "editor"])
def somebody_else(request, client, existing):
    client.force_login(request.getfixturevalue(request.param))
    return client


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", PAGES)
def test_nobody_else_is(somebody_else, name, method):
    client = somebody_else
    answer = getattr(client, method)(url(name, *PAGES[name]), {"name": "other"})

    assert answer.status_code == 302
    assert answer.url == reverse("wagtailadmin_home")
    assert Connection.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "name", ["service_connection", "service_renew", "service_delete"]
)
def test_a_name_that_nobody_made_is_not_found(browser, name, method):
    assert getattr(browser, method)(url(name, "nobody")).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["service_add_by_sign_in", "service_add_by_token", "service_add_app_only"],
)
def test_no_transaction_waits_for_microsoft(name):
    assert "default" in resolve(url(name)).func._non_atomic_requests


def test_the_menu_shows_it_to_whom_it_opens(client, manager, editor):
    client.force_login(manager)
    assert reverse(LIST) in client.get(reverse("wagtailadmin_home")).content.decode()
    client.force_login(editor)
    page = client.get(reverse("wagtailadmin_home")).content.decode()
    assert reverse(LIST) not in page


def test_the_permission_can_be_given_to_a_group(admin_client):
    page = admin_client.get(reverse("wagtailusers_groups:add")).content.decode()
    assert "Can manage Microsoft connections" in page
