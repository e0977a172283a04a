from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageMath

from wagtail_m365.graph.folding import FOLDERS, PillowFolder, fastest
from wagtail_m365.graph.quickxor import BLOCK, QuickXorHash

# A Pillow before 10.3 cannot; integers fold in its place.
_OLD_PILLOW = not hasattr(ImageMath, "lambda_eval")
INSTALLED = [one for one in FOLDERS if one is not PillowFolder or not _OLD_PILLOW]

fastest()  # loads its library before Hypothesis looks at its clock


def naive(data: bytes) -> bytes:
    """The definition, byte by byte and bit by bit."""
    register = [0] * 160
    for index, byte in enumerate(data):
        for bit in range(8):
            register[(index * 11 + bit) % 160] ^= byte >> bit & 1
    number = sum(bit << place for place, bit in enumerate(register))
    number ^= len(data) << 96
    return number.to_bytes(20, "little")


@given(st.lists(st.binary(max_size=700), max_size=6))
def test_pieces_of_any_length_give_the_hash_of_the_whole(pieces: list[bytes]):
    hasher = QuickXorHash()
    for piece in pieces:
        hasher.update(piece)

    assert hasher.digest() == naive(b"".join(pieces))


@given(st.integers(0, 2**32), st.integers(163_000, 165_000), st.integers(1, 400_000))
def test_blocks_that_are_folded_together_give_the_same_hash(seed, cut, length):
    unit = seed.to_bytes(5, "little") + b"\x01\x80"
    data = (unit * (length // len(unit) + 1))[:length]
    hasher = QuickXorHash(data[:cut])
    hasher.update(memoryview(data)[cut:])

    assert hasher.digest() == QuickXorHash(data).digest()


def test_a_long_file_has_the_hash_of_the_definition():
    data = bytes(range(251)) * 1400  # more than two of the folds

    assert QuickXorHash(data).digest() == naive(data)


@pytest.mark.parametrize("folder", INSTALLED, ids=lambda one: one.name)
@pytest.mark.parametrize("before", [0, 1, 160, 81_920])
@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_every_way_to_fold_gives_the_hash_of_the_definition(folder, before, blocks):
    data = bytes(range(253)) * ((before + blocks * BLOCK + 1399) // 253 + 1)
    small = QuickXorHash()
    for start in range(0, len(data), 70_001):  # too short for any but integers
        small.update(data[start : start + 70_001])
    at_once = QuickXorHash(data[:before], folder)
    at_once.update(memoryview(data)[before:])

    assert at_once.digest() == small.digest()
    assert at_once.digest() == at_once.digest()


def test_the_fastest_way_of_the_installation_is_taken():
    assert fastest() is INSTALLED[0]


@pytest.mark.parametrize("folder", INSTALLED, ids=lambda one: one.name)
def test_a_buffer_may_be_filled_anew_once_it_was_taken(folder):
    buffer = bytearray(b"a" * BLOCK)
    hasher = QuickXorHash(buffer, folder)
    digest = hasher.digest()
    buffer[:] = b"b" * BLOCK

    assert hasher.digest() == digest


@pytest.mark.parametrize(
    ("data", "told"),
    [
        # rclone's test vectors, made with Microsoft's own implementation.
        ("", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("Sg==", "SgAAAAAAAAAAAAAAAQAAAAAAAAA="),
        ("0pZP", "0rDEEwAAAAAAAAAAAwAAAAAAAAA="),
        ("eAV52qE=", "eChAHrQRCgAAAAAABQAAAAAAAAA="),
        ("qaApEj66lw==", "qQBFCiTgA11cAgAABwAAAAAAAAA="),
    ],
)
def test_the_hash_is_microsofts(data: str, told: str):
    assert QuickXorHash(base64.b64decode(data)).base64() == told
