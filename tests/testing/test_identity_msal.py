"""Microsoft's own library is a client like any other: every grant, every error."""

from __future__ import annotations

import datetime as dt

import msal
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from .entra import CALLBACK, answer_of, msal_app, payload, signed_in

GRAPH = "https://graph.microsoft.com"


@pytest.fixture
def confidential(entra, fake, http):
    return msal_app(fake, http, credential=fake.secret)


@pytest.mark.parametrize(
    "tenant", ["", "contoso.onmicrosoft.com", "organizations", "common"]
)
def test_the_code_flow_ends_with_tokens(entra, fake, http, ada, tenant):
    app = msal_app(fake, http, tenant=tenant, credential=fake.secret)

    result = signed_in(fake, app, ada, ["User.Read", "Files.ReadWrite"])

    assert result["access_token"]
    assert result["refresh_token"]
    assert set(result["scope"].split()) >= {"User.Read", "Files.ReadWrite"}
    assert result["id_token_claims"]["oid"] == ada.object_id
    assert result["id_token_claims"]["tid"] == ada.tenant_id
    assert result["id_token_claims"]["preferred_username"] == ada.username


def test_the_account_is_known_by_the_ids_of_its_home(confidential, fake, ada):
    signed_in(fake, confidential, ada, ["User.Read"])

    account = confidential.get_accounts()[0]

    assert account["home_account_id"] == f"{ada.object_id}.{ada.tenant_id}"
    assert account["username"] == ada.username


def test_a_domain_is_resolved_to_the_tenants_id(entra, fake, http, ada):
    app = msal_app(fake, http, tenant=fake.tenant.domain, credential=fake.secret)

    assert app.authority.tenant == fake.tenant.id


def test_a_refresh_is_silent(confidential, fake, ada):
    first = signed_in(fake, confidential, ada, ["User.Read"])

    account = confidential.get_accounts()[0]
    second = confidential.acquire_token_silent_with_error(
        ["User.Read"], account, force_refresh=True
    )

    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]


def test_a_refresh_token_can_be_migrated(confidential, fake, ada):
    first = signed_in(fake, confidential, ada, ["User.Read"])

    result = confidential.acquire_token_by_refresh_token(
        first["refresh_token"], ["User.Read"]
    )

    assert result["access_token"]


def test_one_consent_serves_several_scopes_later(confidential, fake, ada):
    signed_in(fake, confidential, ada, ["User.Read", "Mail.Read"])

    account = confidential.get_accounts()[0]
    result = confidential.acquire_token_silent_with_error(
        ["Mail.Read"], account, force_refresh=True
    )

    assert "Mail.Read" in result["scope"].split()


def test_without_consent_msal_is_told_so(confidential, fake, ada):
    signed_in(fake, confidential, ada, ["User.Read"])

    account = confidential.get_accounts()[0]
    result = confidential.acquire_token_silent_with_error(["Mail.Read"], account)

    assert result["error"] == "invalid_grant"
    assert result["suberror"] == "consent_required"
    assert result["error_codes"] == [65001]


def test_the_application_can_act_for_itself(confidential, fake):
    fake.app.app_permissions |= {"Files.Read.All"}

    result = confidential.acquire_token_for_client([f"{GRAPH}/.default"])
    issued = fake.world.access_token(result["access_token"])

    assert issued.account is None
    assert issued.scopes == {"Files.Read.All"}
    assert "refresh_token" not in result


def test_a_public_client_needs_no_secret(fake, http, ada):
    fake.app.add_redirect_uri(CALLBACK, platform="public")
    app = msal_app(fake, http)

    result = signed_in(fake, app, ada, ["User.Read"])

    assert result["access_token"]


def test_a_personal_account_has_opaque_tokens(entra, fake, http, pia):
    app = msal_app(fake, http, tenant="common", credential=fake.secret)

    result = signed_in(fake, app, pia, ["User.Read"])

    assert result["access_token"].startswith("EwB")
    assert "." not in result["access_token"]
    assert result["id_token_claims"]["tid"] == "9188040d-6c67-4c5b-b112-36a304b66dad"


def test_a_work_token_looks_like_a_jwt_and_says_nothing(confidential, fake, ada):
    token = signed_in(fake, confidential, ada, ["User.Read"])["access_token"]

    assert len(token.split(".")) == 3
    with pytest.raises(ValueError):  # noqa: PT011  # however it fails
        payload(token)


def test_capabilities_give_a_long_token_that_is_to_be_renewed(entra, fake, http, ada):
    app = msal_app(fake, http, credential=fake.secret, client_capabilities=["CP1"])

    result = signed_in(fake, app, ada, ["User.Read"])
    issued = fake.world.access_token(result["access_token"])

    assert result["expires_in"] == 86_400
    assert "refresh_on" in result
    assert issued.is_continuously_evaluated


def test_a_cancelled_sign_in_is_an_error_for_msal(confidential, fake, ada):
    flow = confidential.initiate_auth_code_flow(["User.Read"], CALLBACK)
    back = answer_of(fake.sign_in(flow["auth_uri"], ada, consent=False))
    result = confidential.acquire_token_by_auth_code_flow(flow, back)

    assert result["error"] == "access_denied"


def test_a_replayed_code_is_an_error_for_msal(confidential, fake, ada):
    flow = confidential.initiate_auth_code_flow(["User.Read"], CALLBACK)
    back = answer_of(fake.sign_in(flow["auth_uri"], ada))
    confidential.acquire_token_by_auth_code_flow(dict(flow), back)
    again = confidential.acquire_token_by_auth_code_flow(dict(flow), back)

    assert again["error_codes"] == [54005]


def certificate() -> tuple[str, str]:
    """A private key and its self-signed certificate, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wagtail")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode(), made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def pair() -> tuple[str, str]:
    return certificate()


@pytest.fixture(scope="module")
def other_pair() -> tuple[str, str]:
    return certificate()


def test_a_certificate_is_as_good_as_a_secret(entra, fake, http, pair):
    private, public = pair
    fake.app.certificates.append(public)
    app = msal_app(
        fake, http, credential={"private_key": private, "public_certificate": public}
    )

    result = app.acquire_token_for_client([f"{GRAPH}/.default"])

    assert result["access_token"]


def test_an_old_thumbprint_names_the_certificate_too(entra, fake, http, pair):
    private, public = pair
    fake.app.certificates.append(public)
    sha1 = x509.load_pem_x509_certificate(public.encode()).fingerprint(hashes.SHA1())
    app = msal_app(
        fake, http, credential={"private_key": private, "thumbprint": sha1.hex()}
    )

    result = app.acquire_token_for_client([f"{GRAPH}/.default"])

    assert result["access_token"]


def test_a_certificate_that_is_not_registered_is_refused(
    entra, fake, http, pair, other_pair
):
    fake.app.certificates.append(other_pair[1])
    private, public = pair
    app = msal_app(
        fake, http, credential={"private_key": private, "public_certificate": public}
    )

    result = app.acquire_token_for_client([f"{GRAPH}/.default"])

    assert result["error"] == "invalid_client"
    assert result["error_codes"] == [700027]


def test_a_forged_signature_is_refused(entra, fake, http, pair, other_pair):
    fake.app.certificates.append(pair[1])
    sha1 = x509.load_pem_x509_certificate(pair[1].encode()).fingerprint(hashes.SHA1())
    app = msal_app(
        fake,
        http,
        credential={"private_key": other_pair[0], "thumbprint": sha1.hex()},
    )

    result = app.acquire_token_for_client([f"{GRAPH}/.default"])

    assert result["error_codes"] == [700027]


def test_over_plain_http_msal_refuses_to_work(entra, fake, http):
    fake.options.https_endpoints = False

    with pytest.raises(ValueError, match="https"):
        msal_app(fake, http, credential=fake.secret).acquire_token_for_client(
            [f"{GRAPH}/.default"]
        )


def test_an_unknown_tenant_is_told_to_msal(entra, fake, http):
    with pytest.raises(ValueError, match=r"invalid_tenant|nobody.example"):
        msal_app(fake, http, tenant="nobody.example", credential=fake.secret)


def test_an_outage_is_an_exception_of_msals(confidential, fake):
    fake.fail("service_unavailable", service="identity", retry_after=17)

    with pytest.raises(msal.exceptions.MsalServiceError):
        confidential.acquire_token_for_client([f"{GRAPH}/.default"])
