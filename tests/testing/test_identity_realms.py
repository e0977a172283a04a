"""Tenants, personal accounts and guests: who is let in where."""

from __future__ import annotations

import pytest

from wagtail_m365.testing import SignInRefused

from .entra import SCOPE, answer_of, payload
from .test_identity_token import refused

PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"


@pytest.fixture
def fabrikam(fake):
    return fake.world.add_tenant("fabrikam.onmicrosoft.com", "Fabrikam")


@pytest.fixture
def fred(fake, fabrikam):
    """Somebody of another organisation."""
    return fake.add_account("fred@fabrikam.example", "Fred Example", tenant=fabrikam)


@pytest.mark.parametrize("tenant", ["common", "organizations"])
def test_any_work_account_is_let_in_at(entra, fred, tenant):
    entra.tenant = tenant

    claims = payload(entra.tokens(fred)["id_token"])

    assert claims["tid"] == fred.tenant_id


@pytest.mark.parametrize("tenant", ["common", "consumers", PERSONAL])
def test_a_personal_account_is_let_in_at(entra, pia, tenant):
    entra.tenant = tenant

    claims = payload(entra.tokens(pia)["id_token"])

    assert claims["tid"] == PERSONAL
    assert claims["oid"].startswith("00000000-0000-0000-")


def test_a_personal_account_is_not_for_organizations(entra, fake, pia):
    entra.tenant = "organizations"

    with pytest.raises(SignInRefused, match="AADSTS500200"):
        fake.sign_in(entra.url(), pia)


def test_a_personal_account_is_not_for_every_application(entra, fake, pia):
    fake.app.audience = "multiple"
    entra.tenant = "common"

    with pytest.raises(SignInRefused, match="AADSTS500200"):
        fake.sign_in(entra.url(), pia)


def test_consumers_are_not_for_every_application(entra, fake):
    fake.app.audience = "multiple"
    entra.tenant = "consumers"

    assert "AADSTS700016" in entra.get().text


@pytest.mark.parametrize("who", ["fred", "pia"])
def test_a_stranger_is_not_let_into_a_tenant(entra, fake, who, request):
    stranger = request.getfixturevalue(who)

    with pytest.raises(SignInRefused, match="AADSTS50020"):
        fake.sign_in(entra.url(), stranger)


def test_a_work_account_is_not_for_consumers(entra, fake, ada):
    entra.tenant = "consumers"

    with pytest.raises(SignInRefused, match="AADSTS50020"):
        fake.sign_in(entra.url(), ada)


def test_a_guest_has_another_id_and_the_same_home(entra, fake, fred):
    guest = fake.world.invite(fred, fake.tenant)

    body = entra.redeem(entra.code(fred), client_info="1").json()
    claims = payload(body["id_token"])
    home = payload(f".{body['client_info']}")

    assert claims["tid"] == fake.tenant.id
    assert claims["oid"] == guest.object_id != fred.object_id
    assert home == {"uid": fred.object_id, "utid": fred.tenant_id}


def test_a_guest_can_refresh_where_they_are_a_guest(entra, fake, fred, fabrikam):
    fake.world.invite(fred, fake.tenant)
    token = entra.tokens(fred)["refresh_token"]

    assert entra.refresh(token).status_code == 200

    entra.tenant = fake.world.add_tenant("third.onmicrosoft.com").id
    assert refused(entra.refresh(token))[0] == 50020


def test_a_refresh_token_is_not_bound_to_an_alias(entra, fake, ada):
    entra.tenant = "organizations"
    token = entra.tokens(ada)["refresh_token"]
    entra.tenant = fake.tenant.id

    assert entra.refresh(token).status_code == 200


def test_personal_accounts_do_not_have_every_right(entra, fake, pia):
    entra.tenant = "common"

    with pytest.raises(SignInRefused, match="AADSTS70011"):
        fake.sign_in(entra.url(scope=f"{SCOPE} Sites.Read.All"), pia)


def test_an_alias_comes_back_from_both_sides(entra, fake, ada, pia):
    entra.tenant = "common"

    for account in (ada, pia):
        assert "code" in answer_of(fake.sign_in(entra.url(), account))
