"""Ten mistakes that people make: each is named on a screen, with who must act and how."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wagtail_m365.models import AppRegistration, Heartbeat, M365Settings
from wagtail_m365.testing.fake.directory import RedirectUri
from wagtail_m365.views.set_up import step_address

pytestmark = pytest.mark.django_db

HEALTH = "wagtail_m365:health"
SITE_ADMIN = "An administrator of this site"
ENTRA_ADMIN = "A Microsoft 365 administrator"


@pytest.fixture
def admin(admin_client):
    """At an address that Microsoft takes without https."""
    admin_client.defaults["SERVER_NAME"] = "localhost"
    return admin_client


@pytest.fixture
def say(settings):
    def say(**more):
        settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, **more}

    return say


def page_after_testing(client):
    return client.post(reverse(HEALTH)).content.decode()


def found(response, code):
    """The finding with this code, and who must act."""
    rows = [row for _, rows in response.context["sections"] for row in rows]
    return next((row for row in rows if row[0].code == code), None)


def signed_in_through_the_wizard(client, microsoft):
    account = microsoft.add_account("admin@contoso.example", is_admin=False)
    page = client.get(step_address("sign-in"))
    leaving = client.get(page.context["connect_url"])
    back = client.get(microsoft.sign_in(leaving.url, account))
    return client.get(back.url)


def test_1_a_wrong_redirect_uri(admin, microsoft):
    microsoft.app.redirect_uris[:] = [
        RedirectUri(url="http://localhost/admin/m365/oauth/callback")
    ]

    seen = page_after_testing(admin)

    assert "The address to which Microsoft sends people back is not registered" in seen
    assert "This site computes http://localhost/admin/m365/oauth/callback/" in seen
    assert SITE_ADMIN in seen
    assert "login.microsoftonline.com/error?code=50011" in seen


def test_2_the_id_of_a_secret_instead_of_its_value(admin, microsoft, settings):
    settings.WAGTAIL_M365 = {"ENCRYPTION_KEYS": ["only tests"]}
    row = AppRegistration.objects.create(
        name="Press", client_id=microsoft.app.client_id
    )
    M365Settings.objects.update_or_create(defaults={"registration": row})
    secret_id = microsoft.app.secrets[0].id
    entered = {"credential_kind": "secret", "client_secret_input": secret_id}

    seen = admin.post(step_address("credential"), entered).content.decode()

    assert "This looks like the ID of the secret" in seen
    assert "Copy the column “Value” instead" in seen
    assert secret_id not in seen


def test_2_the_id_of_a_secret_in_django_settings(admin, microsoft, say):
    say(CLIENT_SECRET=microsoft.app.secrets[0].id)

    response = admin.post(reverse(HEALTH))

    finding, who = found(response, "secret_is_an_id")
    assert who == SITE_ADMIN
    assert "Copy the column “Value”" in finding.explanation.next_step
    assert microsoft.app.secrets[0].id not in response.content.decode()


def test_3_the_platform_of_a_single_page_application(admin, microsoft):
    for redirect in microsoft.app.redirect_uris:
        redirect.platform = "spa"

    seen = signed_in_through_the_wizard(admin, microsoft).content.decode()

    assert "Single-page application; this site needs the platform Web" in seen
    assert "Move it from Single-page application to Web" in seen
    assert SITE_ADMIN in seen


def test_4_one_organisations_application_with_common(admin, microsoft, say):
    microsoft.app.audience = "single"
    say(TENANT="common")

    seen = page_after_testing(admin)

    assert "The application is for one organisation, but the tenant says: any" in seen
    assert SITE_ADMIN in seen


def test_5_a_permission_that_only_an_administrator_can_grant(admin, microsoft):
    microsoft.tenant.user_consent = False

    seen = signed_in_through_the_wizard(admin, microsoft).content.decode()

    assert "Ask your Microsoft 365 administrator" in seen
    assert "/v2.0/adminconsent?" in seen


def test_5_a_permission_that_is_not_granted_any_more(
    admin, microsoft, connect_account, admin_user
):
    account = microsoft.add_account("admin@contoso.example")
    connection = connect_account(admin_user, account, "User.Read")
    connection.granted_scopes = "User.Read"
    connection.save()
    connection.access_tokens.all().delete()

    response = admin.post(reverse(HEALTH))

    rights = next(
        row
        for _, rows in response.context["sections"]
        for row in rows
        if row[0].probe == "rights"
    )
    assert rights[0].outcome == "failed"
    assert rights[0].code == "consent_required"
    assert rights[0].explanation.next_step


def test_6_an_expired_secret(admin, microsoft):
    microsoft.app.secrets[0].expires_on = time.time() - 60

    response = admin.post(reverse(HEALTH))

    finding, who = found(response, "aadsts7000222")
    assert finding.explanation.what == "The client secret has expired."
    assert who == SITE_ADMIN


def test_7_a_proxy_that_django_is_not_told_to_believe(admin, microsoft):
    admin.defaults |= {"SERVER_NAME": "cms.example", "HTTP_X_FORWARDED_PROTO": "https"}

    # Not even the button works in such a site without CSRF_TRUSTED_ORIGINS.
    response = admin.get(reverse(HEALTH))

    finding, who = found(response, "forwarded_proto_ignored")
    assert "SECURE_PROXY_SSL_HEADER" in finding.explanation.next_step
    assert who == SITE_ADMIN
    assert (
        "SECURE_PROXY_SSL_HEADER"
        in admin.get(step_address("register")).content.decode()
    )


def test_7_a_proxy_that_tells_nothing(admin, microsoft):
    admin.defaults |= {
        "SERVER_NAME": "cms.example",
        "HTTP_REFERER": "https://cms.example/admin/",
    }

    response = admin.get(reverse(HEALTH))

    finding, _who = found(response, "proxy_tells_no_scheme")
    assert "X-Forwarded-Proto" in finding.explanation.next_step


def test_7_an_address_that_sign_ins_do_not_come_back_to(admin, microsoft, say):
    say(REDIRECT_URI="http://127.0.0.1:8000/admin/m365/oauth/callback/")

    response = admin.post(reverse(HEALTH), headers={"origin": "http://localhost"})

    finding, who = found(response, "redirect_uri_elsewhere")
    assert "You are at localhost, sign-ins come back to 127.0.0.1:8000." in (
        finding.detail
    )
    assert "REDIRECT_URI" in finding.explanation.next_step
    assert who == SITE_ADMIN
    wizard = admin.get(step_address("register")).content.decode()
    assert "Sign-ins come back to another address" in wizard


def test_8_a_session_cookie_that_stays_at_home(admin, microsoft, settings):
    settings.SESSION_COOKIE_SAMESITE = "Strict"

    response = admin.get(reverse(HEALTH))

    finding, who = found(response, "session_cookie_strict")
    assert "SESSION_COOKIE_SAMESITE" in finding.explanation.next_step
    assert who == SITE_ADMIN


def test_9_no_encryption_key(admin, microsoft, say):
    say(ENCRYPTION_KEYS=[])

    response = admin.get(reverse(HEALTH))

    finding, who = found(response, "no_encryption_key")
    assert finding.outcome == "warned"
    assert "m365_rotate_keys" in finding.explanation.next_step
    assert who == SITE_ADMIN


def test_10_no_worker(admin, microsoft, settings):
    settings.TASKS = {"default": {"BACKEND": "tests.health.queues.UnattendedQueue"}}

    early = page_after_testing(admin)
    Heartbeat.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    late = admin.post(reverse(HEALTH))

    assert "Test again in a minute" in early
    finding, who = found(late, "no_worker")
    assert "Start the worker" in finding.explanation.next_step
    assert who == SITE_ADMIN
