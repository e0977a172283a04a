from __future__ import annotations

import json
import threading
from typing import Any

import pytest
import requests

from tests.identity.wire import (
    CLIENT_SECRET,
    HOME,
    ISSUER,
    OBJECT,
    REFRESH_TOKEN,
    TENANT,
    Wire,
    encoded,
    form_of,
    registration,
)
from wagtail_m365.errors import (
    AccessDenied,
    ConsentRequired,
    IdTokenRejected,
    InteractionRequired,
    M365Error,
    Misconfigured,
    ReconnectRequired,
    TemporarilyUnavailable,
)
from wagtail_m365.identity.client import IdentityClient, TokenSet
from wagtail_m365.redaction import Secret

CLAIMS = '{"access_token": {"nbf": {"essential": true, "value": "1604106651"}}}'


@pytest.fixture(autouse=True)
def _discovery(wire: Wire) -> None:
    wire.discovers()


def _refresh(client: IdentityClient, **more: Any) -> TokenSet:
    options = {"home_account_id": HOME, "scopes": ["Files.ReadWrite"]} | more
    return client.refresh(Secret(REFRESH_TOKEN), **options)


def _refused(wire: Wire, client: IdentityClient, **answer: Any) -> M365Error:
    wire.answers(status=400, **answer)
    with pytest.raises(M365Error) as caught:
        _refresh(client)
    return caught.value


def test_a_refresh_gives_new_tokens_with_one_request(
    wire: Wire, client: IdentityClient
) -> None:
    wire.grants(claims={"nonce": None})
    tokens = _refresh(client)
    assert tokens.access_token.reveal() == "planted-access-token"
    assert tokens.refresh_token == Secret("planted-rotated-refresh-token")
    assert tokens.account is not None
    assert tokens.account.object_id == OBJECT
    (sent,) = wire.token_requests
    form = form_of(sent)
    assert form["grant_type"] == "refresh_token"
    assert form["refresh_token"] == REFRESH_TOKEN
    assert form["client_secret"] == CLIENT_SECRET
    assert "https://graph.microsoft.com/Files.ReadWrite" in form["scope"].split()
    assert "claims" not in form
    assert sent.headers["X-AnchorMailbox"] == f"Oid:{OBJECT}@{TENANT}"


def test_an_absent_refresh_token_stays_absent(
    wire: Wire, client: IdentityClient
) -> None:
    wire.grants(refresh_token=None)
    assert _refresh(client).refresh_token is None


def test_a_refresh_may_come_without_an_id_token(
    wire: Wire, client: IdentityClient
) -> None:
    wire.grants(id_token=None)
    assert _refresh(client).account is None


def test_a_refresh_token_whose_owner_is_not_known_is_refreshed_without_a_hint(
    wire: Wire, client: IdentityClient
) -> None:
    wire.grants()
    account = _refresh(client, home_account_id="").account
    assert account is not None
    assert account.home_account_id == HOME
    assert "X-AnchorMailbox" not in wire.token_requests[0].headers


def test_capabilities_and_claims_are_sent_together(wire: Wire) -> None:
    wire.grants()
    _refresh(IdentityClient(registration(capabilities=("CP1",))), claims=CLAIMS)
    sent = json.loads(form_of(wire.token_requests[0])["claims"])["access_token"]
    assert sent["xms_cc"] == {"values": ["CP1"]}
    assert sent["nbf"]["value"] == "1604106651"


def test_a_refresh_asks_the_tenant_of_the_sign_in(
    wire: Wire, client: IdentityClient
) -> None:
    wire.tenant = "fabrikam.example"
    wire.discovers(issuer=ISSUER)
    wire.grants()
    tokens = _refresh(client, tenant="fabrikam.example")
    assert wire.token_requests[0].url == wire.token_url
    assert tokens.authority_tenant == "fabrikam.example"


def test_many_refreshes_ask_discovery_once(wire: Wire, client: IdentityClient) -> None:
    wire.grants()
    for _ in range(5):
        _refresh(client)
    assert len(wire.token_requests) == 5
    assert wire.discoveries == 1


def test_trying_again_really_asks_again(wire: Wire, client: IdentityClient) -> None:
    wire.answers(status=400, error="invalid_grant", suberror="consent_required")
    wire.grants()
    with pytest.raises(ConsentRequired):
        _refresh(client)
    assert _refresh(client).access_token


def test_threads_have_sessions_of_their_own(wire: Wire, client: IdentityClient) -> None:
    wire.grants()
    failures: list[Exception] = []

    def refresh() -> None:
        try:
            _refresh(client)
        except Exception as error:  # noqa: BLE001  # reported below
            failures.append(error)

    threads = [threading.Thread(target=refresh) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ({"error": "invalid_grant"}, ReconnectRequired, "reconnect_required"),
        (
            {
                "error": "invalid_grant",
                "suberror": "bad_token",
                "error_codes": [700082],
            },
            ReconnectRequired,
            "aadsts700082",
        ),
        (
            {"error": "invalid_grant", "suberror": "token_expired"},
            ReconnectRequired,
            "reconnect_required",
        ),
        (
            {"error": "invalid_grant", "error_codes": [70000]},
            ReconnectRequired,
            "aadsts70000",
        ),
        (
            {
                "error": "invalid_grant",
                "suberror": "consent_required",
                "error_codes": [65001],
            },
            ConsentRequired,
            "aadsts65001",
        ),
        ({"error": "consent_required"}, ConsentRequired, "consent_required"),
        (
            {"error": "interaction_required", "error_codes": [50076]},
            InteractionRequired,
            "aadsts50076",
        ),
        (
            {"error": "invalid_grant", "suberror": "basic_action"},
            InteractionRequired,
            "interaction_required",
        ),
        (
            {"error": "invalid_grant", "suberror": "additional_action"},
            InteractionRequired,
            "interaction_required",
        ),
        (
            {"error": "invalid_grant", "suberror": "user_password_expired"},
            InteractionRequired,
            "interaction_required",
        ),
        ({"error": "login_required"}, InteractionRequired, "interaction_required"),
        (
            {
                "error": "invalid_grant",
                "suberror": "message_only",
                "error_codes": [53003],
            },
            AccessDenied,
            "aadsts53003",
        ),
        (
            {"error": "interaction_required", "suberror": "message_only"},
            AccessDenied,
            "access_denied",
        ),
        ({"error": "access_denied"}, AccessDenied, "access_denied"),
        (
            {"error": "invalid_client", "error_codes": [7000222]},
            Misconfigured,
            "aadsts7000222",
        ),
        (
            {"error": "invalid_client", "suberror": "bad_token"},
            Misconfigured,
            "misconfigured",
        ),
        (
            {"error": "unauthorized_client", "error_codes": [700016]},
            Misconfigured,
            "aadsts700016",
        ),
        ({"error": "invalid_resource"}, Misconfigured, "misconfigured"),
        ({"error": "unsupported_grant_type"}, Misconfigured, "misconfigured"),
        (
            {"error": "invalid_request", "error_codes": [9002313]},
            Misconfigured,
            "aadsts9002313",
        ),
        (
            {"error": "invalid_scope", "error_codes": [70011]},
            Misconfigured,
            "aadsts70011",
        ),
        ({"error": "something_new"}, Misconfigured, "misconfigured"),
        (
            {"error": "temporarily_unavailable"},
            TemporarilyUnavailable,
            "temporarily_unavailable",
        ),
        (
            {"error": "server_error", "error_codes": [90033]},
            TemporarilyUnavailable,
            "aadsts90033",
        ),
        # A number never overrules error and suberror.
        (
            {"error": "invalid_grant", "error_codes": [7000222]},
            ReconnectRequired,
            "aadsts7000222",
        ),
        (
            {"error": "invalid_grant", "error_codes": [1, 2]},
            ReconnectRequired,
            "reconnect_required",
        ),
        (
            {"error": "invalid_grant", "error_codes": "x"},
            ReconnectRequired,
            "reconnect_required",
        ),
        (
            {"error": "invalid_grant", "error_codes": [True, None]},
            ReconnectRequired,
            "reconnect_required",
        ),
    ],
    ids=range(28),
)
def test_each_refusal_becomes_the_error_that_says_what_to_do(
    wire: Wire,
    client: IdentityClient,
    answer: dict[str, Any],
    kind: type[M365Error],
    code: str,
) -> None:
    error = _refused(wire, client, **answer, correlation_id="c-1", trace_id="t-1")
    assert type(error) is kind
    assert error.code == code
    assert error.correlation_id == "c-1"


def test_missing_consent_names_what_was_asked_for(
    wire: Wire, client: IdentityClient
) -> None:
    error = _refused(wire, client, error="consent_required")
    assert isinstance(error, ConsentRequired)
    assert error.scopes == ("Files.ReadWrite",)
    assert not error.admin


def test_consent_that_only_an_admin_can_give_is_known(
    wire: Wire, client: IdentityClient
) -> None:
    error = _refused(wire, client, error="consent_required", error_codes=[90094])
    assert isinstance(error, ConsentRequired)
    assert error.admin
    assert error.code == "aadsts90094"


@pytest.mark.parametrize(
    ("claims", "kept"), [(CLAIMS, CLAIMS), ("no json", ""), ("[1]", ""), (None, "")]
)
def test_the_claims_of_a_step_up_are_kept_for_the_next_sign_in(
    wire: Wire, client: IdentityClient, claims: str | None, kept: str
) -> None:
    error = _refused(wire, client, error="interaction_required", claims=claims)
    assert isinstance(error, InteractionRequired)
    assert error.claims == kept


def test_a_correlation_id_is_always_there_to_quote(
    wire: Wire, client: IdentityClient
) -> None:
    error = _refused(wire, client, error="invalid_grant")
    assert error.correlation_id == wire.token_requests[0].headers["client-request-id"]


@pytest.mark.parametrize("correlation_id", ["<b>", "a" * 100, 17, ["x"]], ids=range(4))
def test_a_strange_correlation_id_is_not_quoted(
    wire: Wire, client: IdentityClient, correlation_id: object
) -> None:
    error = _refused(wire, client, error="invalid_grant", correlation_id=correlation_id)
    assert len(error.correlation_id) == 36


@pytest.mark.parametrize(
    ("answer", "code", "seconds"),
    [
        ({"status": 429, "headers": {"Retry-After": "17"}}, "throttled", 17),
        ({"status": 429}, "throttled", 0),
        ({"status": 503, "headers": {"Retry-After": "30"}}, "outage", 30),
        ({"status": 500}, "outage", 0),
        ({"status": 504}, "outage", 0),
        ({"status": 408}, "outage", 0),
        ({"status": 200}, "unreadable_answer", 0),
        (
            {"status": 302, "headers": {"Location": "https://evil.example/"}},
            "unreadable_answer",
            0,
        ),
        ({"status": 407}, "unreadable_answer", 0),
        ({"status": 403}, "unreadable_answer", 0),
    ],
    ids=range(10),
)
def test_an_answer_that_is_no_answer_asks_to_wait(
    wire: Wire,
    client: IdentityClient,
    answer: dict[str, Any],
    code: str,
    seconds: float,
) -> None:
    bodies = ["", "<html>sorry</html>", "Too many requests", "[]", '"text"', "[" * 9999]
    for body in bodies:
        wire.mock.post(wire.token_url, body=body, **answer)
    for _ in bodies:
        with pytest.raises(TemporarilyUnavailable) as caught:
            _refresh(client)
        assert caught.value.code == code
        assert caught.value.retry_after == seconds
        assert len(caught.value.correlation_id) == 36


def test_retry_after_may_be_a_date(wire: Wire, client: IdentityClient) -> None:
    headers = {"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}
    wire.mock.post(wire.token_url, status=429, headers=headers)
    with pytest.raises(TemporarilyUnavailable) as caught:
        _refresh(client)
    assert caught.value.retry_after == 3600


def test_what_one_answer_said_is_not_told_of_the_next(
    wire: Wire, client: IdentityClient
) -> None:
    wire.mock.post(wire.token_url, status=429, headers={"Retry-After": "17"})
    wire.mock.post(wire.token_url, body=requests.ConnectTimeout("planted"))
    with pytest.raises(TemporarilyUnavailable):
        _refresh(client)
    with pytest.raises(TemporarilyUnavailable) as caught:
        _refresh(client)
    assert caught.value.code == "unreachable"
    assert caught.value.retry_after == 0


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"access_token": ""},
        {"error": ""},
        {"access_token": "x", "id_token": "garbled"},
        {"access_token": "x", "id_token": "a.b.c"},
    ],
    ids=range(5),
)
def test_an_answer_that_makes_no_sense_is_unreadable(
    wire: Wire, client: IdentityClient, answer: dict[str, Any]
) -> None:
    wire.answers(**answer)
    with pytest.raises(TemporarilyUnavailable) as caught:
        _refresh(client)
    assert caught.value.code == "unreadable_answer"


def test_an_answer_about_another_account_is_rejected(
    wire: Wire, client: IdentityClient
) -> None:
    wire.grants(client_info=encoded({"uid": "somebody", "utid": "else"}))
    with pytest.raises(IdTokenRejected) as caught:
        _refresh(client)
    assert caught.value.code == "id_token_account"


@pytest.mark.parametrize(
    "claims", [{"aud": "another"}, {"iss": "https://evil.example/v2.0"}, {"exp": 1}]
)
def test_an_id_token_that_is_not_for_us_is_rejected_on_refresh_too(
    wire: Wire, client: IdentityClient, claims: dict[str, Any]
) -> None:
    wire.grants(claims=claims)
    with pytest.raises(IdTokenRejected):
        _refresh(client)


def test_a_foreign_document_gets_no_refresh_token(
    wire: Wire, client: IdentityClient
) -> None:
    wire.tenant = "fabrikam.example"
    wire.discovers(token_endpoint="https://login.microsoftonline.us/x/token")
    with pytest.raises(Misconfigured):
        _refresh(client, tenant="fabrikam.example")
    assert not wire.token_requests


def test_a_tenant_that_would_change_the_address_gets_no_refresh_token(
    wire: Wire, client: IdentityClient
) -> None:
    with pytest.raises(Misconfigured):
        _refresh(client, tenant="../../evil")
    assert len(wire.mock.calls) == 0
