from __future__ import annotations

import io

import pytest

from wagtail_m365.errors import ContentMismatch
from wagtail_m365.graph.uploads import upload

from .wire import Reply

# As the example on Microsoft's page "Upload small files" has it, and no more.
ANSWER = {"id": "01A", "name": "note.txt", "size": 5, "file": {}}
ITEM = {
    "id": "01A",
    "name": "note.txt",
    "size": 7,
    "eTag": '"{1},2"',
    "cTag": '"c:{1},2"',
    "webUrl": "https://contoso.example/note.txt",
    "parentReference": {"driveId": "b!1", "id": "01P"},
}


def send(client):
    return upload(
        client,
        io.BytesIO(b"first"),
        size=5,
        drive_id="b!1",
        parent_id="01P",
        name="note.txt",
        conflict="fail",
    )


def test_an_answer_without_an_address_is_made_whole(wired, wire):
    wire.on("PUT", "/content", Reply(201, ANSWER))
    wire.on("GET", "/drives/b!1/items/01A", Reply(200, ITEM))

    item = send(wired)

    assert item.web_url == "https://contoso.example/note.txt"
    assert item.parent_id == "01P"


def test_what_is_there_now_is_not_taken_for_what_arrived(wired, wire):
    wire.on("PUT", "/content", Reply(201, ANSWER))
    wire.on("GET", "/drives/b!1/items/01A", Reply(200, ITEM))

    item = send(wired)

    assert (item.etag, item.ctag, item.size) == ("", "", 5)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_file_has_arrived_even_if_nobody_tells_its_address(wired, wire, status):
    wire.on("PUT", "/content", Reply(201, ANSWER))
    wire.on("GET", "/drives/b!1/items/01A", Reply(status, {}))

    assert send(wired).id == "01A"


def test_an_answer_that_tells_the_address_is_enough(wired, wire):
    told = {"webUrl": "https://contoso.example/here"}
    wire.on("PUT", "/content", Reply(201, ANSWER | told))

    assert send(wired).web_url == "https://contoso.example/here"
    assert not wire.of("GET")


@pytest.mark.parametrize("size", [{}, {"size": None}])
def test_a_size_that_is_not_told_contradicts_nothing(wired, wire, size):
    told = {"webUrl": "https://contoso.example/here"}
    wire.on(
        "PUT", "/content", Reply(201, {"id": "01A", "name": "note.txt"} | told | size)
    )

    assert send(wired).told_size is None


def test_another_size_is_another_content(wired, wire):
    wire.on("PUT", "/content", Reply(201, ANSWER | {"size": 0}))

    with pytest.raises(ContentMismatch):
        send(wired)
