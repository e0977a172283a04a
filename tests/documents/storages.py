"""A storage without paths, in memory, that can fail or die at any of its steps."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage


class Died(BaseException):
    """The process was killed here: nothing after it runs."""


def raiser(error: type[BaseException]) -> Callable[[], None]:
    def strike() -> None:
        raise error

    return strike


def die() -> None:
    raise Died


class Saboteur:
    """Lets a number of steps pass, then strikes once."""

    def __init__(self) -> None:
        self.steps = 0
        self.strike_at = 0
        self.deed = ""
        self.strike: Callable[[], None] = die

    def arm(
        self,
        step: int,
        strike: Callable[[], None] | type[BaseException],
        deed: str = "",
    ) -> None:
        """Strike at this step, or this deed of the storage, with an error or a deed."""
        self.steps, self.strike_at, self.deed = 0, step, deed
        self.strike = raiser(strike) if isinstance(strike, type) else strike

    def die_at(self, deed: str, time: int) -> None:
        """Die before the storage does this for the first, second, … time from now on."""
        self.arm(time, Died, deed)

    def disarm(self) -> None:
        self.strike_at, self.deed = 0, ""

    def pass_by(self, deed: str = "") -> None:
        if self.deed and deed != self.deed:
            return
        self.steps += 1
        if self.steps == self.strike_at:
            self.disarm()
            self.strike()

    def query(self, execute, sql, params, many, context):
        """For ``connection.execute_wrapper``: strikes before and after a write."""
        changes = sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
        if changes:
            self.pass_by()
        result = execute(sql, params, many, context)
        if changes:
            self.pass_by()
        return result


class FragileStorage(Storage):
    """Files without paths; every step may be the last one, before or after it."""

    saboteur = Saboteur()

    def __init__(self):
        self.files = {}

    def _open(self, name, mode="rb"):
        self.saboteur.pass_by("open")
        if name not in self.files:
            raise FileNotFoundError(name)
        return ContentFile(self.files[name], name)

    def _save(self, name, content):
        self.saboteur.pass_by("save")
        self.files[name] = b"".join(content.chunks())
        self.saboteur.pass_by()
        return name

    def delete(self, name):
        self.saboteur.pass_by()
        self.files.pop(name, None)
        self.saboteur.pass_by()

    def exists(self, name):
        return name in self.files

    def size(self, name):
        if name not in self.files:
            raise FileNotFoundError(name)
        return len(self.files[name])

    def url(self, name):
        return f"/files/{name}"

    def deconstruct(self):
        return f"{type(self).__module__}.{type(self).__qualname__}", (), {}


class NoSuchBlob(Exception):
    """What the library of a cloud storage raises: no ``OSError``."""


class Stream(io.RawIOBase):
    """Bytes that arrive once, from the first to the last, and are asked for late."""

    def __init__(self, ask):
        self.ask, self.source = ask, None

    def readable(self):
        return True

    def readinto(self, target):
        if self.source is None:
            self.source = self.ask()
        piece = self.source.read(len(target))
        target[: len(piece)] = piece
        return len(piece)

    def close(self):
        if self.source is not None:
            self.source.close()
        super().close()


class StreamingStorage(FileSystemStorage):
    """Files as mere streams; what is missing shows at the first byte, in its own words."""

    def _open(self, name, mode="rb"):
        def ask():
            if not self.exists(name):
                raise NoSuchBlob(name)
            return Path(self.path(name)).open(mode)

        return File(Stream(ask), name)

    def size(self, name):
        if not self.exists(name):
            raise NoSuchBlob(name)
        return super().size(name)
