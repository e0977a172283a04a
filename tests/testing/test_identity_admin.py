"""What only an administrator can grant."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from wagtail_m365.testing import SignInRefused

from .entra import CALLBACK, SCOPE, answer_of

ADMIN_ONLY = f"{SCOPE} Sites.FullControl.All"


@pytest.fixture
def boss(fake):
    return fake.add_account("boss@contoso.example", "Boss Example", is_admin=True)


@pytest.fixture
def consent_url(entra, fake):
    def url(**changes):
        query = {
            "client_id": fake.app.client_id,
            "redirect_uri": CALLBACK,
            "state": "s",
            "scope": "https://graph.microsoft.com/User.Read "
            "https://graph.microsoft.com/Mail.Send",
        }
        return f"{entra.address}/v2.0/adminconsent?{urlencode(query | changes)}"

    return url


def needs_approval(fake, url, account):
    """Does the person return without a grant?"""
    back = answer_of(fake.sign_in(url, account))
    return back.get("error") == "access_denied"


def test_some_rights_only_an_admin_can_grant(entra, fake, ada):
    assert needs_approval(fake, entra.url(scope=ADMIN_ONLY), ada)


def test_an_application_can_need_an_admin_for_everything(entra, fake, ada):
    fake.app.requires_admin_consent = True

    assert needs_approval(fake, entra.url(), ada)


def test_one_right_of_an_application_can_need_an_admin(entra, fake, ada):
    fake.app.admin_consent.add("Mail.Send")

    assert not needs_approval(fake, entra.url(), ada)
    assert needs_approval(fake, entra.url(scope=f"{SCOPE} Mail.Send"), ada)


def test_a_tenant_can_forbid_consent_to_people(entra, fake, ada):
    fake.tenant.user_consent = False

    assert needs_approval(fake, entra.url(), ada)


def test_the_page_says_what_to_do(entra, fake, ada):
    fake.tenant.user_consent = False
    page = entra.get()
    context = page.text.partition('name="ctx" value="')[2].partition('"')[0]

    page = entra.http.post(
        f"{fake.authority}/common/login",
        data={"ctx": context, "account": ada.object_id},
    )

    assert "Need admin approval" in page.text
    assert "Return to the application without granting consent" in page.text
    assert "AADSTS90094" in page.text


def test_an_admin_can_grant_it_for_themselves(entra, fake, ada, boss):
    assert "code" in answer_of(fake.sign_in(entra.url(scope=ADMIN_ONLY), boss))
    assert needs_approval(fake, entra.url(scope=ADMIN_ONLY), ada)


def test_an_admin_can_grant_it_for_everybody(entra, fake, ada, boss):
    url = entra.url(scope=ADMIN_ONLY)
    fake.sign_in(url, boss, for_organization=True)

    assert "code" in answer_of(fake.sign_in(url, ada))


def test_an_admin_can_consent_beforehand(entra, fake, ada, boss, consent_url):
    fake.tenant.user_consent = False

    back = answer_of(fake.sign_in(consent_url(), boss))

    assert back["admin_consent"] == "True"
    assert back["tenant"] == fake.tenant.id
    assert back["state"] == "s"
    url = entra.url(scope="User.Read Mail.Send")
    assert "code" in answer_of(fake.sign_in(url, ada))


def test_an_admin_can_say_no(fake, boss, consent_url):
    back = answer_of(fake.sign_in(consent_url(), boss, consent=False))

    assert back["error"] == "permission_denied"
    assert back["state"] == "s"


def test_nobody_else_can_consent_for_everybody(fake, ada, consent_url):
    back = answer_of(fake.sign_in(consent_url(), ada))

    assert back["error"] == "permission_denied"


def test_the_consent_needs_a_registered_address(fake, boss, consent_url):
    with pytest.raises(SignInRefused, match="AADSTS50011"):
        fake.sign_in(consent_url(redirect_uri="https://evil.example/"), boss)


def test_the_consent_needs_a_tenant(entra, fake, boss, consent_url):
    entra.tenant = "organizations"

    back = answer_of(fake.sign_in(consent_url(), boss))

    assert back["tenant"] == fake.tenant.id
