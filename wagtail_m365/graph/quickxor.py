"""QuickXorHash, the hash that OneDrive and SharePoint keep of every file.

Microsoft: "Code snippets: QuickXorHash algorithm". Byte number *i* is XORed into a
160-bit register at bit ``11 × i mod 160``; at the end the length is XORed into the
last 64 bits. Bytes 160 apart fall on the same bits, so whole blocks are folded
first as large integers, and only 160 bytes are placed one by one.

Making an integer of bytes takes fifteen times as long as the XOR itself, so pieces of a
large file are folded in another way where there is one (:mod:`.folding`).
"""

from __future__ import annotations

import base64

from .folding import BLOCK, WIDTH, Folder, fastest

__all__ = ["BLOCK", "QuickXorHash"]

_WIDTH = WIDTH  # also bits of the register
_STEP = 11
_MASK = (1 << _WIDTH) - 1
# Bytes folded at once: a power of two times 160, so that halving ends at 160.
_LANES = _WIDTH * 512


class QuickXorHash:
    """Takes bytes piece by piece, as the classes of ``hashlib`` do."""

    name = "quickxor"
    digest_size = _WIDTH // 8

    def __init__(
        self,
        data: bytes | bytearray | memoryview = b"",
        folder: type[Folder] | None = None,
    ) -> None:
        self._folded = 0
        self._length = 0
        self._folder_class = folder
        #: Made with the first large piece; most files are small.
        self._folder: Folder | None = None
        self.update(data)

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Take in the next bytes."""
        view = memoryview(data).cast("B")
        start = 0
        while start < len(view):
            start += self._take(view[start : start + BLOCK])

    def digest(self) -> bytes:
        """The hash of all bytes so far."""
        register = 0
        for index, byte in enumerate(self._last_fold()):
            register ^= byte << (index * _STEP % _WIDTH)
        register = (register & _MASK) ^ (register >> _WIDTH)
        register ^= (self._length & (1 << 64) - 1) << (_WIDTH - 64)
        return register.to_bytes(self.digest_size, "little")

    def base64(self) -> str:
        """The hash as Graph writes it (``file.hashes.quickXorHash``)."""
        return base64.b64encode(self.digest()).decode()

    def _take(self, view: memoryview) -> int:
        """Fold the beginning of these bytes; how many that were."""
        if len(view) >= _LANES and self._length % _WIDTH == 0:
            if self._folder is None:
                self._folder = (self._folder_class or fastest())()
            if taken := self._folder.take(view):
                self._length += taken
                return taken
        offset = self._length % _LANES
        piece = view[: _LANES - offset]
        folded = int.from_bytes(piece, "little")
        self._folded ^= folded << (8 * offset) if offset else folded
        self._length += len(piece)
        return len(piece)

    def _last_fold(self) -> bytes:
        folded, width = self._folded, _LANES
        if self._folder is not None:
            folded ^= int.from_bytes(self._folder.folded(), "little")
        while width > _WIDTH:
            width //= 2
            if upper := folded >> (8 * width):
                folded ^= upper ^ (upper << (8 * width))
        return folded.to_bytes(_WIDTH, "little")
