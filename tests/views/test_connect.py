from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from wagtail_m365.models import Connection

pytestmark = pytest.mark.django_db

CONNECT = "wagtail_m365:connect"
CALLBACK = "wagtail_m365:callback"
FAILED = "wagtail_m365:connect_failed"


def start(client, **query):
    return client.get(f"{reverse(CONNECT)}?{urlencode(query)}")


def come_back(client, microsoft, leaving, account, **how):
    return client.get(microsoft.sign_in(leaving["Location"], account, **how))


def sign_in(client, microsoft, account, **query):
    return come_back(client, microsoft, start(client, **query), account)


def asked_of_microsoft(response):
    query = parse_qs(urlsplit(response["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def page_after(client, response):
    """The page on which a callback ends, with nothing of Microsoft's answer in it."""
    assert response.status_code == 302
    assert "code=" not in response["Location"]
    assert "state=" not in response["Location"]
    return client.get(response["Location"])


@pytest.fixture
def ada(microsoft):
    return microsoft.add_account("ada@contoso.example", name="Ada Lovelace")


@pytest.fixture
def grace(microsoft):
    return microsoft.add_account("grace@contoso.example", name="Grace Hopper")


@pytest.fixture
def browser(client, microsoft, editor):
    """The editor's browser, at an address that Microsoft takes without https."""
    client.defaults["SERVER_NAME"] = "localhost"
    client.force_login(editor)
    return client


def test_connecting_goes_to_microsoft_and_comes_back(browser, microsoft, ada, editor):
    response = sign_in(browser, microsoft, ada)

    connection = Connection.objects.get()
    assert response["Location"] == reverse("wagtailadmin_account") + "#tab-m365"
    assert connection.user == editor
    assert connection.username == "ada@contoso.example"
    assert connection.is_default


def test_the_sign_in_asks_for_the_least_and_protects_itself(browser):
    response = start(browser)
    asked = asked_of_microsoft(response)

    assert "User.Read" in asked["scope"]
    assert "Files.ReadWrite.AppFolder" in asked["scope"]
    assert "Files.ReadWrite " not in f"{asked['scope']} "
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"]
    assert asked["nonce"]
    assert asked["prompt"] == "select_account"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]


def test_the_callback_leaves_nothing_behind(browser, microsoft, ada):
    response = sign_in(browser, microsoft, ada)

    assert response.status_code == 302
    assert "code=" not in response["Location"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]


def test_the_editor_goes_on_where_they_were(browser, microsoft, ada):
    wanted = reverse("wagtaildocs:index") + "?q=report"

    response = sign_in(browser, microsoft, ada, next=wanted)

    assert response["Location"] == wanted


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "https:evil.example",
        "\\\\evil.example",
        "http://localhost@evil.example/",
        " https://evil.example",
    ],
)
def test_nobody_is_sent_off_the_site(browser, microsoft, ada, evil):
    response = sign_in(browser, microsoft, ada, next=evil)

    assert response["Location"] == reverse("wagtailadmin_account") + "#tab-m365"


def test_more_rights_are_added_to_the_same_connection(browser, microsoft, ada):
    sign_in(browser, microsoft, ada)

    leaving = start(browser, scopes="Files.ReadWrite Mail.Send")
    come_back(browser, microsoft, leaving, ada)

    connection = Connection.objects.get()
    assert {"Files.ReadWrite", "Mail.Send", "User.Read"} <= connection.scopes
    assert asked_of_microsoft(leaving)["login_hint"] == "ada@contoso.example"


@pytest.mark.parametrize(
    "scopes", ["a b\tc<script>", "=", "x" * 300, "Ä", "a " + "b1 " * 3 + "&"]
)
def test_rights_that_are_not_written_like_scopes_are_refused(browser, scopes):
    response = start(browser, scopes=scopes)

    assert response.status_code == 400
    assert "<script>" not in response.content.decode()


def test_several_tabs_may_sign_in_at_once(browser, microsoft, ada, grace):
    first = start(browser, next=reverse("wagtaildocs:index"))
    second = start(browser, another="1", next=reverse("wagtailadmin_home"))

    later = come_back(browser, microsoft, second, grace)
    earlier = come_back(browser, microsoft, first, ada)

    assert later["Location"] == reverse("wagtailadmin_home")
    assert earlier["Location"] == reverse("wagtaildocs:index")
    assert Connection.objects.count() == 2


def test_five_sign_ins_under_way_fit_into_a_cookie(
    browser, microsoft, ada, editor, settings
):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    wanted = reverse("wagtaildocs:index") + "?q=" + "report" * 5
    browser.force_login(editor)
    scopes = "Files.ReadWrite.All Sites.ReadWrite.All Mail.Send Calendars.ReadWrite"

    leaving = [start(browser, scopes=scopes, next=wanted) for _ in range(7)]

    # Browsers take no cookie of more than 4,096 bytes with its name and attributes.
    assert len(browser.cookies["sessionid"].OutputString()) < 4096
    for way in leaving[-1], leaving[-5]:
        assert come_back(browser, microsoft, way, ada)["Location"] == wanted
    assert Connection.objects.count() == 1


def test_of_an_answer_that_is_given_twice_nothing_is_mixed(browser, microsoft, ada):
    callback = microsoft.sign_in(start(browser)["Location"], ada)

    first = browser.get(callback.replace("?", "?state=x&code=y&error=z&", 1))

    assert page_after(browser, first).status_code in {400, 403}
    assert not Connection.objects.exists()


def test_a_reloaded_callback_does_no_harm_and_says_no_nonsense(browser, microsoft, ada):
    callback = microsoft.sign_in(start(browser)["Location"], ada)
    browser.get(callback)
    asked = len(microsoft.requests)

    again = browser.get(callback)

    assert again["Location"] == reverse("wagtailadmin_account") + "#tab-m365"
    assert len(microsoft.requests) == asked
    assert Connection.objects.count() == 1


def test_refusing_at_microsoft_ends_on_a_page_that_says_so(browser, microsoft, ada):
    wanted = reverse("wagtaildocs:index")
    leaving = start(browser, next=wanted, scopes="Files.ReadWrite")

    response = come_back(browser, microsoft, leaving, ada, consent=False)
    page = page_after(browser, response)

    again = (
        f"{reverse(CONNECT)}?{urlencode({'scopes': 'Files.ReadWrite', 'next': wanted})}"
    )
    assert page.status_code == 400
    assert again.replace("&", "&amp;") in page.content.decode()
    assert not Connection.objects.exists()


def test_what_only_an_administrator_can_grant_is_asked_by_a_link(
    browser, microsoft, ada
):
    microsoft.tenant.user_consent = False
    boss = microsoft.add_account("boss@contoso.example", is_admin=True)
    leaving = start(browser, scopes="Mail.Send")

    page = page_after(browser, come_back(browser, microsoft, leaving, ada))
    letter = page.context["letter"]
    granted = browser.get(microsoft.sign_in(letter.url, boss))
    browser_again = sign_in(browser, microsoft, ada, scopes="Mail.Send")

    assert "Mail.Send" in page.content.decode()
    assert granted["Location"].endswith("#tab-m365")
    assert browser_again["Location"].endswith("#tab-m365")
    assert "Mail.Send" in Connection.objects.get().scopes


@pytest.fixture
def member(django_user_model):
    return django_user_model.objects.create_user("member")


@pytest.mark.parametrize("known_as", ["", "member", "outsider"])
def test_whoever_granted_the_rights_needs_no_log_in_to_read_what_now(
    browser, microsoft, ada, request, known_as
):
    """An Entra administrator follows a link; that nothing was connected is no news."""
    microsoft.tenant.user_consent = False
    boss = microsoft.add_account("boss@contoso.example", is_admin=True)
    leaving = start(browser, scopes="Mail.Send")
    page = page_after(browser, come_back(browser, microsoft, leaving, ada))
    back = microsoft.sign_in(page.context["letter"].url, boss)
    browser.logout()
    if known_as:
        browser.force_login(request.getfixturevalue(known_as))

    answer = browser.get(back)
    shown = browser.get(answer["Location"])

    assert "admin_consent" not in answer["Location"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert shown.status_code == 200
    text = shown.content.decode()
    assert "If the rights were granted at Microsoft" in text
    assert "was not connected" not in text
    assert microsoft.tenant.id not in text


def test_a_reload_of_that_page_leads_those_with_an_account_home(browser):
    answer = browser.get(f"{reverse(CALLBACK)}?consent=1")

    assert answer["Location"].endswith("#tab-m365")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"code": "x"},
        {"state": "x", "code": "y"},
        {"state": "x", "error": "<script>alert(1)</script>"},
        {"state": "", "code": "", "client_info": "NQ"},
        {"state": "x", "code": "y", "client_info": "NQ", "session_state": "\x00"},
        {"error": "access_denied", "error_description": "secret tenant data"},
    ],
)
def test_a_strangers_callback_is_refused(browser, answer):
    response = browser.get(reverse(CALLBACK), answer)
    page = page_after(browser, response)

    assert page.status_code == 400
    assert "<script>alert" not in page.content.decode()
    assert "secret tenant data" not in page.content.decode()
    assert not Connection.objects.exists()


def test_hostile_client_info_is_not_even_read(browser, microsoft, ada):
    callback = microsoft.sign_in(start(browser)["Location"], ada)

    response = browser.get(callback + "&client_info=NQ")

    assert response["Location"] == reverse("wagtailadmin_account") + "#tab-m365"
    assert Connection.objects.exists()


def test_microsofts_words_are_not_repeated_to_the_editor(browser, microsoft, ada):
    state = asked_of_microsoft(start(browser))["state"]

    response = browser.get(
        reverse(CALLBACK),
        {
            "state": state,
            "error": "access_denied",
            "error_description": "AADSTS65004: <b>tenant</b> of secret@contoso.example",
        },
    )
    page = page_after(browser, response).content.decode()

    assert "secret@contoso.example" not in page
    assert state not in page


def test_a_forged_code_is_refused(browser, microsoft, ada):
    state = asked_of_microsoft(start(browser))["state"]

    response = browser.get(reverse(CALLBACK), {"state": state, "code": "forged"})

    assert page_after(browser, response).status_code >= 400
    assert not Connection.objects.exists()


def test_a_sign_in_ends_in_the_browser_in_which_it_began(
    browser, microsoft, ada, editor
):
    callback = microsoft.sign_in(start(browser)["Location"], ada)
    browser.session.flush()
    browser.force_login(editor)

    page = page_after(browser, browser.get(callback))

    assert page.status_code == 400
    assert not Connection.objects.exists()


def test_without_a_log_in_nothing_is_connected(browser, microsoft, ada):
    callback = microsoft.sign_in(start(browser)["Location"], ada)
    browser.logout()

    response = browser.get(callback)

    assert page_after(browser, response).status_code == 400
    assert not Connection.objects.exists()


def test_a_code_does_not_travel_on_to_the_log_in_page(browser, microsoft, ada):
    callback = microsoft.sign_in(start(browser)["Location"], ada)
    browser.logout()

    response = browser.get(callback)

    code = parse_qs(urlsplit(callback).query)["code"][0]
    assert code not in unquote(response["Location"])
    assert response["Referrer-Policy"] == "no-referrer"


def test_a_code_does_not_travel_to_the_log_in_of_whoever_may_not_enter(
    browser, microsoft, ada, django_user_model
):
    callback = microsoft.sign_in(start(browser)["Location"], ada)
    browser.force_login(django_user_model.objects.create_user("member"))

    response = browser.get(callback)

    code = parse_qs(urlsplit(callback).query)["code"][0]
    assert response.status_code == 302
    assert code not in unquote(response["Location"])


def test_another_user_in_the_same_browser_gets_nothing(
    browser, microsoft, ada, django_user_model
):
    other = django_user_model.objects.create_superuser("other", password="other")
    callback = microsoft.sign_in(start(browser)["Location"], ada)
    session = browser.session
    kept = dict(session.items())
    browser.force_login(other)
    session = browser.session
    session.update({key: kept[key] for key in kept if not key.startswith("_auth")})
    session.save()

    page = page_after(browser, browser.get(callback))

    assert page.status_code == 400
    assert not Connection.objects.exists()


def test_an_old_sign_in_is_told_to_begin_again(browser, microsoft, ada):
    callback = microsoft.sign_in(start(browser)["Location"], ada)
    session = browser.session
    for begun in session["_wagtail_m365_sign_ins"].values():
        begun["began_at"] -= 16 * 60
    session.save()

    page = page_after(browser, browser.get(callback))

    assert page.status_code == 400
    assert reverse(CONNECT) in page.content.decode()


def test_looking_does_not_redeem(browser, microsoft, ada):
    callback = microsoft.sign_in(start(browser)["Location"], ada)

    assert browser.head(callback).status_code == 405
    assert browser.post(callback).status_code == 405

    assert browser.get(callback).status_code == 302
    assert Connection.objects.exists()


class TestReconnecting:
    @pytest.fixture(autouse=True)
    def connected(self, browser, microsoft, ada):
        sign_in(browser, microsoft, ada)
        self.connection = Connection.objects.get()
        self.address = reverse("wagtail_m365:reconnect", args=[self.connection.pk])

    def test_the_connection_stays_the_same(self, browser, microsoft, ada):
        Connection.objects.update(state="needs_reconnect")

        come_back(browser, microsoft, browser.get(self.address), ada)

        renewed = Connection.objects.get()
        assert renewed.pk == self.connection.pk
        assert renewed.state == "active"

    def test_another_account_is_a_question(self, browser, microsoft, grace):
        response = come_back(browser, microsoft, browser.get(self.address), grace)
        page = page_after(browser, response)

        assert response["Location"] == reverse("wagtail_m365:other_account")
        assert page.status_code == 409
        text = page.content.decode()
        assert "grace@contoso.example" in text
        assert "ada@contoso.example" in text
        assert Connection.objects.get().username == "ada@contoso.example"

    def test_the_forms_of_the_question_come_from_an_origin(
        self, browser, microsoft, grace
    ):
        response = come_back(browser, microsoft, browser.get(self.address), grace)

        # With "no-referrer" browsers say "null", and Django refuses what is posted.
        assert page_after(browser, response)["Referrer-Policy"] == "same-origin"

    def test_the_other_account_may_be_added(self, browser, microsoft, grace):
        come_back(browser, microsoft, browser.get(self.address), grace)
        page = browser.get(reverse("wagtail_m365:other_account"))

        come_back(browser, microsoft, browser.get(page.context["as_well_url"]), grace)

        assert Connection.objects.count() == 2
        assert Connection.objects.get(pk=self.connection.pk).is_default

    def test_the_other_account_may_take_its_place(self, browser, microsoft, grace):
        come_back(browser, microsoft, browser.get(self.address), grace)

        leaving = browser.post(reverse("wagtail_m365:other_account"))
        come_back(browser, microsoft, leaving, grace)

        assert Connection.objects.get().pk == self.connection.pk
        assert Connection.objects.get().username == "grace@contoso.example"

    def test_a_link_alone_never_replaces_an_account(self, browser, microsoft, grace):
        leaving = browser.get(self.address + "?any_account=1&replace=1")

        come_back(browser, microsoft, leaving, grace)

        assert Connection.objects.get().username == "ada@contoso.example"

    def test_the_pages_after_a_failure_are_empty_without_one(self, browser):
        for name in ("connect_failed", "other_account"):
            response = browser.get(reverse(f"wagtail_m365:{name}"))
            assert response["Location"].endswith("#tab-m365")

    def test_somebody_elses_connection_is_not_there(
        self, client, microsoft, django_user_model
    ):
        other = django_user_model.objects.create_superuser("other", password="other")
        client.force_login(other)

        for name in ("reconnect", "disconnect"):
            address = reverse(f"wagtail_m365:{name}", args=[self.connection.pk])
            assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
        assert Connection.objects.exists()


PAGES = ["connect", "callback", "connect_failed", "other_account"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
class TestAccess:
    def test_a_log_in_is_needed(self, client, microsoft, name, method):
        response = getattr(client, method)(reverse(f"wagtail_m365:{name}"))

        assert urlsplit(response["Location"]).path == reverse("wagtailadmin_login")

    def test_the_permission_is_needed(self, client, microsoft, outsider, name, method):
        client.force_login(outsider)

        response = getattr(client, method)(reverse(f"wagtail_m365:{name}"))

        assert response["Location"] == reverse("wagtailadmin_home")

    def test_with_the_permission_it_answers(
        self, client, microsoft, outsider, name, method
    ):
        permission = Permission.objects.get(codename="use_microsoft365")
        outsider.user_permissions.add(permission)
        client.force_login(outsider)

        response = getattr(client, method)(reverse(f"wagtail_m365:{name}"))

        assert response.status_code in {302, 405}
        assert response.get("Location") != reverse("wagtailadmin_home")


def test_switched_off_is_explained(browser, settings):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "ENABLED": False}

    response = start(browser)

    assert response.status_code == 503
    assert response.context["explanation"].code == "not_enabled"


def test_an_unreachable_microsoft_is_explained(browser, out_of_reach):
    response = start(browser)

    assert response.status_code == 503
    assert response.context["explanation"].code == "unreachable"
