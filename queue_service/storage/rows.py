"""How do we put a row into a table and learn its id?"""

from typing import Any

from sqlalchemy import Connection, Table, insert


def put_row(connection: Connection, rows: Table, /, **values: Any) -> int:
    """Insert one row; the id that the database gave it."""
    key = connection.execute(insert(rows), values).inserted_primary_key
    assert key is not None
    return int(key[0])
