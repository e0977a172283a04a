from __future__ import annotations

import sys
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.db.models.signals import pre_save
from django.test import override_settings
from django.urls import reverse
from django.views.debug import ExceptionReporter

from tests.views.test_certificate_files import PASSPHRASE, certificate_for, pfx
from wagtail_m365.models import AppRegistration, Connection, M365Settings

pytestmark = pytest.mark.django_db

SECRET = "Zq~8Q.the-value-of-a-secret"
REGISTRATION = {
    "name": "Press office",
    "cloud": "global",
    "tenant": "contoso.onmicrosoft.com",
    "client_id": "11111111-2222-3333-4444-555555555555",
    "credential_kind": "secret",
    "client_secret_input": SECRET,
}


@pytest.fixture
def reports():
    """What Django would mail to the site's admins, with all variables of all frames."""
    made = []

    def report(sender, request, **kwargs):
        reporter = ExceptionReporter(request, *sys.exc_info())
        made.append(reporter.get_traceback_html() + reporter.get_traceback_text())

    got_request_exception.connect(report)
    yield made
    got_request_exception.disconnect(report)


@pytest.fixture
def told(reports, caplog):
    """All that was reported and logged."""
    return lambda: "".join(reports) + caplog.text


@pytest.fixture
def breaking():
    """Let saving rows of a model fail, as with a full disk."""
    broken = []

    def fail(**kwargs):
        raise OSError("No space left on device")

    def breaking(model):
        broken.append(model)
        pre_save.connect(fail, model)

    yield breaking
    for model in broken:
        pre_save.disconnect(fail, model)


@pytest.fixture
def site(client, microsoft, editor):
    client.raise_request_exception = False
    client.defaults["SERVER_NAME"] = "localhost"
    client.force_login(editor)
    return client


def test_the_form_of_an_app_registration_reports_no_secret(
    site, admin_user, reports, breaking
):
    site.force_login(admin_user)
    breaking(AppRegistration)

    assert site.post(reverse("m365_registrations:add"), REGISTRATION).status_code == 500
    assert "No space left" in reports[0]
    assert SECRET not in reports[0]


def test_the_form_of_an_own_registration_reports_no_secret(site, reports, breaking):
    M365Settings.objects.create(own_registrations_allowed=True)
    breaking(AppRegistration)
    address = reverse("wagtail_m365:own_registration")

    assert site.post(address, REGISTRATION).status_code == 500
    assert "No space left" in reports[0]
    assert SECRET not in reports[0]


@pytest.mark.parametrize("where", ["the site's", "an editor's", "the wizard"])
def test_a_certificate_its_key_and_its_passphrase_are_reported_nowhere(
    site, admin_user, told, breaking, where
):
    registration = AppRegistration.objects.create(
        name="First", tenant="organizations", client_id=REGISTRATION["client_id"]
    )
    M365Settings.objects.create(
        own_registrations_allowed=True, registration=registration
    )
    if where != "an editor's":
        site.force_login(admin_user)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    content = pfx(key, certificate_for(key), PASSPHRASE)
    breaking(AppRegistration)
    address = {
        "the site's": reverse("m365_registrations:add"),
        "an editor's": reverse("wagtail_m365:own_registration"),
        "the wizard": reverse("wagtail_m365:set_up_step", args=["credential"]),
    }[where]
    fields = {
        **REGISTRATION,
        "name": "Second",
        "credential_kind": "certificate",
        "passphrase_input": PASSPHRASE,
        "certificate_file": SimpleUploadedFile("press.pfx", content),
    }
    with override_settings(WAGTAIL_M365={"ENCRYPTION_KEYS": ["only for tests"]}):
        response = site.post(address, fields)

    assert response.status_code == 500
    assert "No space left" in told()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    shown = told() + response.content.decode()
    assert PASSPHRASE not in shown
    assert SECRET not in shown
    assert not [line for line in pem.splitlines()[1:-1] if line in shown]


def test_a_pasted_refresh_token_is_reported_nowhere(
    site, admin_user, told, breaking, connected_editor
):
    site.force_login(admin_user)
    token = Connection.objects.get().open_refresh_token().reveal()
    breaking(Connection)

    response = site.post(
        reverse("wagtail_m365:service_add_by_token"),
        {"name": "newsletter", "refresh_token": token},
    )

    assert response.status_code == 500
    assert "No space left" in told()
    assert token not in told() + response.content.decode()


def test_the_callback_reports_neither_code_nor_token(
    site, editor_account, microsoft, reports, breaking
):
    leaving = site.get(reverse("wagtail_m365:connect"))
    back = microsoft.sign_in(leaving["Location"], editor_account)
    breaking(Connection)

    assert site.get(back).status_code == 500
    assert "No space left" in reports[0]
    (code,) = parse_qs(urlsplit(back).query)["code"]
    world = microsoft.world
    for secret in (code, *world.refresh_tokens, *world.access_tokens):
        assert secret not in reports[0]
