"""How do we write one row? Statements are built once per table: building them anew costs more than running them."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Select, Table, Update, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite


def put_row(connection: Connection, rows: Table, /, **values: Any) -> int:
    """Insert one row; the id that the database gave it."""
    key = connection.execute(_insert(rows), values).inserted_primary_key
    assert key is not None
    return int(key[0])


def change_row(connection: Connection, rows: Table, row_id: int, /, **values: Any) -> None:
    """Set columns of the row with this id."""
    connection.execute(_update(rows), {"the_id": row_id, **values})


def replace_row(connection: Connection, rows: Table, key: str, /, **values: Any) -> None:
    """Insert the row with this key, or put it in the place of the one that is there."""
    connection.execute(_replace(rows, key, connection.dialect.name), values)


def fetch_one(connection: Connection, query: Select[Any], /, **values: Any) -> Any | None:
    """The first row of a prepared query, or None."""
    return connection.execute(query, values).first()


def fetch_all(connection: Connection, query: Select[Any], /, **values: Any) -> list[Any]:
    """All rows of a prepared query."""
    return list(connection.execute(query, values).all())


@cache
def _insert(rows: Table) -> Insert:
    return insert(rows)


@cache
def _update(rows: Table) -> Update:
    return update(rows).where(rows.c.id == bindparam("the_id"))


@cache
def _replace(rows: Table, key: str, dialect_name: str) -> Any:
    dialect: Any = sqlite if dialect_name == "sqlite" else postgresql
    fresh = dialect.insert(rows)
    others = {column.name: fresh.excluded[column.name] for column in rows.c if column.name != key}
    return fresh.on_conflict_do_update(index_elements=[key], set_=others)
