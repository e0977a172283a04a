from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from wagtail_m365.models import AppRegistration, M365Settings
from wagtail_m365.redaction import Secret

pytestmark = pytest.mark.django_db

SECRET = "Zq~8Q.the-value-of-a-secret"
TEST = "wagtail_m365:health"


def address():
    row = M365Settings.load()
    return reverse(
        "wagtailsettings:edit", args=["wagtail_m365", "m365settings", row.pk]
    )


def page(client, **headers):
    return client.get(address(), **headers).content.decode()


@pytest.fixture
def local(admin_client):
    """An admin's browser at an address that Microsoft takes without https."""
    admin_client.defaults["SERVER_NAME"] = "localhost"
    return admin_client


@pytest.fixture
def registration(db):
    row = AppRegistration(
        name="Press office",
        tenant="contoso.onmicrosoft.com",
        client_id="11111111-2222-3333-4444-555555555555",
    )
    row.set_client_secret(Secret(SECRET))
    row.save()
    return row


@pytest.fixture
def say(settings):
    def say(**more):
        settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, **more}

    return say


class TestThePage:
    def test_the_redirect_uri_is_the_one_of_this_request(self, admin_client):
        expected = f"http://testserver{reverse('wagtail_m365:callback')}"

        assert f">{expected}</textarea>" in page(admin_client)

    def test_behind_a_proxy_it_is_the_address_that_the_browser_sees(
        self, admin_client, settings
    ):
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        settings.USE_X_FORWARDED_HOST = True

        seen = page(
            admin_client,
            HTTP_X_FORWARDED_PROTO="https",
            HTTP_X_FORWARDED_HOST="cms.example",
        )

        assert f"https://cms.example{reverse('wagtail_m365:callback')}" in seen

    def test_a_redirect_uri_that_the_site_sets_is_shown_as_it_stands(
        self, admin_client, say
    ):
        say(REDIRECT_URI="https://elsewhere.example/admin/m365/oauth/callback/")

        assert "https://elsewhere.example/admin/m365/oauth/callback/" in page(
            admin_client
        )

    def test_an_app_registration_is_chosen(self, admin_client, registration):
        data = {"enabled": "on", "registration": str(registration.pk)}

        response = admin_client.post(address(), data)

        assert response.status_code == 302
        assert M365Settings.load().registration == registration
        assert "Press office" in page(admin_client)

    def test_what_django_settings_decide_is_shown_with_its_source(
        self, admin_client, registration, say
    ):
        M365Settings.objects.update_or_create(defaults={"registration": registration})
        say(TENANT="fabrikam.example", CLIENT_SECRET=SECRET)

        seen = page(admin_client)

        assert "fabrikam.example" in seen
        assert "WAGTAIL_M365[&quot;TENANT&quot;]" in seen
        assert "WAGTAIL_M365[&quot;CLIENT_SECRET&quot;]" in seen
        assert "contoso.onmicrosoft.com" not in seen

    def test_no_secret_is_on_the_page(self, admin_client, registration, say):
        M365Settings.objects.update_or_create(defaults={"registration": registration})
        say(
            CLIENT_SECRET=SECRET,
            CLIENT_CERTIFICATE={"private_key": "the-key", "certificate": "x"},
            ENCRYPTION_KEYS=["key-one", "key-two"],
            PROXIES={"https": "http://user:password@proxy.example"},
        )

        seen = page(admin_client)

        for secret in (SECRET, "the-key", "key-one", "key-two", "user:password"):
            assert secret not in seen
        assert registration.client_secret_sealed not in seen

    def test_the_switch_is_locked_when_django_settings_decide(self, admin_client, say):
        say(ENABLED=True)
        M365Settings.objects.update_or_create(defaults={"enabled": False})

        seen = page(admin_client)
        admin_client.post(address(), {"registration": ""})

        assert "WAGTAIL_M365[&quot;ENABLED&quot;]" in seen
        assert M365Settings.objects.get().enabled is False

    def test_an_application_that_django_settings_name_is_not_asked_for_again(
        self, admin_client, say
    ):
        say(CLIENT_ID="11111111-2222-3333-4444-555555555555")

        seen = page(admin_client)

        assert 'Decided by WAGTAIL_M365["CLIENT_ID"]' in seen
        assert "Register one in the Microsoft" not in seen

    def test_an_application_that_nobody_has_entered_is_asked_for(
        self, admin_client, settings
    ):
        settings.WAGTAIL_M365 = {}

        assert "Register one in the Microsoft" in page(admin_client)

    def test_what_is_missing_is_explained(self, admin_client):
        assert "not_configured" in page(admin_client)

    def test_those_without_the_permission_see_nothing(self, client, outsider):
        client.force_login(outsider)

        for response in (client.get(address()), client.post(address(), {})):
            assert response["Location"] == reverse("wagtailadmin_home")

    def test_it_needs_only_its_own_permission(self, client, outsider, registration):
        outsider.user_permissions.add(
            Permission.objects.get(codename="change_m365settings")
        )
        client.force_login(outsider)

        seen = page(client)

        assert "Redirect URI" in seen
        assert reverse("m365_registrations:add") not in seen


class TestTheHealthPage:
    def findings(self, client):
        response = client.post(reverse(TEST))
        assert response.status_code == 200
        sections = response.context["sections"]
        return {row.name: row for _section, rows in sections for row, _actor in rows}

    def failed(self, client):
        found = self.findings(client).values()
        return {f.explanation.code for f in found if f.outcome == "failed"}

    def test_looking_at_it_asks_nothing(self, admin_client, microsoft):
        response = admin_client.get(reverse(TEST))

        assert response.status_code == 200
        assert not microsoft.requests

    def test_everything_works(self, local, microsoft):
        assert self.failed(local) == set()
        assert microsoft.requests

    def test_it_tests_before_it_is_switched_on(self, local, microsoft, say):
        say(ENABLED=False)

        assert self.failed(local) == set()

    def test_a_wrong_secret_is_named_with_who_must_act(self, local, microsoft, say):
        say(CLIENT_SECRET=SECRET)

        response = local.post(reverse(TEST))
        seen = response.content.decode()

        assert "The client secret is wrong" in seen
        assert "An administrator of this site" in seen
        assert SECRET not in seen

    def test_an_unknown_client_id_is_named(self, local, microsoft, say):
        say(CLIENT_ID="11111111-2222-3333-4444-555555555555")

        assert self.failed(local) == {"aadsts700016"}

    def test_an_unknown_tenant_is_named(self, local, microsoft, say):
        say(TENANT="nobody.onmicrosoft.example")

        assert self.failed(local) == {"aadsts90002"}

    def test_a_microsoft_out_of_reach_is_named(self, local, out_of_reach):
        assert len(self.failed(local)) == 1

    def test_the_secret_of_many_tenants_cannot_be_tested(self, local, microsoft, say):
        say(TENANT="organizations")

        found = self.findings(local)

        assert found["Client ID and credential"].outcome == "skipped"
        assert "stands for many" in found["Client ID and credential"].detail

    def test_an_unregistered_redirect_uri_is_named(self, local, microsoft):
        microsoft.app.redirect_uris.clear()

        assert "aadsts500" in "".join(self.failed(local))

    def test_a_redirect_uri_written_differently_is_named(self, local, microsoft, say):
        say(REDIRECT_URI="http://localhost/admin/m365/oauth/Callback/")

        assert self.failed(local) == {"aadsts50011"}

    def test_nothing_configured_is_explained(self, local):
        assert self.failed(local) == {"not_configured"}

    def test_plain_http_is_no_redirect_uri(self, local, microsoft):
        local.defaults["SERVER_NAME"] = "cms.example"

        assert self.failed(local) == {"redirect_uri_insecure"}

    def test_a_strict_session_cookie_is_found(self, local, microsoft, settings):
        settings.SESSION_COOKIE_SAMESITE = "Strict"

        assert self.failed(local) == {"session_cookie_strict"}

    def test_the_permission_is_needed(self, client, microsoft, outsider):
        client.force_login(outsider)

        for response in (client.get(reverse(TEST)), client.post(reverse(TEST))):
            assert response["Location"] == reverse("wagtailadmin_home")
        assert not microsoft.requests
