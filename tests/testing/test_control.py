"""The control API: a test in another process can do what one in this process can."""

from __future__ import annotations

import base64

import pytest

from .entra import CALLBACK, Application, answer_of
from .test_identity_token import refused


@pytest.fixture
def control(fake, http):
    """Calls the control API and gives its JSON."""

    def control(method, name, /, **body):
        answer = http.request(method, f"{fake.authority}/_control/{name}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return control


def test_it_describes_itself(control):
    calls = control("GET", "")["calls"]

    assert "POST /_control/faults" in calls
    assert all(calls.values())


def test_an_unknown_call_is_told_what_there_is(fake, http):
    answer = http.get(f"{fake.authority}/_control/nonsense")

    assert answer.status_code == 404
    assert answer.json()["calls"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("faults", {"name": "nonsense"}),
        ("faults", {}),
        ("accounts", {"nonsense": 1}),
        ("options", {"nonsense": 1}),
        ("revocations", {"account": "nobody@contoso.example"}),
        ("consents", {"account": "nobody@contoso.example", "scopes": []}),
        ("secrets", {"client_id": "nonsense"}),
        ("drives/change", {"account": "nobody@contoso.example"}),
    ],
)
def test_bad_input_is_told(fake, http, name, body):
    answer = http.post(f"{fake.authority}/_control/{name}", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert fake.world.crashes == []


def test_what_is_no_json_is_told(fake, http):
    answer = http.post(f"{fake.authority}/_control/clock", data="nonsense")

    assert answer.status_code == 400


def test_a_reset_empties_the_world(control, fake, ada):
    before = fake.tenant.id

    control("POST", "reset")

    assert fake.world.accounts == {}
    assert fake.tenant.id != before


def test_people_are_added_changed_and_listed(control, fake):
    control("POST", "accounts", username="x@contoso.example", password="p")
    changed = control("PATCH", "accounts", account="x@contoso.example", blocked=True)
    listed = control("GET", "accounts")["accounts"]

    assert changed["blocked"] is True
    assert listed == [changed]
    assert fake.world.find_account("x@contoso.example").blocked


def test_people_can_belong_to_another_tenant(control, fake):
    tenant = control("POST", "tenants", domain="fabrikam.onmicrosoft.com")
    person = control(
        "POST", "accounts", username="f@fabrikam.example", tenant=tenant["domain"]
    )

    assert person["tenant_id"] == tenant["id"]
    assert len(control("GET", "tenants")["tenants"]) == 2


def test_a_whole_sign_in_can_be_prepared(control, fake, http):
    app = control("POST", "apps", name="Other", redirect_uris=[CALLBACK])
    control("POST", "accounts", username="x@contoso.example", password="p")
    application = Application(fake, http, fake.world.apps[app["client_id"]])
    person = fake.world.find_account("x@contoso.example")

    answer = application.redeem(
        application.code(person), client_secret=app["client_secret"]
    )

    assert answer.status_code == 200


def test_applications_are_changed_and_listed(control, fake):
    changed = control(
        "PATCH",
        "apps",
        audience="single",
        permissions=["Mail.Read"],
        assigned=["x"],
        redirect_uris=[{"url": "https://site.example/", "platform": "spa"}],
    )

    assert changed in control("GET", "apps")["apps"]
    assert fake.app.permissions == {"Mail.Read"}
    assert fake.app.assigned == {"x"}
    assert changed["redirect_uris"] == [
        {"url": "https://site.example/", "platform": "spa"}
    ]


def test_a_secret_is_added(control, fake):
    added = control("POST", "secrets", expires_on=1)

    assert fake.secret == added["value"]
    assert fake.app.secrets[-1].expires_on == 1


def test_faults_are_ordered_listed_and_taken_back(control, entra, ada):
    token = entra.tokens(ada)["refresh_token"]
    control(
        "POST",
        "faults",
        name="mfa_required",
        times=2,
        account=ada.username,
        claims="{}",
    )
    waiting = control("GET", "faults")["waiting"]

    assert [each["name"] for each in waiting] == ["mfa_required"]
    assert refused(entra.refresh(token))[0] == 50076
    control("DELETE", "faults")
    assert entra.refresh(token).status_code == 200


def test_the_clock_is_moved(control, fake):
    before = control("GET", "clock")["time"]
    after = control("POST", "clock", advance=3600)["time"]

    assert after - before >= 3600
    assert fake.clock.ahead == 3600


def test_options_are_set(control, fake):
    assert control("GET", "options")["strict_rotation"] is False
    assert control("POST", "options", strict_rotation=True)["strict_rotation"] is True
    assert fake.options.strict_rotation


def test_the_log_can_be_read_and_cleared(control, entra, ada):
    entra.tokens(ada)

    asked = control("GET", "requests")["requests"]
    control("DELETE", "requests")

    assert any(each["path"].endswith("/token") for each in asked)
    assert not any("_control" in each["path"] for each in asked)
    assert control("GET", "requests")["requests"] == []


def test_consent_is_given_and_withdrawn(control, entra, fake, ada):
    given = control(
        "POST", "consents", account=ada.username, scopes=["User.Read", "Mail.Send"]
    )
    left = control("DELETE", "consents", account=ada.username, scopes=["Mail.Send"])

    assert given["scopes"] == ["Mail.Send", "User.Read"]
    assert left["scopes"] == ["User.Read"]


def test_consent_is_given_for_a_tenant(control, entra, fake, ada):
    fake.tenant.user_consent = False
    scopes = ["openid", "profile", "offline_access", "User.Read"]
    control("POST", "consents", tenant=fake.tenant.id, scopes=scopes)

    assert "code" in answer_of(fake.sign_in(entra.url(), ada))


def test_sessions_are_revoked(control, entra, ada):
    token = entra.tokens(ada)["refresh_token"]

    control("POST", "revocations", account=ada.username)

    assert refused(entra.refresh(token))[0] == 50173


def test_a_drive_is_looked_at_and_changed(control, fake, ada, ben):
    def change(do, path, **more):
        control("POST", "drives/change", account=ada.username, do=do, path=path, **more)

    def read(path):
        found = control("POST", "drives/read", account=ada.username, path=path)
        return base64.b64decode(found["content"])

    text = base64.b64encode(b"first").decode()
    change("put", "Reports/rules.txt", content=text)
    assert read("Reports/rules.txt") == b"first"

    text = base64.b64encode(b"second").decode()
    change("edit", "Reports/rules.txt", content=text, by=ben.username)
    assert read("Reports/rules.txt") == b"second"

    change("lock", "Reports/rules.txt")
    assert fake.drive(ada).item("Reports/rules.txt").held_by
    change("unlock", "Reports/rules.txt")

    change("rename", "Reports/rules.txt", name="laws.txt")
    files = control("POST", "drives/list", account=ada.username)["files"]
    assert [each["path"] for each in files] == ["Reports/laws.txt"]

    change("delete", "Reports/laws.txt")
    drive = control("POST", "drives/list", account=ada.username)
    assert drive["files"] == []
    assert [each["name"] for each in drive["recycle_bin"]] == ["laws.txt"]
