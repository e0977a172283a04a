"""What the authorization endpoint refuses, and who hears of it."""

from __future__ import annotations

import pytest

from .entra import CALLBACK, Application, answer_of


def code_of_page(answer):
    """The AADSTS code that a page shows."""
    assert answer.headers["Content-Type"].startswith("text/html")
    return int(answer.text.partition("AADSTS")[2].partition(":")[0])


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost/callback",
        "http://localhost/Callback/",
        "http://localhost/callback/?a=1",
        "https://localhost/callback/",
        "http://127.0.0.1/callback/",
        "https://elsewhere.example/callback/",
    ],
)
def test_another_redirect_uri_is_a_page(entra, uri):
    answer = entra.get(redirect_uri=uri)

    assert answer.status_code == 400
    assert code_of_page(answer) == 50011
    assert uri.replace("&", "&amp;") in answer.text


def test_the_port_of_localhost_does_not_matter(entra, fake, ada):
    uri = "http://localhost:8123/callback/"

    back = fake.sign_in(entra.url(redirect_uri=uri), ada)

    assert back.startswith(f"{uri}?code=")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": "00000000-1111-2222-3333-444444444444"}, 700016),
        ({"client_id": None}, 900144),
    ],
)
def test_an_unknown_application_is_a_page(entra, changes, code):
    assert code_of_page(entra.get(**changes)) == code


def test_an_unknown_tenant_is_a_page(entra, fake):
    url = entra.url().replace(fake.tenant.id, "nobody.example")

    assert code_of_page(entra.get(url)) == 90002


def test_an_application_without_addresses_is_a_page(fake, http):
    application = Application(fake, http, fake.app)

    assert code_of_page(application.get()) == 500113


def test_a_single_tenant_application_is_not_for_common(entra, fake):
    fake.app.audience = "single"
    entra.tenant = "common"

    assert code_of_page(entra.get()) == 50194


def test_a_single_tenant_application_is_unknown_elsewhere(entra, fake):
    fake.app.audience = "single"
    entra.tenant = fake.world.add_tenant("fabrikam.onmicrosoft.com").id

    assert code_of_page(entra.get()) == 700016


def test_an_application_for_personal_accounts_is_not_for_work(entra, fake):
    fake.app.audience = "personal"

    assert code_of_page(entra.get()) == 9002332


def test_a_disabled_application_is_a_page(entra, fake):
    fake.app.enabled = False

    assert code_of_page(entra.get()) == 7000112


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"response_type": "token"}, "unsupported_response_type", "AADSTS700051"),
        ({"response_type": "id_token"}, "unsupported_response_type", "AADSTS700054"),
        ({"response_mode": "pigeon"}, "invalid_request", "AADSTS70007"),
        ({"response_type": None}, "invalid_request", "AADSTS900144"),
        ({"scope": None}, "invalid_request", "AADSTS900144"),
        ({"prompt": "please"}, "invalid_request", "AADSTS90023"),
        ({"code_challenge_method": "S512"}, "invalid_request", "AADSTS501491"),
        ({"code_challenge": "short"}, "invalid_request", "AADSTS50147"),
        ({"code_challenge": None}, "invalid_request", "AADSTS50147"),
        ({"scope": "Files.ReadEverything"}, "invalid_client", "AADSTS650053"),
        ({"claims": "{nonsense"}, "invalid_request", "AADSTS9002313"),
    ],
)
def test_other_mistakes_are_told_to_the_application(entra, changes, error, code):
    back = answer_of(entra.get(**changes).headers["Location"])

    assert back["error"] == error
    assert back["error_description"].startswith(f"{code}: ")
    assert back["state"] == "the state"
    assert "code" not in back


def test_an_unknown_resource_is_a_page(entra):
    answer = entra.get(scope="https://nobody.example/Things.Read")

    assert code_of_page(answer) == 500011


def test_parameters_that_nobody_knows_are_ignored(entra, fake, ada):
    assert entra.code(ada, nonsense="1")


def test_the_resource_of_version_one_is_a_page(entra):
    assert code_of_page(entra.get(resource="https://graph.microsoft.com")) == 901002


@pytest.mark.parametrize("name", ["request", "registration"])
def test_a_parameter_that_only_microsoft_heeds_is_named(entra, name):
    answer = entra.get(**{name: "1"})

    assert answer.status_code == 501
    assert name in answer.text


def test_state_comes_back_as_it_was(entra, fake, ada):
    state = "a b&c=d/é%20+"

    back = fake.sign_in(entra.url(state=state), ada)

    assert answer_of(back)["state"] == state


def test_without_state_there_is_none(entra, fake, ada):
    assert "state" not in answer_of(fake.sign_in(entra.url(state=None), ada))


def test_client_info_comes_when_it_is_asked_for(entra, fake, ada):
    plain = answer_of(fake.sign_in(entra.url(), ada))
    asked = answer_of(fake.sign_in(entra.url(client_info="1"), ada))

    assert "client_info" not in plain
    assert asked["client_info"]


def test_a_fragment_is_a_fragment(entra, fake, ada):
    back = fake.sign_in(entra.url(response_mode="fragment"), ada)

    assert back.startswith(f"{CALLBACK}#code=")


def test_form_post_is_a_page_that_sends_itself(entra, fake, ada):
    back = fake.sign_in(entra.url(response_mode="form_post"), ada)

    assert back.startswith(f"{CALLBACK}?code=")
    assert fake.requests[-1].status == 200


def test_nothing_on_the_way_may_be_kept(entra):
    answer = entra.get()

    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_what_was_typed_is_not_run(entra):
    answer = entra.get(login_hint='"><script>alert(1)</script>')

    assert "<script>alert" not in answer.text
