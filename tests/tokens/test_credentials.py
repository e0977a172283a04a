from __future__ import annotations

import pytest
import requests
from azure.core import credentials as azure_core

from wagtail_m365.documents.clients import graph_for
from wagtail_m365.errors import (
    ConsentRequired,
    ReconnectRequired,
    TemporarilyUnavailable,
)
from wagtail_m365.http import new_session
from wagtail_m365.tokens.broker import get_token
from wagtail_m365.tokens.credentials import TokenCredential, TokenSource
from wagtail_m365.tokens.graph_auth import GraphAuth

pytestmark = pytest.mark.django_db


def asked(microsoft, service="/v1.0"):
    return [one for one in microsoft.requests if one.path.startswith(service)]


@pytest.fixture
def auth(connected, person):
    return GraphAuth(TokenSource(person, ("User.Read",)))


@pytest.fixture
def http():
    with new_session() as session:
        yield session


def test_a_source_gives_one_valid_token_after_another(connected, person):
    source = TokenSource(person, ("User.Read",))
    first = source()
    assert source() == first
    assert source(rejected=first) != first


def test_requests_to_graph_carry_the_owners_token(auth, http, microsoft, ada):
    answer = http.get(f"{microsoft.graph}/me", auth=auth)
    assert answer.json()["userPrincipalName"] == "ada@contoso.example"


def test_no_other_host_is_given_the_token(auth, microsoft):
    elsewhere = requests.Request("GET", "http://localhost/secret", auth=auth).prepare()
    other_port = requests.Request("GET", "http://127.0.0.1:1/v1.0", auth=auth).prepare()
    assert "Authorization" not in elsewhere.headers
    assert "Authorization" not in other_port.headers


def test_a_refused_token_is_renewed_once_and_the_request_repeated(
    auth, http, microsoft
):
    microsoft.fail("expired_token")
    answer = http.get(f"{microsoft.graph}/me", auth=auth)
    assert answer.status_code == 200
    assert [one.status for one in asked(microsoft)] == [401, 200]
    assert len(answer.history) == 1


def test_a_token_that_is_refused_twice_is_not_renewed_again(auth, http, microsoft):
    microsoft.fail("expired_token", times=5)
    assert http.get(f"{microsoft.graph}/me", auth=auth).status_code == 401
    assert [one.status for one in asked(microsoft)] == [401, 401]


def test_a_claims_challenge_is_answered(auth, http, microsoft):
    microsoft.fail("claims_challenge")
    assert http.get(f"{microsoft.graph}/me", auth=auth).status_code == 200


def test_what_microsoft_asks_to_wait_holds_for_all_that_use_the_connection(
    auth, http, microsoft, person
):
    microsoft.fail("throttled", retry_after=600)
    assert http.get(f"{microsoft.graph}/me", auth=auth).status_code == 429

    with pytest.raises(TemporarilyUnavailable) as refused:
        http.get(f"{microsoft.graph}/me", auth=auth)
    with pytest.raises(TemporarilyUnavailable):
        graph_for(person, ("User.Read",), None, patience=1).get("/me")

    assert 500 < refused.value.retry_after <= 600
    assert [one.status for one in asked(microsoft)] == [429]


def test_what_a_client_of_ours_was_told_to_wait_holds_for_requests(
    auth, http, microsoft, person
):
    microsoft.fail("throttled", retry_after=600)
    with pytest.raises(TemporarilyUnavailable):
        graph_for(person, ("User.Read",), None, patience=1).get("/me")

    with pytest.raises(TemporarilyUnavailable):
        http.get(f"{microsoft.graph}/me", auth=auth)

    assert [one.status for one in asked(microsoft)] == [429]


def test_a_refusal_without_a_time_to_wait_holds_nobody_up(auth, http, microsoft):
    microsoft.fail("service_unavailable")
    assert http.get(f"{microsoft.graph}/me", auth=auth).status_code == 503
    assert http.get(f"{microsoft.graph}/me", auth=auth).status_code == 200


def test_a_body_is_sent_again_with_the_request(auth, http, microsoft):
    microsoft.fail("expired_token")
    answer = http.post(
        f"{microsoft.graph}/me/drive/root/children",
        json={"name": "Reports", "folder": {}},
        auth=auth,
    )
    assert answer.status_code == 201


def test_a_streamed_body_is_not_sent_half(auth, http, microsoft):
    microsoft.fail("expired_token")
    answer = http.put(
        f"{microsoft.graph}/me/drive/root:/a.txt:/content",
        data=iter([b"a", b"b"]),
        headers={"Content-Type": "text/plain"},
        auth=auth,
    )
    assert answer.status_code == 401


def test_a_grant_that_is_gone_is_told_by_our_error(auth, http, microsoft):
    microsoft.fail("expired_token")
    microsoft.fail("revoked_grant")
    with pytest.raises(ReconnectRequired):
        http.get(f"{microsoft.graph}/me", auth=auth)


def test_a_credential_gives_what_azure_core_asks_for(connected, person):
    with TokenCredential(person) as credential:
        token = credential.get_token(
            "https://graph.microsoft.com/.default", enable_cae=False, tenant_id="x"
        )
    assert token.token == get_token(person).token
    assert token.expires_on > 0
    assert isinstance(token, azure_core.AccessToken)
    assert token.token not in repr(token)


def test_a_credential_asks_for_what_is_named(connected, person):
    with pytest.raises(ConsentRequired):
        TokenCredential(person).get_token("https://graph.microsoft.com/Mail.Send")
