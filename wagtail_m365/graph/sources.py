"""The bytes of one upload: read once, hashed on the way, watched for change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO

from wagtail_m365.errors import ContentMismatch, UploadSessionLost

from .quickxor import BLOCK, QuickXorHash

_SLICE = 1024 * 1024


class Fragment:
    """A part of a file as a request body: sized, and sent slice by slice.

    Slices keep the socket's timeout meaningful on slow lines (it covers one
    ``sendall``, not one byte) and are not copied.
    """

    def __init__(self, view: memoryview) -> None:
        self._view = view

    def __len__(self) -> int:
        return len(self._view)

    def __iter__(self) -> Iterator[memoryview]:
        for start in range(0, len(self._view), _SLICE):
            yield self._view[start : start + _SLICE]


class Source:
    """A binary file of known size, through a window of constant size.

    Args:
        file: Opened for reading; read from where it stands.
        size: Bytes to expect.
        window: Bytes kept in memory.
        sha256: Hash the whole must have, hexadecimal; ``""``: not checked.
    """

    def __init__(
        self, file: BinaryIO, *, size: int, window: int, sha256: str = ""
    ) -> None:
        self.size = size
        self._file = file
        self._origin = file.tell() if self.can_rewind() else 0
        self._stamp = self._modification()
        self._expected = sha256.lower()
        self._buffer = bytearray(min(window, size))
        self._reset()

    def _reset(self) -> None:
        self._start = self._end = 0
        self._quick_xor = QuickXorHash()
        self._sha256 = hashlib.sha256()

    def can_rewind(self) -> bool:
        """Can the file be read again from its beginning?"""
        seekable = getattr(self._file, "seekable", None)
        return bool(seekable is not None and seekable())

    def rewind(self) -> None:
        """Begin again at the first byte."""
        self._file.seek(self._origin)
        self._reset()

    def is_read(self) -> bool:
        """Has every byte been read, so that the hash is that of the whole?"""
        return self._end == self.size

    def quick_xor(self) -> str:
        """QuickXorHash (base64) of what has been read."""
        return self._quick_xor.base64()

    def at(self, position: int) -> memoryview:
        """The bytes from this position on, as many as the window holds.

        Raises:
            ContentMismatch: The file is no longer what it was when it was opened.
            UploadSessionLost: The bytes are behind, and the file cannot go back.
        """
        if position < self._start:
            self._go_back()
        while position > self._end:
            self._start = self._end
            self._fill(min(position, self._end + len(self._buffer)))
        kept = self._end - position
        self._buffer[:kept] = self._buffer[position - self._start :][:kept]
        self._start = position
        self._fill(min(self.size, position + len(self._buffer)))
        if self._end == self.size:
            self._check_unchanged()
        return memoryview(self._buffer)[: self._end - position]

    def _go_back(self) -> None:
        if not self.can_rewind():
            raise UploadSessionLost(
                "Microsoft asks for bytes again that can be read only once."
            )
        self.rewind()

    def _fill(self, until: int) -> None:
        """Read on, behind what the window already holds."""
        view = memoryview(self._buffer)[self._end - self._start : until - self._start]
        while view:
            # Hashed piece by piece, while the processor still has it at hand.
            count = self._read_into(view[:BLOCK])
            if not count:
                raise self._changed()
            self._quick_xor.update(view[:count])
            if self._expected:
                self._sha256.update(view[:count])
            self._end += count
            view = view[count:]

    def _read_into(self, view: memoryview) -> int:
        readinto = getattr(self._file, "readinto", None)
        if readinto is not None:
            return readinto(view) or 0
        data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)

    def _check_unchanged(self) -> None:
        """Before the last bytes go out: is it still the file that was opened?"""
        if self._file.read(1) or self._modification() != self._stamp:
            raise self._changed()
        if self._expected and self._sha256.hexdigest() != self._expected:
            raise self._changed()

    def _changed(self) -> ContentMismatch:
        return ContentMismatch(
            "The file changed while it was sent; nothing was kept of it.",
            code="source_changed",
            size=self.size,
        )

    def _modification(self) -> tuple[int, int] | None:
        """Size and time of change, where the file is one of this machine."""
        try:
            status = os.fstat(self._file.fileno())
        except (AttributeError, OSError, ValueError):
            return None
        return status.st_size, status.st_mtime_ns
