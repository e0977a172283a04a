"""Upload sessions, by Microsoft's rules."""

from __future__ import annotations

from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import pytest

from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.server import FakeMicrosoft

from .caller import MULTIPLE, Caller, code_of

PATH = "me/drive/root:/big.bin:"
CONTENT = bytes(range(256)) * 4000


def test_a_file_arrives_in_fragments(graph: Caller, drive: DriveSeam) -> None:
    url = graph.session_for(PATH)
    pieces = [
        CONTENT[start : start + MULTIPLE] for start in range(0, 1_024_000, MULTIPLE)
    ]

    answers = [
        graph.fragment(url, piece, number * MULTIPLE, len(CONTENT))
        for number, piece in enumerate(pieces)
    ]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 201]
    assert answers[0].json()["nextExpectedRanges"] == [f"{MULTIPLE}-{len(CONTENT) - 1}"]
    assert answers[-1].json()["size"] == len(CONTENT)
    assert drive.file("big.bin") == CONTENT


def test_personal_drives_tell_open_ranges(personal: Caller) -> None:
    url = personal.session_for(PATH)

    answer = personal.fragment(url, CONTENT[:MULTIPLE], 0, len(CONTENT))

    assert answer.json()["nextExpectedRanges"] == [f"{MULTIPLE}-"]


def test_a_new_session_expects_everything(graph: Caller) -> None:
    session = graph.post(f"{PATH}/createUploadSession").json()

    assert session["nextExpectedRanges"] == ["0-"]
    assert urlsplit(session["uploadUrl"]).hostname == "localhost"


def test_the_upload_address_refuses_the_token(graph: Caller) -> None:
    url = graph.session_for(PATH)

    answer = graph.fragment(url, b"x", 0, 1, Authorization=f"Bearer {graph.token}")

    assert answer.status_code == 401
    assert graph.fragment(url, b"x", 0, 1).status_code == 201


@pytest.mark.parametrize(
    ("headers", "size"),
    [
        ({}, 1),
        ({"Content-Range": "0-0/1"}, 1),
        ({"Content-Range": "bytes 0-0/*"}, 1),
        ({"Content-Range": "bytes 0-1/1"}, 2),
        ({"Content-Range": "bytes 0-0/1"}, 2),
        ({"Content-Range": "bytes 0-99/1000"}, 100),
    ],
)
def test_a_fragment_with_a_wrong_range_is_refused(
    graph: Caller, headers: dict[str, str], size: int
) -> None:
    url = graph.session_for(PATH)

    answer = graph.plain("PUT", url, data=b"x" * size, headers=headers)

    assert code_of(answer) == (400, "invalidRequest")


def test_the_total_may_not_change_between_fragments(graph: Caller) -> None:
    url = graph.session_for(PATH)
    graph.fragment(url, CONTENT[:MULTIPLE], 0, len(CONTENT))

    answer = graph.fragment(url, CONTENT[:MULTIPLE], MULTIPLE, len(CONTENT) + 1)

    assert answer.status_code == 400


def test_a_fragment_sent_twice_is_416_and_the_session_goes_on(graph: Caller) -> None:
    url = graph.session_for(PATH)
    first = CONTENT[:MULTIPLE]
    graph.fragment(url, first, 0, len(CONTENT))

    twice = graph.fragment(url, first, 0, len(CONTENT))
    missing = graph.plain("GET", url).json()["nextExpectedRanges"]

    assert twice.status_code == 416
    assert twice.json()["error"]["innerError"]["code"] == "fragmentOverlap"
    assert missing == [f"{MULTIPLE}-{len(CONTENT) - 1}"]


def test_a_fragment_out_of_order_is_416(graph: Caller) -> None:
    url = graph.session_for(PATH)

    answer = graph.fragment(url, CONTENT[:MULTIPLE], MULTIPLE, len(CONTENT))

    assert answer.status_code == 416
    assert answer.json()["error"]["innerError"]["code"] == "fragmentOutOfOrder"


def test_the_last_fragment_sent_twice_finds_no_session(graph: Caller) -> None:
    url = graph.session_for(PATH)
    graph.fragment(url, b"x", 0, 1)

    assert code_of(graph.fragment(url, b"x", 0, 1)) == (404, "itemNotFound")


def test_a_fragment_that_breaks_off_is_forgotten(
    graph: Caller, drive: DriveSeam
) -> None:
    url = graph.session_for(PATH)
    graph.fragment(url, CONTENT[:MULTIPLE], 0, len(CONTENT))
    rest = CONTENT[MULTIPLE:]
    connection = HTTPConnection(urlsplit(url).netloc)
    connection.putrequest("PUT", urlsplit(url).path)
    connection.putheader("Content-Length", str(len(rest)))
    place = f"bytes {MULTIPLE}-{len(CONTENT) - 1}/{len(CONTENT)}"
    connection.putheader("Content-Range", place)
    connection.endheaders(rest[:1000])
    connection.sock.shutdown(1)
    with suppress(HTTPException, ConnectionError):
        connection.getresponse()
    connection.close()

    missing = graph.plain("GET", url).json()["nextExpectedRanges"]
    done = graph.fragment(url, rest, MULTIPLE, len(CONTENT))

    assert missing == [f"{MULTIPLE}-{len(CONTENT) - 1}"]
    assert done.status_code == 201
    assert drive.file("big.bin") == CONTENT


def test_a_cancelled_session_is_gone(graph: Caller) -> None:
    url = graph.session_for(PATH)

    assert graph.plain("DELETE", url).status_code == 204
    assert graph.plain("GET", url).status_code == 404
    assert graph.session_for(PATH)


def test_a_session_expires_by_the_worlds_clock(
    fake: FakeMicrosoft, graph: Caller
) -> None:
    url = graph.session_for(PATH)
    fake.clock.advance(8 * 24 * 3600)

    answer = graph.plain("GET", url)

    assert answer.status_code == 404
    assert answer.json()["error"]["innerError"]["code"] == "uploadSessionNotFound"


@pytest.mark.parametrize("fault", ["upload_session_expired", "session_expired"])
def test_a_session_expires_by_order(
    fake: FakeMicrosoft, graph: Caller, fault: str
) -> None:
    url = graph.session_for(PATH)
    fake.fail(fault)

    assert graph.fragment(url, b"x", 0, 1).status_code == 404


def test_the_upload_address_can_be_on_a_foreign_host_by_order(
    fake: FakeMicrosoft, graph: Caller
) -> None:
    fake.fail("upload_url_on_foreign_host")

    assert "example.com" in graph.session_for(PATH)


def test_a_name_that_is_still_uploading_is_409_on_business_drives(
    graph: Caller, personal: Caller
) -> None:
    graph.session_for(PATH)
    personal.session_for(PATH)

    again = graph.post(f"{PATH}/createUploadSession")

    assert code_of(again) == (409, "nameAlreadyExists")
    assert "currently being uploaded" in again.json()["error"]["message"]
    assert personal.session_for(PATH)


def test_a_session_without_a_behaviour_replaces(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("big.bin", b"old")
    url = graph.session_for(PATH)

    assert graph.fragment(url, b"new", 0, 3).status_code == 200
    assert drive.file("big.bin") == b"new"


@pytest.mark.parametrize(
    ("behaviour", "name"), [("rename", "big 1.bin"), ("replace", "big.bin")]
)
def test_the_body_says_what_happens_when_the_name_is_taken(
    graph: Caller, drive: DriveSeam, behaviour: str, name: str
) -> None:
    drive.put("big.bin", b"old")
    more = {"@microsoft.graph.conflictBehavior": behaviour}
    url = graph.session_for(PATH, **more)

    assert graph.fragment(url, b"new", 0, 3).json()["name"] == name


def test_fail_is_told_at_once_when_the_name_is_taken(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("big.bin", b"old")
    item = {"@microsoft.graph.conflictBehavior": "fail"}

    answer = graph.post(f"{PATH}/createUploadSession", {"item": item})

    assert code_of(answer) == (409, "nameAlreadyExists")


def test_fail_is_told_at_the_end_when_the_name_was_taken_meanwhile(
    graph: Caller, drive: DriveSeam
) -> None:
    url = graph.session_for(PATH, **{"@microsoft.graph.conflictBehavior": "fail"})
    drive.put("big.bin", b"theirs")

    answer = graph.fragment(url, b"mine", 0, 4)

    assert code_of(answer) == (409, "nameAlreadyExists")
    assert drive.file("big.bin") == b"theirs"
    assert graph.plain("GET", url).json()["nextExpectedRanges"] == []


def test_what_was_told_so_does_not_keep_the_name(
    graph: Caller, drive: DriveSeam
) -> None:
    url = graph.session_for(PATH, **{"@microsoft.graph.conflictBehavior": "fail"})
    drive.put("big.bin", b"theirs")
    graph.fragment(url, b"mine", 0, 4)

    again = graph.session_for(PATH, **{"@microsoft.graph.conflictBehavior": "replace"})

    assert graph.fragment(again, b"mine", 0, 4).status_code == 200


@pytest.mark.parametrize("tag", ["eTag", "cTag"])
def test_a_session_is_refused_to_who_knows_the_file(graph: Caller, tag: str) -> None:
    known = graph.put(f"{PATH}/content", b"1").json()[tag]

    answer = graph.post(f"{PATH}/createUploadSession", headers={"If-None-Match": known})

    assert answer.status_code == 412


def test_times_and_name_in_the_body_spare_a_second_version(graph: Caller) -> None:
    times = {"lastModifiedDateTime": "2020-01-02T03:04:05Z"}
    url = graph.session_for(PATH, name="big.bin", fileSystemInfo=times)

    item = graph.fragment(url, b"x", 0, 1).json()
    versions = graph.get(f"me/drive/items/{item['id']}/versions").json()["value"]

    assert item["fileSystemInfo"]["lastModifiedDateTime"] == "2020-01-02T03:04:05Z"
    assert len(versions) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"deferCommit": True}, 501),
        ({"item": {"name": "other.bin"}}, 400),
        ({"item": {"size": 3}}, 400),
        ({"items": {}}, 400),
        ({"item": {"@microsoft.graph.conflictBehavior": "overwrite"}}, 400),
        ({"item": {"fileSize": 2**60}}, 507),
    ],
)
def test_a_session_with_a_wrong_body_is_refused(
    graph: Caller, body: dict[str, object], status: int
) -> None:
    answer = graph.post(f"{PATH}/createUploadSession", body)

    assert answer.status_code == status


def test_a_session_for_a_folder_is_refused(graph: Caller, drive: DriveSeam) -> None:
    folder = drive.folder("Dir")

    answer = graph.post(f"me/drive/items/{folder.id}/createUploadSession")

    assert answer.status_code in {400, 409}


def test_a_session_with_an_old_etag_is_refused(graph: Caller, drive: DriveSeam) -> None:
    drive.put("big.bin", b"1")
    old = graph.get("me/drive/root:/big.bin").json()["eTag"]
    drive.edit("big.bin", b"2")

    answer = graph.post(f"{PATH}/createUploadSession", headers={"If-Match": old})

    assert code_of(answer) == (412, "resourceModified")


def test_a_session_for_a_file_open_in_word_is_refused(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("big.bin", b"1")
    drive.lock("big.bin")

    answer = graph.post(f"{PATH}/createUploadSession")

    assert code_of(answer) == (423, "notAllowed")
    assert answer.json()["error"]["innerError"]["code"] == "resourceLocked"


def test_a_file_locked_meanwhile_is_refused_at_the_end(
    graph: Caller, drive: DriveSeam
) -> None:
    drive.put("big.bin", b"1")
    url = graph.session_for(PATH)
    drive.lock("big.bin")

    assert graph.fragment(url, b"2", 0, 1).status_code == 423
    assert drive.file("big.bin") == b"1"
