"""Simple upload and download."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import pytest
import requests

from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.fake.quickxor import QuickXorHash
from wagtail_m365.testing.fake.state import Account
from wagtail_m365.testing.server import FakeMicrosoft

from .caller import Caller, code_of

PATH = "me/drive/root:/a.bin:/content"


def download(graph: Caller, path: str = PATH, **more: object) -> requests.Response:
    address = graph.get(path).headers["Location"]
    return graph.plain("GET", address, **more)


def test_a_file_is_made_and_then_replaced(graph: Caller) -> None:
    first, second = graph.put(PATH, b"one"), graph.put(PATH, b"two!")

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["id"] == first.json()["id"]
    assert second.json()["size"] == 4
    assert download(graph).content == b"two!"


def test_missing_folders_of_the_path_are_made(graph: Caller, drive: DriveSeam) -> None:
    graph.put("me/drive/root:/x/y/a.txt:/content", b"")

    assert drive.paths() == ["x/y/a.txt"]


def test_a_file_can_be_put_by_parent_and_by_id(graph: Caller, drive: DriveSeam) -> None:
    folder = drive.folder("Dir")

    item = graph.put(f"me/drive/items/{folder.id}:/a.txt:/content", b"1").json()
    graph.put(f"me/drive/items/{item['id']}/content", b"2")

    assert drive.file("Dir/a.txt") == b"2"


@pytest.mark.parametrize(
    ("behaviour", "status", "name"),
    [("fail", 409, ""), ("rename", 201, "a 1.bin"), ("replace", 200, "a.bin")],
)
def test_the_query_says_what_happens_when_the_name_is_taken(
    graph: Caller, behaviour: str, status: int, name: str
) -> None:
    graph.put(PATH, b"1")
    query = f"?@microsoft.graph.conflictBehavior={behaviour}"

    answer = graph.put(PATH + query, b"2")

    assert answer.status_code == status
    assert answer.json().get("name", "") == name


def test_content_with_an_old_tag_is_refused(graph: Caller, drive: DriveSeam) -> None:
    item = graph.put(PATH, b"1").json()
    drive.edit("a.bin", b"2")

    for tag in (item["eTag"], item["cTag"]):
        answer = graph.put(PATH, b"3", headers={"If-Match": tag})
        assert code_of(answer) == (412, "resourceModified")
    assert drive.file("a.bin") == b"2"


def test_content_with_the_right_tag_is_taken(graph: Caller) -> None:
    item = graph.put(PATH, b"1").json()

    assert graph.put(PATH, b"2", headers={"If-Match": item["cTag"]}).ok


def test_a_file_larger_than_the_drive_is_refused(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.set_quota(10)

    assert code_of(graph.put(PATH, b"x" * 11)) == (507, "quotaLimitReached")
    assert graph.put(PATH, b"x" * 10).ok
    assert graph.get("me/drive").json()["quota"]["state"] == "exceeded"


@pytest.mark.parametrize(
    ("fault", "status"), [("quota_exceeded", 507), ("locked", 423)]
)
def test_an_upload_is_refused_by_order(
    fake: FakeMicrosoft, graph: Caller, drive: DriveSeam, fault: str, status: int
) -> None:
    drive.put("a.bin", b"1")
    fake.fail(fault)

    assert graph.put(PATH, b"2").status_code == status
    assert graph.put(PATH, b"2").status_code == 200


def test_somebody_takes_the_name_by_order(
    fake: FakeMicrosoft, graph: Caller, drive: DriveSeam
) -> None:
    fake.fail("name_taken")

    answer = graph.put(f"{PATH}?@microsoft.graph.conflictBehavior=fail", b"mine")

    assert code_of(answer) == (409, "nameAlreadyExists")
    assert b"Somebody else" in drive.file("a.bin")


@pytest.mark.parametrize("moves_ctag", [False, True])
def test_tags_move_after_an_upload_by_order(
    fake: FakeMicrosoft, graph: Caller, moves_ctag: bool
) -> None:
    fake.fail("etag_moves", ctag=moves_ctag)

    told = graph.put(PATH, b"1").json()
    found = graph.get("me/drive/root:/a.bin").json()

    assert found["eTag"] != told["eTag"]
    assert (found["cTag"] != told["cTag"]) == moves_ctag


def test_a_body_without_length_is_refused(fake: FakeMicrosoft, graph: Caller) -> None:
    from http.client import HTTPConnection

    connection = HTTPConnection(urlsplit(fake.graph).netloc)
    connection.putrequest("PUT", f"/v1.0/{PATH}")
    connection.putheader("Authorization", f"Bearer {graph.token}")
    connection.endheaders()
    answer = connection.getresponse()
    connection.close()

    assert answer.status == 411


def test_the_download_is_on_another_host_and_refuses_the_token(graph: Caller) -> None:
    graph.put(PATH, b"content")
    address = graph.get(PATH).headers["Location"]

    assert urlsplit(address).hostname == "localhost"
    assert urlsplit(graph.base).hostname == "127.0.0.1"
    assert graph.get(address).status_code == 401
    assert graph.plain("GET", address).content == b"content"


def test_a_download_address_expires_by_the_worlds_clock(
    fake: FakeMicrosoft, graph: Caller
) -> None:
    graph.put(PATH, b"content")
    address = graph.get(PATH).headers["Location"]
    fake.clock.advance(3601)

    assert graph.plain("GET", address).status_code == 401


def test_a_forged_download_address_is_404(graph: Caller) -> None:
    graph.put(PATH, b"content")
    address = graph.get(PATH).headers["Location"]

    assert graph.plain("GET", f"{address[:-4]}0000").status_code == 404


@pytest.mark.parametrize(
    ("asked", "content", "told"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
    ],
)
def test_a_range_is_answered_alone(
    graph: Caller, asked: str, content: bytes, told: str
) -> None:
    graph.put(PATH, b"0123456789")

    answer = download(graph, headers={"Range": asked})

    assert (answer.status_code, answer.content) == (206, content)
    assert answer.headers["Content-Range"] == told


def test_a_range_behind_the_end_is_416(graph: Caller) -> None:
    graph.put(PATH, b"0123456789")

    assert download(graph, headers={"Range": "bytes=10-"}).status_code == 416


def test_a_resumed_download_of_changed_content_begins_again(
    graph: Caller, drive: DriveSeam
) -> None:
    graph.put(PATH, b"0123456789")
    tag = download(graph).headers["ETag"]
    drive.edit("a.bin", b"abcdefghij")

    answer = download(graph, headers={"Range": "bytes=5-", "If-Range": tag})

    assert (answer.status_code, answer.content) == (200, b"abcdefghij")


def test_a_download_breaks_off_by_order(fake: FakeMicrosoft, graph: Caller) -> None:
    graph.put(PATH, b"0123456789")
    address = graph.get(PATH).headers["Location"]
    fake.fail("truncated_download")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        graph.plain("GET", address)

    assert graph.plain("GET", address).content == b"0123456789"


def test_a_file_changes_while_it_is_fetched_by_order(
    fake: FakeMicrosoft, graph: Caller
) -> None:
    graph.put(PATH, b"0123456789")
    address = graph.get(PATH).headers["Location"]
    before = graph.get("me/drive/root:/a.bin").json()
    fake.fail("changed_during_download")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        graph.plain("GET", address)

    after = graph.get("me/drive/root:/a.bin").json()
    assert after["cTag"] != before["cTag"]
    assert graph.plain("GET", address).content == b"0123456789\n"


def test_the_hashes_are_those_of_the_content(personal: Caller, pia: Account) -> None:
    content = b"".join(hashlib.sha256(bytes([n])).digest() * 500 for n in range(200))

    told = personal.put(PATH, content).json()["file"]["hashes"]

    assert told["quickXorHash"] == QuickXorHash(content).base64()
    assert told["sha256Hash"] == hashlib.sha256(content).hexdigest().upper()


def test_an_empty_file_is_a_file(graph: Caller, drive: DriveSeam) -> None:
    item = graph.put(PATH, b"").json()

    assert item["size"] == 0
    assert download(graph).content == b""
