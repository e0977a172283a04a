"""What a person sees and presses while signing in."""

from __future__ import annotations

import re

import pytest

from wagtail_m365.testing import SignInRefused

from .entra import SCOPE, answer_of


@pytest.fixture
def press(entra):
    """Sends the form of a page with a button pressed."""

    def press(page, action, **fields):
        context = re.search(r'name="ctx" value="([^"]+)"', page.text)[1]
        assert f'action="{action}"' in page.text
        return entra.http.post(
            f"{entra.fake.authority}{action}",
            data={"ctx": context, **fields},
            allow_redirects=False,
        )

    return press


@pytest.fixture
def log_in(entra, press):
    """Signs in on the first page."""

    def log_in(account, **changes):
        page = entra.get(**changes)
        return press(
            page, "/common/login", username=account.username, password=account.password
        )

    return log_in


@pytest.fixture
def accept(press):
    return lambda page, **fields: press(page, "/common/Consent/Set", **fields)


def test_the_sign_in_page_offers_the_accounts(entra, ada, ben):
    page = entra.get()

    assert page.status_code == 200
    for account in (ada, ben):
        assert account.name in page.text
        assert account.username in page.text
    assert 'lang="en"' in page.text
    assert '<label for="username">' in page.text


def test_an_account_can_be_picked_without_a_password(entra, press, ada):
    page = press(entra.get(), "/common/login", account=ada.object_id)

    assert "Permissions requested" in page.text


def test_a_wrong_password_is_told_on_the_page(entra, press, ada):
    page = press(entra.get(), "/common/login", username=ada.username, password="wrong")

    assert "AADSTS50126" in page.text
    assert f'value="{ada.username}"' in page.text


def test_an_unknown_name_is_told_on_the_page(entra, press, ada):
    page = press(
        entra.get(), "/common/login", username="nobody@contoso.example", password="x"
    )

    assert "AADSTS50034" in page.text


def test_the_hint_is_filled_in(entra, ada):
    assert 'value="ada@x.example"' in entra.get(login_hint="ada@x.example").text


def test_cancelling_goes_back(entra, press, ada):
    answer = press(entra.get(), "/common/login", cancel="1")

    assert answer_of(answer.headers["Location"])["error"] == "access_denied"


def test_the_consent_page_says_what_in_plain_words(log_in, ada):
    page = log_in(ada, scope=f"{SCOPE} Files.ReadWrite Mail.Send")

    assert "Have full access to your files" in page.text
    assert "Send mail as you" in page.text
    assert "Mail.Send" in page.text
    assert ada.username in page.text


def test_accepting_goes_back_with_a_code(log_in, accept, ada):
    answer = accept(log_in(ada))

    assert answer.status_code == 302
    assert answer_of(answer.headers["Location"])["code"]


def test_only_what_is_new_is_asked_for_later(log_in, accept, ada):
    accept(log_in(ada))

    page = log_in(ada, scope=f"{SCOPE} Mail.Send", prompt="select_account")

    assert "Send mail as you" in page.text
    assert "read your profile" not in page.text


def test_a_browser_remembers_who_signed_in(entra, log_in, accept, ada):
    accept(log_in(ada))

    answer = entra.get()

    assert answer.status_code == 302
    assert "code" in answer_of(answer.headers["Location"])


@pytest.mark.parametrize("prompt", ["login", "select_account"])
def test_it_can_be_told_to_ask_all_the_same(entra, log_in, accept, ada, prompt):
    accept(log_in(ada))

    assert entra.get(prompt=prompt).status_code == 200


def test_consent_can_be_asked_for_again(entra, log_in, accept, ada):
    accept(log_in(ada))

    page = entra.get(prompt="consent")

    assert "Permissions requested" in page.text
    assert accept(page).status_code == 302


def test_another_hint_asks(entra, log_in, accept, ada, ben):
    accept(log_in(ada))

    assert entra.get(login_hint=ben.username).status_code == 200
    assert entra.get(login_hint=ada.username).status_code == 302


def test_with_two_signed_in_it_asks_which(entra, log_in, accept, ada, ben):
    accept(log_in(ada))
    accept(log_in(ben, prompt="select_account"))

    assert entra.get().status_code == 200


def test_another_browser_knows_nobody(entra, log_in, accept, ada):
    accept(log_in(ada))
    entra.http.cookies.clear()

    assert entra.get().status_code == 200


def test_without_a_page_nobody_is_asked(entra, log_in, accept, ada):
    back = answer_of(entra.get(prompt="none").headers["Location"])
    assert back["error"] == "login_required"

    accept(log_in(ada))
    assert "code" in answer_of(entra.get(prompt="none").headers["Location"])

    wider = entra.get(prompt="none", scope=f"{SCOPE} Mail.Send")
    assert answer_of(wider.headers["Location"])["error"] == "consent_required"

    ada.requires_mfa = True
    back = answer_of(entra.get(prompt="none").headers["Location"])
    assert back["error"] == "interaction_required"


def test_a_form_belongs_to_its_browser(entra, press, ada):
    page = entra.get()
    entra.http.cookies.clear()

    answer = press(page, "/common/login", account=ada.object_id)

    assert answer.status_code == 400
    assert "is over" in answer.text


def test_the_second_factor_is_asked_for(log_in, press, accept, ada):
    ada.requires_mfa = True
    page = log_in(ada)

    assert "Approve sign-in request" in page.text
    page = press(page, "/common/SAS/ProcessAuth", decision="approve")
    assert accept(page).status_code == 302


def test_a_denied_second_factor_is_a_page(log_in, press, ada):
    ada.requires_mfa = True

    page = press(log_in(ada), "/common/SAS/ProcessAuth", decision="deny")

    assert "AADSTS500121" in page.text


def test_the_second_factor_cannot_be_skipped(log_in, press, ada, entra):
    page = log_in(ada)
    ada.requires_mfa = True

    page = press(page, "/common/Consent/Set")

    assert "Approve sign-in request" in page.text


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({"enabled": False}, "AADSTS50057"),
        ({"blocked": True}, "AADSTS53003"),
        ({"password_expired": True}, "AADSTS50055"),
    ],
)
def test_an_account_that_may_not_sign_in_sees_why(entra, fake, ada, state, code):
    for name, value in state.items():
        setattr(ada, name, value)

    with pytest.raises(SignInRefused, match=code):
        fake.sign_in(entra.url(), ada)


def test_from_an_error_another_account_can_be_tried(log_in, press, accept, ada, ben):
    ada.enabled = False

    page = press(log_in(ada), "/common/reprocess")
    page = press(page, "/common/login", account=ben.object_id)

    assert accept(page).status_code == 302


def test_somebody_who_is_not_assigned_is_refused(entra, fake, ada, ben):
    fake.app.assigned = {ben.object_id}

    with pytest.raises(SignInRefused, match="AADSTS50105"):
        fake.sign_in(entra.url(), ada)
    assert "code" in answer_of(fake.sign_in(entra.url(), ben))


def test_signing_out_ends_the_browsers_sign_in_alone(entra, log_in, ada):
    tokens = entra.tokens(ada)
    log_in(ada)
    entra.http.get(f"{entra.address}/oauth2/v2.0/logout")

    assert entra.get().status_code == 200
    assert entra.refresh(tokens["refresh_token"]).status_code == 200


def test_after_signing_out_it_goes_to_a_registered_address_only(entra):
    logout = f"{entra.address}/oauth2/v2.0/logout?post_logout_redirect_uri="

    there = entra.http.get(f"{logout}http://localhost/callback/", allow_redirects=False)
    evil = entra.http.get(f"{logout}https://evil.example/", allow_redirects=False)

    assert there.headers["Location"] == "http://localhost/callback/"
    assert evil.status_code == 200
    assert "evil" not in evil.text
