"""Folding long pieces of a file to the few bytes that QuickXorHash places one by one.

Bytes 160 apart fall on the same bits of that hash, so blocks can be XORed with one
another as they are. Three ways do so, told apart by their speed alone: numpy, where the
site has it (the extra ``wagtail-m365[fast]``; it reads at the speed of memory and lets
other threads run), Pillow, which Wagtail brings, and integers of Python.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

#: Bytes after which positions repeat.
WIDTH = 160
#: Bytes folded at once as an image; also a good size for pieces.
BLOCK = WIDTH * 4096
#: Pixels are 32 bits wide: a row is sixteen times 160 bytes, and rows fall together.
_SHAPE = (WIDTH * 4, BLOCK // (WIDTH * 16))
#: Words of 64 bits in a row of numpy's: 1,280 bytes, from which on it is at its best.
_WORDS = WIDTH


class Folder(Protocol):
    """Takes what it can of a piece that begins at a multiple of 160 bytes."""

    def take(self, view: memoryview) -> int:
        """Fold the beginning of these bytes: how many, a multiple of 160, or none."""

    def folded(self) -> bytes:
        """What was taken, XORed to a multiple of 160 bytes; empty for nothing."""


class NumpyFolder:
    """Rows of words, which numpy XORs without holding Python's lock."""

    name = "numpy"

    def __init__(self) -> None:
        import numpy as np

        self._numpy = np
        self._row = np.zeros(_WORDS, dtype=np.uint64)

    def take(self, view: memoryview) -> int:
        """All whole rows."""
        taken = len(view) - len(view) % self._row.nbytes
        if taken:
            words = self._numpy.frombuffer(view[:taken], dtype=self._row.dtype)
            rows = words.reshape(-1, _WORDS)
            self._row ^= self._numpy.bitwise_xor.reduce(rows, axis=0)
        return taken

    def folded(self) -> bytes:
        """One row."""
        return self._row.tobytes()


class PillowFolder:
    """Images of 32-bit pixels."""

    name = "Pillow"

    def __init__(self) -> None:
        from PIL import Image, ImageMath

        self._evaluate = ImageMath.lambda_eval
        #: The block at hand; always the same memory, which stays near the processor.
        self._new = Image.new("I", _SHAPE)
        self._image: Any = None

    def take(self, view: memoryview) -> int:
        """A whole block or nothing."""
        if len(view) != BLOCK:
            return 0
        # A copy: the caller may fill its buffer anew.
        self._new.frombytes(view)
        before = self._image
        self._image = (
            self._new.copy() if before is None else self._both(before, self._new)
        )
        return BLOCK

    def folded(self) -> bytes:
        """One row of the image, if there is one."""
        image = self._image
        if image is None:
            return b""
        width, height = image.size
        while height > 1:
            height //= 2
            upper = image.crop((0, 0, width, height))
            lower = image.crop((0, height, width, 2 * height))
            image = self._both(upper, lower)
        pixels: bytes = image.tobytes()
        return pixels

    def _both(self, one: Any, other: Any) -> Any:
        return self._evaluate(_xor, one=one, other=other)


class NoFolder:
    """Leaves everything to integers."""

    name = "integers"

    def take(self, view: memoryview) -> int:
        """Nothing."""
        return 0

    def folded(self) -> bytes:
        """Nothing."""
        return b""


FOLDERS: tuple[type[NumpyFolder | PillowFolder | NoFolder], ...] = (
    NumpyFolder,
    PillowFolder,
    NoFolder,
)


@cache
def fastest() -> type[NumpyFolder | PillowFolder | NoFolder]:
    """The best way of this installation; its library is loaded with the first file."""
    for folder in FOLDERS:
        try:
            folder()
        except (ImportError, AttributeError):  # AttributeError: a Pillow before 10.3
            continue
        return folder
    return NoFolder


def _xor(images: dict[str, Any]) -> Any:
    return images["one"] ^ images["other"]
