"""The token endpoint and its codes."""

from __future__ import annotations

import secrets

import pytest

from .entra import CALLBACK, SCOPE, Application, answer_of, payload


def refused(answer):
    """The AADSTS code and the OAuth error of a refusal."""
    body = answer.json()
    return body["error_codes"][0], body["error"]


def test_a_code_is_redeemed_for_tokens(entra, ada):
    answer = entra.redeem(entra.code(ada))
    body = answer.json()

    assert answer.status_code == 200
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == body["ext_expires_in"] == 3600
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_code_can_be_redeemed_once(entra, ada):
    code = entra.code(ada)
    entra.redeem(code)

    assert refused(entra.redeem(code)) == (54005, "invalid_grant")


def test_a_code_lives_for_ten_minutes(entra, fake, ada):
    code = entra.code(ada)
    fake.clock.advance(601)

    assert refused(entra.redeem(code)) == (70008, "invalid_grant")


def test_a_code_that_nobody_gave_out_is_refused(entra):
    assert refused(entra.redeem("nonsense")) == (70000, "invalid_grant")


def test_a_code_is_for_its_application_alone(entra, fake, ada):
    code = entra.code(ada)
    other = fake.world.add_app("Other", fake.tenant)
    other.add_secret()
    other.add_redirect_uri(CALLBACK)
    stranger = Application(fake, entra.http, other)

    assert refused(stranger.redeem(code, code_verifier=entra.verifier)) == (
        *(70000, "invalid_grant"),
    )


@pytest.mark.parametrize("verifier", ["", "x" * 43, None])
def test_the_verifier_must_match_the_challenge(entra, ada, verifier):
    code, error = refused(entra.redeem(entra.code(ada), code_verifier=verifier))

    assert code in {501481, 50148}
    assert error == "invalid_grant"


def test_a_verifier_without_a_challenge_is_refused(entra, ada):
    code = entra.code(ada, code_challenge=None, code_challenge_method=None)

    assert refused(entra.redeem(code)) == (501481, "invalid_grant")


def test_a_confidential_client_may_do_without_pkce(entra, ada):
    code = entra.code(ada, code_challenge=None, code_challenge_method=None)

    assert entra.redeem(code, code_verifier=None).status_code == 200


def test_a_failed_try_does_not_use_up_the_code(entra, ada):
    code = entra.code(ada)
    entra.redeem(code, client_secret="wrong")

    assert entra.redeem(code).status_code == 200


def test_the_redirect_uri_must_be_the_same(entra, ada):
    code = entra.code(ada)

    answer = entra.redeem(code, redirect_uri="http://localhost:99/callback/")

    assert refused(answer) == (500112, "invalid_client")


def test_the_tenant_must_be_the_same(entra, ada):
    code = entra.code(ada)
    entra.tenant = "common"

    assert refused(entra.redeem(code)) == (700005, "invalid_grant")


def test_the_tenant_may_have_another_name(entra, fake, ada):
    entra.tenant = fake.tenant.domain
    code = entra.code(ada)
    entra.tenant = fake.tenant.id

    assert entra.redeem(code).status_code == 200


@pytest.mark.parametrize("name", ["grant_type", "client_id", "code", "redirect_uri"])
def test_what_is_missing_is_named(entra, ada, name):
    answer = entra.redeem(entra.code(ada), **{name: None})

    assert refused(answer) == (900144, "invalid_request")
    assert f"'{name}'" in answer.json()["error_description"]


def test_a_grant_that_does_not_exist_is_refused(entra):
    answer = entra.ask(grant_type="magic")

    assert refused(answer) == (70003, "unsupported_grant_type")


@pytest.mark.parametrize(
    "fields",
    [{"grant_type": "password"}, {"grant_type": "x", "req_cnf": "1"}],
)
def test_what_the_fake_does_not_do_is_501(entra, fields):
    assert entra.ask(**fields).status_code == 501


def test_a_token_request_need_not_repeat_what_was_asked_at_the_sign_in(entra, ada):
    first = entra.redeem(entra.code(ada), scope="User.Read").json()
    second = entra.refresh(first["refresh_token"], scope="User.Read").json()

    assert {"refresh_token", "id_token"} <= set(first)
    assert "refresh_token" in second


def test_who_never_asked_for_lasting_access_gets_none(entra, ada):
    tokens = entra.tokens(ada, scope="openid User.Read")

    assert "refresh_token" not in tokens


def test_parameters_that_nobody_knows_are_ignored(entra, ada):
    assert entra.redeem(entra.code(ada), nonsense="1").status_code == 200


def test_the_resource_of_version_one_is_refused(entra, ada):
    answer = entra.redeem(entra.code(ada), resource="https://graph.microsoft.com")

    assert refused(answer) == (901002, "invalid_request")


def test_an_answer_is_kept_by_nobody_and_can_be_named_to_support(entra, ada):
    correlation = "11111111-2222-3333-4444-555555555555"
    entra.http.headers["client-request-id"] = correlation
    entra.http.headers["return-client-request-id"] = "true"

    good, bad = entra.redeem(entra.code(ada)), entra.ask(grant_type="x")

    for answer in (good, bad):
        assert answer.headers["Cache-Control"] == "no-store, no-cache"
        assert answer.headers["Expires"] == "-1"
        assert answer.headers["client-request-id"] == correlation
        assert answer.headers["x-ms-request-id"]
    assert bad.headers["x-ms-request-id"] == bad.json()["trace_id"]


def test_a_get_is_refused(entra):
    answer = entra.http.get(f"{entra.address}/oauth2/v2.0/token")

    assert refused(answer) == (900561, "invalid_request")


def test_a_refusal_says_everything_that_microsoft_says(entra):
    own = secrets.token_hex(8)
    answer = entra.http.post(
        f"{entra.address}/oauth2/v2.0/token", headers={"client-request-id": own}
    )
    body = answer.json()

    assert set(body) == {
        *("error", "error_description", "error_codes", "timestamp"),
        *("trace_id", "correlation_id", "error_uri"),
    }
    assert body["correlation_id"] == own
    assert f"Correlation ID: {own}" in body["error_description"]
    assert f"Trace ID: {body['trace_id']}" in body["error_description"]


def test_the_id_token_says_who_and_for_whom(entra, fake, ada):
    claims = payload(entra.tokens(ada)["id_token"])

    assert claims["aud"] == fake.app.client_id
    assert claims["nonce"] == "the nonce"
    assert claims["oid"] == ada.object_id
    assert claims["iss"].endswith(f"/{ada.tenant_id}/v2.0")
    assert claims["exp"] - claims["iat"] == 3600
    assert "email" not in claims


def test_another_application_knows_the_person_by_another_subject(entra, fake, ada):
    other = fake.world.add_app("Other", fake.tenant)
    other.add_secret()
    other.add_redirect_uri(CALLBACK)
    stranger = Application(fake, entra.http, other)

    one, two = (payload(each.tokens(ada)["id_token"]) for each in (entra, stranger))

    assert one["oid"] == two["oid"]
    assert one["sub"] != two["sub"]


@pytest.mark.parametrize(
    ("left_out", "absent"),
    [("openid", "id_token"), ("offline_access", "refresh_token")],
)
def test_what_was_not_asked_for_does_not_come(entra, ada, left_out, absent):
    scope = SCOPE.replace(left_out, "")

    assert absent not in entra.tokens(ada, scope=scope)


def test_the_access_token_is_for_graph_and_its_scopes(entra, fake, ada):
    tokens = entra.tokens(ada)
    issued = fake.world.access_token(tokens["access_token"])

    assert issued.account is ada
    assert issued.audience == "https://graph.microsoft.com"
    assert issued.scopes == {"User.Read", "openid", "profile"}
    assert issued.expires_on == pytest.approx(fake.clock.time() + 3600, abs=60)


def test_client_info_names_the_home_account(entra, ada):
    body = entra.redeem(entra.code(ada), client_info="1").json()

    assert payload(f".{body['client_info']}") == {
        "uid": ada.object_id,
        "utid": ada.tenant_id,
    }


def test_nothing_secret_is_in_the_log(entra, fake, ada):
    tokens = entra.tokens(ada)
    log = repr(fake.requests)

    for secret in (*(tokens[n] for n in tokens if n.endswith("_token")), fake.secret):
        assert secret not in log
    assert entra.verifier not in log
    assert ada.password not in log


def test_the_log_knows_on_whose_behalf(entra, fake, ada):
    entra.tokens(ada)

    asked = [each for each in fake.requests if each.path.endswith("/token")]

    assert [each.account for each in asked] == [ada.username]
    assert asked[0].form["grant_type"] == "authorization_code"


def test_cancel_is_access_denied(entra, fake, ada):
    back = answer_of(fake.sign_in(entra.url(), ada, consent=False))

    assert back["error"] == "access_denied"
    assert back["error_subcode"] == "cancel"
    assert back["error_description"].startswith("AADSTS65004")
    assert back["state"] == "the state"
