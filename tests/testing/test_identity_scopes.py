"""How scopes may be written, and what the answer says of them."""

from __future__ import annotations

import pytest

from .entra import CALLBACK, SCOPE, Application
from .test_identity_token import refused

GRAPH = "https://graph.microsoft.com"
SHAREPOINT = "https://contoso-my.sharepoint.com"


@pytest.mark.parametrize(
    "prefix", ["", f"{GRAPH}/", "00000003-0000-0000-c000-000000000000/"]
)
def test_scopes_come_back_as_they_were_written(entra, ada, prefix):
    scope = f"openid offline_access {prefix}Files.Read {prefix}User.Read"

    answer = entra.tokens(ada, scope=scope)

    assert set(answer["scope"].split()) == {
        *(f"{prefix}Files.Read", f"{prefix}User.Read", "openid"),
    }


@pytest.mark.parametrize("version", ["", "/v1.0"])
def test_this_servers_own_address_is_graph_too(entra, fake, ada, version):
    own = f"{fake.authority}{version}"

    tokens = entra.tokens(ada, scope=f"openid {own}/Files.Read")
    issued = fake.world.access_token(tokens["access_token"])

    assert f"{own}/Files.Read" in tokens["scope"].split()
    assert issued.audience == GRAPH
    assert issued.scopes == {"Files.Read", "openid"}


def test_the_case_of_a_scope_does_not_matter(entra, ada):
    answer = entra.tokens(ada, scope="openid files.readwrite user.read")

    assert {"Files.ReadWrite", "User.Read"} <= set(answer["scope"].split())


def test_offline_access_is_never_listed(entra, ada):
    assert "offline_access" not in entra.tokens(ada)["scope"].split()


def test_default_means_what_is_registered(entra, fake, ada):
    fake.app.permissions = {"User.Read", "Mail.Read"}

    answer = entra.tokens(ada, scope=f"openid offline_access {GRAPH}/.default")

    assert {f"{GRAPH}/User.Read", f"{GRAPH}/Mail.Read"} <= set(answer["scope"].split())
    assert f"{GRAPH}/.default" in answer["scope"].split()


def test_default_means_at_a_refresh_what_was_granted(entra, ada):
    token = entra.tokens(ada, scope=f"{SCOPE} Files.Read")["refresh_token"]

    answer = entra.refresh(token, scope=f"{GRAPH}/.default").json()

    assert {f"{GRAPH}/User.Read", f"{GRAPH}/Files.Read"} <= set(answer["scope"].split())


def test_default_does_not_go_with_others(entra):
    answer = entra.get(scope=f"{GRAPH}/.default User.Read")

    assert "AADSTS70011" in answer.text


def test_sharepoint_is_another_resource(entra, fake, ada):
    token = entra.tokens(ada, scope=f"{SCOPE} {SHAREPOINT}/MyFiles.Read")

    answer = entra.refresh(
        token["refresh_token"], scope=f"{SHAREPOINT}/MyFiles.Read offline_access"
    ).json()
    issued = fake.world.access_token(answer["access_token"])

    assert answer["scope"] == f"{SHAREPOINT}/MyFiles.Read"
    assert issued.audience == SHAREPOINT
    assert issued.scopes == {"MyFiles.Read"}


def test_a_token_is_for_one_resource(entra, ada):
    both = f"{SCOPE} {SHAREPOINT}/MyFiles.Read"
    code = entra.code(ada, scope=both)

    assert refused(entra.redeem(code, scope=both)) == (28000, "invalid_request")


def test_graph_refuses_a_token_for_sharepoint(entra, fake, ada):
    tokens = entra.tokens(ada, scope=f"openid {SHAREPOINT}/MyFiles.Read")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    assert entra.http.get(f"{fake.graph}/me", headers=bearer).status_code == 401


def test_an_applications_own_api_is_a_resource(entra, fake, ada):
    api = fake.world.add_app("Archive", fake.tenant, exposes={"Read": "Read it"})
    name = f"api://{api.client_id}/Read"

    tokens = entra.tokens(ada, scope=f"openid {name}")

    assert name in tokens["scope"].split()


def test_consent_is_for_one_application(entra, fake, ada):
    token = entra.tokens(ada, scope=f"{SCOPE} Mail.Send")["refresh_token"]
    other = fake.world.add_app("Other", fake.tenant)
    other.add_secret()
    other.add_redirect_uri(CALLBACK)
    stranger = Application(fake, entra.http, other)
    theirs = stranger.tokens(ada)["refresh_token"]

    assert entra.refresh(token, scope="Mail.Send").status_code == 200
    assert refused(stranger.refresh(theirs, scope="Mail.Send"))[0] == 65001
