"""Upload sessions on lines and with answers that no sane server gives.

The ordinary course of an upload is told in ``test_uploads``, with the fake Microsoft.
"""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass, field

import pytest

from wagtail_m365 import errors
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.quickxor import QuickXorHash
from wagtail_m365.graph.types import DriveItem
from wagtail_m365.graph.upload_sessions import FRAGMENT
from wagtail_m365.graph.uploads import upload
from wagtail_m365.redaction import Secret

from .wire import Asked, HangUp, Reply, Wire

SIZE = 2 * FRAGMENT + 1000
ITEM = {"id": "01A", "name": "film.bin", "eTag": '"1"'}


@dataclass
class Storage:
    """Takes fragments as Microsoft does; a test may put faults before them."""

    wire: Wire
    kept: bytearray = field(default_factory=bytearray)

    def put(self, asked: Asked) -> Reply:
        match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", asked.headers["Content-Range"])
        first, last, total = map(int, match.groups())
        assert len(asked.body) == last - first + 1
        if first != len(self.kept):
            return Reply(416, {"error": {"code": "invalidRange"}})
        self.kept += asked.body
        if last + 1 < total:
            assert len(asked.body) % (320 * 1024) == 0
            return Reply(202, self.state())
        return Reply(201, self.item())

    def state(self) -> dict:
        return {"nextExpectedRanges": [f"{len(self.kept)}-"]}

    def status(self, asked: Asked) -> Reply:
        return Reply(200, self.state())

    def item(self) -> dict:
        hashes = {"quickXorHash": QuickXorHash(self.kept).base64()}
        return ITEM | {"size": len(self.kept), "file": {"hashes": hashes}}


@pytest.fixture
def storage(wire: Wire) -> Storage:
    storage = Storage(wire)
    url = f"{wire.storage}?tempauth=hush"
    session = {"uploadUrl": url, "nextExpectedRanges": ["0-"], "more": 1}
    wire.on("POST", "createUploadSession$", Reply(200, session))
    wire.on("GET", "/storage", storage.status)
    wire.on("DELETE", "/storage", Reply(204))
    return storage


@pytest.fixture(scope="module")
def content() -> bytes:
    return os.urandom(SIZE)


class ReadOnce(io.RawIOBase):
    """A source without ``seek`` and ``fileno``, as remote storages give."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        return self._inner.readinto(memoryview(buffer)[:70_001])


def send(client: GraphClient, source, size: int = SIZE, **more) -> DriveItem:
    arguments = {"conflict": "fail", "name": "film.bin"} | more
    return upload(
        client, source, size=size, drive_id="b!1", parent_id="01P", **arguments
    )


def test_fragments_arrive_in_order_and_progress_is_told(wired, wire, storage, content):
    wire.on("PUT", "/storage", storage.put)
    seen: list[int] = []

    item = send(wired, io.BytesIO(content), progress=seen.append)

    assert bytes(storage.kept) == content
    assert seen == [FRAGMENT, 2 * FRAGMENT, SIZE]
    assert (item.id, item.size, item.rewritten) == ("01A", SIZE, False)
    assert not any("Authorization" in each.headers for each in wire.of("PUT"))


def test_a_source_that_can_be_read_only_once_is_enough(wired, wire, storage, content):
    wire.on("PUT", "/storage", storage.put)

    send(wired, ReadOnce(content))

    assert bytes(storage.kept) == content


class OnlyRead:
    """A source with nothing but ``read``."""

    def __init__(self, content: bytes) -> None:
        self.read = io.BytesIO(content).read


@pytest.mark.parametrize("make", [io.BytesIO, ReadOnce, OnlyRead])
def test_after_a_cut_line_the_server_says_where_to_go_on(
    wired, wire, storage, content, make
):
    def half(asked: Asked) -> Reply:
        storage.kept += asked.body[: 3 * 320 * 1024 + 17]
        raise HangUp

    wire.on("PUT", "/storage", storage.put, half, storage.put)

    send(wired, make(content))

    assert bytes(storage.kept) == content


def test_a_fragment_whose_answer_was_lost_is_not_sent_twice(
    wired, wire, storage, content
):
    def unheard(asked: Asked) -> Reply:
        storage.put(asked)
        raise HangUp

    wire.on("PUT", "/storage", unheard, storage.put)

    send(wired, io.BytesIO(content))

    assert bytes(storage.kept) == content
    assert len(wire.of("PUT")) == 3


def test_a_range_the_server_already_has_is_skipped(wired, wire, storage, content):
    def kept_but_refused(asked: Asked) -> Reply:
        storage.put(asked)
        return Reply(416, {"error": {"code": "invalidRange"}})

    wire.on("PUT", "/storage", kept_but_refused, storage.put)

    send(wired, io.BytesIO(content))

    assert bytes(storage.kept) == content


@pytest.mark.parametrize("form", ["{0}-{1}", "{0}-", "{0} - {1}"])
def test_expected_ranges_are_read_in_every_form(wired, wire, storage, content, form):
    def answer(asked: Asked) -> Reply:
        reply = storage.put(asked)
        if reply.status == 202:
            reply.json = {
                "nextExpectedRanges": [form.format(len(storage.kept), SIZE - 1)]
            }
        return reply

    wire.on("PUT", "/storage", answer)

    send(wired, io.BytesIO(content))

    assert bytes(storage.kept) == content


def test_an_answer_without_ranges_means_that_all_was_taken(
    wired, wire, storage, content
):
    def answer(asked: Asked) -> Reply:
        reply = storage.put(asked)
        return Reply(202) if reply.status == 202 else reply

    wire.on("PUT", "/storage", answer)

    send(wired, io.BytesIO(content))

    assert bytes(storage.kept) == content


def test_a_server_that_lost_bytes_gets_them_again(wired, wire, storage, content):
    def forget(asked: Asked) -> Reply:
        storage.kept.clear()
        raise HangUp

    wire.on("PUT", "/storage", storage.put, forget, storage.put)

    item = send(wired, io.BytesIO(content))

    assert bytes(storage.kept) == content
    assert item.rewritten is False


def test_bytes_that_can_be_read_only_once_cannot_be_sent_again(
    wired, wire, storage, content
):
    def forget(asked: Asked) -> Reply:
        storage.kept.clear()
        raise HangUp

    wire.on("PUT", "/storage", storage.put, forget, storage.put)

    with pytest.raises(errors.UploadSessionLost):
        send(wired, ReadOnce(content))


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_lost_session_is_begun_anew_once(wired, wire, storage, content, status):
    def lose(asked: Asked) -> Reply:
        storage.kept.clear()
        return Reply(status, {"error": {"code": "itemNotFound"}})

    wire.on("PUT", "/storage", storage.put, lose, storage.put)

    send(wired, io.BytesIO(content))

    assert bytes(storage.kept) == content
    assert len(wire.of("POST")) == 2


def test_a_session_that_is_lost_twice_is_an_error(wired, wire, storage, content):
    wire.on("PUT", "/storage", Reply(404, {"error": {"code": "itemNotFound"}}))

    with pytest.raises(errors.UploadSessionLost):
        send(wired, io.BytesIO(content))

    assert len(wire.of("POST")) == 2


def test_a_file_that_arrived_although_its_last_answer_was_lost_is_not_sent_again(
    wired, wire: Wire, storage: Storage, content
):
    def last(asked: Asked) -> Reply:
        storage.put(asked)
        raise HangUp

    wire.on("PUT", "/storage", storage.put, storage.put, last)
    wire._answers = [each for each in wire._answers if each[0] != "GET"]
    wire.on("GET", "/storage", Reply(404, {"error": {"code": "itemNotFound"}}))
    wire.on("GET", "/items/01P:/film.bin", lambda asked: Reply(200, storage.item()))

    item = send(wired, io.BytesIO(content))

    assert item.id == "01A"
    assert len(wire.of("POST")) == 1


def test_endless_faults_end_and_keep_the_session(wired, wire, storage, content):
    wire.on("PUT", "/storage", storage.put, HangUp)

    with pytest.raises(errors.TemporarilyUnavailable):
        send(wired, io.BytesIO(content))

    assert wire.of("DELETE") == []


def test_a_kept_session_is_gone_on_with(wired, wire, storage, content):
    storage.kept += content[:FRAGMENT]
    wire.on("PUT", "/storage", storage.put)

    send(wired, io.BytesIO(content), resume=Secret(wire.storage))

    assert bytes(storage.kept) == content
    assert wire.of("POST") == []


def test_a_kept_session_that_has_ended_is_replaced(wired, wire: Wire, content):
    storage = Storage(wire)
    session = {"uploadUrl": f"{wire.storage}/new"}
    wire.on("POST", "createUploadSession$", Reply(200, session))
    wire.on("GET", "/storage/old", Reply(404, {"error": {"code": "itemNotFound"}}))
    wire.on("PUT", "/storage/new", storage.put)
    opened: list[str] = []

    send(
        wired,
        io.BytesIO(content),
        resume=Secret(f"{wire.storage}/old"),
        opened=lambda session: opened.append(session.url.reveal()),
    )

    assert bytes(storage.kept) == content
    assert opened == [f"{wire.storage}/new"]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (409, "nameAlreadyExists", errors.NameTaken),
        (412, "resourceModified", errors.PreconditionFailed),
        (423, "resourceLocked", errors.ItemLocked),
        (507, "quotaLimitReached", errors.QuotaExceeded),
    ],
)
def test_a_refusal_in_mid_upload_ends_the_session(
    wired, wire, storage, content, *, status, code, error
):
    wire.on("PUT", "/storage", storage.put, Reply(status, {"error": {"code": code}}))

    with pytest.raises(error):
        send(wired, io.BytesIO(content))

    assert len(wire.of("DELETE")) == 1


def test_an_upload_address_without_tls_is_not_used(wired, wire: Wire, content):
    session = {"uploadUrl": "http://storage.example/x"}
    wire.on("POST", "createUploadSession$", Reply(200, session))

    with pytest.raises(errors.ForeignAddress):
        send(wired, io.BytesIO(content))


@pytest.mark.parametrize("change", [-1, 1])
def test_a_source_of_another_length_is_noticed_before_the_last_byte_is_sent(
    wired, wire, storage, content, change
):
    wire.on("PUT", "/storage", storage.put)
    longer = content + b"x"

    with pytest.raises(errors.ContentMismatch) as raised:
        send(wired, io.BytesIO(longer[: SIZE + change]))

    assert raised.value.code == "source_changed"
    assert len(storage.kept) < SIZE
    assert len(wire.of("DELETE")) == 1


def test_a_file_that_is_written_while_it_is_sent_is_noticed(
    wired, wire, storage, content, tmp_path
):
    path = tmp_path / "film.bin"
    path.write_bytes(content)

    def meanwhile(asked: Asked) -> Reply:
        os.utime(path, ns=(1, 1))
        return storage.put(asked)

    wire.on("PUT", "/storage", meanwhile)

    with path.open("rb") as source, pytest.raises(errors.ContentMismatch) as raised:
        send(wired, source)

    assert raised.value.code == "source_changed"
    assert len(storage.kept) < SIZE


def test_a_source_that_is_not_what_was_promised_is_noticed(
    wired, wire, storage, content
):
    wire.on("PUT", "/storage", storage.put)

    with pytest.raises(errors.ContentMismatch):
        send(wired, io.BytesIO(content), sha256="00" * 32)

    assert len(storage.kept) < SIZE


@pytest.mark.parametrize(
    "told",
    [
        {"file": {"hashes": {"quickXorHash": "AAAA"}}, "size": SIZE},
        {"size": SIZE + 1},
    ],
)
def test_what_is_kept_otherwise_than_sent_is_an_error(
    wired, wire, storage, content, told
):
    def distort(asked: Asked) -> Reply:
        reply = storage.put(asked)
        return Reply(201, ITEM | told) if reply.status == 201 else reply

    wire.on("PUT", "/storage", distort)

    with pytest.raises(errors.ContentMismatch) as raised:
        send(wired, io.BytesIO(content))

    assert raised.value.code == "copy_not_as_sent"
    assert raised.value.facts["item_id"] == "01A"


def test_an_office_file_that_is_rewritten_on_arrival_is_no_alarm(wired, wire: Wire):
    told = {"id": "01A", "name": "Plan.DOCX", "size": 6005}
    told["file"] = {"hashes": {"quickXorHash": "AAAA"}}
    wire.on("PUT", "/content", Reply(201, told))

    item = send(wired, io.BytesIO(b"x" * 5), 5, name="Plan.DOCX")

    assert item.rewritten
    assert item.size == 6005
    assert item.drive_id == "b!1"


def test_an_answer_without_hashes_is_compared_by_size(wired, wire: Wire):
    wire.on("PUT", "/content", Reply(201, {"id": "1", "name": "a.txt", "size": 5}))

    assert send(wired, io.BytesIO(b"x" * 5), 5).rewritten is False


def test_a_small_file_whose_answer_was_lost_is_looked_for(wired, wire: Wire):
    content = b"small"
    hashes = {"quickXorHash": QuickXorHash(content).base64()}
    item = {"id": "1", "name": "film.bin", "size": 5, "file": {"hashes": hashes}}
    wire.on("PUT", "/content", HangUp)
    wire.on("GET", r"/items/01P:/film.bin\?", Reply(200, item))

    assert send(wired, io.BytesIO(content), 5).id == "1"


def test_another_file_of_that_name_is_not_taken_for_the_one_that_was_sent(
    wired, wire: Wire
):
    hashes = {"quickXorHash": QuickXorHash(b"other").base64()}
    item = {"id": "1", "name": "film.bin", "size": 5, "file": {"hashes": hashes}}
    wire.on("PUT", "/content", HangUp)
    wire.on("GET", r"/items/01P:/film.bin\?", Reply(200, item))

    with pytest.raises(errors.TemporarilyUnavailable):
        send(wired, io.BytesIO(b"small"), 5, conflict="fail")


@pytest.mark.parametrize("conflict", ["rename", "fail"])
def test_a_small_file_that_cannot_be_found_again_is_reported_as_unsent(
    wired, wire: Wire, conflict
):
    wire.on("PUT", "/content", HangUp)
    wire.on("GET", "/items", Reply(404, {"error": {"code": "itemNotFound"}}))

    with pytest.raises(errors.TemporarilyUnavailable):
        send(wired, io.BytesIO(b"small"), 5, conflict=conflict)


def test_a_small_file_that_did_not_arrive_is_sent_once_more(wired, wire: Wire):
    wire.on("PUT", "/content", HangUp, Reply(201, {"id": "1", "size": 5}))
    wire.on("GET", "/items", Reply(404, {"error": {"code": "itemNotFound"}}))

    assert send(wired, io.BytesIO(b"small"), 5).id == "1"
    assert [each.body for each in wire.of("PUT")] == [b"small", b"small"]


@pytest.mark.parametrize(
    ("conflict", "answer"), [("rename", HangUp), ("fail", Reply(504))]
)
def test_it_is_not_sent_again_where_it_might_arrive_twice_or_microsoft_answered(
    wired, wire: Wire, conflict, answer
):
    wire.on("PUT", "/content", answer)
    wire.on("GET", "/items", Reply(404, {"error": {"code": "itemNotFound"}}))

    with pytest.raises(errors.TemporarilyUnavailable):
        send(wired, io.BytesIO(b"small"), 5, conflict=conflict)

    assert len(wire.of("PUT")) == 1


def test_a_name_onedrive_refuses_is_refused_before_anything_is_sent(wired, wire: Wire):
    with pytest.raises(errors.NameRefused):
        send(wired, io.BytesIO(b"x"), 1, name="a:b.txt")

    assert wire.asked == []
