"""Links, invitations, shares and sites."""

from __future__ import annotations

import base64

import pytest

from wagtail_m365.testing.fake.calls import state_of
from wagtail_m365.testing.fake.drives import DriveSeam, author_of
from wagtail_m365.testing.fake.graph_state import Site
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from .caller import Caller, code_of
from .conftest import CallerOf

PATH = "me/drive/root:/a.txt:"


def share_id(url: str) -> str:
    """As Microsoft's page "Accessing shared DriveItems" encodes an address."""
    return "u!" + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


@pytest.fixture
def colleague(caller_of: CallerOf, ben: Account) -> Caller:
    return caller_of(ben, "Files.ReadWrite.All", "User.Read")


@pytest.fixture
def site(fake: FakeMicrosoft, ada: Account) -> Site:
    state = state_of(fake.world)
    state.add_site("Contoso", "", fake.tenant.id, author_of(ada))
    return state.add_site("Press", "sites/press", fake.tenant.id, author_of(ada))


def test_a_link_is_made_once(graph: Caller, drive: DriveSeam) -> None:
    drive.put("a.txt", b"1")
    sent = {"type": "edit", "scope": "organization"}

    first = graph.post(f"{PATH}/createLink", sent)
    second = graph.post(f"{PATH}/createLink", sent)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["link"] == second.json()["link"]
    assert first.json()["roles"] == ["write"]


@pytest.mark.parametrize(
    "sent", [{"type": "own"}, {"type": "embed"}, {"type": "view", "scope": "world"}, {}]
)
def test_a_wrong_link_is_refused(
    graph: Caller, drive: DriveSeam, sent: dict[str, str]
) -> None:
    drive.put("a.txt", b"1")

    assert graph.post(f"{PATH}/createLink", sent).status_code == 400


def test_a_link_lets_a_colleague_in_once_it_is_opened(
    graph: Caller, colleague: Caller, drive: DriveSeam
) -> None:
    item = drive.put("a.txt", b"1")
    theirs = f"drives/{drive.drive.id}/items/{item.id}"
    link = graph.post(f"{PATH}/createLink", {"type": "view", "scope": "organization"})
    share = f"shares/{share_id(link.json()['link']['webUrl'])}/driveItem"

    before = colleague.get(theirs)
    opened = colleague.get(share, headers={"Prefer": "redeemSharingLink"})
    after, writing = colleague.get(theirs), colleague.put(f"{theirs}/content", b"2")

    assert code_of(before) == (403, "accessDenied")
    assert opened.json()["id"] == item.id
    assert after.status_code == 200
    assert code_of(writing) == (403, "accessDenied")


def test_a_link_for_the_organisation_is_closed_to_others(
    graph: Caller, personal: Caller, drive: DriveSeam
) -> None:
    drive.put("a.txt", b"1")
    sent = {"type": "view", "scope": "organization"}
    url = graph.post(f"{PATH}/createLink", sent).json()["link"]["webUrl"]

    answer = personal.get(f"shares/{share_id(url)}/driveItem")

    assert code_of(answer) == (403, "accessDenied")


def test_an_invited_colleague_finds_the_file_under_shared_with_me(
    graph: Caller, colleague: Caller, drive: DriveSeam, ben: Account
) -> None:
    item = drive.put("a.txt", b"1")
    etag = graph.get("me/drive/root:/a.txt").json()["eTag"]
    sent = {"recipients": [{"email": ben.username}], "roles": ["write"]}

    granted = graph.post(f"{PATH}/invite", sent).json()["value"]
    shared = colleague.get("me/drive/sharedWithMe()").json()["value"]
    writing = colleague.put(f"drives/{drive.drive.id}/items/{item.id}/content", b"2")

    assert granted[0]["roles"] == ["write"]
    assert shared[0]["remoteItem"]["id"] == item.id
    assert writing.status_code == 200
    assert graph.get("me/drive/root:/a.txt").json()["eTag"] != etag


def test_permissions_are_listed_with_the_owner_and_taken_back(
    graph: Caller, colleague: Caller, drive: DriveSeam, ben: Account
) -> None:
    item = drive.put("a.txt", b"1")
    sent = {"recipients": [{"objectId": ben.object_id}], "roles": ["read"]}
    graph.post(f"{PATH}/invite", sent)

    listed = graph.get(f"{PATH}/permissions").json()["value"]
    one = graph.get(f"{PATH}/permissions/{listed[1]['id']}").json()
    taken = graph.delete(f"{PATH}/permissions/{listed[1]['id']}")

    assert [one["roles"] for one in listed] == [["owner"], ["read"]]
    assert one["grantedToV2"]["user"]["displayName"] == "Ben Example"
    assert taken.status_code == 204
    theirs = f"drives/{drive.drive.id}/items/{item.id}"
    assert colleague.get(theirs).status_code == 403


def test_a_preview_leads_to_a_page(graph: Caller, drive: DriveSeam) -> None:
    drive.put("a.txt", b"content")

    url = graph.post(f"{PATH}/preview").json()["getUrl"]

    page = graph.plain("GET", url)
    assert page.status_code == 200
    assert "content" in page.text


def test_the_pages_address_is_a_share_too(graph: Caller, drive: DriveSeam) -> None:
    item = drive.put("a.txt", b"1")
    url = graph.get("me/drive/root:/a.txt").json()["webUrl"]

    assert graph.get(f"shares/{share_id(url)}/driveItem").json()["id"] == item.id


def test_a_site_is_found_by_search_by_id_and_by_path(graph: Caller, site: Site) -> None:
    found = graph.get("sites?search=press").json()["value"]
    by_id = graph.get(f"sites/{site.id}").json()
    by_path = graph.get(f"sites/{site.host}:/sites/press").json()
    root = graph.get("sites/root").json()

    assert [one["id"] for one in found] == [by_id["id"]] == [by_path["id"]]
    assert by_id["displayName"] == "Press"
    assert root["displayName"] == "Contoso"


def test_a_sites_library_holds_files_for_all_its_members(
    graph: Caller, caller_of: CallerOf, ben: Account, site: Site
) -> None:
    member = caller_of(ben, "Sites.ReadWrite.All")
    library = member.get(f"sites/{site.id}/drive").json()

    member.put(f"sites/{site.id}/drive/root:/a.txt:/content", b"1")
    listed = graph.get(f"drives/{library['id']}/root/children").json()["value"]
    drives = graph.get(f"sites/{site.host}:/sites/press:/drives").json()["value"]

    assert library["driveType"] == "documentLibrary"
    assert [item["name"] for item in listed] == ["a.txt"]
    assert [drive["id"] for drive in drives] == [library["id"]]


def test_a_site_is_closed_to_who_is_no_member(
    graph: Caller, site: Site, ben: Account
) -> None:
    site.members = {ben.object_id}

    assert graph.get("sites?search=press").json()["value"] == []
    assert code_of(graph.get(f"sites/{site.id}")) == (403, "accessDenied")
    drive = graph.get(f"drives/{site.drives[0].id}/root")
    assert code_of(drive) == (403, "accessDenied")


def test_personal_accounts_have_no_sites(caller_of: CallerOf, pia: Account) -> None:
    caller = caller_of(pia, "Sites.Read.All")

    assert caller.get("sites?search=a").status_code == 400
    assert caller.get("sites/root").status_code == 400
