"""How an application proves who it is."""

from __future__ import annotations

import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from wagtail_m365.testing.fake.directory import FederatedCredential

from .entra import CALLBACK
from .test_identity_token import refused

DEFAULT = "https://graph.microsoft.com/.default"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ISSUER = "https://oidc.cluster.example"
SUBJECT = "system:serviceaccount:web:wagtail"


def for_itself(entra, **fields):
    ordinary = {"grant_type": "client_credentials", "scope": DEFAULT}
    return entra.ask(**ordinary | fields)


def test_the_secret_is_accepted_in_the_body(entra, fake):
    assert for_itself(entra, client_secret=fake.secret).status_code == 200


def test_the_secret_is_accepted_in_the_header(entra, fake):
    answer = entra.http.post(
        f"{entra.address}/oauth2/v2.0/token",
        data={"grant_type": "client_credentials", "scope": DEFAULT},
        auth=(fake.app.client_id, fake.secret),
    )

    assert answer.status_code == 200


def test_a_wrong_secret_is_refused(entra):
    answer = for_itself(entra, client_secret="wrong")

    assert answer.status_code == 401
    assert refused(answer) == (7000215, "invalid_client")


def test_the_id_of_a_secret_is_not_the_secret(entra, fake):
    answer = for_itself(entra, client_secret=fake.app.secrets[0].id)

    assert refused(answer) == (7000215, "invalid_client")


def test_an_expired_secret_is_told_apart(entra, fake):
    secret = fake.app.add_secret(expires_on=time.time() - 1)

    answer = for_itself(entra, client_secret=secret.value)

    assert refused(answer) == (7000222, "invalid_client")


def test_every_secret_that_is_registered_works(entra, fake):
    fake.app.add_secret()

    for secret in fake.app.secrets:
        assert for_itself(entra, client_secret=secret.value).status_code == 200


def test_without_a_secret_an_application_cannot_act_for_itself(entra):
    assert refused(for_itself(entra)) == (7000216, "invalid_client")


def test_a_web_application_must_prove_itself(entra, ada):
    answer = entra.redeem(entra.code(ada), client_secret=None)

    assert refused(answer) == (7000218, "invalid_client")


def test_a_public_client_must_not_send_a_secret(entra, fake, ada):
    fake.app.redirect_uris.clear()
    fake.app.add_redirect_uri(CALLBACK, platform="public")

    assert refused(entra.redeem(entra.code(ada))) == (700025, "invalid_client")


@pytest.mark.parametrize(
    ("tenant", "code"),
    [("common", 9001023), ("consumers", 9001023), ("organizations", 50059)],
)
def test_an_application_acts_for_itself_in_one_tenant(entra, fake, tenant, code):
    entra.tenant = tenant

    assert refused(for_itself(entra, client_secret=fake.secret))[0] == code


@pytest.mark.parametrize(
    "scope", ["https://graph.microsoft.com/User.Read", f"{DEFAULT} openid"]
)
def test_an_application_takes_everything_or_nothing(entra, fake, scope):
    answer = for_itself(entra, client_secret=fake.secret, scope=scope)

    assert refused(answer) == (1002012, "invalid_scope")


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def trusted(entra, fake, key):
    """The application trusts a cluster's issuer; gives assertions of it."""
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    fake.app.federated.append(
        FederatedCredential(issuer=ISSUER, subject=SUBJECT, public_key=public.decode())
    )

    def assertion(signed_by=key, **changes):
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": SUBJECT,
            "aud": "api://AzureADTokenExchange",
            "iat": now,
            "exp": now + 600,
        }
        return jwt.encode(claims | changes, signed_by, algorithm="RS256")

    return assertion


def assert_with(entra, assertion, kind=JWT_BEARER):
    return for_itself(entra, client_assertion=assertion, client_assertion_type=kind)


def test_a_federated_assertion_is_as_good_as_a_secret(entra, trusted):
    assert assert_with(entra, trusted()).status_code == 200


def test_an_audience_may_be_a_list(entra, trusted):
    answer = assert_with(entra, trusted(aud=["api://AzureADTokenExchange"]))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://stranger.example"}, 700211),
        ({"sub": "system:serviceaccount:web:stranger"}, 700213),
        ({"aud": "https://stranger.example"}, 700212),
        ({"exp": 1}, 700024),
    ],
)
def test_an_assertion_must_be_the_one_that_is_trusted(entra, trusted, changes, code):
    assert refused(assert_with(entra, trusted(**changes))) == (code, "invalid_client")


def test_an_assertion_must_be_signed_by_the_issuer(entra, trusted):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    answer = assert_with(entra, trusted(signed_by=stranger))

    assert refused(answer) == (700027, "invalid_client")


def test_an_assertion_must_be_a_jwt(entra):
    assert refused(assert_with(entra, "nonsense")) == (700027, "invalid_client")


def test_an_assertion_must_say_its_type(entra, trusted):
    answer = assert_with(entra, trusted(), kind=None)

    assert refused(answer) == (900144, "invalid_request")


def test_the_machines_clock_counts_for_assertions(entra, fake, trusted):
    fake.clock.advance(86_400)

    assert assert_with(entra, trusted()).status_code == 200
