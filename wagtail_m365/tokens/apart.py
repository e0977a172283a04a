"""Work whose writes stay, whatever becomes of the caller's transaction.

A refresh must be committed at once: the others wait for the new token, and a rotated
refresh token that is rolled back may be lost for good. Outside a transaction every
statement commits by itself, and nothing is needed. Inside one (``ATOMIC_REQUESTS``, a
view's ``atomic()``) the work is done in a thread of its own, which ends before the
caller goes on: a thread has its own database connection, on every database.

Where that cannot work, the caller's own connection is used and
:mod:`wagtail_m365.tokens.rescue` keeps what a rollback would lose:

* the connection's row was made in the same transaction, so nobody else can see it;
* the caller itself has locked the row or, on SQLite, the database;
* SQLite in memory, which has one connection only.

The transaction that Django's ``TestCase`` wraps around a test counts as none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TypeVar

from django.db import OperationalError, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from wagtail_m365.models import Connection

Result = TypeVar("Result")

#: Milliseconds to wait for a lock that, most likely, the waiting caller holds.
_LOCK_WAIT = 500
#: How the connection's own is read, set, and the short one in its unit.
_LOCK_TIMEOUT_OF_CONNECTION = {
    "sqlite": ("PRAGMA busy_timeout", "PRAGMA busy_timeout = %d", _LOCK_WAIT),
    "mysql": (
        "SELECT @@innodb_lock_wait_timeout",
        "SET innodb_lock_wait_timeout = %d",
        1,
    ),
}
#: PostgreSQL's connections may come from a pool: the setting must end by itself.
_LOCK_TIMEOUT_OF_TRANSACTION = f"SET LOCAL lock_timeout = {_LOCK_WAIT}"

_is_apart: ContextVar[bool] = ContextVar("wagtail_m365_apart", default=False)


class OutOfReach(Exception):
    """The row cannot be seen or changed from outside the caller's transaction."""


def database() -> BaseDatabaseWrapper:
    """This thread's connection to the database that holds the connections."""
    return connections[router.db_for_write(Connection)]


def in_transaction() -> bool:
    """Is a transaction open that is not only the wrapping of a test?"""
    here = database()
    if not here.in_atomic_block:
        return not here.get_autocommit()
    blocks = getattr(here, "atomic_blocks", [None])
    return any(not getattr(block, "_from_testcase", False) for block in blocks)


def is_apart() -> bool:
    """Does a caller with an open transaction wait for this thread?"""
    return _is_apart.get()


def run_apart(work: Callable[[], Result]) -> Result:
    """Do the work in a thread with a database connection of its own, and wait.

    Raises:
        OutOfReach: It cannot be done from there.
    """
    if _in_memory(database()):
        raise OutOfReach("SQLite in memory has one connection only.")
    with ThreadPoolExecutor(1, thread_name_prefix="wagtail_m365") as executor:
        return executor.submit(copy_context().run, _in_thread, work).result()


@contextmanager
def short_wait() -> Iterator[None]:
    """Around statements that must not wait for a lock of the caller behind us.

    Raises:
        OutOfReach: They had to.
    """
    if not _is_apart.get():
        yield
        return
    here = database()
    within = _in_own_transaction if here.vendor == "postgresql" else _on_connection
    try:
        with within(here):
            yield
    except OperationalError as error:
        raise OutOfReach("The caller's transaction holds a lock.") from error


@contextmanager
def _in_own_transaction(here: BaseDatabaseWrapper) -> Iterator[None]:
    with transaction.atomic(using=here.alias):
        with here.cursor() as cursor:
            cursor.execute(_LOCK_TIMEOUT_OF_TRANSACTION)
        yield


@contextmanager
def _on_connection(here: BaseDatabaseWrapper) -> Iterator[None]:
    ask, change, short = _LOCK_TIMEOUT_OF_CONNECTION[here.vendor]
    with here.cursor() as cursor:
        cursor.execute(ask)
        ((usual,),) = cursor.fetchall()
        cursor.execute(change % short)
        try:
            yield
        finally:
            cursor.execute(change % usual)


def _in_thread(work: Callable[[], Result]) -> Result:
    _is_apart.set(True)
    try:
        return work()
    finally:
        # Only this thread's connections are meant, and it ends here.
        connections.close_all()


def _in_memory(here: BaseDatabaseWrapper) -> bool:
    return here.vendor == "sqlite" and here.is_in_memory_db()  # type: ignore[attr-defined]  # SQLite's own question
