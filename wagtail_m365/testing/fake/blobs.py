"""Content of files: small ones in memory, larger ones in temporary files.

A blob never changes; a new version of a file is a new blob. Uploads are written in
fragments, and a fragment that did not arrive whole is rolled back.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from .quickxor import QuickXorHash

#: Bytes read and written at once: a multiple of what the hash takes whole.
BLOCK = 4 * 320 * 1024
#: Blobs up to this many bytes stay in memory.
IN_MEMORY = 1024 * 1024


@dataclass(kw_only=True, eq=False)
class Blob:
    """The bytes of one version of one file.

    Attributes:
        size: Length in bytes.
        quick_xor: QuickXorHash in Base64.
        id: Name of this content, also its file name when it is on disk.
    """

    size: int
    quick_xor: str
    data: bytes | None
    path: Path | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def open(self) -> BinaryIO:
        """A seekable reader."""
        if self.path is not None:
            return self.path.open("rb")
        return io.BytesIO(self.data or b"")

    def read(self) -> bytes:
        """All bytes at once; for files that are known to be small."""
        with self.open() as stream:
            return stream.read()

    def chunks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from ``start`` up to ``stop`` in blocks."""
        with self.open() as stream:
            stream.seek(start)
            while start < stop and (block := stream.read(min(BLOCK, stop - start))):
                start += len(block)
                yield block

    @cached_property
    def sha256(self) -> str:
        """SHA-256 as Graph writes it: upper-case hexadecimal."""
        digest = hashlib.sha256()
        for block in self.chunks(0, self.size):
            digest.update(block)
        return digest.hexdigest().upper()


class BlobWriter:
    """Takes in content piece by piece; ``finish`` makes the blob."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._stream: BinaryIO = io.BytesIO()
        self._path: Path | None = None
        self._hash = QuickXorHash()
        self.size = 0

    def write(self, block: bytes) -> None:
        """Append a block."""
        if self._path is None and self.size + len(block) > IN_MEMORY:
            self._move_to_disk()
        self._stream.write(block)
        self._hash.update(block)
        self.size += len(block)

    def mark(self) -> tuple[int, QuickXorHash]:
        """A point to which ``roll_back`` can return."""
        return self.size, self._hash.copy()

    def roll_back(self, mark: tuple[int, QuickXorHash]) -> None:
        """Forget what was written since the mark."""
        self.size, self._hash = mark
        self._stream.seek(self.size)
        self._stream.truncate()

    def finish(self) -> Blob:
        """The blob of all that was written."""
        data = None
        if isinstance(self._stream, io.BytesIO):
            data = self._stream.getvalue()
        self._stream.close()
        return Blob(
            size=self.size,
            quick_xor=self._hash.base64(),
            data=data,
            path=self._path,
        )

    def discard(self) -> None:
        """Forget everything, also on disk."""
        self._stream.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _move_to_disk(self) -> None:
        so_far = self._stream
        self._path = self._store.folder / uuid.uuid4().hex
        # Unbuffered: blocks are big already.
        self._stream = self._path.open("w+b", buffering=0)
        so_far.seek(0)
        self._stream.write(so_far.read())
        so_far.close()


class BlobStore:
    """A temporary folder for large content; gone when the store is closed."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._cleanup: weakref.finalize | None = None  # type: ignore[type-arg]

    @property
    def folder(self) -> Path:
        """The folder, made when it is first needed."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="fake-microsoft-"))
            # Gone with the store, at the latest when Python ends.
            self._cleanup = weakref.finalize(
                self, shutil.rmtree, self._folder, ignore_errors=True
            )
        return self._folder

    def writer(self) -> BlobWriter:
        """A writer for new content."""
        return BlobWriter(self)

    def store(self, source: bytes | BinaryIO) -> Blob:
        """A blob of these bytes, or of the rest of this stream."""
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        writer = self.writer()
        while block := stream.read(BLOCK):
            writer.write(block)
        return writer.finish()

    def close(self) -> None:
        """Delete everything."""
        if self._cleanup is not None:
            self._cleanup()
        self._folder = self._cleanup = None
