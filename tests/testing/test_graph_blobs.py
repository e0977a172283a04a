"""Content of files in memory and on disk."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

import pytest

from wagtail_m365.testing.fake.blobs import IN_MEMORY, BlobStore
from wagtail_m365.testing.fake.calls import state_of
from wagtail_m365.testing.fake.drives import DriveSeam
from wagtail_m365.testing.fake.quickxor import QuickXorHash
from wagtail_m365.testing.server import FakeMicrosoft

from .caller import MULTIPLE, Caller

LARGE = random.Random(7).randbytes(3 * IN_MEMORY + 123)


@pytest.fixture
def blobs() -> Iterator[BlobStore]:
    store = BlobStore()
    yield store
    store.close()


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY, IN_MEMORY + 1, len(LARGE)])
def test_content_comes_back_as_it_went_in(blobs: BlobStore, size: int) -> None:
    data = LARGE[:size]

    blob = blobs.store(data)

    assert blob.read() == b"".join(blob.chunks(0, size)) == data
    assert blob.size == size
    assert blob.quick_xor == QuickXorHash(data).base64()
    assert blob.sha256 == hashlib.sha256(data).hexdigest().upper()
    assert (blob.path is not None) == (size > IN_MEMORY)


def test_a_part_is_read_alone(blobs: BlobStore) -> None:
    blob = blobs.store(LARGE)

    assert b"".join(blob.chunks(1_500_000, 2_900_001)) == LARGE[1_500_000:2_900_001]


@pytest.mark.parametrize("mark_at", [10, IN_MEMORY + 10])
def test_what_was_written_since_a_mark_can_be_forgotten(
    blobs: BlobStore, mark_at: int
) -> None:
    writer = blobs.writer()
    writer.write(LARGE[:mark_at])
    mark = writer.mark()
    writer.write(LARGE)
    writer.roll_back(mark)
    writer.write(LARGE[mark_at:])

    blob = writer.finish()

    assert blob.read() == LARGE
    assert blob.quick_xor == QuickXorHash(LARGE).base64()


def test_a_discarded_upload_leaves_no_file(blobs: BlobStore) -> None:
    writer = blobs.writer()
    writer.write(LARGE)
    writer.discard()

    assert list(blobs.folder.iterdir()) == []


def test_a_reset_deletes_the_files_of_the_world(
    fake: FakeMicrosoft, graph: Caller, drive: DriveSeam
) -> None:
    url = graph.session_for("me/drive/root:/a.bin:")
    graph.fragment(url, LARGE[: 4 * MULTIPLE], 0, len(LARGE))
    drive.put("b.bin", LARGE)
    folder = state_of(fake.world).blobs.folder

    fake.reset()

    assert not folder.exists()
