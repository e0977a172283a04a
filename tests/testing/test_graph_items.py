"""Drive items: found, listed, made, renamed, moved, copied, deleted."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from .caller import Caller, code_of


def test_the_drive_tells_its_owner_and_quota(graph: Caller) -> None:
    drive = graph.get("me/drive").json()

    assert drive["driveType"] == "business"
    assert drive["id"].startswith("b!")
    assert drive["owner"]["user"]["displayName"] == "Ada Example"
    assert drive["quota"]["remaining"] == drive["quota"]["total"]


@pytest.mark.parametrize(
    "name", ["a.txt", "Q3 #1 – “final” 100%.docx", "it's + more.txt", "Ärger.md"]
)
def test_a_name_is_found_percent_encoded(
    graph: Caller, drive: DriveSeam, name: str
) -> None:
    item = drive.put(f"Dir/{name}", b"x")

    by_path = graph.get(f"me/drive/root:/Dir/{quote(name)}").json()
    by_id = graph.get(f"me/drive/items/{item.id}").json()
    below = graph.get(f"me/drive/items/{item.parent.id}:/{quote(name)}").json()  # type: ignore[union-attr]

    assert by_path["id"] == by_id["id"] == below["id"]
    assert by_id["name"] == name
    assert by_id["parentReference"]["path"].endswith("/root:/Dir")


def test_names_are_found_in_any_letter_case(graph: Caller, drive: DriveSeam) -> None:
    drive.put("Report.DOCX", b"x")

    assert graph.get("me/drive/root:/rEPORT.docx").json()["name"] == "Report.DOCX"


def test_a_percent_sign_that_escapes_nothing_is_refused(
    fake: FakeMicrosoft, graph: Caller
) -> None:
    from http.client import HTTPConnection

    connection = HTTPConnection(fake.graph.split("/")[2])
    headers = {"Authorization": f"Bearer {graph.token}"}
    connection.request("GET", "/v1.0/me/drive/root:/100%.docx", headers=headers)
    answer = connection.getresponse()
    connection.close()

    assert answer.status == 400


def test_what_is_not_there_is_404(graph: Caller) -> None:
    assert code_of(graph.get("me/drive/root:/no.txt")) == (404, "itemNotFound")
    assert code_of(graph.get("me/drive/items/01NO")) == (404, "itemNotFound")


def test_selected_properties_alone_are_answered(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("a.txt", b"x")

    item = graph.get("me/drive/root:/a.txt?$select=id,eTag").json()

    assert set(item) == {"@odata.context", "id", "eTag"}


def test_the_download_url_comes_by_default_and_when_selected(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("a.txt", b"x")
    url = "@microsoft.graph.downloadUrl"

    assert url in graph.get("me/drive/root:/a.txt").json()
    assert url in graph.get(f"me/drive/root:/a.txt?$select=id,{url}").json()
    assert url not in graph.get("me/drive/root:/a.txt?$select=id").json()
    assert url not in graph.get("me/drive/root").json()


def test_a_folder_is_listed_200_a_page(graph: Caller, drive: DriveSeam) -> None:
    for number in range(450):
        drive.put(f"many/{number:03}.txt", b"")

    pages, url = [], "me/drive/root:/many:/children?$select=name"
    while url:
        page = graph.get(url).json()
        pages.append([item["name"] for item in page["value"]])
        url = page.get("@odata.nextLink", "")

    assert [len(page) for page in pages] == [200, 200, 50]
    names = [name for page in pages for name in page]
    assert names == [f"{number:03}.txt" for number in range(450)]


def test_a_listing_obeys_top_and_orderby(graph: Caller, drive: DriveSeam) -> None:
    for name, size in (("a", 3), ("b", 1), ("c", 2)):
        drive.put(f"{name}.txt", b"x" * size)

    page = graph.get("me/drive/root/children?$top=2&$orderby=size desc").json()

    assert [item["name"] for item in page["value"]] == ["a.txt", "c.txt"]
    assert "@odata.nextLink" in page


def test_an_invented_skip_token_is_refused(graph: Caller) -> None:
    answer = graph.get("me/drive/root/children?$skiptoken=abc")

    assert code_of(answer) == (400, "invalidRequest")


def test_the_next_page_can_be_on_a_foreign_host_by_order(
    fake: FakeMicrosoft, graph: Caller, drive: DriveSeam
) -> None:
    drive.put("a.txt", b"")
    drive.put("b.txt", b"")
    fake.fail("next_link_on_foreign_host")

    page = graph.get("me/drive/root/children?$top=1").json()

    assert page["@odata.nextLink"].startswith("https://graph.example.com/")


def test_a_folder_is_made_once(graph: Caller) -> None:
    sent = {"name": "New", "folder": {}}

    first = graph.post("me/drive/root/children", sent)
    second = graph.post("me/drive/root/children", {"name": "NEW", "folder": {}})

    assert first.status_code == 201
    assert first.json()["folder"] == {"childCount": 0}
    assert code_of(second) == (409, "nameAlreadyExists")


def test_a_taken_name_can_be_renamed_or_taken_over(graph: Caller) -> None:
    def make(behaviour: str) -> dict[str, str]:
        sent = {"name": "New", "folder": {}}
        behaviours = {"@microsoft.graph.conflictBehavior": behaviour}
        answer = graph.post("me/drive/root/children", sent | behaviours)
        return {key: answer.json()[key] for key in ("id", "name")}

    first, renamed, replaced = make("fail"), make("rename"), make("replace")

    assert renamed["name"] == "New 1"
    assert replaced == first


@pytest.mark.parametrize(
    "name",
    [
        *('a"b', "a*b", "a:b", "a<b", "a>b", "a?b", "a/b", "a\\b", "a|b", ""),
        *(" a", "a ", "a.", "~$a.docx", "CON", "lpt1", ".lock", "Desktop.ini"),
        *("x_vti_y", "a\tb", "n" * 256),
    ],
)
def test_names_that_onedrive_refuses_are_refused(graph: Caller, name: str) -> None:
    answer = graph.post("me/drive/root/children", {"name": name, "folder": {}})

    assert code_of(answer) == (400, "invalidRequest")


@pytest.mark.parametrize("name", ["#1", "100% & more", "con.txt", "a..b", "~a", "_vt"])
def test_odd_names_that_onedrive_takes_are_taken(graph: Caller, name: str) -> None:
    answer = graph.post("me/drive/root/children", {"name": name, "folder": {}})

    assert answer.status_code == 201


def test_a_path_has_at_most_400_characters(graph: Caller) -> None:
    deep = "/".join(["d" * 99] * 4)

    assert graph.put(f"me/drive/root:/{deep[:395]}/abcd:/content", b"").ok
    too_long = graph.put(f"me/drive/root:/{deep}/abcd:/content", b"")

    assert code_of(too_long) == (400, "invalidRequest")


def test_a_rename_keeps_the_id_and_moves_the_etag_alone(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("old.txt", b"x")
    before = graph.get("me/drive/root:/old.txt").json()

    after = graph.patch(f"me/drive/items/{before['id']}", {"name": "new.txt"}).json()

    assert (after["id"], after["name"]) == (before["id"], "new.txt")
    assert after["eTag"] != before["eTag"]
    assert after["cTag"] == before["cTag"]


def test_changing_times_makes_a_second_version_on_business_drives(
    graph: Caller, drive: DriveSeam
) -> None:
    item = drive.put("a.txt", b"x")
    times = {"fileSystemInfo": {"lastModifiedDateTime": "2020-01-02T03:04:05Z"}}

    answer = graph.patch(f"me/drive/items/{item.id}", times).json()
    versions = graph.get(f"me/drive/items/{item.id}/versions").json()["value"]

    assert answer["fileSystemInfo"]["lastModifiedDateTime"] == "2020-01-02T03:04:05Z"
    assert [version["id"] for version in versions] == ["2.0", "1.0"]


def test_an_item_moves_by_id_and_by_path(graph: Caller, drive: DriveSeam) -> None:
    item, folder = drive.put("a.txt", b"x"), drive.folder("To/Here")
    by_id = {"parentReference": {"id": folder.id}}
    path = f"/drives/{drive.drive.id}/root:/To"

    moved = graph.patch(f"me/drive/items/{item.id}", by_id).json()
    again = graph.patch(
        "me/drive/root:/To/Here/a.txt", {"parentReference": {"path": path}}
    )

    assert moved["parentReference"]["id"] == folder.id
    assert again.json()["parentReference"]["path"] == path
    assert drive.paths() == ["To/a.txt"]


def test_a_folder_does_not_move_into_itself(graph: Caller, drive: DriveSeam) -> None:
    inner = drive.folder("Outer/Inner")

    answer = graph.patch("me/drive/root:/Outer", {"parentReference": {"id": inner.id}})

    assert answer.status_code == 400


def test_a_change_with_an_old_etag_is_refused(graph: Caller, drive: DriveSeam) -> None:
    drive.put("a.txt", b"x")
    old = graph.get("me/drive/root:/a.txt").json()["eTag"]
    drive.edit("a.txt", b"y")
    headers = {"If-Match": old}

    renamed = graph.patch("me/drive/root:/a.txt", {"name": "b.txt"}, headers=headers)
    deleted = graph.delete("me/drive/root:/a.txt", headers=headers)

    assert code_of(renamed) == code_of(deleted) == (412, "resourceModified")
    assert drive.paths() == ["a.txt"]


def test_412_can_come_with_the_right_etag_by_order(
    fake: FakeMicrosoft, graph: Caller, drive: DriveSeam
) -> None:
    drive.put("a.txt", b"x")
    tag = graph.get("me/drive/root:/a.txt").json()["eTag"]
    fake.fail("precondition_failed")

    first, second = (
        graph.delete("me/drive/root:/a.txt", headers={"If-Match": tag})
        for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (412, 204)


def test_a_known_etag_is_answered_with_304(graph: Caller, drive: DriveSeam) -> None:
    drive.put("a.txt", b"x")
    tag = graph.get("me/drive/root:/a.txt").json()["eTag"]

    answer = graph.get("me/drive/root:/a.txt", headers={"If-None-Match": tag})

    assert answer.status_code == 304


def test_a_deleted_file_is_gone_and_can_be_restored(
    graph: Caller, drive: DriveSeam
) -> None:
    item = drive.put("Dir/a.txt", b"x")

    assert graph.delete("me/drive/root:/Dir").status_code == 204
    assert graph.get(f"me/drive/items/{item.id}").status_code == 404
    drive.restore("Dir")

    assert graph.get(f"me/drive/items/{item.id}").status_code == 200


def test_permanent_deletion_leaves_nothing_in_the_recycle_bin(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("a.txt", b"x")

    answer = graph.post("me/drive/root:/a.txt:/permanentDelete")

    assert answer.status_code == 204
    assert drive.drive.recycle_bin == {}


def test_the_root_stays(graph: Caller) -> None:
    assert graph.delete("me/drive/items/root").status_code == 400
    assert graph.patch("me/drive/items/root", {"name": "x"}).status_code == 400


def test_a_copy_is_told_by_its_monitor(graph: Caller, drive: DriveSeam) -> None:
    drive.put("Dir/a.txt", b"content")
    folder = drive.folder("Target")

    answer = graph.post(
        "me/drive/root:/Dir:/copy",
        {"name": "Twin", "parentReference": {"id": folder.id}},
    )
    monitor = graph.plain("GET", answer.headers["Location"]).json()

    assert answer.status_code == 202
    assert monitor["status"] == "completed"
    assert graph.get(f"me/drive/items/{monitor['resourceId']}").json()["name"] == "Twin"
    assert drive.file("Target/Twin/a.txt") == b"content"


def test_a_search_finds_words_of_names(graph: Caller, drive: DriveSeam) -> None:
    drive.put("Dir/Annual report.docx", b"")
    drive.put("other.docx", b"")

    for path in (
        "me/drive/root/search(q='report annual')",
        "me/drive/search(q='ANNUAL')",
    ):
        found = graph.get(path).json()["value"]
        assert [item["name"] for item in found] == ["Annual report.docx"]


def test_recent_files_come_newest_first(
    fake: FakeMicrosoft, graph: Caller, drive: DriveSeam
) -> None:
    drive.put("old.txt", b"")
    fake.clock.advance(60)
    drive.put("new.txt", b"")

    names = [item["name"] for item in graph.get("me/drive/recent").json()["value"]]

    assert names == ["new.txt", "old.txt"]


def test_who_changed_a_file_is_told(
    graph: Caller, drive: DriveSeam, ben: Account
) -> None:
    graph.put("me/drive/root:/a.txt:/content", b"x")
    first = graph.get("me/drive/root:/a.txt").json()
    drive.edit("a.txt", b"y", by=ben)
    second = graph.get("me/drive/root:/a.txt").json()

    assert first["lastModifiedBy"]["user"]["displayName"] == "Ada Example"
    assert first["lastModifiedBy"]["application"]["displayName"]
    assert second["lastModifiedBy"]["user"]["displayName"] == "Ben Example"
    assert second["createdBy"] == first["createdBy"]
    assert second["cTag"] != first["cTag"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT"])
def test_a_file_open_in_word_can_be_read_but_not_changed(
    graph: Caller, drive: DriveSeam, method: str
) -> None:
    drive.put("a.txt", b"x")
    drive.lock("a.txt")
    bodies: dict[str, Any] = {
        "PATCH": {"json": {"name": "b"}},
        "PUT": {"data": b"y"},
        "DELETE": {},
    }
    body = bodies[method]
    path = "me/drive/root:/a.txt" + (":/content" if method == "PUT" else "")

    assert graph(method, path, **body).status_code == 423
    assert graph.get("me/drive/root:/a.txt:/content").status_code == 302
    drive.unlock("a.txt")
    assert graph(method, path, **body).ok


def test_personal_ids_are_another_kind_and_known_in_any_case(
    personal: Caller, personal_drive: DriveSeam
) -> None:
    item = personal_drive.put("a.txt", b"x")
    drive = personal.get("me/drive").json()

    assert drive["driveType"] == "personal"
    assert item.id.startswith(f"{drive['id'].upper()}!")
    upper = f"drives/{drive['id'].upper()}/items/{item.id.lower()}"
    assert personal.get(upper).json()["id"] == item.id


@pytest.mark.parametrize("action", ["permanentDelete", "checkout", "checkin"])
def test_personal_drives_lack_what_business_drives_have(
    personal: Caller, personal_drive: DriveSeam, action: str
) -> None:
    personal_drive.put("a.txt", b"x")

    answer = personal.post(f"me/drive/root:/a.txt:/{action}")

    assert answer.status_code in {400, 501}
    assert answer.json()["error"]["code"] == "notSupported"


def test_only_personal_files_tell_a_sha256(
    graph: Caller,
    drive: DriveSeam,
    personal: Caller,
    personal_drive: DriveSeam,
) -> None:
    for one in (drive, personal_drive):
        one.put("a.txt", b"x")
    ours = graph.get("me/drive/root:/a.txt").json()["file"]["hashes"]
    theirs = personal.get("me/drive/root:/a.txt").json()["file"]["hashes"]

    assert set(ours) == {"quickXorHash"}
    assert set(theirs) == {"quickXorHash", "sha256Hash"}
