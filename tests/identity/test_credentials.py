from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from tests.identity.wire import (
    CLIENT_ID,
    HOME,
    Wire,
    form_of,
    registration,
)
from wagtail_m365.errors import M365Error, Misconfigured
from wagtail_m365.identity.assertions import LIFETIME, Signer
from wagtail_m365.identity.client import IdentityClient
from wagtail_m365.identity.clouds import resolve
from wagtail_m365.identity.registration import (
    ClientCertificate,
    Credential,
    FederatedAssertion,
    PfxCertificate,
)
from wagtail_m365.redaction import Secret

PASSPHRASE = "planted-passphrase"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def _other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def _curve_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _certificate(key: Any) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "site")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=3650))
        .sign(key, SHA256())
    )


def _pem(key: Any, passphrase: str = "") -> Secret:
    encryption = (
        BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    )
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return Secret(text.decode())


def _pem_certificate(key: Any) -> str:
    return _certificate(key).public_bytes(Encoding.PEM).decode()


def _plain() -> ClientCertificate:
    return ClientCertificate(
        private_key=_pem(_key()), certificate=_pem_certificate(_key())
    )


def _encrypted() -> ClientCertificate:
    return ClientCertificate(
        private_key=_pem(_key(), PASSPHRASE),
        certificate=_pem_certificate(_key()),
        passphrase=Secret(PASSPHRASE),
    )


def _pfx(path: Path, key: Any, passphrase: str = PASSPHRASE) -> PfxCertificate:
    content = pkcs12.serialize_key_and_certificates(
        b"site",
        key,
        _certificate(key),
        None,
        BestAvailableEncryption(PASSPHRASE.encode()),
    )
    path.write_bytes(content)
    return PfxCertificate(path=str(path), passphrase=Secret(passphrase))


def _refresh(credential: Credential) -> None:
    IdentityClient(registration(credential=credential)).refresh(
        Secret("rt"), home_account_id=HOME, scopes=["User.Read"]
    )


@pytest.fixture(params=["pem", "encrypted pem", "pfx"])
def certificate(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "pem":
        return _plain()
    if request.param == "encrypted pem":
        return _encrypted()
    return _pfx(tmp_path / "site.pfx", _key())


def test_a_certificate_signs_an_assertion_for_the_token_endpoint(
    wire: Wire, certificate: Any
) -> None:
    wire.discovers()
    wire.grants()
    _refresh(certificate)
    sent = form_of(wire.token_requests[0])
    assert sent["client_assertion_type"] == JWT_BEARER
    assert "client_secret" not in sent
    claims = jwt.decode(
        sent["client_assertion"],
        _key().public_key(),
        algorithms=["PS256"],
        audience=wire.token_url,
        issuer=CLIENT_ID,
    )
    assert claims["sub"] == CLIENT_ID
    assert claims["exp"] - claims["iat"] == LIFETIME
    assert claims["jti"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_assertion_is_for_the_endpoint_as_a_loopback_server_names_it(
    wire: Wire, scheme: str
) -> None:
    wire.login = "http://127.0.0.1:8400"
    named = wire.token_url.replace("http:", f"{scheme}:")
    wire.discovers(token_endpoint=named)
    wire.grants()
    cloud = resolve(
        {"authority": wire.login, "graph": f"{wire.login}/v1.0"},
        allow_insecure_loopback=True,
    )
    IdentityClient(registration(cloud=cloud, credential=_plain())).client_credentials()
    sent = form_of(wire.token_requests[0])
    unchecked = {"verify_signature": False}
    claims = jwt.decode(sent["client_assertion"], options=unchecked)
    assert claims["aud"] == named


def test_an_application_names_graph_as_the_discovery_document_does(wire: Wire) -> None:
    wire.login = "https://login.gateway.example"
    wire.discovers(msgraph_host="graph.microsoft.com")
    wire.grants(scope=None)
    cloud = resolve(
        {"authority": wire.login, "graph": "https://graph.gateway.example/v1.0"}
    )
    tokens = IdentityClient(registration(cloud=cloud)).client_credentials()
    sent = form_of(wire.token_requests[0])
    assert sent["scope"] == "https://graph.microsoft.com/.default"
    assert tokens.scopes == {".default"}


@pytest.mark.parametrize("host", [None, "", 7, "graph.microsoft.com/evil", "a b"])
def test_an_unusable_name_of_graph_in_a_discovery_document_counts_as_none(
    wire: Wire, host: object
) -> None:
    wire.login = "https://login.gateway.example"
    wire.discovers(msgraph_host=host)
    wire.grants()
    cloud = resolve(
        {"authority": wire.login, "graph": "https://graph.gateway.example/v1.0"}
    )
    IdentityClient(registration(cloud=cloud)).client_credentials()
    sent = form_of(wire.token_requests[0])
    assert sent["scope"] == "https://graph.gateway.example/.default"


def test_an_assertion_names_its_certificate_and_carries_it(wire: Wire) -> None:
    wire.discovers()
    wire.grants()
    _refresh(_plain())
    header = jwt.get_unverified_header(
        form_of(wire.token_requests[0])["client_assertion"]
    )
    der = x509.load_pem_x509_certificate(_plain().certificate.encode()).public_bytes(
        Encoding.DER
    )
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=")
    assert header["x5t#S256"] == thumbprint.decode()
    assert header["x5c"] == [base64.b64encode(der).decode()]


def test_an_assertion_is_used_once(wire: Wire) -> None:
    wire.discovers()
    wire.grants()
    for _ in range(3):
        _refresh(_plain())
    sent = {form_of(request)["client_assertion"] for request in wire.token_requests}
    assert len(sent) == 3


def test_each_assertion_begins_when_it_is_made() -> None:
    now = [1_000.0]
    signer = Signer(_plain(), clock=lambda: now[0])
    signer.assertion(CLIENT_ID, "https://a/token")
    now[0] += 100
    made = signer.assertion(CLIENT_ID, "https://a/token").reveal()
    claims = jwt.decode(made, options={"verify_signature": False})
    assert (claims["nbf"], claims["exp"]) == (1_100, 1_100 + LIFETIME)


def test_an_assertion_is_for_one_endpoint_and_one_application() -> None:
    signer = Signer(_plain())
    assertions = {
        signer.assertion(CLIENT_ID, "https://a/token"),
        signer.assertion(CLIENT_ID, "https://b/token"),
        signer.assertion("another", "https://a/token"),
    }
    assert len(assertions) == 3


@pytest.mark.parametrize(
    "make",
    [
        lambda path: ClientCertificate(private_key=Secret("x"), certificate="y"),
        lambda path: ClientCertificate(private_key=_pem(_key()), certificate=""),
        lambda path: ClientCertificate(
            private_key=_pem(_other_key()), certificate=_pem_certificate(_key())
        ),
        lambda path: ClientCertificate(
            private_key=_pem(_curve_key()), certificate=_pem_certificate(_curve_key())
        ),
        lambda path: ClientCertificate(
            private_key=_pem(_key(), PASSPHRASE), certificate=_pem_certificate(_key())
        ),
        lambda path: PfxCertificate(path=str(path / "missing.pfx")),
        lambda path: _pfx(path / "site.pfx", _key(), "wrong"),
    ],
    ids=[
        "no PEM",
        "no certificate",
        "another key",
        "elliptic curve",
        "passphrase missing",
        "no file",
        "wrong passphrase",
    ],
)
def test_an_unusable_certificate_is_a_misconfiguration(
    wire: Wire, tmp_path: Path, make: Any
) -> None:
    wire.discovers()
    with pytest.raises(Misconfigured) as caught:
        _refresh(make(tmp_path))
    assert caught.value.code == "certificate_unusable"
    assert not wire.token_requests


def test_a_federated_assertion_is_read_from_its_file_each_time(
    wire: Wire, tmp_path: Path
) -> None:
    wire.discovers()
    wire.grants()
    file = tmp_path / "token"
    for content in ("first\n", "second\n"):
        file.write_text(content)
        _refresh(FederatedAssertion(path=str(file)))
    first, second = (form_of(request) for request in wire.token_requests)
    assert first["client_assertion"] == "first"
    assert second["client_assertion"] == "second"
    assert first["client_assertion_type"] == JWT_BEARER


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"], ids=range(4))
def test_a_federated_assertion_that_is_not_there_is_a_misconfiguration(
    wire: Wire, tmp_path: Path, content: bytes | None
) -> None:
    wire.discovers()
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Misconfigured) as caught:
        _refresh(FederatedAssertion(path=str(file)))
    assert caught.value.code == "assertion_unreadable"


def _application(**changes: Any) -> IdentityClient:
    return IdentityClient(registration(**changes))


def test_the_application_asks_for_a_token_of_its_own_each_time(wire: Wire) -> None:
    wire.discovers()
    wire.grants(refresh_token=None, id_token=None, client_info=None, scope=None)
    first = _application().client_credentials()
    _application().client_credentials()
    assert first.refresh_token is None
    assert first.account is None
    sent, _again = map(form_of, wire.token_requests)
    assert sent["grant_type"] == "client_credentials"
    assert sent["scope"] == "https://graph.microsoft.com/.default"


def test_after_a_refusal_the_application_really_asks_again(wire: Wire) -> None:
    wire.discovers()
    wire.answers(status=400, error="invalid_client", error_codes=[7000222])
    wire.grants(id_token=None, client_info=None, scope=None)
    with pytest.raises(Misconfigured):
        _application().client_credentials()
    assert _application().client_credentials().access_token


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"credential": None}, "credential_needed"),
        ({"tenant": "common"}, "tenant_needed"),
        ({"tenant": "organizations"}, "tenant_needed"),
    ],
    ids=range(3),
)
def test_not_every_registration_has_a_token_of_its_own(
    wire: Wire, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        _application(**changes).client_credentials()
    assert caught.value.code == code
    assert len(wire.mock.calls) == 0


def test_a_certificate_shows_neither_key_nor_passphrase(wire: Wire) -> None:
    wire.discovers()
    wire.answers(status=401, error="invalid_client", error_codes=[700027])
    with pytest.raises(M365Error) as caught:
        _refresh(_encrypted())
    shown = f"{_encrypted()!r} {caught.value!r} {json.dumps(caught.value.facts)}"
    assert PASSPHRASE not in shown
    assert "PRIVATE KEY" not in shown
