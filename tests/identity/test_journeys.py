"""Signing in and refreshing at a Microsoft that behaves like Microsoft."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from wagtail_m365.errors import (
    AccessDenied,
    ConsentRequired,
    IdTokenRejected,
    InteractionRequired,
    M365Error,
    Misconfigured,
    ReconnectRequired,
    SignInExpired,
    SignInRefused,
    TemporarilyUnavailable,
)
from wagtail_m365.identity.client import IdentityClient, TokenSet
from wagtail_m365.identity.clouds import resolve
from wagtail_m365.identity.registration import ClientSecret, Registration
from wagtail_m365.identity.scopes import missing
from wagtail_m365.redaction import Secret
from wagtail_m365.testing import FakeMicrosoft
from wagtail_m365.testing import SignInRefused as ShownByMicrosoft

REDIRECT_URI = "http://localhost:8000/admin/m365/oauth/callback/"
WANTED = ("Files.ReadWrite", "User.Read")


@pytest.fixture(scope="module")
def _server() -> Iterator[FakeMicrosoft]:
    with FakeMicrosoft() as microsoft:
        yield microsoft


@pytest.fixture
def entra(_server: FakeMicrosoft) -> FakeMicrosoft:
    _server.reset()
    _server.app.add_redirect_uri(REDIRECT_URI)
    return _server


@pytest.fixture
def mara(entra: FakeMicrosoft) -> Any:
    return entra.add_account("mara@contoso.onmicrosoft.com", name="Mara")


def _client(entra: FakeMicrosoft, **changes: Any) -> IdentityClient:
    cloud = {"authority": entra.authority, "graph": entra.graph}
    ordinary: dict[str, Any] = {
        "client_id": entra.app.client_id,
        "tenant": entra.tenant.id,
        "cloud": resolve(cloud, allow_insecure_loopback=True),
        "credential": ClientSecret(value=Secret(entra.secret)),
    }
    registration = Registration(**ordinary | changes)
    return IdentityClient(registration, clock=entra.clock.time)


def _sign_in(
    entra: FakeMicrosoft,
    account: Any,
    client: IdentityClient | None = None,
    *,
    scopes: tuple[str, ...] = WANTED,
    **how: Any,
) -> TokenSet:
    client = client or _client(entra)
    request = client.authorization_request(
        scopes, REDIRECT_URI, login_hint=account.username
    )
    back = entra.sign_in(request.url, account, **how)
    return client.redeem(request.flow, dict(parse_qsl(urlsplit(back).query)))


def _refresh(
    entra: FakeMicrosoft,
    tokens: TokenSet,
    client: IdentityClient | None = None,
    **more: Any,
) -> TokenSet:
    assert tokens.refresh_token is not None
    assert tokens.account is not None
    options: dict[str, Any] = {
        "home_account_id": tokens.account.home_account_id,
        "scopes": WANTED,
        "tenant": tokens.authority_tenant,
    }
    return (client or _client(entra)).refresh(tokens.refresh_token, **options | more)


def test_somebody_signs_in_and_is_refreshed(entra: FakeMicrosoft, mara: Any) -> None:
    tokens = _sign_in(entra, mara)
    assert tokens.account is not None
    assert tokens.account.object_id == mara.object_id
    assert tokens.account.home_account_id == mara.home_account_id
    assert tokens.account.username == mara.username
    assert tokens.scopes == set(WANTED)
    refreshed = _refresh(entra, tokens)
    assert refreshed.access_token != tokens.access_token
    assert refreshed.account == tokens.account
    assert refreshed.refresh_token not in {None, tokens.refresh_token}


@pytest.mark.parametrize("https", [True, False])
def test_both_ways_to_name_the_token_endpoint_work(
    entra: FakeMicrosoft, mara: Any, https: bool
) -> None:
    entra.options.https_endpoints = https
    assert _refresh(entra, _sign_in(entra, mara)).access_token


@pytest.mark.parametrize(
    "alias", ["common", "organizations", "contoso.onmicrosoft.com"]
)
def test_a_tenant_may_be_named_in_several_ways(
    entra: FakeMicrosoft, mara: Any, alias: str
) -> None:
    client = _client(entra, tenant=alias)
    tokens = _sign_in(entra, mara, client)
    assert tokens.account is not None
    assert tokens.account.tenant_id == entra.tenant.id
    assert _refresh(entra, tokens, client).account == tokens.account


def test_a_personal_account_signs_in_where_it_may(entra: FakeMicrosoft) -> None:
    person = entra.add_account("mara@outlook.example", personal=True)
    client = _client(entra, tenant="consumers")
    tokens = _sign_in(entra, person, client)
    assert tokens.account is not None
    assert tokens.account.tenant_id == "9188040d-6c67-4c5b-b112-36a304b66dad"
    assert _refresh(entra, tokens, client).access_token


def test_a_public_client_signs_in_and_is_refreshed(
    entra: FakeMicrosoft, mara: Any
) -> None:
    entra.app.redirect_uris.clear()
    entra.app.add_redirect_uri(REDIRECT_URI, "public")
    client = _client(entra, credential=None)
    assert _refresh(entra, _sign_in(entra, mara, client), client).access_token


def test_a_code_can_be_redeemed_once(entra: FakeMicrosoft, mara: Any) -> None:
    client = _client(entra)
    request = client.authorization_request(WANTED, REDIRECT_URI)
    query = dict(parse_qsl(urlsplit(entra.sign_in(request.url, mara)).query))
    client.redeem(request.flow, query)
    with pytest.raises(SignInExpired) as caught:
        client.redeem(request.flow, query)
    assert caught.value.code == "aadsts54005"


def test_a_code_ends_after_ten_minutes(entra: FakeMicrosoft, mara: Any) -> None:
    client = _client(entra)
    request = client.authorization_request(WANTED, REDIRECT_URI)
    query = dict(parse_qsl(urlsplit(entra.sign_in(request.url, mara)).query))
    entra.clock.advance(601)
    with pytest.raises(SignInExpired):
        client.redeem(request.flow, query)


def test_the_verifier_of_another_sign_in_redeems_nothing(
    entra: FakeMicrosoft, mara: Any
) -> None:
    client = _client(entra)
    request = client.authorization_request(WANTED, REDIRECT_URI)
    other = client.authorization_request(WANTED, REDIRECT_URI)
    query = dict(parse_qsl(urlsplit(entra.sign_in(request.url, mara)).query))
    stolen = request.flow | {"code_verifier": other.flow["code_verifier"]}
    with pytest.raises(SignInExpired) as caught:
        client.redeem(stolen, query)
    assert caught.value.code == "aadsts501481"


def test_the_nonce_of_another_sign_in_is_noticed(
    entra: FakeMicrosoft, mara: Any
) -> None:
    client = _client(entra)
    request = client.authorization_request(WANTED, REDIRECT_URI)
    query = dict(parse_qsl(urlsplit(entra.sign_in(request.url, mara)).query))
    with pytest.raises(IdTokenRejected) as caught:
        client.redeem(request.flow | {"nonce": "another"}, query)
    assert caught.value.code == "id_token_nonce"


def test_somebody_who_does_not_consent_has_refused(
    entra: FakeMicrosoft, mara: Any
) -> None:
    with pytest.raises(SignInRefused) as caught:
        _sign_in(entra, mara, consent=False)
    assert caught.value.code == "aadsts65004"
    assert caught.value.correlation_id


def test_consent_that_only_an_admin_can_give_comes_back_as_such(
    entra: FakeMicrosoft, mara: Any
) -> None:
    entra.app.requires_admin_consent = True
    with pytest.raises(SignInRefused) as caught:
        _sign_in(entra, mara)
    assert caught.value.code in {"aadsts90094", "aadsts65004"}


def test_an_address_that_is_not_registered_is_shown_by_microsoft(
    entra: FakeMicrosoft, mara: Any
) -> None:
    entra.app.redirect_uris.clear()
    with pytest.raises(ShownByMicrosoft, match="AADSTS50"):
        _sign_in(entra, mara)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"iss": "https://evil.example/v2.0"},
        {"tid": "another"},
        {"exp": 1},
        {"nonce": "another"},
    ],
    ids=range(5),
)
def test_a_forged_id_token_signs_nobody_in(
    entra: FakeMicrosoft, mara: Any, claims: dict[str, Any]
) -> None:
    entra.fail("wrong_id_token", claims=claims)
    with pytest.raises(IdTokenRejected):
        _sign_in(entra, mara)


def test_a_wrong_secret_is_told_to_the_admin(entra: FakeMicrosoft, mara: Any) -> None:
    wrong = _client(entra, credential=ClientSecret(value=Secret("wrong")))
    with pytest.raises(Misconfigured) as caught:
        _sign_in(entra, mara, wrong)
    assert caught.value.code == "aadsts7000215"


def test_a_missing_secret_is_told_to_the_admin(entra: FakeMicrosoft, mara: Any) -> None:
    with pytest.raises(Misconfigured) as caught:
        _sign_in(entra, mara, _client(entra, credential=None))
    assert caught.value.code == "aadsts7000218"


def test_an_unknown_tenant_is_told_to_the_admin(entra: FakeMicrosoft) -> None:
    with pytest.raises(Misconfigured) as caught:
        _client(entra, tenant="nobody.example").discovery()
    assert caught.value.code == "aadsts90002"


def test_lifetimes_may_come_as_texts(entra: FakeMicrosoft, mara: Any) -> None:
    entra.options.refresh_in = 1800
    entra.fail("numbers_as_text")
    tokens = _sign_in(entra, mara)
    assert tokens.expires_on == pytest.approx(entra.clock.time() + 3600, abs=60)
    assert tokens.refresh_on == pytest.approx(entra.clock.time() + 1800, abs=60)


def test_less_may_be_granted_than_was_asked_for(
    entra: FakeMicrosoft, mara: Any
) -> None:
    entra.fail("fewer_scopes", scopes=["User.Read"])
    tokens = _sign_in(entra, mara)
    assert missing(WANTED, tokens.scopes, entra.graph) == {"Files.ReadWrite"}


def test_a_refresh_without_new_refresh_token_keeps_the_old_one(
    entra: FakeMicrosoft, mara: Any
) -> None:
    tokens = _sign_in(entra, mara)
    entra.fail("no_refresh_token")
    assert _refresh(entra, tokens).refresh_token is None
    assert _refresh(entra, tokens).refresh_token is not None


def test_a_right_that_was_never_consented_to_is_missing(
    entra: FakeMicrosoft, mara: Any
) -> None:
    tokens = _sign_in(entra, mara, scopes=("User.Read",))
    with pytest.raises(ConsentRequired) as caught:
        _refresh(entra, tokens, scopes=["Mail.Send"])
    assert caught.value.scopes == ("Mail.Send",)
    assert caught.value.code == "aadsts65001"


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("revoked_grant", ReconnectRequired, "aadsts50173"),
        ("expired_refresh_token", ReconnectRequired, "aadsts700082"),
        ("spurious_invalid_grant", ReconnectRequired, "aadsts70000"),
        ("account_disabled", ReconnectRequired, "aadsts50057"),
        ("consent_withdrawn", ConsentRequired, "aadsts65001"),
        ("mfa_required", InteractionRequired, "aadsts50076"),
        ("blocked_by_policy", AccessDenied, "aadsts53003"),
        ("invalid_client", Misconfigured, "aadsts7000215"),
        ("expired_secret", Misconfigured, "aadsts7000222"),
        ("temporarily_unavailable", TemporarilyUnavailable, "aadsts90033"),
        ("throttled", TemporarilyUnavailable, "throttled"),
        ("server_error", TemporarilyUnavailable, "aadsts90033"),
        ("service_unavailable", TemporarilyUnavailable, "aadsts90033"),
        ("cut_connection", TemporarilyUnavailable, "unreachable"),
        ("not_json", TemporarilyUnavailable, "unreadable_answer"),
    ],
)
def test_each_bad_day_at_a_refresh_says_what_to_do(
    entra: FakeMicrosoft, mara: Any, fault: str, kind: type[M365Error], code: str
) -> None:
    tokens = _sign_in(entra, mara)
    entra.fail(fault, service="identity", method="POST")
    with pytest.raises(M365Error) as caught:
        _refresh(entra, tokens)
    assert type(caught.value) is kind
    assert caught.value.code == code
    assert caught.value.correlation_id
    # A moment later everything is as before: nothing was remembered of it.
    assert _refresh(entra, tokens).access_token


def test_a_step_up_is_met_by_a_sign_in_with_its_claims(
    entra: FakeMicrosoft, mara: Any
) -> None:
    client = _client(entra)
    tokens = _sign_in(entra, mara)
    entra.fail("mfa_required", service="identity")
    with pytest.raises(InteractionRequired) as caught:
        _refresh(entra, tokens)
    request = client.authorization_request(
        WANTED, REDIRECT_URI, claims=caught.value.claims
    )
    back = entra.sign_in(request.url, mara)
    query = dict(parse_qsl(urlsplit(back).query))
    assert client.redeem(request.flow, query).account == tokens.account


@pytest.mark.parametrize("wait", [17, "Fri, 31 Dec 2100 23:59:59 GMT"], ids=range(2))
def test_microsoft_says_how_long_to_wait(
    entra: FakeMicrosoft, mara: Any, wait: int | str
) -> None:
    tokens = _sign_in(entra, mara)
    entra.fail("throttled", service="identity", retry_after=wait)
    with pytest.raises(TemporarilyUnavailable) as caught:
        _refresh(entra, tokens)
    assert caught.value.retry_after == (17 if wait == 17 else 3600)


def test_an_unused_refresh_token_ends(entra: FakeMicrosoft, mara: Any) -> None:
    tokens = _sign_in(entra, mara)
    entra.clock.advance(91 * 86_400)
    with pytest.raises(ReconnectRequired) as caught:
        _refresh(entra, tokens)
    assert caught.value.code == "aadsts700082"


def test_capabilities_and_routing_are_sent_on_a_refresh(
    entra: FakeMicrosoft, mara: Any
) -> None:
    client = _client(entra, capabilities=("CP1",))
    tokens = _sign_in(entra, mara, client)
    entra.clear_requests()
    _refresh(entra, tokens, client)
    (asked,) = entra.requests
    assert "CP1" in asked.form["claims"]
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert headers["x-anchormailbox"].endswith(f"@{mara.tenant_id}")


def test_the_application_signs_in_by_itself(entra: FakeMicrosoft) -> None:
    entra.app.app_permissions.add("Files.Read.All")
    tokens = _client(entra).client_credentials()
    assert tokens.access_token
    assert tokens.account is None


def test_single_rights_are_not_given_to_the_application(entra: FakeMicrosoft) -> None:
    with pytest.raises(Misconfigured) as caught:
        _client(entra).client_credentials(["Files.Read.All"])
    assert caught.value.facts["microsoft_code"].startswith("AADSTS")


def test_a_server_that_is_not_there_is_out_of_reach(
    entra: FakeMicrosoft, mara: Any
) -> None:
    tokens = _sign_in(entra, mara)
    entra.stop()
    try:
        with pytest.raises(TemporarilyUnavailable) as caught:
            _refresh(entra, tokens)
    finally:
        entra.start()
    assert caught.value.code == "unreachable"
    assert _refresh(entra, tokens).access_token
