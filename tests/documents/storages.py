"""A storage without paths, in memory, that can fail or die at any of its steps."""

from __future__ import annotations

from collections.abc import Callable

from django.core.files.storage import InMemoryStorage


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


class FragileStorage(InMemoryStorage):
    """Every step may be the last one, before or after it is done."""

    saboteur = Saboteur()

    def _open(self, name, mode="rb"):
        self.saboteur.pass_by()
        return super()._open(name, mode)

    def save(self, name, content, max_length=None):
        self.saboteur.pass_by()
        saved = super().save(name, content, max_length)
        self.saboteur.pass_by()
        return saved

    def delete(self, name):
        self.saboteur.pass_by()
        super().delete(name)
        self.saboteur.pass_by()
