"""A sign-in that is begun at another address of the site than the one it comes back to."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from wagtail_m365.models import Connection

from .conftest import may

pytestmark = pytest.mark.django_db

CALLBACK = reverse("wagtail_m365:callback")
CONNECT = reverse("wagtail_m365:connect")
MANAGER = ("wagtailadmin.access_admin", "wagtail_m365.manage_connections")
THERE = f"http://127.0.0.1:8000{CALLBACK}"


@pytest.fixture
def comes_back_to(microsoft, settings):
    """Names the redirect URI, here and at Microsoft."""

    def comes_back_to(uri):
        settings.ALLOWED_HOSTS = ["*"]
        settings.WAGTAIL_M365 = microsoft.settings(REDIRECT_URI=uri)
        microsoft.app.add_redirect_uri(uri)

    return comes_back_to


@pytest.fixture
def at(client, editor, comes_back_to):
    """The editor's browser at this host; sign-ins come back to 127.0.0.1:8000."""
    comes_back_to(THERE)
    client.force_login(editor)

    def at(host, referer="", path=CONNECT, **headers):
        given = {"referer": referer, **headers}
        said = {name: value for name, value in given.items() if value}
        return client.get(path, headers=said, SERVER_NAME=host, SERVER_PORT="8000")

    return at


def leaves_for_microsoft(response):
    return response.status_code == 302


def is_told_to_move(response):
    return response.status_code == 400 and (
        response.context["explanation"].code == "opened_elsewhere"
    )


def test_a_page_names_both_addresses_and_nobody_is_sent_to_microsoft(at, microsoft):
    page = at("localhost", path=f"{CONNECT}?scopes=Mail.Send&next=/admin/")

    assert is_told_to_move(page)
    assert "You are at localhost:8000; Microsoft sends you back to 127.0.0.1:8000." in (
        page.context["explanation"].what
    )
    assert "You can do this yourself" in page.text
    go_on, back = page.context["actions"]
    assert go_on.url == (
        f"http://127.0.0.1:8000{CONNECT}?scopes=Mail.Send&next=%2Fadmin%2F&moved=1"
    )
    assert back.url == "/admin/"
    assert not [each for each in microsoft.requests if "authorize" in each.path]


def test_who_goes_on_there_can_sign_in(at, client, microsoft):
    there = urlsplit(at("localhost").context["actions"][0].url)
    leaving = at(there.hostname, path=f"{there.path}?{there.query}")
    account = microsoft.add_account("ada@contoso.example")
    back = microsoft.sign_in(leaving.url, account)
    client.get(back, SERVER_NAME="127.0.0.1", SERVER_PORT="8000")

    assert back.startswith(THERE)
    assert Connection.objects.get().username == "ada@contoso.example"


@pytest.mark.parametrize(
    ("host", "referer", "headers"),
    [
        # The browser says that it is there, whatever a proxy makes of the host.
        ("cms.internal", "http://127.0.0.1:8000/admin/", {}),
        ("cms.internal", "", {"X-Forwarded-For": "192.0.2.7"}),
        ("cms.internal", "", {"X-Forwarded-Host": "127.0.0.1:8000"}),
        ("127.0.0.1", "", {}),
        ("127.0.0.1", "https://intranet.example/links/", {}),
    ],
)
def test_behind_a_proxy_that_hides_the_host_nobody_is_held_up(
    at, host, referer, headers
):
    assert leaves_for_microsoft(at(host, referer, **headers))


def test_what_the_browser_says_is_believed_also_behind_a_proxy(at):
    said = "http://localhost:8000/admin/account/"

    assert is_told_to_move(at("localhost", said, **{"X-Forwarded-For": "192.0.2.7"}))
    assert is_told_to_move(at("127.0.0.1", "http://127.0.0.1:9000/")) is False
    assert is_told_to_move(at("localhost", "https://intranet.example/"))


def test_nobody_is_asked_twice(at):
    assert leaves_for_microsoft(at("localhost", path=f"{CONNECT}?moved=1"))


def test_a_cookie_for_the_whole_domain_comes_along(at, comes_back_to, settings):
    comes_back_to(f"https://www.site.example{CALLBACK}")
    assert is_told_to_move(at("cms.site.example"))

    settings.SESSION_COOKIE_DOMAIN = ".site.example"
    assert leaves_for_microsoft(at("cms.site.example"))
    assert is_told_to_move(at("cms.other.example"))


def test_what_a_proxy_puts_before_the_path_is_kept(at, comes_back_to):
    comes_back_to(f"https://www.site.example/cms{CALLBACK}")

    go_on = at("localhost").context["actions"][0]

    assert go_on.url.startswith(f"https://www.site.example/cms{CONNECT}?")


def test_the_form_of_a_service_connection_leads_to_the_same_form_there(
    client, comes_back_to, django_user_model
):
    comes_back_to(THERE)
    client.force_login(may(django_user_model.objects.create_user("boss"), *MANAGER))
    form = reverse("wagtail_m365:service_add_by_sign_in")
    given = {"name": "news", "bundles": ["mail_send"]}

    page = client.post(form, given, headers={"origin": "http://testserver"})

    go_on = page.context["actions"][0]
    assert go_on.url.startswith(f"http://127.0.0.1:8000{form}?name=news&scopes=")
    # A browser that tells nothing is not held up with a form that it has filled in.
    assert leaves_for_microsoft(client.post(form, given))


class TestComingBackWithoutASession:
    @pytest.fixture
    def stranger(self, client, microsoft):
        """A browser that brings no cookie, and Microsoft's answer in its address."""
        first = client.get(CALLBACK, {"state": "a-state", "code": "a-secret-code"})
        assert "a-secret-code" not in first["Location"]
        assert first["Referrer-Policy"] == "no-referrer"
        return client.get(first["Location"])

    def test_the_page_names_the_address_and_the_next_step(self, stranger):
        explanation = stranger.context["explanation"]

        assert stranger.status_code == 400
        assert explanation.code == "no_session_cookie"
        assert "This address is testserver." in explanation.what
        assert "Log in at this address" in stranger.text
        assert f'href="{reverse("wagtailadmin_account")}#tab-m365"' in stranger.text

    def test_a_cookie_that_never_comes_is_the_administrators_to_mend(
        self, client, settings
    ):
        settings.SESSION_COOKIE_SAMESITE = "Strict"
        stranger = client.get(f"{CALLBACK}?lost=1")

        assert stranger.context["explanation"].code == "session_cookie_strict"
        assert "SESSION_COOKIE_SAMESITE" in stranger.text

    def test_who_is_logged_in_after_all_goes_on_to_the_account(self, client, editor):
        client.force_login(editor)

        answer = client.get(f"{CALLBACK}?lost=1")

        assert answer["Location"].startswith(reverse("wagtailadmin_account"))

    def test_who_was_logged_out_here_is_asked_to_log_in(self, client, editor):
        client.force_login(editor)
        client.session.flush()
        answer = client.get(CALLBACK, {"state": "a-state", "code": "a-secret-code"})

        assert answer["Location"].startswith(reverse("wagtailadmin_login"))

    def test_an_administrator_who_granted_rights_may_log_in_and_need_not(self, client):
        answer = client.get(CALLBACK, {"admin_consent": "True", "tenant": "a-tenant"})
        shown = client.get(answer["Location"])

        assert shown.status_code == 200
        assert shown.context["log_in_url"].startswith(reverse("wagtailadmin_account"))


def test_a_session_that_began_nothing_is_told_so(client, editor, microsoft):
    client.force_login(editor)
    gone = client.get(CALLBACK, {"state": "a-state", "code": "a-code"})
    explanation = client.get(gone["Location"]).context["explanation"]

    assert explanation.code == "sign_in_unknown"
    assert "at another address of this site. This address is testserver." in (
        explanation.what
    )
