"""A storage without paths, in memory, that can fail or die at any of its steps."""

from __future__ import annotations

from collections.abc import Callable

from django.core.files.base import ContentFile
from django.core.files.storage import Storage


class Died(BaseException):
    """The process was killed here: nothing after it runs."""


class Saboteur:
    """Lets a number of steps pass, then strikes once."""

    def __init__(self) -> None:
        self.steps = 0
        self.strike_at = 0
        self.error: Callable[[], BaseException] = Died

    def arm(self, step: int, error: Callable[[], BaseException]) -> None:
        self.steps, self.strike_at, self.error = 0, step, error

    def disarm(self) -> None:
        self.strike_at = 0

    def pass_by(self) -> None:
        self.steps += 1
        if self.steps == self.strike_at:
            raise self.error()

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
        self.saboteur.pass_by()
        if name not in self.files:
            raise FileNotFoundError(name)
        return ContentFile(self.files[name], name)

    def _save(self, name, content):
        self.saboteur.pass_by()
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
