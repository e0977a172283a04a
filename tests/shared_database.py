"""A database that processes share with each other, and on a server with the test."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from django.db import connection as database


class SharedDatabase:
    """SQLite's test database is in memory: others get a copy of it in a file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "shared.sqlite3"

    def publish(self) -> None:
        """Let the others see what is in the database."""
        if database.vendor == "sqlite":
            with closing(sqlite3.connect(self.file)) as target:
                database.connection.backup(target)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Read or change what the others see."""
        if database.vendor == "sqlite":
            with closing(sqlite3.connect(self.file, timeout=30)) as others, others:
                return others.execute(sql).fetchall()
        with database.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

    def url(self) -> str:
        """For ``DATABASE_URL`` of another process."""
        if database.vendor == "sqlite":
            return f"sqlite:///{self.file}"
        given = database.settings_dict
        login = quote(given["USER"])
        if given["PASSWORD"]:
            login += f":{quote(given['PASSWORD'])}"
        port = f":{given['PORT']}" if given["PORT"] else ""
        return f"{database.vendor}://{login}@{given['HOST']}{port}/{given['NAME']}"
