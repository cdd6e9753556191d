"""How do we run a statement that runs all day? Written with SQLAlchemy, compiled once, then handed to the driver.

SQLAlchemy spends ten times as long on building and wrapping a small statement as the database on running it.
What is compiled here is the same statement for every database, with the same conversion of types.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Table, Update, bindparam, false, insert, literal_column, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql.elements import BindParameter, ClauseElement

Convert = Callable[[Any], Any]


class Prepared:
    """A statement in the driver's own words. Values are given by the names of its parameters."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, names: tuple[str, ...] | None = None) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=names)
        self._sql = str(compiled)
        # In the order of their places: the driver would look every name up again at each run.
        self._to_driver = [(name, _to_driver(compiled.binds[name], dialect)) for name in compiled.positiontup or ()]
        needed = {name for name, bind in compiled.binds.items() if bind.required}
        self._fixed = {name: value for name, value in compiled.params.items() if name not in needed}
        columns = list(getattr(statement, "exported_columns", ()))
        self._row: Any = namedtuple("Row", [column.key for column in columns]) if columns else None
        found = [(i, _from_driver(column.type, dialect)) for i, column in enumerate(columns)]
        self._from_driver = [(i, convert) for i, convert in found if convert is not None]

    def run(self, connection: Connection, values: dict[str, Any]) -> Any:
        """The driver's cursor after running the statement with these values."""
        given = {**self._fixed, **values} if self._fixed else values
        placed = [given[name] if convert is None else convert(given[name]) for name, convert in self._to_driver]
        fairy: Any = connection.connection
        return fairy.driver_connection.execute(self._sql, placed)

    def row(self, raw: Any) -> Any:
        """A driver's row as the statement's columns name it."""
        values = list(raw)
        for i, convert in self._from_driver:
            values[i] = convert(values[i])
        return self._row._make(values)


def put_row(connection: Connection, rows: Table, /, **values: Any) -> int:
    """Insert one row, with the table's defaults where no value is named; the id that the database gave it."""
    values = {**_defaults(rows), **values}
    return int(_insert(rows, tuple(values), connection.dialect.name)(connection).run(connection, values).fetchone()[0])


def change_row(connection: Connection, rows: Table, row_id: int, /, **values: Any) -> None:
    """Set columns of the row with this id."""
    _update(rows, tuple(values), connection.dialect.name)(connection).run(connection, {"the_id": row_id, **values})


def replace_row(connection: Connection, rows: Table, key: str, /, **values: Any) -> None:
    """Insert the row with this key, or put it in the place of the one that is there."""
    _replace(rows, key, tuple(values), connection.dialect.name)(connection).run(connection, values)


def among(column: Any, values: Iterable[int | str]) -> Any:
    """`column IN (…)` with the values written out, for statements that are kept; values are ours, never a caller's."""
    listed: list[Any] = [literal_column(str(value) if isinstance(value, int) else f"'{value}'") for value in values]
    return column.in_(listed) if listed else false()


def run(connection: Connection, statement: ClauseElement, /, **values: Any) -> None:
    """Run a statement that is kept (built by a cached function), with these values."""
    prepared(connection, statement).run(connection, values)


def fetch_one(connection: Connection, query: ClauseElement, /, **values: Any) -> Any | None:
    """The first row of a kept query, or None."""
    ready = prepared(connection, query)
    cursor = ready.run(connection, values)
    raw = cursor.fetchone()
    cursor.close()
    return None if raw is None else ready.row(raw)


def fetch_all(connection: Connection, query: ClauseElement, /, **values: Any) -> list[Any]:
    """All rows of a kept query."""
    ready = prepared(connection, query)
    return [ready.row(raw) for raw in ready.run(connection, values).fetchall()]


def prepared(connection: Connection, statement: ClauseElement) -> Prepared:
    """The statement for this connection's kind of database; kept for good, so give it statements that are kept."""
    key = (statement, connection.dialect.name)
    ready = _READY.get(key)
    if ready is None:
        ready = _READY[key] = Prepared(statement, _placing(connection))
    return ready


_READY: dict[tuple[ClauseElement, str], Prepared] = {}


def _once(build: Callable[[Dialect], Prepared]) -> Callable[[Connection], Prepared]:
    """Builds on the first connection that asks."""
    ready: list[Prepared] = []

    def get(connection: Connection) -> Prepared:
        if not ready:
            ready.append(build(_placing(connection)))
        return ready[0]

    return get


def _placing(connection: Connection) -> Dialect:
    """The connection's dialect with parameters by place."""
    if connection.dialect.name == "sqlite":
        return sqlite.dialect(paramstyle="qmark")
    kind: Any = psycopg.dialect
    return kind(paramstyle="format")  # type: ignore[no-any-return]


@cache
def _defaults(rows: Table) -> dict[str, Any]:
    defaults: dict[str, Any] = {c.name: c.default for c in rows.c if c.default is not None}
    return {name: default.arg for name, default in defaults.items() if default.is_scalar}


@cache
def _insert(rows: Table, names: tuple[str, ...], _: str) -> Callable[[Connection], Prepared]:
    statement: Insert = insert(rows)
    key = next(iter(rows.primary_key))
    return _once(lambda dialect: Prepared(statement.returning(key), dialect, names))


@cache
def _update(rows: Table, names: tuple[str, ...], _: str) -> Callable[[Connection], Prepared]:
    statement: Update = update(rows).where(rows.c.id == bindparam("the_id", type_=rows.c.id.type))
    return _once(lambda dialect: Prepared(statement, dialect, (*names, "the_id")))


@cache
def _replace(rows: Table, key: str, names: tuple[str, ...], dialect_name: str) -> Callable[[Connection], Prepared]:
    kind: Any = sqlite if dialect_name == "sqlite" else postgresql
    fresh = kind.insert(rows)
    others = {name: fresh.excluded[name] for name in names if name != key}
    statement = fresh.on_conflict_do_update(index_elements=[key], set_=others)
    return _once(lambda dialect: Prepared(statement, dialect, names))


def _to_driver(bind: BindParameter[Any], dialect: Dialect) -> Convert | None:
    return bind.type.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(type_: Any, dialect: Dialect) -> Convert | None:
    convert: Convert | None = type_.dialect_impl(dialect).result_processor(dialect, None)
    return convert
