from __future__ import annotations

from typing import Any

import pytest

from tests.identity.wire import CLIENT_ID, ISSUER, LOGIN, OBJECT, TENANT
from wagtail_m365.errors import IdTokenRejected
from wagtail_m365.identity.claims import CLOCK_SKEW, Identity, checked

NOW = 1_795_000_000
MANY = f"{LOGIN}/{{tenantid}}/v2.0"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
GOOD: dict[str, Any] = {
    "aud": CLIENT_ID,
    "iss": ISSUER,
    "tid": TENANT,
    "oid": OBJECT,
    "sub": "subject",
    "exp": NOW + 3600,
    "preferred_username": "mara@contoso.example",
    "name": "Mara Contoso",
}


def _check(issuer: str = ISSUER, **changes: Any) -> Identity:
    return checked(GOOD | changes, client_id=CLIENT_ID, issuer=issuer, now=NOW)


def test_a_good_token_tells_who_signed_in() -> None:
    assert _check() == Identity(
        tenant_id=TENANT,
        object_id=OBJECT,
        username="mara@contoso.example",
        name="Mara Contoso",
    )


def test_where_many_tenants_may_sign_in_the_issuer_is_the_tokens_own_tenant() -> None:
    assert _check(issuer=MANY).tenant_id == TENANT


def test_a_personal_account_signs_in_where_many_may() -> None:
    iss = f"{LOGIN}/{PERSONAL}/v2.0"
    assert _check(issuer=MANY, iss=iss, tid=PERSONAL).tenant_id == PERSONAL


def test_names_may_be_missing() -> None:
    assert _check(preferred_username=None, name=17).username == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "somebody-else"}, "audience"),
        ({"aud": [CLIENT_ID]}, "audience"),
        ({"iss": f"https://evil.example/{TENANT}/v2.0"}, "issuer"),
        ({"iss": f"{LOGIN}/other/v2.0"}, "issuer"),
        ({"iss": f"{ISSUER}/"}, "issuer"),
        ({"tid": ""}, "issuer"),
        ({"tid": None}, "issuer"),
        ({"tid": "other"}, "issuer"),
        ({"exp": 1}, "expired"),
        ({"exp": NOW - CLOCK_SKEW - 1}, "expired"),
        ({"exp": "never"}, "expired"),
        ({"nbf": NOW + CLOCK_SKEW + 1}, "not_yet_valid"),
        ({"oid": ""}, "subject"),
        ({"sub": None}, "subject"),
    ],
    ids=range(14),
)
def test_a_token_that_is_not_for_us_is_rejected(
    changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(IdTokenRejected) as caught:
        _check(**changes)
    assert caught.value.code == f"id_token_{code}"


@pytest.mark.parametrize("tid", ["other", "v2.0", "login.microsoftonline.com", "."])
def test_a_tenant_cannot_slip_into_the_issuer_of_another(tid: str) -> None:
    with pytest.raises(IdTokenRejected):
        _check(issuer=MANY, tid=tid)


@pytest.mark.parametrize("claims", [None, {}, "text", ["aud"]], ids=range(4))
def test_without_readable_claims_nobody_signed_in(claims: Any) -> None:
    with pytest.raises(IdTokenRejected) as caught:
        checked(claims, client_id=CLIENT_ID, issuer=ISSUER, now=NOW)
    assert caught.value.code == "id_token_missing"


@pytest.mark.parametrize("exp", [NOW, NOW - CLOCK_SKEW])
def test_two_clocks_may_be_apart_a_little(exp: int) -> None:
    assert _check(exp=exp).object_id == OBJECT
