from __future__ import annotations

import pytest

from .entra import CALLBACK, SCOPE, Application
from .test_identity_token import refused

DAY = 86_400


def test_a_refresh_gives_a_new_token_of_each_kind(entra, ada):
    old = entra.tokens(ada)

    new = entra.refresh(old["refresh_token"]).json()

    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]


def test_the_old_refresh_token_still_works(entra, ada):
    old = entra.tokens(ada)["refresh_token"]
    entra.refresh(old)

    assert entra.refresh(old).status_code == 200


def test_with_strict_rotation_it_does_not(entra, fake, ada):
    fake.options.strict_rotation = True
    old = entra.tokens(ada)["refresh_token"]
    new = entra.refresh(old).json()["refresh_token"]

    assert refused(entra.refresh(old)) == (70000, "invalid_grant")
    assert entra.refresh(new).status_code == 200


def test_a_refresh_token_dies_after_ninety_idle_days(entra, fake, ada):
    token = entra.tokens(ada)["refresh_token"]
    fake.clock.advance(90 * DAY + 1)
    answer = entra.refresh(token)

    assert refused(answer) == (700082, "invalid_grant")
    assert answer.json()["suberror"] == "bad_token"


def test_each_refresh_begins_the_ninety_days_anew(entra, fake, ada):
    token = entra.tokens(ada)["refresh_token"]
    for _ in range(3):
        fake.clock.advance(60 * DAY)
        token = entra.refresh(token).json()["refresh_token"]


def test_garbage_is_refused_as_a_grant(entra):
    assert refused(entra.refresh("garbage")) == (9002313, "invalid_grant")


def test_another_application_cannot_use_it(entra, fake, ada):
    token = entra.tokens(ada)["refresh_token"]
    other = fake.world.add_app("Other", fake.tenant)
    other.add_secret()

    stranger = Application(fake, entra.http, other)

    assert refused(stranger.refresh(token)) == (9002313, "invalid_grant")


def test_revoked_sessions_end_it(entra, fake, ada):
    token = entra.tokens(ada)["refresh_token"]
    fake.world.revoke_sessions(ada)
    answer = entra.refresh(token)

    assert refused(answer) == (50173, "invalid_grant")
    assert answer.json()["suberror"] == "bad_token"


def test_a_sign_in_after_the_revocation_is_good(entra, fake, ada):
    fake.world.revoke_sessions(ada)

    assert entra.refresh(entra.tokens(ada)["refresh_token"]).status_code == 200


def test_ordinary_access_tokens_outlive_a_revocation(entra, fake, ada):
    token = entra.tokens(ada)["access_token"]
    fake.world.revoke_sessions(ada)

    assert not fake.world.access_token(token).revoked


def test_continuously_evaluated_ones_do_not(entra, fake, ada):
    claims = '{"access_token":{"xms_cc":{"values":["CP1"]}}}'
    tokens = entra.redeem(entra.code(ada), claims=claims).json()
    fake.world.revoke_sessions(ada)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    answer = entra.http.get(f"{fake.graph}/me", headers=bearer)

    assert answer.status_code == 401
    assert 'error="insufficient_claims"' in answer.headers["WWW-Authenticate"]


def test_withdrawn_consent_ends_it(entra, fake, ada):
    token = entra.tokens(ada)["refresh_token"]
    fake.world.withdraw_consent(ada, fake.app)
    answer = entra.refresh(token)

    assert refused(answer) == (65001, "invalid_grant")
    assert answer.json()["suberror"] == "consent_required"


def test_more_scopes_need_more_consent(entra, ada):
    token = entra.tokens(ada)["refresh_token"]

    assert refused(entra.refresh(token, scope=f"{SCOPE} Mail.Send"))[0] == 65001

    entra.tokens(ada, scope=f"{SCOPE} Mail.Send")
    assert entra.refresh(token, scope=f"{SCOPE} Mail.Send").status_code == 200


def test_the_answer_names_everything_that_was_granted(entra, ada):
    token = entra.tokens(ada, scope=f"{SCOPE} Mail.Send Files.Read")["refresh_token"]

    answer = entra.refresh(token, scope="User.Read offline_access").json()

    assert set(answer["scope"].split()) == {"User.Read", "Mail.Send", "Files.Read"}


def test_a_personal_account_gets_what_it_asks_for_alone(entra, pia):
    entra.tenant = "common"
    token = entra.tokens(pia, scope=f"{SCOPE} Mail.Send")["refresh_token"]

    answer = entra.refresh(token, scope="User.Read offline_access").json()

    assert set(answer["scope"].split()) == {"User.Read"}


@pytest.mark.parametrize(
    ("state", "code", "suberror"),
    [
        ({"enabled": False}, 50057, None),
        ({"blocked": True}, 53003, "message_only"),
        ({"password_expired": True}, 50055, "user_password_expired"),
        ({"requires_mfa": True}, 50076, "basic_action"),
    ],
)
def test_what_happens_to_the_account_stops_the_refresh(
    entra, ada, state, code, suberror
):
    token = entra.tokens(ada)["refresh_token"]
    for name, value in state.items():
        setattr(ada, name, value)
    answer = entra.refresh(token)

    assert refused(answer)[0] == code
    assert answer.json().get("suberror") == suberror


def test_a_demand_for_mfa_is_met_by_signing_in_with_its_claims(entra, ada):
    token = entra.tokens(ada)["refresh_token"]
    ada.requires_mfa = True
    claims = entra.refresh(token).json()["claims"]

    stronger = entra.tokens(ada, claims=claims)

    assert entra.refresh(stronger["refresh_token"]).status_code == 200


def test_a_person_who_is_no_longer_assigned_is_refused(entra, fake, ada):
    token = entra.tokens(ada)["refresh_token"]
    fake.app.assigned = set()

    assert refused(entra.refresh(token)) == (50105, "invalid_grant")


def test_refresh_in_is_told_where_wanted(entra, fake, ada):
    fake.options.refresh_in = 1800

    assert entra.tokens(ada)["refresh_in"] == 1800


def test_the_lifetime_can_be_chosen(entra, fake, ada):
    fake.options.token_lifetime = 60
    tokens = entra.tokens(ada)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    fake.clock.advance(61)

    assert tokens["expires_in"] == 60
    assert entra.http.get(f"{fake.graph}/me", headers=bearer).status_code == 401


def spa(entra, fake, ada):
    """Tokens of a single page app, which asks from its own origin."""
    fake.app.redirect_uris.clear()
    fake.app.add_redirect_uri(CALLBACK, platform="spa")
    entra.http.headers["Origin"] = "http://localhost"
    return entra.redeem(entra.code(ada), client_secret=None).json()


def test_a_single_page_app_has_a_day_that_does_not_grow(entra, fake, ada):
    token = spa(entra, fake, ada)["refresh_token"]
    fake.clock.advance(DAY / 2)
    token = entra.refresh(token, client_secret=None).json()["refresh_token"]
    fake.clock.advance(DAY / 2 + 1)

    assert refused(entra.refresh(token, client_secret=None))[0] == 700084


def test_a_single_page_app_must_ask_across_origins(entra, fake, ada):
    token = spa(entra, fake, ada)["refresh_token"]
    del entra.http.headers["Origin"]

    assert refused(entra.refresh(token, client_secret=None))[0] == 9002327
