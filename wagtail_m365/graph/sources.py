"""The bytes of one upload: read once, hashed on the way, watched for change."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Callable, Iterator
from typing import BinaryIO

from wagtail_m365.errors import ContentMismatch, UploadSessionLost

from .beside import Beside, another_processor
from .quickxor import BLOCK, QuickXorHash

#: Bytes that go out at once, and are hashed once they are under way.
_SLICE = BLOCK


class Fragment:
    """A part of a file as a request body: sized, and sent slice by slice.

    Before each slice ``alive`` is called: on a slow line a fragment takes minutes.

    Slices keep the socket's timeout meaningful on slow lines (it covers one
    ``sendall``, not one byte) and are not copied. After each ``sent`` is told how many
    bytes are under way, so that work on them is done while they travel.
    """

    def __init__(
        self,
        view: memoryview,
        alive: Callable[[], None],
        sent: Callable[[int], None],
    ) -> None:
        self._view = view
        self._alive = alive
        self._sent = sent

    def __len__(self) -> int:
        return len(self._view)

    def __iter__(self) -> Iterator[memoryview]:
        for start in range(0, len(self._view), _SLICE):
            self._alive()
            piece = self._view[start : start + _SLICE]
            yield piece
            self._sent(start + len(piece))


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
        # Begins with a page: the kernel fills that almost twice as fast as a bytearray.
        self._buffer = mmap.mmap(-1, max(1, min(window, size)))
        self._hashing = Beside(
            self._update, threaded=size > window and another_processor()
        )
        self._reset()

    def _reset(self) -> None:
        self._hashing.settle()
        self._start = self._end = self._hashed = 0
        self._quick_xor = QuickXorHash()
        self._sha256 = hashlib.sha256()

    def _update(self, piece: memoryview) -> None:
        self._quick_xor.update(piece)

    def close(self) -> None:
        """Nothing more is hashed; the file stays open."""
        self._hashing.close()

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

    def read_all(self) -> None:
        """Read to the end, so that the hash is that of the whole."""
        while not self.is_read():
            self.at(self._end)

    def can_be_read_whole(self) -> bool:
        """Can the hash of the whole be told?"""
        return self.is_read() or self.can_rewind()

    def quick_xor(self) -> str:
        """QuickXorHash (base64) of what has been read."""
        self._hash_until(self._end)
        self._hashing.settle()
        return self._quick_xor.base64()

    def sent(self, count: int) -> None:
        """So many bytes of the window are under way: hash them meanwhile."""
        self._hash_until(self._start + count)

    def _hash_until(self, position: int) -> None:
        """Hash what has not been yet; whatever was sent twice counts once."""
        if position > self._hashed:
            window = memoryview(self._buffer)
            first, last = self._hashed - self._start, position - self._start
            self._hashing.put(window[first:last])
            self._hashed = position

    def at(self, position: int) -> memoryview:
        """The bytes from this position on, as many as the window holds.

        Raises:
            ContentMismatch: The file is no longer what it was when it was opened.
            UploadSessionLost: The bytes are behind, and the file cannot go back.
        """
        if position < self._start:
            self._go_back()
        while position > self._end:
            self._begin_window_at(self._end)
            self._fill(min(position, self._end + len(self._buffer)))
        self._begin_window_at(position)
        self._fill(min(self.size, position + len(self._buffer)))
        if self._end == self.size:
            self._check_unchanged()
        return memoryview(self._buffer)[: self._end - position]

    def _begin_window_at(self, position: int) -> None:
        self._hash_until(self._end)
        self._hashing.settle()
        if kept := self._end - position:
            first = position - self._start
            self._buffer[:kept] = self._buffer[first : first + kept]
        self._start = position

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
            # Piece by piece, while the processor still has it at hand.
            count = self._read_into(view[:BLOCK])
            if not count:
                raise self._changed()
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
