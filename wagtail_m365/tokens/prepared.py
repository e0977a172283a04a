"""The queries that are made most, with their SQL made once.

Django takes several times as long to write this SQL as any database to answer it. It is
still Django that writes it, from the models and for the database at hand, so it follows
both; only the values are put in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import CharField, Exists, Field, UUIDField

from wagtail_m365.models import CachedAccessToken, Connection, RefusedPurpose

COLUMNS = (
    *("connection_id", "token_sealed", "expires_on", "refresh_on", "scopes"),
    "not_before",
)

#: How an owner's token is found → the field that its key is compared with.
_FIELDS: Mapping[str, str] = {
    "connection_id": "id",
    "connection__default_for_id": "user",
    "connection__service_name": "service_name",
}
_AUDIENCE, _PURPOSE = "<audience>", "<purpose>"

Row = tuple[Any, ...]


def find(alias: str, path: str, owner: Any, audience: str, purpose: str) -> Row | None:
    """The row of an owner's token: :data:`COLUMNS`, and whether the purpose is refused.

    Args:
        alias: The database to ask.
        path: How the owner's token is found: a key of the table above.
        owner: The key of the user or connection, or the name of the service.
        audience: The audience of the token.
        purpose: The purpose, or nothing.
    """
    database = connections[alias]
    sql, places = _prepared(alias, database.vendor, path, bool(purpose))
    values = {
        "owner": _owner_field(path).get_db_prep_value(owner, database),
        "audience": audience,
        "purpose": purpose,
    }
    parameters = [values.get(name, constant) for name, constant in places]
    with database.cursor() as cursor:
        cursor.execute(sql, parameters)
        row: Row | None = cursor.fetchone()
    if row is None:
        return None
    connection_id = row[0] if isinstance(row[0], UUID) else UUID(row[0])
    return (connection_id, *row[1:6], bool(purpose and row[6]))


def progress(alias: str, connection_id: UUID) -> tuple[int, float] | None:
    """The connection's version, and until when somebody refreshes it.

    Args:
        alias: The database to ask.
        connection_id: The key of the connection.
    """
    database = connections[alias]
    field = _owner_field("connection_id")
    with database.cursor() as cursor:
        cursor.execute(
            _prepared_progress(alias, database.vendor),
            [field.get_db_prep_value(connection_id, database)],
        )
        row: tuple[int, float] | None = cursor.fetchone()
    return row


@lru_cache(maxsize=8)
def _prepared_progress(alias: str, vendor: str) -> str:
    rows = Connection.objects.using(alias).filter(pk=UUID(int=1)).order_by()
    query = rows.values_list("version", "lease_until").query
    sql: str = query.get_compiler(using=alias).as_sql()[0]
    return sql


@lru_cache(maxsize=32)
def _prepared(
    alias: str, vendor: str, path: str, with_purpose: bool
) -> tuple[str, tuple[tuple[str, Any], ...]]:
    """The SQL, and for each of its parameters whose place it is, or its own value."""
    stand_in = _stand_in(_owner_field(path))
    rows = CachedAccessToken.objects.using(alias).filter(
        **{path: stand_in, "audience": _AUDIENCE}
    )
    columns: tuple[str, ...] = COLUMNS
    if with_purpose:
        refusals = RefusedPurpose.objects.using(alias).filter(name=_PURPOSE)
        rows = rows.annotate(refused=Exists(refusals))
        columns = (*COLUMNS, "refused")
    compiler = rows.order_by().values_list(*columns).query.get_compiler(using=alias)
    sql, parameters = compiler.as_sql()
    owner = _owner_field(path).get_db_prep_value(stand_in, connections[alias])
    whose = {owner: "owner", _AUDIENCE: "audience", _PURPOSE: "purpose"}
    return sql, tuple((whose.get(value, ""), value) for value in parameters)


def _owner_field(path: str) -> Field[Any, Any]:
    field: Any = Connection._meta.get_field(_FIELDS[path])
    return field.target_field if field.is_relation else field  # type: ignore[no-any-return]  # any field


def _stand_in(field: Field[Any, Any]) -> Any:
    """A value of the field's kind that stands for the real one in the SQL."""
    if isinstance(field, UUIDField):
        return UUID(int=1)
    return "<owner>" if isinstance(field, CharField) else -987654321
