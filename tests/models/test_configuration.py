from __future__ import annotations

import pytest
from django.template import Context, Template

from wagtail_m365.errors import Misconfigured, Undecryptable
from wagtail_m365.identity.registration import (
    ClientCertificate,
    ClientSecret,
    FederatedAssertion,
    PfxCertificate,
)
from wagtail_m365.models import (
    AppRegistration,
    CachedAccessToken,
    Connection,
    M365Settings,
)
from wagtail_m365.models.configuration import (
    http_options,
    is_enabled,
    own_registration,
    registration,
    registration_of,
)
from wagtail_m365.models.vault import has_dedicated_keys, vault
from wagtail_m365.redaction import Secret

pytestmark = pytest.mark.django_db

KEYS = {"ENCRYPTION_KEYS": ["a key that only tests use"]}
ALL_IN_SETTINGS = {
    **KEYS,
    "ENABLED": True,
    "CLOUD": "china",
    "TENANT": "contoso.example",
    "CLIENT_ID": "from-settings",
    "CLIENT_SECRET": "secret of the settings",
}
PEM = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"


@pytest.fixture(autouse=True)
def configure(settings):
    def configure(**values):
        settings.WAGTAIL_M365 = {**KEYS, **values}

    configure()
    return configure


@pytest.fixture
def row():
    row = AppRegistration(name="Ours", client_id="from-row", tenant="row.example")
    row.set_client_secret(Secret("secret of the row"))
    row.save()
    return row


@pytest.fixture
def chosen(row):
    return M365Settings.objects.create(registration=row)


def test_everything_in_django_settings_asks_the_database_nothing(
    settings, django_assert_num_queries
):
    settings.WAGTAIL_M365 = ALL_IN_SETTINGS
    with django_assert_num_queries(0):
        here = registration()
        assert is_enabled()
    assert here.client_id == "from-settings"
    assert here.cloud.name == "china"
    assert here.credential == ClientSecret(value=Secret("secret of the settings"))


def test_the_chosen_app_registration_costs_one_query(chosen, django_assert_num_queries):
    with django_assert_num_queries(1):
        here = registration()
    assert (here.client_id, here.tenant) == ("from-row", "row.example")
    assert here.credential == ClientSecret(value=Secret("secret of the row"))


def test_django_settings_win_name_by_name(chosen, configure):
    configure(TENANT="settings.example")
    here = registration()
    assert (here.client_id, here.tenant) == ("from-row", "settings.example")


def test_the_secret_of_one_application_is_not_sent_for_another(chosen, configure):
    configure(CLIENT_ID="another-app")
    assert registration().credential is None


def test_nothing_chosen_is_told(configure):
    with pytest.raises(Misconfigured) as failed:
        registration()
    assert failed.value.code == "not_configured"
    assert not is_enabled()


def test_an_app_registration_without_its_secret_is_told(chosen, row):
    row.set_client_secret(Secret(""))
    row.save()
    with pytest.raises(Misconfigured) as failed:
        registration()
    assert failed.value.code == "not_configured"


def test_a_secret_that_no_key_opens_is_told(chosen, settings):
    settings.WAGTAIL_M365 = {"ENCRYPTION_KEYS": ["another key"]}
    with pytest.raises(Misconfigured) as failed:
        registration()
    assert failed.value.code == "secret_unreadable"


def test_what_is_switched_off_is_told_but_can_be_tried(chosen):
    chosen.enabled = False
    chosen.save()
    with pytest.raises(Misconfigured) as failed:
        registration()
    assert failed.value.code == "not_enabled"
    assert registration(even_if_switched_off=True)
    assert not is_enabled()


def test_django_settings_switch_on_and_off_over_the_admin(chosen, configure):
    configure(ENABLED=False)
    assert not is_enabled()
    chosen.enabled = False
    chosen.save()
    configure(ENABLED=True)
    assert is_enabled()
    assert registration()


def test_switching_off_drops_the_tokens_that_are_kept_ready(chosen):
    connection = Connection.objects.create(service_name="x")
    CachedAccessToken.objects.create(
        connection=connection, audience="graph", expires_on=1, version=1
    )
    chosen.save()
    assert CachedAccessToken.objects.exists()
    chosen.enabled = False
    chosen.save()
    assert not CachedAccessToken.objects.exists()
    assert Connection.objects.exists()


def test_a_cloud_of_its_own_is_configured_in_the_admin(chosen, row, configure):
    row.cloud = AppRegistration.Cloud.CUSTOM
    row.authority_url = "https://login.example"
    row.graph_url = "https://graph.example/v1.0/"
    row.save()
    assert registration().cloud.graph == "https://graph.example/v1.0"


def test_plain_http_needs_leave(configure):
    local = {"authority": "http://127.0.0.1:1", "graph": "http://127.0.0.1:1/v1.0"}
    configure(CLOUD=local, CLIENT_ID="x")
    with pytest.raises(Misconfigured):
        registration()
    configure(CLOUD=local, CLIENT_ID="x", ALLOW_INSECURE_LOOPBACK=True)
    assert registration().cloud.graph == "http://127.0.0.1:1/v1.0"


def test_a_certificate_of_the_row_is_used(chosen, row):
    row.set_certificate(
        private_key=Secret("key"), certificate=PEM, passphrase=Secret("word")
    )
    row.credential_kind = AppRegistration.CredentialKind.CERTIFICATE
    row.save()
    assert registration().credential == ClientCertificate(
        private_key=Secret("key"), certificate=PEM, passphrase=Secret("word")
    )


def test_a_public_client_has_no_credential(chosen, row):
    row.credential_kind = AppRegistration.CredentialKind.NONE
    row.save()
    assert registration().credential is None


def test_certificates_in_settings_are_texts_or_files(configure, tmp_path):
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----")
    configure(
        CLIENT_ID="x", CLIENT_CERTIFICATE={"private_key": str(key), "certificate": PEM}
    )
    credential = registration().credential
    assert credential.private_key == Secret("-----BEGIN PRIVATE KEY-----")
    assert credential.certificate == PEM


def test_a_certificate_file_that_is_not_there_is_told(configure):
    configure(
        CLIENT_ID="x", CLIENT_CERTIFICATE={"private_key": "/no", "certificate": PEM}
    )
    with pytest.raises(Misconfigured) as failed:
        registration()
    assert failed.value.code == "certificate_unreadable"


def test_a_pfx_file_and_an_assertion_file_are_named_in_settings(configure):
    configure(CLIENT_ID="x", CLIENT_CERTIFICATE={"pfx": "/c.pfx", "passphrase": "w"})
    assert registration().credential == PfxCertificate(
        path="/c.pfx", passphrase=Secret("w")
    )
    configure(CLIENT_ID="x", CLIENT_ASSERTION_FILE="/token")
    assert registration().credential == FederatedAssertion(path="/token")


def test_claims_challenges_are_declared_only_when_asked_for(configure):
    configure(CLIENT_ID="x")
    assert registration().capabilities == ()
    configure(CLIENT_ID="x", CLAIMS_CHALLENGES=True)
    assert registration().capabilities == ("CP1",)


def test_the_way_to_the_outside_is_configured(configure):
    configure(TIMEOUT=[1, 2], PROXIES={"https": "http://p"}, CA_BUNDLE="/ca.pem")
    options = http_options()
    assert options.timeout == (1, 2)
    assert options.proxies == {"https": "http://p"}
    assert options.ca_bundle == "/ca.pem"


@pytest.fixture
def own(django_user_model):
    owner = django_user_model.objects.create_user("ada")
    own = AppRegistration(
        name="Ada's", client_id="hers", owner=owner, cloud="us_gov", tenant="ada.ex"
    )
    own.set_client_secret(Secret("her secret"))
    own.save()
    return own


def test_an_editors_own_registration_needs_an_admins_leave(chosen, own):
    with pytest.raises(Misconfigured) as failed:
        own_registration(own)
    assert failed.value.code == "own_registration_refused"


def test_a_connection_uses_the_registration_it_was_made_with(chosen, own):
    M365Settings.objects.update(own_registrations_allowed=True)
    hers = registration_of(Connection(registration=own))
    assert (hers.client_id, hers.tenant) == ("hers", "ada.ex")
    assert hers.credential == ClientSecret(value=Secret("her secret"))
    assert registration_of(Connection()).client_id == "from-row"


def test_the_cloud_is_never_the_editors_to_choose(chosen, own):
    M365Settings.objects.update(own_registrations_allowed=True)
    assert own_registration(own).cloud.name == "global"


def test_secrets_are_sealed_in_the_database(row):
    row.refresh_from_db()
    assert "secret of the row" not in row.client_secret_sealed
    assert row.client_secret() == Secret("secret of the row")


def test_a_sealed_secret_does_not_open_in_another_row(row):
    thief = AppRegistration(name="Thief", client_id="x")
    thief.client_secret_sealed = row.client_secret_sealed
    with pytest.raises(Undecryptable):
        thief.client_secret()


@pytest.mark.parametrize(
    "expression",
    ["row.client_secret", "row.client_secret.reveal", "row.certificate"],
)
def test_a_template_cannot_show_a_secret(row, expression):
    html = Template(f"[{{{{ {expression} }}}}]").render(Context({"row": row}))
    assert html == "[]"


def test_without_keys_of_its_own_the_sites_secret_key_seals(settings):
    settings.WAGTAIL_M365 = {}
    assert not has_dedicated_keys()
    sealed = vault().seal(Secret("x"), "here")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert vault().open(sealed, "here") == Secret("x")
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Undecryptable):
        vault().open(sealed, "here")


def test_a_site_that_gets_keys_of_its_own_still_opens_what_it_has(settings):
    settings.WAGTAIL_M365 = {}
    sealed = vault().seal(Secret("x"), "here")

    settings.WAGTAIL_M365 = {"ENCRYPTION_KEYS": ["a key of its own"]}

    assert vault().open(sealed, "here") == Secret("x")
    # Django's key only opens: the next value is sealed with the site's own.
    settings.SECRET_KEY = "a new one"
    assert vault().open(vault().seal(Secret("y"), "here"), "here") == Secret("y")
    with pytest.raises(Undecryptable):
        vault().open(sealed, "here")


def test_the_vault_is_made_once_per_key_ring(configure):
    first = vault()
    assert vault() is first
    configure(ENCRYPTION_KEYS=["another"])
    assert vault() is not first
