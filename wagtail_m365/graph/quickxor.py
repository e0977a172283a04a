"""QuickXorHash, the hash that OneDrive and SharePoint keep of every file.

Microsoft: "Code snippets: QuickXorHash algorithm". Byte number *i* is XORed into a
160-bit register at bit ``11 × i mod 160``; at the end the length is XORed into the
last 64 bits. Bytes 160 apart fall on the same bits, so whole blocks are folded
first as large integers, and only 160 bytes are placed one by one.

Making an integer of bytes takes fifteen times as long as the XOR itself. Files of
some megabytes are folded by Pillow therefore, which Wagtail brings: to it a block is
an image of 32-bit pixels. Where Pillow is missing, integers do it all.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

_WIDTH = 160  # bits of the register, and bytes after which positions repeat
_STEP = 11
_MASK = (1 << _WIDTH) - 1
# Bytes folded at once: a power of two times 160, so that halving ends at 160.
_LANES = _WIDTH * 512
#: Bytes folded at once as an image, likewise.
BLOCK = _WIDTH * 16384
#: Pixels are 32 bits wide; the shape itself means nothing.
_SHAPE = (_WIDTH * 4, BLOCK // (_WIDTH * 16))


class QuickXorHash:
    """Takes bytes piece by piece, as the classes of ``hashlib`` do."""

    name = "quickxor"
    digest_size = _WIDTH // 8

    def __init__(self, data: bytes | bytearray | memoryview = b"") -> None:
        self._folded = 0
        self._length = 0
        self._image: Any = None
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
        pillow = _pillow() if len(view) == BLOCK else None
        if pillow and self._length % _WIDTH == 0:
            self._fold_image(view, *pillow)
            taken = BLOCK
        else:
            offset = self._length % _LANES
            piece = view[: _LANES - offset]
            folded = int.from_bytes(piece, "little")
            self._folded ^= folded << (8 * offset) if offset else folded
            taken = len(piece)
        self._length += taken
        return taken

    def _fold_image(self, block: memoryview, image: Any, image_math: Any) -> None:
        # A copy: the caller may fill its buffer anew.
        new = image.frombytes("I", _SHAPE, block)
        if self._image is not None:
            new = image_math.lambda_eval(_xor, one=self._image, other=new)
        self._image = new

    def _last_fold(self) -> bytes:
        folded, width = self._folded, BLOCK
        if self._image is not None:
            folded ^= int.from_bytes(self._image.tobytes(), "little")
        while width > _WIDTH:
            width //= 2
            if upper := folded >> (8 * width):
                folded ^= upper ^ (upper << (8 * width))
        return folded.to_bytes(_WIDTH, "little")


def _xor(images: dict[str, Any]) -> Any:
    return images["one"] ^ images["other"]


@cache
def _pillow() -> tuple[Any, Any] | None:
    """Its modules ``Image`` and ``ImageMath``, loaded with the first large file."""
    try:
        from PIL import Image, ImageMath
    except ImportError:
        return None
    return (Image, ImageMath) if hasattr(ImageMath, "lambda_eval") else None
