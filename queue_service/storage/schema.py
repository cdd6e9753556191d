"""Is the database at the shape this program needs? Migrations, and the check before serving."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from queue_service.storage.database import Database

MIGRATIONS = Path(__file__).parent.parent / "migrations"


class SchemaMismatch(Exception):
    """The database is older or newer than this program (exit code 78); the text says what to do."""


def migrate(database: Database) -> None:
    """Bring the database to the newest schema; a new database gets all of it."""
    config = _config()
    with database.engine.connect() as connection:
        # On SQLite a table is altered by rebuilding it, which needs its references unchecked meanwhile.
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def current_revision(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    """Whether the database is exactly at this program's schema."""
    return current_revision(database) == _head()


def require_current_schema(database: Database) -> None:
    """Raises SchemaMismatch unless the database is exactly at this program's schema."""
    if is_current(database):
        return
    found = current_revision(database)
    if found is None:
        raise SchemaMismatch("the database is empty: run `queue-service init` first")
    known = {revision.revision for revision in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found in known:
        raise SchemaMismatch("the database is older than this program: run `queue-service migrate` (a backup first)")
    raise SchemaMismatch(f"the database (revision {found}) is newer than this program: install the newer version")


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
