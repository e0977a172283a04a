"""QuickXorHash against the algorithm as Microsoft describes it, byte by byte."""

from __future__ import annotations

import random

import pytest

from wagtail_m365.testing.fake.quickxor import BLOCK, QuickXorHash


def slowly(data: bytes) -> bytes:
    register = 0
    for position, byte in enumerate(data):
        for bit in range(8):
            if byte >> bit & 1:
                register ^= 1 << (11 * position + bit) % 160
    return (register ^ len(data) << 96).to_bytes(20, "little")


@pytest.mark.parametrize(
    "size", [0, 1, 14, 15, 159, 160, 161, 5000, BLOCK - 1, BLOCK, BLOCK + 7]
)
def test_the_fast_hash_is_the_slow_one(size: int) -> None:
    data = random.Random(size).randbytes(size)

    assert QuickXorHash(data).digest() == slowly(data)


def test_pieces_hash_as_the_whole() -> None:
    data = random.Random(1).randbytes(BLOCK * 2 + 999)
    pieces = QuickXorHash()

    for start in range(0, len(data), 70_001):
        pieces.update(data[start : start + 70_001])

    assert pieces.digest() == QuickXorHash(data).digest()


def test_a_copy_goes_its_own_way() -> None:
    first = QuickXorHash(b"hello")
    second = first.copy()
    second.update(b"!")

    assert first.base64() == "aCgDG9jwBgAAAAAABQAAAAAAAAA="
    assert second.digest() == QuickXorHash(b"hello!").digest()
