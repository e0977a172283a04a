"""QuickXorHash, the content hash of OneDrive for Business and SharePoint.

Source: Microsoft, "Code snippets: QuickXorHash algorithm" (OneDrive developer docs).
Byte *i* is XORed into a 160 bit register at bit ``11 * i mod 160``, and the length goes
into the last eight bytes. Since ``11 * 160 mod 160 == 0``, bytes that are 160 apart fall
on the same bits: whole blocks can be folded first, which big integers do fast.
"""

from __future__ import annotations

import base64

CYCLE = 160
BLOCK = 320 * 1024
SHIFT = 11


class QuickXorHash:
    """An incremental hash with hashlib's face: ``update``, ``digest``, ``copy``."""

    def __init__(self, data: bytes = b"") -> None:
        self._folded = 0
        self._rest = b""
        self._length = 0
        self.update(data)

    def update(self, data: bytes | memoryview) -> None:
        """Take in more bytes."""
        self._length += len(data)
        view = memoryview(self._rest + bytes(data) if self._rest else data)
        whole = len(view) - len(view) % BLOCK
        for start in range(0, whole, BLOCK):
            block = view[start : start + BLOCK]
            self._folded ^= int.from_bytes(block, "little")
        self._rest = bytes(view[whole:])

    def digest(self) -> bytes:
        """The 20 bytes of the hash."""
        folded = self._folded ^ int.from_bytes(self._rest, "little")
        register = 0
        for position, byte in enumerate(_fold(folded)):
            register ^= byte << (SHIFT * position % CYCLE)
        register = (register & (1 << CYCLE) - 1) ^ (register >> CYCLE)
        return (register ^ self._length << (CYCLE - 64)).to_bytes(20, "little")

    def base64(self) -> str:
        """The hash as Graph writes it in ``file.hashes.quickXorHash``."""
        return base64.b64encode(self.digest()).decode("ascii")

    def copy(self) -> QuickXorHash:
        """A second hash that goes on from here."""
        twin = QuickXorHash()
        twin._folded, twin._rest = self._folded, self._rest
        twin._length = self._length
        return twin


def _fold(block: int) -> bytes:
    """XOR all pieces of 160 bytes of a block into one."""
    pieces = BLOCK // CYCLE
    while pieces > 1:
        half = (pieces + 1) // 2
        bits = half * CYCLE * 8
        block = (block >> bits) ^ (block & (1 << bits) - 1)
        pieces = half
    return block.to_bytes(CYCLE, "little")
