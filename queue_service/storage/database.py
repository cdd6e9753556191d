"""How do we reach the database? One engine, one writer at a time per branch, and a word to listeners after commit."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from queue_service.clock import Clock
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup, SetupCache

T = TypeVar("T")
Listener = Callable[[str, int], None]


class Database:
    """Reads and writes for all branches.

    `first` is what is done in every hall before anything else, under the lock: what the clock has made due.
    `offload` runs a writing transaction; the server passes a native thread, so that the wait for the disk does
    not stop the sockets. Without it the transaction runs in the caller's thread, one at a time on SQLite.
    """

    def __init__(
        self, url: str, clock: Clock, secret: bytes = b"", first: Callable[[Hall], None] | None = None
    ) -> None:
        self.url: URL = make_url(url)
        self.clock = clock
        self.secret = secret
        self._first = first
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgresql_engine(self.url)
        # The writer's connections stay in the writer's thread; readers never wait for it.
        self._writer = _sqlite_engine(self.url) if self.is_sqlite else self.engine
        self.setups = SetupCache()
        self.listeners: list[Listener] = []
        self.offload: Callable[[Callable[[], Any]], Any] = lambda work: work()
        # SQLite lets one writer in; waiting for it in its busy handler is slow and unfair, a mutex is neither.
        self._one_writer = threading.RLock()

    def act(self, branch: str, change: Callable[[Hall], T], *, before: Callable[[Connection], None] | None = None) -> T:
        """Run `change` as one transaction under the branch lock; commit; tell the listeners the new version.

        `before` runs in the same transaction ahead of the lock (a new branch has no lock row yet).
        Whatever either raises rolls everything back. Raises Refused(unknown_branch) for a foreign code.
        """
        result, version = self.offload(lambda: self._locked(branch, change, before))
        if version is not None:
            for listener in self.listeners:
                listener(branch, version)
        return cast(T, result)

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on one consistent snapshot; nothing it does is kept."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:  # on SQLite every read transaction is a snapshot already
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                return query(connection)

    def setup(self, branch: str) -> Setup:
        """The office as it is set up now; raises Refused(unknown_branch)."""
        return self.read(lambda connection: self.setups.read(connection, branch))

    def write(self, change: Callable[[Connection], T]) -> T:
        """Run `change` as one transaction outside any hall (staff, sessions, whole offices)."""
        return cast(T, self.offload(lambda: self._written(change)))

    def close(self) -> None:
        self.engine.dispose()
        self._writer.dispose()

    def _locked(
        self, branch: str, change: Callable[[Hall], T], before: Callable[[Connection], None] | None
    ) -> tuple[T, int | None]:
        try:
            with self._one_writer_if_sqlite(), self._writing() as connection, connection.begin():
                if before:
                    before(connection)
                hall = Hall.lock(connection, self.setups, branch, self.clock, self.secret)
                if self._first:
                    self._first(hall)
                result = change(hall)
                version = hall.settle()
        except BaseException:
            if before:  # what it made was seen under the lock, and is no more
                self.setups.forget(branch)
            raise
        return result, version

    def _written(self, change: Callable[[Connection], T]) -> T:
        with self._one_writer_if_sqlite(), self._writing() as connection, connection.begin():
            return change(connection)

    def _writing(self) -> Connection:
        return self._writer.connect().execution_options(writing=True)

    def _one_writer_if_sqlite(self) -> AbstractContextManager[Any]:
        return self._one_writer if self.is_sqlite else nullcontext()


def _sqlite_engine(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 30})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock before its first read: what it read cannot change under it.
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)
