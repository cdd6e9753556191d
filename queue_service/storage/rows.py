"""How do we write one row? Statements are built once per table: building them anew costs more than running them."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, Update, bindparam, insert, update


def put_row(connection: Connection, rows: Table, /, **values: Any) -> int:
    """Insert one row; the id that the database gave it."""
    key = connection.execute(_insert(rows), values).inserted_primary_key
    assert key is not None
    return int(key[0])


def change_row(connection: Connection, rows: Table, row_id: int, /, **values: Any) -> None:
    """Set columns of the row with this id."""
    connection.execute(_update(rows), {"the_id": row_id, **values})


@cache
def _insert(rows: Table) -> Insert:
    return insert(rows)


@cache
def _update(rows: Table) -> Update:
    return update(rows).where(rows.c.id == bindparam("the_id"))
