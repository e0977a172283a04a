from __future__ import annotations

import io

import pytest

from wagtail_m365 import errors
from wagtail_m365.graph.delta import changes
from wagtail_m365.graph.listings import Spot, children
from wagtail_m365.graph.quickxor import QuickXorHash
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.graph.uploads import upload

from .wire import HangUp, Reply, Wire

#: What something in between may answer, with success, in Microsoft's place.
NOTHING = (Reply(200), Reply(200, {}), Reply(200, {"id": None, "value": None}))
LOG_IN = Reply(302, headers={"Location": "http://network.example/log-in"})
PAGE = Reply(200, body=b"<html>Log in</html>", headers={"Content-Type": "text/html"})


def refused(ask) -> str:
    with pytest.raises(errors.GraphError) as raised:
        ask()
    return raised.value.code


@pytest.mark.parametrize("reply", NOTHING)
def test_an_answer_that_tells_nothing_is_no_empty_folder(wired, wire: Wire, reply):
    wire.on("GET", "/children", reply)

    for ask in (
        lambda: list(wired.drives.children("b!1", "01P")),
        lambda: children(wired, Spot(drive_id="b!1", item_id="01P")),
        lambda: list(wired.values("/me/drive/root/children")),
    ):
        assert refused(ask) == "unreadable_answer"


@pytest.mark.parametrize("reply", NOTHING)
def test_nor_is_it_an_item_or_a_drive(wired, wire: Wire, reply):
    wire.on("GET", "/", reply)

    assert refused(lambda: wired.drives.item("b!1", "01A")) == "unreadable_answer"
    assert refused(wired.drives.mine) == "unreadable_answer"


@pytest.mark.parametrize("reply", NOTHING)
def test_a_folder_that_is_not_told_is_not_written_to(wired, wire: Wire, reply):
    wire.on("POST", "/children", reply)

    def make_folder() -> DriveItem:
        return wired.drives.create_folder("b!1", "01P", "Press")

    assert refused(make_folder) == "unreadable_answer"


def test_an_upload_session_without_an_address_is_none(wired, wire: Wire):
    wire.on("POST", "createUploadSession", Reply(200, {}))
    size = 5 * 1024 * 1024

    def send() -> DriveItem:
        return upload(
            wired,
            io.BytesIO(bytes(size)),
            size=size,
            drive_id="b!1",
            parent_id="01P",
            name="film.bin",
            conflict="fail",
        )

    assert refused(send) == "unreadable_answer"


def small(wired, **more) -> DriveItem:
    given = {"conflict": "fail", "name": "film.bin", **more}
    content = io.BytesIO(b"small")
    return upload(wired, content, size=5, drive_id="b!1", parent_id="01P", **given)


SMALL = {
    "id": "1",
    "name": "film.bin",
    "size": 5,
    "file": {"hashes": {"quickXorHash": QuickXorHash(b"small").base64()}},
}


@pytest.mark.parametrize("reply", [*NOTHING, PAGE, LOG_IN, Reply(200, [1])])
def test_a_small_file_whose_answer_cannot_be_read_is_looked_for(
    wired, wire: Wire, reply
):
    wire.on("PUT", "/content", reply)
    wire.on("GET", r"/items/01P:/film.bin\?", Reply(200, SMALL))

    assert small(wired).id == "1"
    assert len(wire.of("PUT")) == 1


@pytest.mark.parametrize("reply", [*NOTHING, PAGE, LOG_IN])
def test_one_that_is_not_found_is_not_taken_for_sent(wired, wire: Wire, reply):
    wire.on("PUT", "/content", reply)
    wire.on("GET", "/items", Reply(404, {"error": {"code": "itemNotFound"}}))

    assert refused(lambda: small(wired)) == "unreadable_answer"


@pytest.mark.parametrize("answer", [HangUp, Reply(504)])
def test_a_copy_with_a_name_of_microsofts_choice_may_have_arrived(wired, wire, answer):
    wire.on("PUT", "/content", answer)

    with pytest.raises(errors.TemporarilyUnavailable) as raised:
        small(wired, conflict="rename")

    assert raised.value.code == "upload_unconfirmed"
    assert len(wire.asked) == 1


def test_what_was_not_taken_has_not_arrived(wired, wire: Wire, naps):
    wire.on("PUT", "/content", Reply(429, headers={"Retry-After": "900"}))

    with pytest.raises(errors.TemporarilyUnavailable) as raised:
        small(wired, conflict="rename")

    assert raised.value.code == "temporarily_unavailable"


@pytest.mark.parametrize("reply", [*NOTHING, PAGE])
def test_a_large_file_whose_last_answer_cannot_be_read_is_looked_for(
    wired, wire: Wire, reply
):
    content = bytes(5 * 1024 * 1024)
    hashes = {"quickXorHash": QuickXorHash(content).base64()}
    told = SMALL | {"size": len(content), "file": {"hashes": hashes}}
    address = {"uploadUrl": f"{wire.storage}?tempauth=hush"}
    wire.on("POST", "createUploadSession", Reply(200, address))
    wire.on("PUT", "/storage", reply)
    wire.on("GET", "/storage", Reply(404))
    wire.on("GET", r"/items/01P:/film.bin\?", Reply(200, told))

    item = upload(
        wired,
        io.BytesIO(content),
        size=len(content),
        drive_id="b!1",
        parent_id="01P",
        name="film.bin",
        conflict="fail",
    )

    assert item.id == "1"
    assert len(wire.of("PUT")) == 1


def test_an_answer_that_cannot_be_unpacked_is_asked_for_again(wired, wire: Wire):
    broken = Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"})
    wire.on("GET", "/me", broken, Reply(200, {"id": "1"}))

    assert wired.get("/me") == {"id": "1"}


def test_what_has_no_id_is_left_out_of_a_list(wired, wire: Wire):
    told = {"value": [None, {}, {"name": "odd"}, {"id": "01A"}, "text"]}
    wire.on("GET", "/children", Reply(200, told))
    wire.on("GET", "/delta", Reply(200, {**told, "@odata.deltaLink": wire.graph}))

    assert [each.id for each in wired.drives.children("b!1", "01P")] == ["01A"]
    (page,) = changes(wired, "b!1")
    assert [each.id for each in page.items] == ["01A"]


@pytest.mark.parametrize("reply", [LOG_IN, PAGE])
def test_nothing_is_taken_for_deleted_because_somebody_else_answered(
    wired, wire: Wire, reply
):
    wire.on("DELETE", "/items/01A", reply)

    code = refused(lambda: wired.drives.delete("b!1", "01A"))

    assert code == "unreadable_answer"
