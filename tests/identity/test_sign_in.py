from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.identity.wire import (
    CLIENT_ID,
    CLIENT_SECRET,
    CODE,
    HOME,
    LOGIN,
    OBJECT,
    REDIRECT_URI,
    TENANT,
    Wire,
    encoded,
    form_of,
    registration,
)
from wagtail_m365.errors import (
    ConsentRequired,
    IdTokenRejected,
    InteractionRequired,
    M365Error,
    Misconfigured,
    SignInError,
    SignInExpired,
    SignInRefused,
    TemporarilyUnavailable,
)
from wagtail_m365.identity.client import IdentityClient


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.fixture(autouse=True)
def _discovery(wire: Wire) -> None:
    wire.discovers()


def test_a_sign_in_asks_with_state_nonce_and_pkce(client: IdentityClient) -> None:
    request = client.authorization_request(["Files.ReadWrite"], REDIRECT_URI)
    query = _query(request.url)
    assert query["client_id"] == CLIENT_ID
    assert query["redirect_uri"] == REDIRECT_URI
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert query["state"] == request.flow["state"]
    assert query["nonce"] != request.flow["nonce"]
    assert set(query["scope"].split()) == {
        "https://graph.microsoft.com/Files.ReadWrite",
        "offline_access",
        "openid",
        "profile",
    }


def test_no_two_sign_ins_share_a_state_a_nonce_or_a_verifier(
    client: IdentityClient,
) -> None:
    flows = [client.authorization_request([], REDIRECT_URI).flow for _ in range(3)]
    for name in ("state", "nonce", "code_verifier"):
        assert len({flow[name] for flow in flows}) == 3


def test_the_flow_is_small_json_and_hides_itself(client: IdentityClient) -> None:
    request = client.authorization_request(["Files.ReadWrite"], REDIRECT_URI)
    assert len(json.dumps(request.flow)) < 400
    assert request.flow["code_verifier"] not in repr(request)


def test_hint_prompt_and_claims_are_passed_on(client: IdentityClient) -> None:
    claims = '{"access_token": {"nbf": {"essential": true, "value": "1"}}}'
    request = client.authorization_request(
        [],
        REDIRECT_URI,
        login_hint="mara@contoso.example",
        prompt="consent",
        claims=claims,
    )
    query = _query(request.url)
    assert query["login_hint"] == "mara@contoso.example"
    assert query["prompt"] == "consent"
    assert json.loads(query["claims"]) == json.loads(claims)


def test_the_account_picker_is_asked_for_without_a_hint(client: IdentityClient) -> None:
    request = client.authorization_request(
        [], REDIRECT_URI, login_hint="mara@contoso.example", prompt="select_account"
    )
    assert "login_hint" not in _query(request.url)


def test_capabilities_are_declared_only_where_they_are_switched_on() -> None:
    plain = IdentityClient(registration()).authorization_request([], REDIRECT_URI)
    declaring = IdentityClient(registration(capabilities=("CP1",)))
    request = declaring.authorization_request([], REDIRECT_URI)
    assert "claims" not in _query(plain.url)
    assert "CP1" in _query(request.url)["claims"]


@pytest.mark.parametrize("scopes", [None, "User.Read", [None]], ids=range(3))
def test_scopes_that_are_no_list_of_texts_are_not_sent(
    client: IdentityClient, scopes: Any
) -> None:
    try:
        url = client.authorization_request(scopes, REDIRECT_URI).url
    except (M365Error, TypeError, AttributeError):
        return
    assert "U" not in _query(url)["scope"].split()


def test_malformed_claims_are_not_sent() -> None:
    client = IdentityClient(registration(capabilities=("CP1",)))
    with pytest.raises(Misconfigured) as caught:
        client.authorization_request([], REDIRECT_URI, claims="bm8ganNvbg==")
    assert caught.value.code == "invalid_sign_in_request"


def test_a_code_is_redeemed_for_tokens(wire: Wire, client: IdentityClient) -> None:
    flow, response = wire.begin(client)
    wire.grants()
    tokens = client.redeem(flow, response)
    assert tokens.access_token.reveal() == "planted-access-token"
    assert tokens.refresh_token is not None
    assert tokens.refresh_token.reveal() == "planted-rotated-refresh-token"
    assert tokens.scopes == {"Files.ReadWrite"}
    assert tokens.authority_tenant == TENANT
    assert tokens.account is not None
    assert tokens.account.object_id == OBJECT
    assert tokens.account.tenant_id == TENANT
    assert tokens.account.home_account_id == HOME
    assert tokens.account.username == "mara@contoso.example"
    sent = form_of(wire.token_requests[0])
    assert sent["code"] == CODE
    assert sent["code_verifier"] == flow["code_verifier"]
    assert sent["client_secret"] == CLIENT_SECRET
    assert sent["redirect_uri"] == REDIRECT_URI


def test_the_flow_survives_the_session(wire: Wire, client: IdentityClient) -> None:
    flow, response = wire.begin(client)
    wire.grants()
    assert client.redeem(json.loads(json.dumps(flow)), response).account


@pytest.mark.parametrize("lifetime", [3600, "3600", 3600.0, "3600.0"], ids=range(4))
def test_lifetimes_may_be_numbers_or_texts(wire: Wire, lifetime: object) -> None:
    client = IdentityClient(registration(), clock=lambda: 1_000.0)
    flow, response = wire.begin(client)
    wire.grants(
        expires_in=lifetime, refresh_in=lifetime, claims={"exp": 2_000, "nbf": None}
    )
    tokens = client.redeem(flow, response)
    assert tokens.expires_on == 4_600
    assert tokens.refresh_on > 0


@pytest.mark.parametrize("lifetime", [None, "soon", [], {}], ids=range(4))
def test_a_lifetime_that_is_not_told_is_short(wire: Wire, lifetime: object) -> None:
    client = IdentityClient(registration(), clock=lambda: 1_000.0)
    flow, response = wire.begin(client)
    wire.grants(expires_in=lifetime, refresh_in=lifetime)
    tokens = client.redeem(flow, response)
    assert tokens.expires_on == 1_600
    assert tokens.refresh_on == 0


def test_scopes_that_are_not_told_are_those_asked_for(
    wire: Wire, client: IdentityClient
) -> None:
    flow, response = wire.begin(client)
    wire.grants(scope=None)
    assert client.redeem(flow, response).scopes == {"Files.ReadWrite"}


def test_a_sign_in_without_refresh_token_says_so(
    wire: Wire, client: IdentityClient
) -> None:
    flow, response = wire.begin(client)
    wire.grants(refresh_token=None)
    assert client.redeem(flow, response).refresh_token is None


@pytest.mark.parametrize(
    "scopes",
    [
        ["openid", "profile", "email", "offline_access", "User.Read"],
        ["OpenID", "User.Read"],
        ["User.Read", "user.read", "https://graph.microsoft.com/User.Read"],
    ],
    ids=range(3),
)
def test_what_msal_would_refuse_to_ask_for_is_asked_for_once(
    client: IdentityClient, scopes: list[str]
) -> None:
    asked = _query(client.authorization_request(scopes, REDIRECT_URI).url)["scope"]
    assert sorted(asked.split()) == [
        "https://graph.microsoft.com/User.Read",
        "offline_access",
        "openid",
        "profile",
    ]


@pytest.mark.parametrize("client_info", [None, encoded({"uid": "x"}), encoded([])])
def test_without_client_info_the_home_is_where_they_signed_in(
    wire: Wire, client: IdentityClient, client_info: str | None
) -> None:
    flow, response = wire.begin(client)
    wire.grants(client_info=client_info)
    account = client.redeem(flow, response).account
    assert account is not None
    assert account.home_account_id == HOME


@pytest.mark.parametrize(
    "client_info", ["NQ", "%%%", encoded({"uid": "x"}), "\r\nX: y"]
)
def test_client_info_in_the_query_is_not_looked_at(
    wire: Wire, client: IdentityClient, client_info: str
) -> None:
    flow, response = wire.begin(client)
    wire.grants()
    account = client.redeem(flow, {**response, "client_info": client_info}).account
    assert account is not None
    assert account.home_account_id == HOME
    assert "X-AnchorMailbox" not in wire.token_requests[0].headers


@pytest.mark.parametrize(
    "flow",
    [{}, {"state": ""}, {"state": None}, {"state": "another"}],
    ids=range(4),
)
def test_a_callback_that_was_not_begun_here_has_expired(
    wire: Wire, client: IdentityClient, flow: dict[str, Any]
) -> None:
    with pytest.raises(SignInExpired):
        client.redeem(flow, {"state": "state", "code": CODE})
    assert not wire.token_requests


@pytest.mark.parametrize("state", ["", "another", "\ud800"], ids=range(3))
def test_a_callback_with_another_state_has_expired(
    wire: Wire, client: IdentityClient, state: str
) -> None:
    flow, response = wire.begin(client)
    with pytest.raises(SignInExpired):
        client.redeem(flow, {**response, "state": state})
    assert not wire.token_requests


def test_a_callback_with_neither_code_nor_error_makes_no_sense(
    wire: Wire, client: IdentityClient
) -> None:
    flow, response = wire.begin(client)
    with pytest.raises(SignInError):
        client.redeem(flow, {"state": response["state"]})


@pytest.mark.parametrize("lost", ["nonce", "code_verifier", "redirect_uri", "scope"])
def test_a_flow_that_lost_a_part_ends_as_a_failed_sign_in(
    wire: Wire, client: IdentityClient, lost: str
) -> None:
    flow, response = wire.begin(client)
    wire.grants()
    del flow[lost]
    try:
        client.redeem(flow, response)
    except SignInError:
        return
    assert lost in {"code_verifier", "redirect_uri", "scope"}  # Microsoft's to refuse


def _came_back(
    wire: Wire, client: IdentityClient, error: str, description: str = ""
) -> M365Error:
    flow, response = wire.begin(client)
    query = {"state": response["state"], "error": error}
    with pytest.raises(M365Error) as caught:
        client.redeem(flow, query | {"error_description": description})
    assert not wire.token_requests
    return caught.value


def test_a_person_who_declines_has_refused(wire: Wire, client: IdentityClient) -> None:
    error = _came_back(
        wire,
        client,
        "access_denied",
        "AADSTS65004: User declined to consent to access the app. Trace ID: x "
        "Correlation ID: 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0 Timestamp: 2026-11-21",
    )
    assert isinstance(error, SignInRefused)
    assert error.code == "aadsts65004"
    assert error.correlation_id == "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("access_denied", SignInRefused),
        ("consent_required", ConsentRequired),
        ("interaction_required", InteractionRequired),
        ("login_required", InteractionRequired),
        ("server_error", TemporarilyUnavailable),
        ("temporarily_unavailable", TemporarilyUnavailable),
        ("invalid_scope", Misconfigured),
        ("unauthorized_client", Misconfigured),
        ("<script>alert(1)</script>", Misconfigured),
    ],
    ids=range(9),
)
def test_what_microsoft_sends_back_becomes_our_error(
    wire: Wire, client: IdentityClient, error: str, kind: type[M365Error]
) -> None:
    found = _came_back(wire, client, error, "words <b>not</b> to be shown")
    assert type(found) is kind
    assert "<" not in f"{found!r} {found} {found.facts}"
    assert "words" not in f"{found!r} {found} {found.facts}"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "another-application"}, "audience"),
        ({"iss": f"{LOGIN}/other/v2.0"}, "issuer"),
        ({"iss": f"https://evil.example/{TENANT}/v2.0"}, "issuer"),
        ({"tid": "other"}, "issuer"),
        ({"exp": 1}, "expired"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"oid": None}, "subject"),
    ],
    ids=range(8),
)
def test_an_id_token_that_is_not_for_us_is_rejected(
    wire: Wire, client: IdentityClient, claims: dict[str, Any], code: str
) -> None:
    flow, response = wire.begin(client)
    wire.grants(claims=claims)
    with pytest.raises(IdTokenRejected) as caught:
        client.redeem(flow, response)
    # Older releases of MSAL find some of these themselves, before us.
    assert caught.value.code in {f"id_token_{code}", "id_token_nonce"}


def test_without_an_id_token_nobody_signed_in(
    wire: Wire, client: IdentityClient
) -> None:
    flow, response = wire.begin(client)
    wire.grants(id_token=None)
    with pytest.raises(IdTokenRejected) as caught:
        client.redeem(flow, response)
    assert caught.value.code == "id_token_missing"


@pytest.mark.parametrize(
    "id_token", ["x", "a.b", "a.b.c", f"a.{encoded([])}.c", "..", 7]
)
def test_a_garbled_id_token_fails_the_sign_in(
    wire: Wire, client: IdentityClient, id_token: object
) -> None:
    flow, response = wire.begin(client)
    wire.grants(id_token=id_token)
    with pytest.raises(SignInError):
        client.redeem(flow, response)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ({"error": "invalid_grant", "error_codes": [54005]}, SignInExpired, "54005"),
        ({"error": "invalid_grant", "error_codes": [501481]}, SignInExpired, "501481"),
        ({"error": "invalid_grant", "error_codes": [70008]}, SignInExpired, "70008"),
        (
            {"error": "invalid_client", "error_codes": [7000215]},
            Misconfigured,
            "7000215",
        ),
        (
            {"error": "invalid_client", "error_codes": [7000222]},
            Misconfigured,
            "7000222",
        ),
    ],
    ids=range(5),
)
def test_a_code_that_is_not_taken_becomes_our_error(
    wire: Wire,
    client: IdentityClient,
    answer: dict[str, Any],
    kind: type[M365Error],
    code: str,
) -> None:
    flow, response = wire.begin(client)
    wire.answers(status=400, correlation_id="c-1", **answer)
    with pytest.raises(kind) as caught:
        client.redeem(flow, response)
    assert caught.value.code == f"aadsts{code}"
    assert caught.value.facts["microsoft_code"] == f"AADSTS{code}"
    assert caught.value.correlation_id == "c-1"


def test_an_answer_that_is_neither_success_nor_error_fails_the_sign_in(
    wire: Wire, client: IdentityClient
) -> None:
    flow, response = wire.begin(client)
    wire.answers()
    with pytest.raises(SignInError):
        client.redeem(flow, response)


@pytest.mark.parametrize(
    "client_info", ["NQ", "%%%", "\r\nX: y", encoded(7), 7, ["x"], ""], ids=range(7)
)
def test_hostile_client_info_of_an_answer_is_no_more_than_a_failed_sign_in(
    wire: Wire, client: IdentityClient, client_info: object
) -> None:
    flow, response = wire.begin(client)
    wire.grants(client_info=client_info)
    try:
        account = client.redeem(flow, response).account
    except SignInError:
        return
    assert account is not None
    assert account.home_account_id == HOME


@pytest.mark.parametrize(
    "cut",
    [
        requests.ConnectionError("cut"),
        requests.ReadTimeout("late"),
        requests.exceptions.ChunkedEncodingError("half"),
        requests.exceptions.SSLError("not trusted"),
        requests.exceptions.ProxyError("no way"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_without_network_nothing_is_lost(
    wire: Wire, client: IdentityClient, cut: Exception
) -> None:
    flow, response = wire.begin(client)
    wire.mock.post(wire.token_url, body=cut)
    with pytest.raises(TemporarilyUnavailable) as caught:
        client.redeem(flow, response)
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("body", ["", "<html>sorry</html>", "[]", '"text"', "[" * 9999])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "throttled"),
        (500, "outage"),
        (503, "outage"),
        (504, "outage"),
        (408, "outage"),
    ],
)
def test_a_service_that_is_busy_or_down_asks_to_begin_again_later(
    wire: Wire, client: IdentityClient, status: int, code: str, body: str
) -> None:
    flow, response = wire.begin(client)
    headers = {"Retry-After": "17"}
    wire.mock.post(wire.token_url, status=status, body=body, headers=headers)
    with pytest.raises(TemporarilyUnavailable) as caught:
        client.redeem(flow, response)
    assert (caught.value.code, caught.value.retry_after) == (code, 17)


@pytest.mark.parametrize("status", [200, 302, 400, 403, 407])
@pytest.mark.parametrize("body", ["", "<html>sorry</html>", "[]", '"text"', "[" * 9999])
def test_an_answer_that_makes_no_sense_fails_the_sign_in(
    wire: Wire, client: IdentityClient, status: int, body: str
) -> None:
    flow, response = wire.begin(client)
    wire.mock.post(wire.token_url, status=status, body=body)
    with pytest.raises((SignInError, TemporarilyUnavailable)):
        client.redeem(flow, response)


def test_a_public_client_signs_in_without_a_secret(wire: Wire) -> None:
    client = IdentityClient(registration(credential=None))
    flow, response = wire.begin(client)
    wire.grants()
    assert client.redeem(flow, response).account
    sent = form_of(wire.token_requests[0])
    assert "client_secret" not in sent
    assert sent["code_verifier"]
