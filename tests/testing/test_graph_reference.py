"""What Microsoft's pages on files say, and earlier versions of the fake did not do."""

from __future__ import annotations

from typing import Any

import pytest

from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from .caller import Caller, code_of
from .conftest import CallerOf

PATH = "me/drive/root:/Dir/a.txt:"


@pytest.fixture(autouse=True)
def file(drive: DriveSeam) -> None:
    drive.put("Dir/a.txt", b"1")


def test_the_content_of_the_current_version_is_the_items_own(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.edit("Dir/a.txt", b"2")

    assert code_of(graph.get(f"{PATH}/versions/2.0/content")) == (400, "invalidRequest")
    assert graph.get(f"{PATH}/versions/1.0/content").status_code == 302


@pytest.mark.parametrize("tag", ["eTag", "cTag"])
def test_known_content_is_not_sent_again(graph: Caller, tag: str) -> None:
    known = graph.get(PATH.rstrip(":")).json()[tag]
    graph.description = None  # the page names this 304, the description does not

    for path in (f"{PATH}/content", PATH.rstrip(":")):
        assert graph.get(path, headers={"If-None-Match": known}).status_code == 304
        assert graph.get(path, headers={"If-None-Match": '"x"'}).status_code < 304


def test_a_new_item_tells_its_address_and_its_tag(graph: Caller) -> None:
    for made in (
        graph.put("me/drive/root:/b.txt:/content", b"1"),
        graph.post("me/drive/root/children", {"name": "New", "folder": {}}),
    ):
        item = made.json()
        assert made.headers["ETag"] == item["eTag"]
        assert graph.get(made.headers["Location"]).json()["id"] == item["id"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("$expand=children", 200),
        ("$expand=children($select=name,size)", 200),
        ("expand=children(select=name)&select=id,@microsoft.graph.downloadUrl", 200),
        ("$expand=thumbnails", 501),
        ("$expand=children($top=1)", 501),
        ("$expand=permissions", 400),
        ("$expand=colour", 400),
        ("$expand=children($select=colour)", 400),
        ("$expand=children(", 400),
    ],
)
@pytest.mark.parametrize("path", ["me/drive/root", "me/drive/root/children"])
def test_expanding_is_done_or_refused_never_ignored(
    graph: Caller, path: str, query: str, status: int
) -> None:
    answer = graph.get(f"{path}?{query}")

    assert answer.status_code == status
    if status == 200:
        one = answer.json() if path.endswith("root") else answer.json()["value"][0]
        assert one["children"][0]["name"] in {"Dir", "a.txt"}
        assert ("id" in one["children"][0]) is (query == "$expand=children")


@pytest.mark.parametrize(
    "path", ["me/drive", "sites?search=x", "me/drive/root/delta", "me/drive/recent"]
)
def test_expanding_elsewhere_is_not_ignored(graph: Caller, path: str) -> None:
    joint = "&" if "?" in path else "?"

    assert graph.get(f"{path}{joint}$expand=children").status_code == 501


def test_a_copy_replaces_a_file_where_it_is_told_to(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("Dir/b.txt", b"2")
    body = {"name": "b.txt"}
    query = "@microsoft.graph.conflictBehavior"

    assert code_of(graph.post(f"{PATH}/copy", body)) == (409, "nameAlreadyExists")
    assert graph.post(f"{PATH}/copy?{query}=replace", body).status_code == 202
    assert drive.file("Dir/b.txt") == b"1"
    assert graph.post(f"{PATH}/copy?{query}=rename", body).status_code == 202
    assert drive.file("Dir/b 1.txt") == b"1"
    itself = graph.post(f"{PATH}/copy?{query}=replace", {"name": "a.txt"})
    assert code_of(itself) == (400, "notSupported")


def test_who_may_only_read_makes_no_copy(caller_of: CallerOf, ada: Account) -> None:
    reader = caller_of(ada, "Files.Read")

    answer = reader.post(f"{PATH}/copy", {"name": "b.txt"})

    assert code_of(answer) == (403, "accessDenied")


def test_on_personal_drives_a_copy_never_replaces(
    personal: Caller, personal_drive: DriveSeam
) -> None:
    personal_drive.put("a.txt", b"1")

    answer = personal.post(
        "me/drive/root:/a.txt:/copy?@microsoft.graph.conflictBehavior=rename"
    )

    assert code_of(answer) == (409, "nameAlreadyExists")


@pytest.mark.parametrize(
    ("identifier", "status"),
    [("x", 400), (f"b!{'A' * 63}", 400), (f"b!{'A' * 64}", 404), ("0" * 16, 404)],
)
def test_what_is_no_drive_id_is_malformed(
    graph: Caller, identifier: str, status: int
) -> None:
    assert graph.get(f"drives/{identifier}/root").status_code == status


@pytest.mark.parametrize("where", ["x", "elsewhere.example", "elsewhere.example:/a"])
def test_a_site_is_of_this_tenancys_host(graph: Caller, where: str) -> None:
    assert code_of(graph.get(f"sites/{where}")) == (400, "invalidRequest")


def test_special_folders_say_which_they_are(graph: Caller) -> None:
    graph.get("me/drive/special/documents")

    listed = graph.get("me/drive/root/children").json()["value"]

    special = {one["name"]: one.get("specialFolder") for one in listed}
    assert special == {"Dir": None, "Documents": {"name": "documents"}}


@pytest.mark.parametrize("more", [{"file": {}}, {"size": 1}])
def test_properties_that_only_microsoft_takes_are_said_to_be_so(
    graph: Caller, more: dict[str, Any]
) -> None:
    folder = {"name": "New", "folder": {}} | more

    assert graph.post("me/drive/root/children", folder).status_code == 501
    assert graph.patch(PATH.rstrip(":"), more).status_code == 501
    assert graph("PUT", PATH.rstrip(":"), json={"name": "b.txt"}).status_code == 501


def test_a_link_says_whose_it_is_and_how_it_is_opened(
    graph: Caller, caller_of: CallerOf, ben: Account, fake: FakeMicrosoft
) -> None:
    sent = {"type": "view", "scope": "organization"}

    permission = graph.post(f"{PATH}/createLink", sent).json()

    assert permission["link"]["application"] == {
        "id": fake.app.client_id,
        "displayName": fake.app.name,
    }
    opened = caller_of(ben, "Files.ReadWrite.All").get(
        f"shares/{permission['shareId']}/driveItem",
        headers={"Prefer": "redeemSharingLink"},
    )
    assert opened.json()["name"] == "a.txt"


def test_an_embedded_link_brings_its_frame(
    personal: Caller, personal_drive: DriveSeam
) -> None:
    personal_drive.put("a.txt", b"1")

    made = personal.post("me/drive/root:/a.txt:/createLink", {"type": "embed"}).json()

    assert made["link"]["webUrl"] in made["link"]["webHtml"]


def _invitation(account: Account, **more: Any) -> dict[str, Any]:
    return {"recipients": [{"email": account.username}], "roles": ["read"]} | more


def test_an_inherited_permission_says_from_where(graph: Caller, ben: Account) -> None:
    graph.post("me/drive/root:/Dir:/invite", _invitation(ben))
    folder = graph.get("me/drive/root:/Dir").json()

    owner, shared = graph.get(f"{PATH}/permissions").json()["value"]

    assert shared["grantedTo"] == shared["grantedToV2"]
    assert shared["inheritedFrom"]["id"] == folder["id"]
    assert shared["inheritedFrom"]["path"].endswith("/root:/Dir")
    assert "inheritedFrom" not in owner
    (_, direct) = graph.get("me/drive/root:/Dir:/permissions").json()["value"]
    assert "inheritedFrom" not in direct


def test_who_does_not_own_a_file_sees_their_own_permissions_only(
    graph: Caller, caller_of: CallerOf, ben: Account, drive: DriveSeam
) -> None:
    graph.post(f"{PATH}/createLink", {"type": "view", "scope": "organization"})
    graph.post(f"{PATH}/invite", _invitation(ben))
    item = drive.item("Dir/a.txt")

    seen = caller_of(ben, "Files.Read.All").get(
        f"drives/{drive.drive.id}/items/{item.id}/permissions"
    )

    assert [one["roles"] for one in seen.json()["value"]] == [["read"]]


def test_a_permissions_roles_are_changed(graph: Caller, ben: Account) -> None:
    (made,) = graph.post(f"{PATH}/invite", _invitation(ben)).json()["value"]
    path = f"{PATH}/permissions/{made['id']}"

    assert graph.patch(path, {"roles": ["write"]}).json()["roles"] == ["write"]
    assert graph.patch(path, {"roles": ["rule"]}).status_code == 400
    assert graph.patch(path, {"hasPassword": True}).status_code == 501


def test_an_invitation_has_bounds(
    graph: Caller, personal: Caller, ben: Account
) -> None:
    long = _invitation(ben, message=2001 * "m")

    assert graph.post(f"{PATH}/invite", long).status_code == 400
    refused = personal.post("me/drive/root/invite", _invitation(ben))
    assert code_of(refused) == (403, "accessDenied")


def test_keys_may_stand_in_brackets(graph: Caller, drive: DriveSeam) -> None:
    item = drive.item("Dir/a.txt")

    answer = graph.get(f"drives('{drive.drive.id}')/items('{item.id}')")

    assert answer.json()["name"] == "a.txt"
    drive.put("items('1')", b"1")
    assert graph.get("me/drive/root:/items('1')").json()["name"] == "items('1')"


@pytest.mark.parametrize(
    "path",
    [
        "ME/Drive/Root:/Dir:/Children",
        "me/drive/root/Search(q='a.txt')",
        "users/ada@contoso.onmicrosoft.com/Drive/root:/Dir:/children",
    ],
)
def test_the_letter_case_of_an_address_does_not_matter(
    graph: Caller, path: str
) -> None:
    (found,) = graph.get(path).json()["value"]

    assert found["name"] == "a.txt"


def test_what_is_shared_may_come_from_elsewhere(graph: Caller) -> None:
    answer = graph.get("me/drive/sharedWithMe?allowexternal=true")

    assert answer.status_code == 200


def test_what_microsofts_own_client_adds_to_a_batch_is_ignored(graph: Caller) -> None:
    one = {"id": "1", "method": "GET", "url": "/me", "depends_on": []}

    answer = graph.post("$batch", {"requests": [one]}).json()

    assert answer["responses"][0]["status"] == 200


def test_a_batch_depends_on_requests_of_its_own(graph: Caller) -> None:
    one = {"id": "1", "method": "GET", "url": "/me", "dependsOn": ["2"]}

    assert code_of(graph.post("$batch", {"requests": [one]})) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("me/drive/root:/Dir:/invite", {"recipients": "x", "roles": ["read"]}),
        ("me/drive/root:/Dir:/invite", {"recipients": ["x"], "roles": ["read"]}),
        ("me/drive/root:/Dir:/invite", {"recipients": [{"email": "x"}], "roles": "r"}),
        ("me/drive/root:/Dir:/invite", {"recipients": [{"email": "x"}], "roles": [[]]}),
        ("me/drive/root:/Dir:/copy", {"parentReference": "x"}),
        ("me/drive/root:/a:/createUploadSession", {"item": "x"}),
        ("me/drive/root:/Dir:/copy", {"parentReference": {"driveId": 1}}),
        ("me/drive/root:/Dir:/createLink", {"type": []}),
        ("me/drive/root:/Dir/a.txt:/checkin", {"checkInAs": []}),
        ("$batch", {"requests": "x"}),
        ("$batch", {"requests": [{"id": "1", "headers": "x"}]}),
        ("$batch", {"requests": [{"id": "1", "dependsOn": 5}]}),
        ("me/sendMail", {"message": {"toRecipients": "x"}}),
        ("me/sendMail", {"message": {"toRecipients": [{"emailAddress": "x"}]}}),
        ("me/messages", {"flag": "x"}),
        ("me/messages", {"subject": 1}),
        ("me/messages", {"isRead": "yes"}),
        ("me/events", {"start": "x", "end": "y"}),
    ],
)
def test_a_value_of_another_type_is_a_bad_request(
    caller_of: CallerOf, ada: Account, path: str, body: dict[str, Any]
) -> None:
    rights = ("Files.ReadWrite.All", "Mail.ReadWrite", "Mail.Send")
    caller = caller_of(ada, *rights, "Calendars.ReadWrite")

    assert caller.post(path, body).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "me"), ("POST", "me/calendars")]
)
def test_a_method_that_only_the_fake_lacks_is_501(
    graph: Caller, method: str, path: str
) -> None:
    assert graph(method, path, json={}).status_code == 501


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("children?$skiptoken=WyJzIiwgImEiXQ", 400),  # ["s", "a"]
        ("children?$skiptoken=WyJzIixudWxsXQ", 400),  # ["s", null]
        ("children?$skiptoken=WyJzIiwtNV0", 400),  # ["s", -5]
        ("delta?token=WyJkIiwxXQ", 410),  # ["d", 1]
        ("delta?token=WyJkIixbMSwiYSIsMyw0XV0", 410),  # ["d", [1, "a", 3, 4]]
    ],
)
def test_a_token_that_nobody_gave_is_refused(
    graph: Caller, query: str, status: int
) -> None:
    assert graph.get(f"me/drive/root/{query}").status_code == status


def test_what_is_null_is_not_said(graph: Caller, drive: DriveSeam) -> None:
    nothing = {"parentReference": {"driveId": None, "path": "/drive/root:"}}

    assert graph.patch(PATH.rstrip(":"), nothing).status_code == 200
    one = {"id": "1", "method": "GET", "url": "/me", "dependsOn": None}
    assert graph.post("$batch", {"requests": [one]}).status_code == 200
