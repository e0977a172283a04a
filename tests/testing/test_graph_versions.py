"""Versions, and checking files out and in."""

from __future__ import annotations

from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.fake.state import Account

from .caller import Caller, code_of
from .conftest import CallerOf

PATH = "me/drive/root:/a.txt:"


def test_each_save_is_a_version_newest_first(
    graph: Caller, drive: DriveSeam, ben: Account
) -> None:
    drive.put("a.txt", b"1")
    drive.edit("a.txt", b"22", by=ben)

    versions = graph.get(f"{PATH}/versions").json()["value"]

    assert [(one["id"], one["size"]) for one in versions] == [("2.0", 2), ("1.0", 1)]
    assert versions[0]["lastModifiedBy"]["user"]["displayName"] == "Ben Example"


def test_an_old_version_can_be_fetched_and_restored(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("a.txt", b"1")
    drive.edit("a.txt", b"22")

    address = graph.get(f"{PATH}/versions/1.0/content").headers["Location"]
    restored = graph.post(f"{PATH}/versions/1.0/restoreVersion")

    assert graph.plain("GET", address).content == b"1"
    assert restored.status_code == 204
    assert drive.file("a.txt") == b"1"
    assert graph.get(f"{PATH}/versions/current").json()["id"] == "3.0"


def test_old_versions_can_be_deleted_but_not_the_current(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("a.txt", b"1")
    drive.edit("a.txt", b"22")

    assert graph.delete(f"{PATH}/versions/2.0").status_code == 400
    assert graph.delete(f"{PATH}/versions/1.0").status_code == 204
    assert code_of(graph.get(f"{PATH}/versions/1.0")) == (404, "itemNotFound")


def test_a_checked_out_file_can_be_changed_by_its_holder_alone(
    graph: Caller, caller_of: CallerOf, drive: DriveSeam, ben: Account
) -> None:
    item = drive.put("a.txt", b"1")
    graph.post(
        f"{PATH}/invite", {"recipients": [{"email": ben.username}], "roles": ["write"]}
    )
    ben_caller = caller_of(ben, "Files.ReadWrite.All")
    theirs = f"drives/{drive.drive.id}/items/{item.id}/content"

    assert graph.post(f"{PATH}/checkout").status_code == 204
    assert ben_caller.put(theirs, b"2").status_code == 423
    assert graph.put(f"{PATH}/content", b"3").ok
    assert graph.post(f"{PATH}/checkin", {"comment": "Done"}).status_code == 204
    assert ben_caller.put(theirs, b"2").ok


def test_publication_tells_who_has_checked_out(graph: Caller, drive: DriveSeam) -> None:
    drive.put("a.txt", b"1")
    graph.post(f"{PATH}/checkout")

    item = graph.get("me/drive/root:/a.txt?$select=publication").json()

    assert item["publication"]["level"] == "checkout"
    assert item["publication"]["checkedOutBy"]["user"]["displayName"] == "Ada Example"


def test_checking_in_what_is_not_checked_out_is_a_conflict(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("a.txt", b"1")

    for action in ("checkin", "discardCheckout"):
        assert graph.post(f"{PATH}/{action}").status_code == 409


def test_where_check_out_is_required_a_new_file_is_its_uploaders_alone(
    graph: Caller, caller_of: CallerOf, drive: DriveSeam, ben: Account
) -> None:
    drive.drive.requires_check_out = True
    folder = drive.folder("Dir")
    recipients = {"recipients": [{"email": ben.username}], "roles": ["read"]}
    graph.post(f"me/drive/items/{folder.id}/invite", recipients)
    graph.put("me/drive/root:/Dir/a.txt:/content", b"1")
    theirs = f"drives/{drive.drive.id}/items/{folder.id}/children"
    ben_caller = caller_of(ben, "Files.Read.All")

    before = ben_caller.get(theirs).json()["value"]
    graph.post("me/drive/root:/Dir/a.txt:/checkin", {})
    after = ben_caller.get(theirs).json()["value"]

    assert [item["name"] for item in (*before, *after)] == ["a.txt"]
