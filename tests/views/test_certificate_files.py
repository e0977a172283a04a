from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter

from wagtail_m365.identity.assertions import Signer
from wagtail_m365.identity.registration import ClientCertificate
from wagtail_m365.models import AppRegistration, M365Settings
from wagtail_m365.views.certificates import read_certificate

pytestmark = pytest.mark.django_db

PASSPHRASE = "open sesame, please"
ADD = "m365_registrations:add"
OWN = "wagtail_m365:own_registration"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate_for(key, days=90):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "press office")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=200))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


def pfx(key, certificate, passphrase=PASSPHRASE):
    protection = NoEncryption()
    if passphrase:
        protection = BestAvailableEncryption(passphrase.encode())
    return pkcs12.serialize_key_and_certificates(
        b"press", key, certificate, None, protection
    )


def form(content=None, passphrase=PASSPHRASE, **changes):
    entered = {
        "name": "Press office",
        "cloud": "global",
        "tenant": "contoso.onmicrosoft.com",
        "client_id": "11111111-2222-3333-4444-555555555555",
        "credential_kind": "certificate",
        "passphrase_input": passphrase,
        **changes,
    }
    if content is not None:
        entered["certificate_file"] = SimpleUploadedFile("press.pfx", content)
    return entered


@pytest.fixture(params=["the site's", "an editor's"])
def send(request, client, microsoft, admin_user, editor):
    """Post the form: the one for the site, or an editor's own."""
    M365Settings.objects.create(own_registrations_allowed=True)
    is_own = request.param != "the site's"
    client.force_login(editor if is_own else admin_user)
    address = reverse(OWN if is_own else ADD)
    return lambda *args, **more: client.post(address, form(*args, **more))


def errors_of(response):
    assert response.status_code == 200
    return response.context["form"].errors["certificate_file"][0]


def test_a_pfx_file_is_opened_with_its_passphrase_and_sealed(send, key):
    certificate = certificate_for(key)

    assert send(pfx(key, certificate)).status_code == 302

    row = AppRegistration.objects.get()
    bundle = row.certificate()
    assert "PRIVATE KEY" not in row.certificate_sealed
    assert row.credential_expires_on == certificate.not_valid_after_utc.date()
    # It signs as it is: the passphrase of the file is needed no more.
    signer = Signer(
        ClientCertificate(
            private_key=bundle["private_key"],
            certificate=bundle["certificate"].reveal(),
            passphrase=bundle.get("passphrase") or None,
        )
    )
    assert signer


def test_a_file_without_passphrase_needs_none(send, key):
    content = pfx(key, certificate_for(key), "")

    response = send(content, "")

    assert response.status_code == 302
    assert AppRegistration.objects.get().certificate_sealed


def test_a_pem_file_is_taken_as_well(send, key):
    text = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ) + certificate_for(key).public_bytes(Encoding.PEM)

    assert send(text, "").status_code == 302


def test_a_file_that_cannot_work_is_refused_in_words(send, key):
    good = certificate_for(key)
    curve = ec.generate_private_key(ec.SECP256R1())
    tries = {
        "wrong passphrase": (pfx(key, good), "close sesame"),
        "enter its passphrase": (pfx(key, good), ""),
        "no private key": (pfx(None, good), PASSPHRASE),
        "ended on": (pfx(key, certificate_for(key, days=-1)), PASSPHRASE),
        "RSA keys only": (pfx(curve, certificate_for(curve)), PASSPHRASE),
        "no certificate file": (b"not one at all", PASSPHRASE),
        "Choose a .pfx": (b"", PASSPHRASE),
        "too large": (b"0" * 100_001, PASSPHRASE),
    }

    for words, (content, passphrase) in tries.items():
        response = send(content, passphrase)
        assert words in errors_of(response)
        assert PASSPHRASE not in response.content.decode()
    assert not AppRegistration.objects.exists()


def test_a_file_and_a_pasted_text_are_not_both_taken(send, key):
    response = send(pfx(key, certificate_for(key)), certificate_input="-----BEGIN")

    assert "not both" in errors_of(response)


def test_the_form_asks_the_browser_to_send_files(send, client):
    address = send(None).wsgi_request.path

    assert 'enctype="multipart/form-data"' in client.get(address).content.decode()


def test_the_wizard_takes_the_file_too(admin_client, microsoft, key, settings):
    del settings.WAGTAIL_M365
    row = AppRegistration.objects.create(
        name="Press office",
        tenant="organizations",
        client_id="1" * 8 + "-2222-3333-4444-555555555555",
    )
    M365Settings.objects.create(registration=row)
    address = reverse("wagtail_m365:set_up_step", args=["credential"])

    response = admin_client.post(address, form(pfx(key, certificate_for(key))))

    assert response.status_code == 302
    row.refresh_from_db()
    assert row.certificate()["private_key"]


def test_a_certificate_with_an_unknown_kind_of_key_is_refused_in_words(key):
    holder = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ).decode()
    # The OID of RSA keys (RFC 8017), with a last arc that nobody knows.
    rsa_key = bytes.fromhex("06092a864886f70d010101")
    strange = certificate_for(key).public_bytes(Encoding.DER)
    strange = strange.replace(rsa_key, rsa_key[:-1] + b"\x63")
    lines = base64.encodebytes(strange).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n"

    with pytest.raises(ValidationError, match="cannot be read"):
        read_certificate(pem + holder, None)


def test_the_report_of_a_broken_form_shows_no_private_key(key, monkeypatch):
    holder = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ).decode()
    pem = certificate_for(key).public_bytes(Encoding.PEM).decode() + holder

    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(x509, "load_pem_x509_certificate", broken)
    with pytest.raises(RuntimeError) as raised:
        read_certificate(pem, None)
    beyond_this_test = raised.tb.tb_next
    request = RequestFactory().get("/")
    reporter = ExceptionReporter(request, raised.type, raised.value, beyond_this_test)
    report = reporter.get_traceback_html()

    assert "read_certificate" in report
    secret = holder.splitlines()[1]
    assert secret not in report
