"""Databases of the benchmark's own: made for one measurement, and dropped after it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

POSTGRESQL = os.environ.get("BENCHMARK_POSTGRESQL", "postgresql://postgres@127.0.0.1")
MARIADB = os.environ.get("BENCHMARK_MARIADB", "mysql://root@127.0.0.1")
_NAME = f"wagtail_m365_benchmark_{os.getpid()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    name: str
    url: str


class Unreachable(Exception):
    """There is no such database here; the message says why."""


@contextmanager
def sqlite() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        yield Database(name="SQLite", url=f"sqlite:///{folder}/site.sqlite3")


@contextmanager
def postgresql() -> Iterator[Database]:
    """Raises: Unreachable: None answers, or there is no driver."""
    with _server("psycopg", _postgresql_server) as execute:
        execute(f"CREATE DATABASE {_NAME}")
        try:
            yield Database(name="PostgreSQL", url=f"{POSTGRESQL}/{_NAME}")
        finally:
            execute(f"DROP DATABASE {_NAME} WITH (FORCE)")


@contextmanager
def mariadb() -> Iterator[Database]:
    """Raises: Unreachable: None answers, or there is no driver."""
    with _server("MySQLdb", _mariadb_server) as execute:
        execute(f"CREATE DATABASE {_NAME} CHARACTER SET utf8mb4")
        try:
            yield Database(name="MariaDB", url=f"{MARIADB}/{_NAME}")
        finally:
            execute(f"DROP DATABASE {_NAME}")


ALL: tuple[tuple[str, Any], ...] = (
    ("SQLite", sqlite),
    ("PostgreSQL", postgresql),
    ("MariaDB", mariadb),
)


@contextmanager
def _server(driver: str, connect: Any) -> Iterator[Any]:
    if find_spec(driver) is None:
        raise Unreachable(f"{driver} is not installed")
    try:
        connection: AbstractContextManager[Any] = connect()
    except Exception as error:  # each driver has its own
        raise Unreachable(str(error).strip().partition("\n")[0]) from error
    with connection as server:
        yield lambda sql: server.cursor().execute(sql)


def _postgresql_server() -> Any:
    import psycopg

    return psycopg.connect(f"{POSTGRESQL}/postgres", autocommit=True)


def _mariadb_server() -> Any:
    import MySQLdb

    parts = urlsplit(MARIADB)
    return MySQLdb.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=parts.username or "root",
        password=parts.password or "",
        autocommit=True,
    )
