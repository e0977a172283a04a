from __future__ import annotations

import pytest
from cryptography import x509
from django.urls import reverse
from wagtail.users.models import UserProfile

from wagtail_m365.models import AppRegistration, Connection, M365Settings
from wagtail_m365.redaction import Secret
from wagtail_m365.views.set_up import step_address

pytestmark = pytest.mark.django_db

CLIENT = "11111111-2222-3333-4444-555555555555"
TENANT = "99999999-2222-3333-4444-555555555555"
CERTIFICATE = reverse("wagtail_m365:set_up_certificate")


@pytest.fixture
def admin(admin_client, settings):
    """On a site where nothing is set up."""
    settings.WAGTAIL_M365 = {"ENCRYPTION_KEYS": ["only tests"]}
    return admin_client


@pytest.fixture
def accounts(admin):
    def accounts(**more):
        entered = {"who": "single", "cloud": "global", "features": ["edit"], **more}
        return admin.post(step_address("accounts"), entered)

    return accounts


@pytest.fixture
def register(admin):
    def register(**more):
        entered = {"client_id": CLIENT, "tenant": TENANT, **more}
        return admin.post(step_address("register"), entered)

    return register


def set_up():
    return M365Settings.load().set_up


def errors(response):
    assert response.status_code == 200
    return response.context["form"].errors


def test_what_was_answered_is_kept_and_shown_again(admin, accounts):
    response = accounts(who="many", cloud="us_gov")
    assert response.url == step_address("register")
    assert (set_up()["who"], set_up()["cloud"]) == ("many", "us_gov")
    form = admin.get(step_address("accounts")).context["form"]
    assert form.initial["who"] == "many"


def test_who_leaves_goes_on_where_it_was_left(admin, accounts):
    begin = reverse("wagtail_m365:set_up")
    assert admin.get(begin).url == step_address("accounts")
    accounts()
    assert admin.get(begin).url == step_address("register")


def test_personal_accounts_exist_in_the_worldwide_cloud_only(accounts):
    assert (
        "worldwide cloud only" in errors(accounts(who="all", cloud="china"))["who"][0]
    )
    assert set_up() == {}


@pytest.mark.parametrize(
    ("addresses", "field", "told"),
    [
        ({}, "graph_url", "needs both addresses"),
        ({"authority_url": "https://login.example"}, "graph_url", "needs both"),
        (
            {
                "authority_url": "http://login.example",
                "graph_url": "https://graph.example/v1.0",
            },
            "__all__",
            "https",
        ),
    ],
)
def test_the_addresses_of_another_server_are_asked_for_with_the_choice(
    accounts, addresses, field, told
):
    found = errors(accounts(cloud="custom", **addresses))
    assert told in found[field][0]
    assert set_up() == {}


def test_the_addresses_of_another_server_end_in_the_registration(accounts, register):
    accounts(
        cloud="custom",
        authority_url="https://login.example",
        graph_url="https://graph.example/v1.0",
    )
    register(client_id="any-name")
    row = AppRegistration.objects.get()
    assert row.cloud_value == {
        "authority": "https://login.example",
        "graph": "https://graph.example/v1.0",
    }


def test_addresses_are_forgotten_with_the_choice_of_another_server(accounts, register):
    own = {
        "authority_url": "https://login.example",
        "graph_url": "https://graph.example/v1.0",
    }
    accounts(cloud="custom", **own)
    accounts(cloud="global", **own)
    register()
    row = AppRegistration.objects.get()
    assert (row.cloud, row.authority_url, row.graph_url) == ("global", "", "")


def test_fields_of_one_choice_say_so_to_the_browser(admin, accounts, register):
    shown = admin.get(step_address("accounts")).content.decode()
    assert shown.count('data-m365-when-is-value="custom"') == 2
    accounts()
    register()
    shown = admin.get(step_address("credential")).content.decode()
    assert shown.count('data-m365-when-is-value="secret"') == 1
    assert shown.count('data-m365-when-is-value="certificate"') == 3


def test_both_ids_are_saved_and_used(accounts, register):
    accounts()
    assert register().url == step_address("permissions")
    row = M365Settings.load().registration
    assert (row.client_id, row.tenant) == (CLIENT, TENANT)


@pytest.mark.parametrize(
    ("entered", "field", "told"),
    [
        ({"client_id": "wagtail"}, "client_id", "The client ID looks like"),
        ({"tenant": "common"}, "tenant", "people of one organisation"),
        ({"tenant": "no tenant!"}, "tenant", "tenant's ID or its domain"),
        ({"tenant": CLIENT}, "tenant", "one of them was copied twice"),
    ],
)
def test_ids_that_cannot_be_right_are_refused(accounts, register, entered, field, told):
    accounts()
    assert told in errors(register(**entered))[field][0]
    assert not AppRegistration.objects.exists()


def test_no_tenant_is_asked_for_where_everybody_may_come(accounts, register):
    accounts(who="all")
    register(tenant="")
    assert AppRegistration.objects.get().tenant == "common"


def test_a_stored_secret_does_not_go_to_another_application(accounts, register):
    accounts()
    register()
    row = AppRegistration.objects.get()
    row.set_client_secret(Secret("only for tests"))
    row.save()
    register(client_id=TENANT.replace("9", "8"))
    row.refresh_from_db()
    assert row.client_secret_sealed == ""


def test_there_is_no_certificate_before_one_was_made(admin, accounts, register):
    assert admin.get(CERTIFICATE).status_code == 404
    accounts()
    register()
    assert admin.get(CERTIFICATE).status_code == 404


def test_a_certificate_is_made_and_its_public_half_alone_is_downloaded(
    admin, accounts, register
):
    accounts()
    register()
    admin.post(step_address("credential"), {"make_certificate": "1"})

    response = admin.get(CERTIFICATE)

    assert "wagtail-m365.cer" in response["Content-Disposition"]
    assert b"PRIVATE" not in response.content
    made = x509.load_pem_x509_certificate(response.content)
    row = AppRegistration.objects.get()
    assert row.credential_expires_on == made.not_valid_after_utc.date()
    assert row.credential_kind == AppRegistration.CredentialKind.CERTIFICATE


def test_the_export_has_everything_but_what_is_secret(admin, accounts, register):
    accounts()
    register()
    row = AppRegistration.objects.get()
    row.set_client_secret(Secret("do not tell"))
    row.save()

    export = admin.get(step_address("health")).context["export"]

    settings = {}
    lines = export.settings.replace("import os", "").replace("os.environ", "environ")
    names = ("M365_CLIENT_SECRET", "M365_ENCRYPTION_KEY")
    exec(lines, {"environ": {name: name for name in names}}, settings)
    assert settings["WAGTAIL_M365"] == {
        "ENABLED": True,
        "CLOUD": "global",
        "TENANT": TENANT,
        "CLIENT_ID": CLIENT,
        "CLIENT_SECRET": "M365_CLIENT_SECRET",
        "ENCRYPTION_KEYS": ["M365_ENCRYPTION_KEY"],
    }
    assert all(name in export.environment for name in names)
    assert "do not tell" not in export.settings + export.environment


def test_the_export_of_a_server_on_this_machine_works_too(
    admin, accounts, register, settings
):
    accounts()
    register()
    settings.WAGTAIL_M365 = {
        **settings.WAGTAIL_M365,
        "CLOUD": {
            "authority": "http://127.0.0.1:8400",
            "graph": "http://127.0.0.1:8400/v1.0",
        },
        "ALLOW_INSECURE_LOOPBACK": True,
    }
    export = admin.get(step_address("health")).context["export"]
    assert '"ALLOW_INSECURE_LOOPBACK": True,' in export.settings


def test_the_export_follows_the_certificate(admin, accounts, register):
    accounts()
    register()
    admin.post(step_address("credential"), {"make_certificate": "1"})
    export = admin.get(step_address("health")).context["export"]
    assert "M365_PRIVATE_KEY_FILE" in export.settings
    assert "M365_CERTIFICATE_FILE=" in export.environment
    assert "CLIENT_SECRET" not in export.settings


def test_what_is_to_be_filled_in_is_said_in_the_readers_language(
    admin, admin_user, accounts, register
):
    accounts()
    register()
    profile = UserProfile.get_for_user(admin_user)
    profile.preferred_language = "de"
    profile.save()
    shown = admin.get(step_address("health")).context["export"].environment
    assert "auf jedem Server derselbe" in shown
    assert "the same on every server" not in shown


def test_there_is_nothing_to_export_before_the_ids_are_known(admin):
    assert admin.get(step_address("health")).context["export"] is None


@pytest.fixture
def signed_in(admin_client, admin_user, connect_account, microsoft):
    """An administrator whose account is connected with the site's application."""
    account = microsoft.add_account(f"admin@{microsoft.tenant.domain}")
    connect_account(admin_user, account)

    def told():
        page = admin_client.get(step_address("sign-in"))
        return page.context["signed_in"], page.content.decode()

    return told


def test_an_account_of_this_application_shows_that_it_works(signed_in):
    proves, page = signed_in()
    assert proves
    assert "Connected as" in page


def test_an_account_of_another_application_shows_nothing(signed_in, settings):
    settings.WAGTAIL_M365 = {**settings.WAGTAIL_M365, "CLIENT_ID": CLIENT}
    proves, page = signed_in()
    assert not proves
    assert "says nothing about this application" in page
    assert "Skip this for now" in page


def test_an_account_that_is_out_of_use_shows_nothing(signed_in):
    Connection.objects.update(state=Connection.State.NEEDS_RECONNECT)
    proves, page = signed_in()
    assert not proves
    assert "Sign in again" in page


def test_who_enters_another_application_learns_what_it_stops(
    admin, accounts, register, admin_user
):
    accounts()
    register()
    assert "has to be connected again" not in admin.get(step_address("register")).text
    Connection.objects.create(user=admin_user, client_id=CLIENT, object_id="me")
    told = admin.get(step_address("register")).text
    assert "One account is connected with this application." in told
