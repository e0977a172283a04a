"""Downloads on lines that break and from storages that behave oddly."""

from __future__ import annotations

import hashlib
import io
import os
import traceback
from dataclasses import replace

import pytest

from wagtail_m365 import errors
from wagtail_m365.graph.client import GraphClient
from wagtail_m365.graph.downloads import next_length
from wagtail_m365.graph.quickxor import QuickXorHash
from wagtail_m365.graph.types import DriveItem, Hashes
from wagtail_m365.redaction import Secret

from .wire import Asked, HangUp, Reply, Wire

CONTENT = os.urandom(3_000_000)
ITEM = DriveItem(
    id="01A",
    drive_id="b!1",
    name="film.bin",
    size=len(CONTENT),
    hashes=Hashes(quick_xor=QuickXorHash(CONTENT).base64()),
)


@pytest.fixture
def located(wire: Wire) -> Wire:
    """Graph points to storage, as Microsoft does."""
    target = {"Location": f"{wire.storage}?tempauth=hush"}
    wire.on("GET", "/items/01A/content$", Reply(302, headers=target))
    return wire


def whole(*, cut: int | None = None, content: bytes = CONTENT, etag='"e1"') -> Reply:
    return Reply(200, body=content, headers={"ETag": etag} if etag else {}, cut=cut)


def rest(asked: Asked, *, cut: int | None = None, etag: str = '"e1"') -> Reply:
    start = int(asked.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    content_range = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    headers = {"Content-Range": content_range, "ETag": etag}
    return Reply(206, body=CONTENT[start:], headers=headers, cut=cut)


def fetch(client: GraphClient, item: DriveItem = ITEM) -> bytes:
    target = io.BytesIO()
    client.drives.download(item, target)
    return target.getvalue()


def test_a_file_arrives_whole_with_its_hashes(wired, located):
    located.on("GET", "/storage", whole())
    target, seen = io.BytesIO(), []

    result = wired.drives.download(ITEM, target, progress=seen.append)

    assert target.getvalue() == CONTENT
    assert result.size == len(CONTENT)
    assert result.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert result.quick_xor == ITEM.hashes.quick_xor
    assert seen[-1] == len(CONTENT)
    assert "Authorization" in located.asked[0].headers
    assert "Authorization" not in located.asked[1].headers
    assert located.asked[1].headers["Accept-Encoding"] == "identity"


def test_a_hash_that_nobody_wants_is_not_computed(wired, located):
    located.on("GET", "/storage", whole())

    result = wired.drives.download(ITEM, io.BytesIO(), sha256=False)

    assert result.sha256 == ""
    assert result.quick_xor == ITEM.hashes.quick_xor


def test_a_hash_that_the_service_tells_is_compared_in_any_case(wired, located):
    located.on("GET", "/storage", whole())
    item = replace(ITEM, hashes=Hashes(sha256="00" * 32))

    with pytest.raises(errors.ContentMismatch):
        wired.drives.download(item, io.BytesIO(), sha256=False)


def test_a_known_address_saves_a_request(wired, located):
    located.on("GET", "/storage", whole())

    fetch(wired, replace(ITEM, download_url=Secret(located.storage)))

    assert len(located.asked) == 1


def test_an_address_that_has_expired_is_replaced(wired, located):
    located.on(
        "GET", "/storage/old", Reply(401, {"error": {"code": "unauthenticated"}})
    )
    located.on("GET", "/storage", whole())
    item = replace(ITEM, download_url=Secret(f"{located.storage}/old"))

    assert fetch(wired, item) == CONTENT


def test_a_cut_download_goes_on_where_it_stopped(wired, located):
    located.on(
        "GET",
        "/storage",
        whole(cut=1_200_000),
        lambda asked: rest(asked, cut=700_000),
        rest,
    )

    assert fetch(wired) == CONTENT
    storage = [each for each in located.asked if each.path.startswith("/storage")]
    assert "Range" not in storage[0].headers
    assert [each.headers["If-Range"] for each in storage[1:]] == ['"e1"', '"e1"']
    assert storage[2].headers["Range"] != storage[1].headers["Range"]


def test_a_weak_etag_is_not_used_as_a_condition(wired, located):
    located.on(
        "GET", "/storage", whole(cut=9, etag='W/"e1"'), lambda a: rest(a, etag='W/"e1"')
    )

    assert fetch(wired) == CONTENT
    assert "If-Range" not in located.asked[-1].headers


def test_a_storage_that_cannot_send_parts_sends_the_whole_again(wired, located):
    located.on("GET", "/storage", whole(cut=1_200_000), whole())
    target = io.BytesIO(b"before")
    target.seek(0, io.SEEK_END)

    wired.drives.download(ITEM, target)

    assert target.getvalue() == b"before" + CONTENT


def test_graph_may_send_the_content_itself(wired, wire: Wire):
    wire.on("GET", "/items/01A/content$", whole(cut=9), whole())

    assert fetch(wired) == CONTENT


@pytest.mark.parametrize(
    "second",
    [
        lambda asked: whole(etag='"e2"'),
        lambda asked: rest(asked, etag='"e2"'),
        lambda asked: Reply(416, {"error": {"code": "invalidRange"}}),
        lambda asked: Reply(
            206, body=CONTENT, headers={"Content-Range": "bytes 0-1/2"}
        ),
        lambda asked: Reply(206, body=CONTENT),
    ],
    ids=["other etag", "other part", "shorter", "wrong part", "which part"],
)
def test_a_file_that_changes_while_it_is_fetched_is_noticed(wired, located, second):
    located.on("GET", "/storage", whole(cut=1_200_000), second)

    with pytest.raises(errors.ContentMismatch):
        fetch(wired)


def test_a_file_that_changed_before_it_is_fetched_is_noticed(wired, located):
    located.on("GET", "/storage", whole(content=b"x" * len(CONTENT)))

    with pytest.raises(errors.ContentMismatch):
        fetch(wired)


@pytest.mark.parametrize(
    ("hashes", "matches"),
    [
        (Hashes(), True),
        (Hashes(sha256=hashlib.sha256(CONTENT).hexdigest()), True),
        (Hashes(sha256="00" * 32, quick_xor=ITEM.hashes.quick_xor), False),
        (Hashes(sha1="withdrawn"), True),
    ],
)
def test_the_strongest_hash_that_is_told_decides(wired, located, hashes, matches):
    located.on("GET", "/storage", whole())
    item = replace(ITEM, hashes=hashes)

    if matches:
        assert fetch(wired, item) == CONTENT
    else:
        with pytest.raises(errors.ContentMismatch):
            fetch(wired, item)


def test_without_hashes_the_length_decides(wired, located):
    located.on("GET", "/storage", whole(content=CONTENT[:-1]))

    with pytest.raises(errors.ContentMismatch):
        fetch(wired, replace(ITEM, hashes=Hashes()))


def test_half_a_file_is_never_taken_for_the_whole(wired, located):
    located.on("GET", "/storage", whole(cut=0))

    with pytest.raises(errors.TemporarilyUnavailable) as raised:
        fetch(wired, replace(ITEM, hashes=Hashes(), size=0))

    assert raised.value.__cause__ is not None


def test_storage_out_of_order_is_asked_again(wired, located, naps):
    located.on(
        "GET", "/storage", HangUp, Reply(503, headers={"Retry-After": "2"}), whole()
    )

    assert fetch(wired) == CONTENT
    assert 2 in naps


def test_an_empty_file_is_whole(wired, located):
    located.on("GET", "/storage", Reply(200))

    assert fetch(wired, DriveItem(id="01A", drive_id="b!1")) == b""


def test_a_file_that_is_gone_is_reported_as_such(wired, wire: Wire):
    wire.on("GET", "/content", Reply(404, {"error": {"code": "itemNotFound"}}))

    with pytest.raises(errors.ItemNotFound):
        fetch(wired)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_file_is_not_gone_because_it_is_not_where_graph_points(
    wired, located, status
):
    located.on("GET", "/storage", Reply(status))

    with pytest.raises(errors.TemporarilyUnavailable):
        fetch(wired)


def test_a_full_disk_is_not_taken_for_a_broken_line(wired, located):
    class Full(io.BytesIO):
        def write(self, data) -> int:
            raise OSError(28, "No space left on device")

    located.on("GET", "/storage", whole())

    with pytest.raises(OSError, match="No space left"):
        wired.drives.download(ITEM, Full())

    assert len(located.asked) == 2


def test_pieces_are_long_on_a_fast_line_only():
    slow, fast = next_length(seconds=2), next_length(seconds=0.001)

    assert slow < 1024 * 1024 < fast < 4 * 1024 * 1024


def test_a_report_of_a_download_that_failed_does_not_show_where_from(wired, located):
    located.on("GET", "/storage", Reply(400))
    address = Secret(f"{located.storage}?tempauth=hush")

    with pytest.raises(errors.M365Error) as raised:
        fetch(wired, replace(ITEM, download_url=address))

    report = traceback.TracebackException.from_exception(
        raised.value, capture_locals=True
    )
    assert "hush" not in "".join(report.format())
