from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from django.urls import reverse

from wagtail_m365.models import AppRegistration, Connection, M365Settings

pytestmark = pytest.mark.django_db

CLIENT_ID = "11111111-2222-3333-4444-555555555555"
SECRET = "Zq~8Q.the-value-of-a-secret"
ADD = "m365_registrations:add"


def form(**changes):
    return {
        "name": "Press office",
        "cloud": "global",
        "authority_url": "",
        "graph_url": "",
        "tenant": "contoso.onmicrosoft.com",
        "client_id": CLIENT_ID,
        "credential_kind": "secret",
        "client_secret_input": SECRET,
        "certificate_input": "",
        "passphrase_input": "",
        "credential_expires_on": "",
        **changes,
    }


def add(client, **changes):
    return client.post(reverse(ADD), form(**changes))


def edit(client, row, **changes):
    address = reverse("m365_registrations:edit", args=[row.pk])
    return client.post(address, form(client_secret_input="", **changes))


def errors_of(response):
    assert response.status_code == 200
    return response.context["form"].errors


@pytest.fixture
def stored(admin_client):
    add(admin_client)
    return AppRegistration.objects.get()


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate_pem(key, days=90, from_day=-200):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "press office")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=from_day))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()


def key_pem(key, passphrase=""):
    protection = NoEncryption()
    if passphrase:
        protection = BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection).decode()


def test_a_secret_is_stored_sealed(admin_client):
    response = add(admin_client)

    row = AppRegistration.objects.get()
    assert response.status_code == 302
    assert SECRET not in row.client_secret_sealed
    assert row.client_secret().reveal() == SECRET


def test_a_secret_never_comes_back_to_a_page(admin_client, stored):
    edit_page = admin_client.get(
        reverse("m365_registrations:edit", args=[stored.pk])
    ).content.decode()
    refused = add(admin_client, tenant="not a tenant").content.decode()

    for page in (edit_page, refused):
        assert SECRET not in page
        assert stored.client_secret_sealed not in page


def test_a_blank_secret_keeps_the_stored_one(admin_client, stored):
    edit(admin_client, stored, name="Renamed")

    stored.refresh_from_db()
    assert stored.name == "Renamed"
    assert stored.client_secret().reveal() == SECRET


def test_the_id_of_a_secret_is_told_from_its_value(admin_client):
    errors = errors_of(add(admin_client, client_secret_input=CLIENT_ID))

    assert "Copy the column “Value”" in errors["client_secret_input"][0]


def test_a_new_registration_needs_its_secret(admin_client):
    errors = errors_of(add(admin_client, client_secret_input=""))

    assert "client_secret_input" in errors


def test_a_stored_secret_does_not_follow_to_another_server(
    admin_client, stored, settings
):
    response = edit(
        admin_client,
        stored,
        cloud="custom",
        authority_url="https://login.attacker.example",
        graph_url="https://graph.attacker.example/v1.0",
    )

    assert "Enter the secret again" in errors_of(response)["client_secret_input"][0]
    stored.refresh_from_db()
    assert stored.cloud == "global"


def test_choosing_no_credential_deletes_the_stored_secret(admin_client, stored):
    edit(admin_client, stored, credential_kind="none")

    stored.refresh_from_db()
    assert stored.client_secret_sealed == ""


@pytest.mark.parametrize(
    ("authority", "graph"),
    [
        ("http://login.example.com", "https://graph.example.com/v1.0"),
        ("https://login.example.com/tenant", "https://graph.example.com/v1.0"),
        ("https://login.example.com", "https://graph.example.com"),
        ("http://127.0.0.1:8400", "http://127.0.0.1:8400/v1.0"),
        ("https://login.example.com", ""),
        ("", ""),
    ],
)
def test_an_unusable_cloud_is_refused(admin_client, authority, graph):
    response = add(
        admin_client, cloud="custom", authority_url=authority, graph_url=graph
    )

    assert errors_of(response)
    assert not AppRegistration.objects.exists()


def test_a_server_on_this_machine_is_allowed_where_the_site_says_so(
    admin_client, settings
):
    settings.WAGTAIL_M365 = {
        **settings.WAGTAIL_M365,
        "ALLOW_INSECURE_LOOPBACK": True,
    }

    add(
        admin_client,
        cloud="custom",
        authority_url="http://127.0.0.1:8400",
        graph_url="http://127.0.0.1:8400/v1.0",
        client_id="any name",
    )

    row = AppRegistration.objects.get()
    assert row.cloud_value["authority"] == "http://127.0.0.1:8400"


def test_addresses_of_another_server_are_dropped_with_a_cloud_of_microsofts(
    admin_client,
):
    add(admin_client, authority_url="https://old.example")

    assert AppRegistration.objects.get().authority_url == ""


@pytest.mark.parametrize("client_id", ["press office", "1234", CLIENT_ID[:-1]])
def test_a_client_id_is_written_like_one(admin_client, client_id):
    assert "client_id" in errors_of(add(admin_client, client_id=client_id))


def test_a_certificate_is_stored_sealed_with_its_end(admin_client, key):
    pasted = key_pem(key) + certificate_pem(key)

    add(
        admin_client,
        credential_kind="certificate",
        client_secret_input="",
        certificate_input=pasted,
    )

    row = AppRegistration.objects.get()
    assert "PRIVATE KEY" not in row.certificate_sealed
    assert row.certificate()["private_key"].reveal().strip() == key_pem(key).strip()
    days = (row.credential_expires_on - datetime.now(UTC).date()).days
    assert days in {89, 90}


def test_a_protected_key_is_opened_with_its_passphrase(admin_client, key):
    pasted = certificate_pem(key) + key_pem(key, "open sesame")

    add(
        admin_client,
        credential_kind="certificate",
        client_secret_input="",
        certificate_input=pasted,
        passphrase_input="open sesame",
    )

    row = AppRegistration.objects.get()
    assert row.certificate()["passphrase"].reveal() == "open sesame"


def test_a_certificate_that_cannot_work_is_refused_in_words(admin_client, key):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    tries = {
        "belong": key_pem(other) + certificate_pem(key),
        "ended on": key_pem(key) + certificate_pem(key, days=-1),
        "only valid from": key_pem(key) + certificate_pem(key, from_day=2),
        "Paste both": certificate_pem(key),
        "passphrase": key_pem(key, "open sesame") + certificate_pem(key),
        "read": key_pem(key).replace("M", "N", 3) + certificate_pem(key),
    }

    for words, pasted in tries.items():
        response = add(
            admin_client,
            credential_kind="certificate",
            client_secret_input="",
            certificate_input=pasted,
        )
        assert words in errors_of(response)["certificate_input"][0]
        assert "PRIVATE KEY" not in response.content.decode()


def test_they_are_listed_by_name_and_another_server_by_its_address(
    admin_client, stored
):
    AppRegistration.objects.create(
        name="A server of ours",
        cloud="custom",
        authority_url="https://login.example.org",
        graph_url="https://graph.example.org/v1.0",
        tenant="common",
        client_id="ours",
    )

    page = admin_client.get(reverse("m365_registrations:index")).content.decode()

    # The first one is in the message that it was made.
    assert page.index("A server of ours") < page.rindex("Press office")
    assert "https://login.example.org" in page
    assert "addresses below" not in page


def test_the_registration_in_use_is_not_deleted(admin_client, stored):
    M365Settings.objects.create(registration=stored)
    address = reverse("m365_registrations:delete", args=[stored.pk])

    asked = admin_client.get(address)
    done = admin_client.post(address, follow=True)

    assert asked.status_code == 302
    assert "Choose another one" in done.content.decode()
    assert AppRegistration.objects.exists()


def test_deleting_says_how_many_accounts_lose_their_connection(
    admin_client, admin_user, stored
):
    Connection.objects.create(user=admin_user, client_id=CLIENT_ID)

    page = admin_client.get(reverse("m365_registrations:delete", args=[stored.pk]))

    assert "1 account is connected" in page.content.decode()


def test_registrations_are_for_those_who_may_change_them(client, outsider, stored):
    client.force_login(outsider)

    for name, args in [
        ("index", []),
        ("add", []),
        ("edit", [stored.pk]),
        ("delete", [stored.pk]),
        ("history", [stored.pk]),
    ]:
        address = reverse(f"m365_registrations:{name}", args=args)
        for response in (client.get(address), client.post(address, form())):
            assert response.status_code == 302
            assert response["Location"] == reverse("wagtailadmin_home")
    assert AppRegistration.objects.get().name == "Press office"


def test_error_reports_never_show_what_was_typed(admin_client, stored):
    for response in (add(admin_client, name=""), edit(admin_client, stored, name="")):
        hidden = response.wsgi_request.sensitive_post_parameters
        assert {"client_secret_input", "certificate_input", "passphrase_input"} <= set(
            hidden
        )
