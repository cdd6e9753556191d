"""Models, migrations and schema.sql say the same, on PostgreSQL and on SQLite."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, inspect

from queue_service.clock import SystemClock
from queue_service.model import metadata
from queue_service.storage.database import Database
from queue_service.storage.schema import SchemaMismatch, migrate, require_current_schema
from tests.conftest import HAS_POSTGRESQL, NO_POSTGRESQL, POSTGRES, postgresql_url

SCHEMA = Path(__file__).parents[2] / "schema.sql"

STRUCTURE = """
SELECT 'column', table_name, column_name, data_type, character_maximum_length::text, is_nullable
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
"""


@pytest.fixture
def scratch() -> Iterator[Any]:
    """Makes empty PostgreSQL databases; gives their names."""
    if not HAS_POSTGRESQL:
        pytest.skip(NO_POSTGRESQL)
    made: list[str] = []

    def make() -> str:
        made.append(f"qs_schema_{uuid.uuid4().hex[:12]}")
        _run(POSTGRES, f"CREATE DATABASE {made[-1]}")
        return made[-1]

    yield make
    for name in made:
        _run(POSTGRES, f"DROP DATABASE {name} WITH (FORCE)")


def test_on_postgresql_models_migrations_and_the_reference_are_the_same(scratch: Any) -> None:
    by_models, by_migrations, by_reference = scratch(), scratch(), scratch()
    engine = create_engine(postgresql_url(by_models))
    metadata.create_all(engine)
    engine.dispose()
    database = Database(postgresql_url(by_migrations), SystemClock())
    migrate(database)
    database.close()
    _run(_url(by_reference), SCHEMA.read_text("utf-8"))
    models = _structure(by_models)
    assert models
    assert models == _structure(by_migrations) - {row for row in _structure(by_migrations) if "alembic" in str(row)}
    assert models == _structure(by_reference)


def test_on_sqlite_models_and_migrations_are_the_same_as_the_reference(scratch: Any, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/migrated.db", SystemClock())
    migrate(database)
    migrated = _outline(database.engine)
    database.close()
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    assert migrated == _outline(engine)
    reference = scratch()
    _run(_url(reference), SCHEMA.read_text("utf-8"))
    engine = create_engine(postgresql_url(reference))
    assert migrated == _outline(engine)
    engine.dispose()


def test_a_program_refuses_a_database_that_is_not_at_its_schema(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/queue.db", SystemClock())
    with pytest.raises(SchemaMismatch, match="init"):
        require_current_schema(database)
    migrate(database)
    require_current_schema(database)
    database.write(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match="newer"):
        require_current_schema(database)
    database.close()


def _outline(engine: Any) -> dict[str, Any]:
    """Tables with what both databases can tell of them: columns, keys, unique sets, indexes, references, checks."""
    inspector = inspect(engine)
    return {
        name: {
            "columns": {(column["name"], bool(column["nullable"])) for column in inspector.get_columns(name)},
            "key": set(inspector.get_pk_constraint(name)["constrained_columns"]),
            "unique": {tuple(unique["column_names"]) for unique in inspector.get_unique_constraints(name)},
            "indexes": {
                (index["name"], tuple(index["column_names"]), bool(index["unique"]))
                for index in inspector.get_indexes(name)
                if not index.get("duplicates_constraint")
            },
            "references": {
                (tuple(key["constrained_columns"]), key["referred_table"]) for key in inspector.get_foreign_keys(name)
            },
            "checks": {check["name"] for check in inspector.get_check_constraints(name)},
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def _structure(name: str) -> set[tuple[str, ...]]:
    with psycopg.connect(_url(name)) as connection:
        return {tuple(row) for row in connection.execute(STRUCTURE.encode()).fetchall()}


def _url(name: str) -> str:
    return POSTGRES.rsplit("/", 1)[0] + f"/{name}"


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
