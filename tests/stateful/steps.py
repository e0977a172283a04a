"""What a process does outside itself, step by step; at one of them something happens.

A step is a statement to the database, a deed of the storage, or an answer of Microsoft.
The process may die there, somebody else may do something there, or an answer may be
lost. Nothing of the product is replaced for that: Django lets every statement be
wrapped, the site has a storage of its own, and urllib3 writes a line of its log when an
answer has come.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import connection
from urllib3.exceptions import ProtocolError

#: Statements that only end what a death has cut short, or prepare for it.
_NO_STEPS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")
_WRITES = ("INSERT", "UPDATE", "DELETE")


class Died(BaseException):
    """The process was killed: nothing after it runs."""


class Steps:
    """Counts the steps of the present deed, and lets one thing happen at one of them."""

    def __init__(self) -> None:
        self.disarm()

    def disarm(self) -> None:
        self.count, self.at, self.dead = 0, 0, False
        self.deed: Callable[[], None] | None = None
        self.needs = ""
        self.struck = False

    def die_at(self, step: int) -> None:
        """The process dies at this step, which changes something."""
        self._arm(step, self._die, "change")

    def lose_answer(self, step: int) -> None:
        """Microsoft's answer number ``step`` is lost, though it did what was asked."""
        self._arm(step, _lose, "answer")

    def let(self, deed: Callable[[], None], step: int) -> None:
        """Somebody else does something just before this change, in their own process."""
        self._arm(step, deed, "change, and no transaction")

    def _arm(self, step: int, deed: Callable[[], None], needs: str) -> None:
        self.disarm()
        self.at, self.deed, self.needs = step, deed, needs

    def pass_by(self, kind: str) -> None:
        """One more step: an ``"answer"``, a ``"change"``, that it has ``"changed"`` or
        that something is ``"read"``."""
        if self.dead:
            raise Died
        if self.deed is None or not self._counts(kind):
            return
        self.count += 1
        # Somebody else's transaction could not begin while a row of it is locked.
        may = self.needs in {"change", "answer"} or not connection.in_atomic_block
        if self.count >= self.at and may:
            deed, self.deed, self.struck = self.deed, None, True
            deed()

    def _counts(self, kind: str) -> bool:
        # Whatever was read, a change comes after it: reads would only be more of the same.
        if self.needs == "answer":
            return kind == "answer"
        return kind != "read" and (self.needs == "change" or kind != "changed")

    def _die(self) -> None:
        self.dead = True
        raise Died

    def statement(
        self, execute: Any, sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        """For ``connection.execute_wrapper``."""
        text = sql.lstrip().upper()
        if text.startswith(_NO_STEPS):
            return execute(sql, params, many, context)
        changes = text.startswith(_WRITES)
        self.pass_by("change" if changes else "read")
        result = execute(sql, params, many, context)
        if changes:
            # Its rows may not be fetched yet, so that only a death is possible here.
            self.pass_by("changed")
        return result

    @contextmanager
    def counted(self) -> Iterator[None]:
        """All that is done in here are steps."""
        log, listener = logging.getLogger("urllib3.connectionpool"), _Listener(self)
        level, propagate = log.level, log.propagate
        log.setLevel(logging.DEBUG)
        log.propagate = False
        log.addHandler(listener)
        try:
            with connection.execute_wrapper(self.statement):
                yield
        finally:
            log.removeHandler(listener)
            log.setLevel(level)
            log.propagate = propagate


def _lose() -> None:
    raise ProtocolError("The answer was lost on its way.")


class _Listener(logging.Handler):
    """Hears of each answer when it has come."""

    def __init__(self, steps: Steps) -> None:
        super().__init__(logging.DEBUG)
        self._steps = steps

    def handle(self, record: logging.LogRecord) -> bool:
        if '"%s %s %s"' in str(record.msg):
            self._steps.pass_by("answer")
        return True


class SteppingStorage(Storage):
    """Files in memory, without paths; a deed may be cut short in its middle."""

    steps = Steps()
    #: One storage, however many objects Django makes of it.
    files: dict[str, bytes] = {}

    def _open(self, name, mode="rb"):
        self.steps.pass_by("read")
        if name not in self.files:
            raise FileNotFoundError(name)
        return ContentFile(self.files[name], name)

    def _save(self, name, content):
        whole = b"".join(content.chunks())
        self.steps.pass_by("change")
        self.files[name] = whole[: len(whole) // 2]
        self.steps.pass_by("change")
        self.files[name] = whole
        self.steps.pass_by("change")
        return name

    def delete(self, name):
        self.steps.pass_by("change")
        self.files.pop(name, None)
        self.steps.pass_by("change")

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
