from __future__ import annotations

import base64
import hashlib

import jwt
import pytest
from cryptography import x509

from .entra import SCOPE

PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"


def document(http, fake, tenant):
    address = f"{fake.authority}/{tenant}/v2.0/.well-known/openid-configuration"
    return http.get(address)


def test_a_tenant_is_named_by_its_id(http, fake):
    found = document(http, fake, fake.tenant.domain).json()
    secure = fake.authority.replace("http", "https")

    assert found["issuer"] == f"{secure}/{fake.tenant.id}/v2.0"
    assert found["token_endpoint"] == f"{secure}/{fake.tenant.id}/oauth2/v2.0/token"
    assert found["authorization_endpoint"] == (
        f"{fake.authority}/{fake.tenant.id}/oauth2/v2.0/authorize"
    )


@pytest.mark.parametrize("alias", ["common", "organizations"])
def test_an_alias_leaves_the_issuer_open(http, fake, alias):
    found = document(http, fake, alias).json()

    assert found["issuer"].endswith("/{tenantid}/v2.0")
    assert f"/{alias}/" in found["token_endpoint"]


def test_consumers_are_a_tenant_of_their_own(http, fake):
    assert PERSONAL in document(http, fake, "consumers").json()["issuer"]


def test_plain_http_can_be_asked_for(http, fake):
    fake.options.https_endpoints = False

    found = document(http, fake, fake.tenant.id).json()

    assert found["token_endpoint"].startswith("http://")
    assert found["issuer"].startswith("http://")


def test_a_tenant_that_does_not_exist_is_refused(http, fake):
    answer = document(http, fake, "nobody.example")

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_tenant"
    assert answer.json()["error_codes"] == [90002]


def test_the_keys_verify_the_id_token(entra, fake, http, ada):
    tokens = entra.tokens(ada)
    found = document(http, fake, fake.tenant.id).json()
    keys = http.get(found["jwks_uri"]).json()
    key = jwt.PyJWKSet.from_dict(keys).keys[0]

    claims = jwt.decode(
        tokens["id_token"],
        key,
        algorithms=["RS256"],
        audience=fake.app.client_id,
        issuer=found["issuer"],
    )

    assert jwt.get_unverified_header(tokens["id_token"])["kid"] == key.key_id
    assert claims["nonce"] == "the nonce"
    assert claims["ver"] == "2.0"
    assert {"rh", "uti"} <= set(claims)


def test_a_key_comes_with_its_certificate(fake, http):
    address = f"{fake.authority}/common/discovery/v2.0/keys"
    answer = http.get(address)
    (key,) = answer.json()["keys"]

    der = base64.b64decode(key["x5c"][0])
    certificate = x509.load_der_x509_certificate(der)
    numbers = certificate.public_key().public_numbers()

    assert jwt.PyJWK(key).key.public_numbers() == numbers
    thumbprint = hashlib.sha1(der).digest()
    assert base64.urlsafe_b64decode(key["x5t"] + "=") == thumbprint
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_who_signed_in_is_told_by_name(entra, fake, http, ada):
    token = entra.tokens(ada)["access_token"]
    address = document(http, fake, "common").json()["userinfo_endpoint"]

    who = http.get(address, headers={"Authorization": f"Bearer {token}"}).json()

    assert (who["given_name"], who["family_name"]) == ("Ada", "Example")
    assert who["picture"].endswith("/v1.0/me/photo/$value")


def test_userinfo_knows_who_has_the_token(entra, fake, http, ada):
    tokens = entra.tokens(ada, scope=f"{SCOPE} email")
    address = document(http, fake, fake.tenant.id).json()["userinfo_endpoint"]
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    assert http.get(address, headers=bearer).json()["name"] == ada.name
    assert http.get(address).status_code == 401


def test_the_cloud_is_described_to_those_who_ask(http, fake):
    found = http.get(f"{fake.authority}/common/discovery/instance").json()

    assert found["metadata"][0]["aliases"] == [fake.authority.removeprefix("http://")]


@pytest.mark.parametrize(
    "path", ["/common/oauth2/token", "/common/oauth2/v2.0/devicecode", "/somewhere"]
)
def test_what_the_fake_does_not_do_it_names(http, fake, path):
    answer = http.post(f"{fake.authority}{path}")

    assert answer.status_code == 501
    assert path in answer.json()["error_description"]
