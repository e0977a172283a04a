"""Faults of the identity platform, ordered by name."""

from __future__ import annotations

import pytest
import requests

from .entra import payload
from .test_identity_token import refused


@pytest.fixture
def token(entra, ada):
    return entra.tokens(ada)["refresh_token"]


@pytest.mark.parametrize(
    ("name", "status", "code", "kind"),
    [
        ("invalid_client", 401, 7000215, "invalid_client"),
        ("expired_secret", 401, 7000222, "invalid_client"),
        ("revoked_grant", 400, 50173, "invalid_grant bad_token"),
        ("expired_refresh_token", 400, 700082, "invalid_grant bad_token"),
        ("spurious_invalid_grant", 400, 70000, "invalid_grant"),
        ("consent_withdrawn", 400, 65001, "invalid_grant consent_required"),
        ("mfa_required", 400, 50076, "interaction_required basic_action"),
        ("blocked_by_policy", 400, 53003, "invalid_grant message_only"),
        ("account_disabled", 400, 50057, "invalid_grant"),
        ("temporarily_unavailable", 503, 90033, "temporarily_unavailable"),
        ("loop_detected", 400, 50196, "invalid_grant"),
    ],
)
class TestRefusal:
    @pytest.fixture(autouse=True)
    def refused_once(self, entra, fake, token, name):
        fake.fail(name)
        self.answer, self.next = entra.refresh(token), entra.refresh(token)

    def test_it_is_what_microsoft_would_say(self, status, code, kind):
        body = self.answer.json()

        assert self.answer.status_code == status
        assert body["error_codes"] == [code]
        assert f"{body['error']} {body.get('suberror', '')}".strip() == kind

    def test_it_comes_once(self, status, code, kind):
        assert self.next.status_code == 200


def test_a_demand_for_mfa_has_claims(entra, fake, token):
    fake.fail("mfa_required")

    assert "capolids" in entra.refresh(token).json()["claims"]


def test_any_refusal_can_be_made_up(entra, fake, token):
    fake.fail("error", error="invalid_grant", code=70043, suberror="bad_token")
    answer = entra.refresh(token)

    assert refused(answer) == (70043, "invalid_grant")
    assert answer.json()["suberror"] == "bad_token"


def test_throttling_says_how_long(entra, fake, token):
    fake.fail("throttled", service="identity", retry_after=17)
    answer = entra.refresh(token)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "17"


@pytest.mark.parametrize(
    ("name", "status"), [("server_error", 500), ("service_unavailable", 503)]
)
def test_an_outage_is_an_outage(entra, fake, token, name, status):
    fake.fail(name, service="identity")

    assert entra.refresh(token).status_code == status


def test_a_cut_connection_has_no_answer(entra, fake, token):
    fake.fail("cut_connection", service="identity")

    with pytest.raises(requests.ConnectionError):
        entra.refresh(token)
    assert fake.requests[-1].status == 0
    assert entra.refresh(token).status_code == 200


def test_a_captive_portal_answers_with_a_page(entra, fake, token):
    fake.fail("not_json", service="identity")
    answer = entra.refresh(token)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_slowness_is_time_that_passes(entra, fake, token):
    before = fake.clock.time()
    fake.fail("slow_token", seconds=120)
    entra.refresh(token)

    assert fake.clock.time() - before >= 120


def test_a_refresh_token_can_stay_away(entra, fake, token):
    fake.fail("no_refresh_token")

    assert "refresh_token" not in entra.refresh(token).json()


def test_lifetimes_can_be_texts(entra, fake, token):
    fake.fail("numbers_as_text")

    assert entra.refresh(token).json()["expires_in"] == "3600"


def test_less_can_be_granted_than_asked(entra, fake, ada):
    code = entra.code(ada, scope="openid User.Read Mail.Send")
    fake.fail("fewer_scopes", scopes=["User.Read"])
    body = entra.redeem(code, scope=None).json()

    assert "Mail.Send" not in body["scope"]
    assert "Mail.Send" not in fake.world.access_token(body["access_token"]).scopes


def test_an_id_token_can_be_wrong(entra, fake, ada):
    code = entra.code(ada)
    fake.fail("wrong_id_token", claims={"aud": "stranger", "tid": None})
    claims = payload(entra.redeem(code).json()["id_token"])

    assert claims["aud"] == "stranger"
    assert "tid" not in claims


def test_a_fault_can_be_for_one_person(entra, fake, ada, ben):
    tokens = [entra.tokens(each)["refresh_token"] for each in (ada, ben)]
    fake.fail("revoked_grant", account=ben)

    assert [entra.refresh(each).status_code for each in tokens] == [200, 400]


def test_a_fault_can_come_later_and_more_than_once(entra, fake, token):
    fake.fail("spurious_invalid_grant", 2, after=1)

    seen = [entra.refresh(token).status_code for _ in range(4)]

    assert seen == [200, 400, 400, 200]


def test_a_fault_of_graph_spares_the_sign_in(entra, fake, ada):
    fake.fail("server_error", service="graph")

    assert entra.tokens(ada)["access_token"]
    assert [each.name for each in fake.world.faults.waiting()] == ["server_error"]


def test_the_pages_are_spared(entra, fake, ada):
    fake.fail("cut_connection")

    assert entra.code(ada)


def test_a_fault_that_nobody_honours_is_a_mistake(fake):
    with pytest.raises(ValueError, match="throttled"):
        fake.fail("throtled")
    with pytest.raises(ValueError, match="nobody"):
        fake.fail("throttled", account="nobody@contoso.example")
