"""Who is let in to the fake's Graph, and how it refuses."""

from __future__ import annotations

import base64
import json
import re

import pytest

from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from .caller import Caller, code_of
from .conftest import CallerOf


def test_the_profile_is_told_to_who_may_read_it(graph: Caller) -> None:
    me = graph.get("me").json()

    assert me["userPrincipalName"] == "ada@contoso.onmicrosoft.com"
    assert me["displayName"] == "Ada Example"


def test_others_profiles_need_a_scope_of_their_own(
    caller_of: CallerOf, graph: Caller, ada: Account, ben: Account
) -> None:
    directory = caller_of(ada, "User.ReadBasic.All")

    assert directory.get(f"users/{ben.object_id}").json()["id"] == ben.object_id
    assert directory.get(f"users/{ben.username}").json()["id"] == ben.object_id
    assert graph.get(f"users/{ada.object_id}").status_code == 200
    refused = graph.get(f"users/{ben.object_id}")
    assert code_of(refused) == (403, "Authorization_RequestDenied")


def test_a_request_without_a_token_is_refused_with_a_challenge(graph: Caller) -> None:
    answer = graph.plain("GET", f"{graph.base}/me")

    assert code_of(answer) == (401, "InvalidAuthenticationToken")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_nobody_issued_is_refused(graph: Caller) -> None:
    answer = graph.get("me", headers={"Authorization": "Bearer invented"})

    assert code_of(answer) == (401, "InvalidAuthenticationToken")


def test_a_token_dies_when_its_time_is_over(fake: FakeMicrosoft, graph: Caller) -> None:
    fake.clock.advance(3601)

    assert code_of(graph.get("me")) == (401, "InvalidAuthenticationToken")


def test_a_token_for_another_audience_is_refused(
    fake: FakeMicrosoft, graph: Caller, ada: Account
) -> None:
    graph.token = fake.world.issue_access_token(
        ada, fake.app, ["User.Read"], audience="https://vault.azure.net"
    )

    assert code_of(graph.get("me")) == (401, "InvalidAuthenticationToken")


def test_a_revoked_token_of_a_cae_client_is_challenged(
    fake: FakeMicrosoft, graph: Caller, ada: Account
) -> None:
    graph.token = fake.world.issue_access_token(
        ada, fake.app, ["User.Read"], capabilities=frozenset({"CP1"})
    )
    fake.world.revoke_sessions(ada)

    answer = graph.get("me")

    assert answer.status_code == 401
    assert 'error="insufficient_claims"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("scopes", "path", "code"),
    [
        ([], "me", "Authorization_RequestDenied"),
        (["User.Read"], "me/drive", "accessDenied"),
        (["User.Read"], "me/drive/root/children", "accessDenied"),
        (["Files.ReadWrite.AppFolder"], "me/drive", "accessDenied"),
        (["Files.ReadWrite.AppFolder"], "me/drive/root/children", "accessDenied"),
        (["Files.ReadWrite"], "sites?search=a", "accessDenied"),
        (["Mail.Send"], "me/messages", "ErrorAccessDenied"),
        (["Mail.Read"], "me/events", "ErrorAccessDenied"),
    ],
)
def test_a_token_without_the_scope_is_refused(
    caller_of: CallerOf, ada: Account, scopes: list[str], path: str, code: str
) -> None:
    assert code_of(caller_of(ada, *scopes).get(path)) == (403, code)


def test_who_may_only_read_cannot_write(caller_of: CallerOf, ada: Account) -> None:
    reader = caller_of(ada, "Files.Read")

    assert reader.get("me/drive/root/children").status_code == 200
    assert code_of(reader.put("me/drive/root:/a.txt:/content", b"a")) == (
        403,
        "accessDenied",
    )


def test_an_app_folder_token_works_in_the_app_folder_only(
    caller_of: CallerOf, ada: Account
) -> None:
    app = caller_of(ada, "Files.ReadWrite.AppFolder")

    folder = app.get("me/drive/special/approot").json()
    inside = app.put("me/drive/special/approot:/a.txt:/content", b"a")
    by_id = app.get(f"me/drive/items/{inside.json()['id']}")
    outside = app.put("me/drive/root:/a.txt:/content", b"a")

    assert folder["specialFolder"] == {"name": "approot"}
    assert (inside.status_code, by_id.status_code) == (201, 200)
    assert code_of(outside) == (403, "accessDenied")


def test_scopes_may_be_written_with_their_resource(
    caller_of: CallerOf, ada: Account
) -> None:
    caller = caller_of(ada, "https://graph.microsoft.com/User.Read")

    assert caller.get("me").status_code == 200


def test_others_files_need_the_scope_for_all_files_and_a_right(
    caller_of: CallerOf, ada: Account, ben: Account
) -> None:
    ben_drive = caller_of(ben, "Files.Read").get("me/drive").json()["id"]

    for scope in ("Files.ReadWrite", "Files.ReadWrite.All"):
        answer = caller_of(ada, scope).get(f"drives/{ben_drive}/root")
        assert code_of(answer) == (403, "accessDenied")


def test_an_application_has_no_me_but_reaches_all_files(
    caller_of: CallerOf, ada: Account
) -> None:
    app = caller_of(None, "Files.Read.All")

    assert code_of(app.get("me/drive")) == (400, "BadRequest")
    assert app.get(f"users/{ada.object_id}/drive/root").status_code == 200


def test_every_answer_carries_request_ids(graph: Caller) -> None:
    answer = graph.get("me/nothing", headers={"client-request-id": "mine-1"})

    inner = answer.json()["error"]["innerError"]
    assert answer.headers["client-request-id"] == inner["client-request-id"] == "mine-1"
    assert answer.headers["request-id"] == inner["request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", inner["date"])


def test_what_the_fake_does_not_know_is_501_with_the_path(graph: Caller) -> None:
    answer = graph.get("me/planner/tasks")

    assert answer.status_code == 501
    assert "/v1.0/me/planner/tasks" in answer.json()["error"]["message"]


def test_another_method_on_a_known_path_is_405(graph: Caller) -> None:
    answer = graph.delete("me/drive")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    "path",
    [
        "nonsense",
        "me/nonsense",
        "me/drive/nonsense",
        "me/drive/root/childrens",
        "me/drive/root:/a.txt:/childrens",
        "users/x/nonsense",
    ],
)
def test_a_segment_that_graph_has_not_is_refused_as_graph_does(
    graph: Caller, path: str
) -> None:
    answer = graph.get(path)

    assert code_of(answer) == (400, "BadRequest")
    assert "not found for the segment" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path",
    [
        "planner/tasks",
        "me/drive/root/thumbnails",
        "me/drive/list",
        "me/drive/root/microsoft.graph.follow",
        "users/x/getMailTips",
        "me/reminderView(startDateTime='a',endDateTime='b')",
    ],
)
def test_a_segment_that_only_the_fake_lacks_is_501(graph: Caller, path: str) -> None:
    assert graph.get(path).status_code == 501


def test_every_property_of_a_user_can_be_asked_for(graph: Caller) -> None:
    names = "city,otherMails,onPremisesSyncEnabled,mailNickname"

    me = graph.get(f"me?$select={names}").json()

    assert (me["city"], me["otherMails"], me["mailNickname"]) == (None, [], "ada")
    assert graph.get("me?$select=colour").status_code == 400
    assert graph.get("me?$select=signInActivity").status_code == 501


def test_an_answer_names_its_protocol(graph: Caller) -> None:
    headers = graph.get("me").headers

    assert headers["OData-Version"] == "4.0"
    assert headers["Cache-Control"] == "no-cache"


def test_an_application_is_told_that_it_is_nobody_before_its_rights(
    caller_of: CallerOf,
) -> None:
    assert code_of(caller_of(None).get("me")) == (400, "BadRequest")


@pytest.mark.parametrize(
    "query", ["$selct=name", "chosen=name", "$select=nme", "$top=none", "$top=0"]
)
def test_query_options_that_do_not_exist_are_refused(graph: Caller, query: str) -> None:
    assert graph.get(f"me/drive/root/children?{query}").status_code == 400


def test_query_options_that_only_the_fake_lacks_are_501(graph: Caller) -> None:
    assert graph.get("me/drive/root/children?$filter=a").status_code == 501


def test_properties_that_the_type_does_not_have_are_refused(graph: Caller) -> None:
    answer = graph.post("me/drive/root/children", {"nam": "a", "folder": {}})

    assert code_of(answer) == (400, "BadRequest")
    assert "'nam'" in answer.json()["error"]["message"]


def test_a_body_that_is_no_json_is_refused(graph: Caller) -> None:
    answer = graph(
        "POST",
        "me/drive/root/children",
        data=b"{",
        headers={"Content-Type": "application/json"},
    )

    assert code_of(answer) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("name", "status", "parameters"),
    [
        ("throttled", 429, {"retry_after": 7}),
        ("server_error", 500, {}),
        ("service_unavailable", 503, {"retry_after": 3}),
        ("expired_token", 401, {}),
        ("claims_challenge", 401, {}),
    ],
)
def test_an_ordered_outage_happens_once(
    fake: FakeMicrosoft,
    graph: Caller,
    name: str,
    status: int,
    parameters: dict[str, int],
) -> None:
    fake.fail(name, **parameters)

    first, second = graph.get("me"), graph.get("me")

    assert (first.status_code, second.status_code) == (status, 200)
    after = parameters.get("retry_after")
    assert first.headers.get("Retry-After") == (str(after) if after else None)


def test_a_claims_challenge_says_which_claims(
    fake: FakeMicrosoft, graph: Caller
) -> None:
    fake.fail("claims_challenge")

    challenge = graph.get("me").headers["WWW-Authenticate"]

    found = re.search(r'claims="([^"]+)"', challenge)
    assert found
    assert "nbf" in json.loads(base64.b64decode(found[1]))["access_token"]
