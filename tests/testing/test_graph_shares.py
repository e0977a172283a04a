"""Items behind sharing links and web addresses, as strict as Microsoft."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from .caller import Caller, code_of
from .conftest import CallerOf
from .test_graph_sharing import share_id

FOR_GOOD = {"Prefer": "redeemSharingLink"}
THIS_TIME = {"Prefer": "redeemSharingLinkIfNecessary"}


@pytest.fixture
def colleague(caller_of: CallerOf, ben: Account) -> Caller:
    return caller_of(ben, "Files.ReadWrite.All", "User.Read")


@pytest.fixture
def link(fake: FakeMicrosoft, drive: DriveSeam) -> str:
    """A link to Ada's folder, for her organisation."""
    drive.put("Harbour/a.txt", b"1")
    return fake.authority + drive.share("Harbour", kind="view")


def opened(caller: Caller, address: str, **headers: str):
    return caller.get(f"shares/{share_id(address)}/driveItem", headers=headers)


def test_a_link_is_not_open_until_it_is_followed(
    colleague: Caller, drive: DriveSeam, link: str
) -> None:
    there = f"drives/{drive.drive.id}/items/{drive.item('Harbour').id}/children"

    assert code_of(opened(colleague, link)) == (403, "accessDenied")
    assert opened(colleague, link, **THIS_TIME).status_code == 200
    assert code_of(colleague.get(there)) == (403, "accessDenied")
    assert opened(colleague, link, **FOR_GOOD).status_code == 200
    assert colleague.get(there).json()["value"][0]["name"] == "a.txt"
    assert opened(colleague, link).status_code == 200


def test_an_address_of_an_item_gives_no_rights(
    graph: Caller, colleague: Caller, drive: DriveSeam, link: str
) -> None:
    address = graph.get("me/drive/root:/Harbour").json()["webUrl"]

    assert opened(graph, f"{address}?web=1").json()["name"] == "Harbour"
    assert code_of(opened(colleague, address, **FOR_GOOD)) == (403, "accessDenied")


@pytest.mark.parametrize("harm", ["=", "/", "+", "%"])
def test_an_address_that_is_not_encoded_as_it_has_to_be_is_refused(
    graph: Caller, link: str, harm: str
) -> None:
    share = share_id(link) + harm

    answer = graph.get(f"shares/{share}/driveItem".replace("//", "/%2F"))

    assert answer.status_code in {400, 501}


@pytest.mark.parametrize("text", [b"no address", b"\xff\xfe", b""])
def test_what_is_encoded_has_to_be_an_address(graph: Caller, text: bytes) -> None:
    share = base64.urlsafe_b64encode(text).decode().rstrip("=")

    answer = graph.get(f"shares/u!{share}/driveItem")

    assert code_of(answer) == (400, "invalidRequest")


def test_only_its_own_links_are_known(graph: Caller, link: str) -> None:
    foreign = link.replace("127.0.0.1", "contoso.example")

    assert code_of(opened(graph, foreign)) == (404, "itemNotFound")
    assert code_of(opened(graph, link + "0")) == (404, "itemNotFound")


def test_a_link_that_has_expired_is_gone(
    fake: FakeMicrosoft, colleague: Caller, drive: DriveSeam, link: str
) -> None:
    (grant,) = drive.item("Harbour").grants
    grant.expires_at = fake.clock.now() + timedelta(hours=1)
    assert opened(colleague, link, **FOR_GOOD).status_code == 200

    fake.clock.advance(3601)

    assert opened(colleague, link, **FOR_GOOD).status_code in {401, 404}


def test_a_private_account_does_not_reach_an_organisations_drive(
    personal: Caller, drive: DriveSeam, link: str
) -> None:
    drive.item("Harbour").grants[0].scope = "anonymous"

    assert code_of(opened(personal, link, **FOR_GOOD)) == (403, "accessDenied")


def test_a_link_that_asks_for_a_password_is_closed(
    colleague: Caller, drive: DriveSeam, link: str
) -> None:
    drive.item("Harbour").grants[0].has_password = True

    assert code_of(opened(colleague, link, **FOR_GOOD)) == (403, "accessDenied")


def test_reading_rights_are_not_enough_to_open_links(
    caller_of: CallerOf, ben: Account, link: str
) -> None:
    reader = caller_of(ben, "Files.Read.All")

    assert code_of(opened(reader, link, **FOR_GOOD)) == (403, "accessDenied")


def test_the_lists_that_microsoft_ends_are_empty_without_an_error(
    fake: FakeMicrosoft, graph: Caller, drive: DriveSeam
) -> None:
    drive.put("a.txt", b"1")
    assert len(graph.get("me/drive/recent()").json()["value"]) == 1

    fake.fail("lists_ended", times=2)

    for name in ("recent()", "sharedWithMe()"):
        answer = graph.get(f"me/drive/{name}")
        assert (answer.status_code, answer.json()["value"]) == (200, [])
