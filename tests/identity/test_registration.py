from __future__ import annotations

import pytest

from tests.identity.wire import registration
from wagtail_m365.errors import Misconfigured
from wagtail_m365.identity.registration import ClientSecret
from wagtail_m365.redaction import Secret


@pytest.mark.parametrize(
    "tenant",
    [
        "common",
        "organizations",
        "consumers",
        "contoso.onmicrosoft.com",
        "9188040d-6c67-4c5b-b112-36a304b66dad",
    ],
)
def test_a_tenant_is_an_id_a_domain_or_a_word_for_many(tenant: str) -> None:
    assert registration(tenant=tenant).tenant == tenant


@pytest.mark.parametrize(
    "tenant", ["", "../common", "a/b", "a?b", "a b", "a@b", "a\n", ".a", "a" * 300]
)
def test_a_tenant_that_would_change_the_address_is_refused(tenant: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        registration(tenant=tenant)
    assert caught.value.code == "invalid_tenant"


@pytest.mark.parametrize("client_id", ["", " ", "a b", "a&b=c", "a\n"])
def test_a_client_id_is_a_plain_word(client_id: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        registration(client_id=client_id)
    assert caught.value.code == "invalid_client_id"


def test_a_registration_shows_no_secret() -> None:
    shown = repr(registration(credential=ClientSecret(value=Secret("planted"))))
    assert "planted" not in shown


def test_equal_registrations_are_one_key_and_another_secret_is_another() -> None:
    other = registration(credential=ClientSecret(value=Secret("new")))
    assert len({registration(), registration(), other}) == 2
