"""How do we reach the database? One engine, one writer at a time per branch, and a word to listeners after commit."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar, cast

from gevent.threadpool import ThreadPool
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from queue_service.clock import Clock
from queue_service.failpoints import fail_point
from queue_service.storage.group_commit import GroupCommit
from queue_service.storage.hall import Hall
from queue_service.storage.hall_watch import HallWatch
from queue_service.storage.office import Setup
from queue_service.storage.setups import SetupCache, branch_of_window

T = TypeVar("T")
Listener = Callable[[str, int], None]
WRITER_CACHE_KIB = 64 * 1024
"""Of SQLite's one writer: with years of visits the upper pages of all indexes stay in memory."""


class Database:
    """Reads and writes for all branches.

    `first` is what is done in every hall before anything else, under the lock: what the clock has made due.
    A transaction runs in the caller's thread, one at a time on SQLite; a server lets actions share their commits
    (`share_commits`).
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
        self._writer = _sqlite_engine(self.url, WRITER_CACHE_KIB) if self.is_sqlite else self.engine
        self.setups = SetupCache()
        self.listeners: list[Listener] = []
        self.offload: Callable[[Callable[[], Any]], Any] = lambda work: work()
        """Runs long work that is no transaction; a server passes a native thread."""
        self.give_way: Callable[[], Any] = lambda: None
        """Between the steps of a long reading; a server lets everybody else have a turn."""
        self._watches: dict[str, HallWatch] = {}
        self._groups: dict[str, GroupCommit] | None = None
        # SQLite lets one writer in; waiting for it in its busy handler is slow and unfair, a mutex is neither.
        self._one_writer = threading.RLock()

    def act(self, branch: str, change: Callable[[Hall], T], *, before: Callable[[Connection], None] | None = None) -> T:
        """Run `change` as one transaction under the branch lock; commit; tell the listeners the new version.

        `before` runs in the same transaction ahead of the lock (a new branch has no lock row yet).
        Whatever either raises rolls everything back. Raises Refused(unknown_branch) for a foreign code.
        """
        result, version = self._committed(branch, lambda connection: self._locked(connection, branch, change, before))
        fail_point("after_commit_before_emit")
        if version is not None:
            for listener in self.listeners:
                listener(branch, version)
        fail_point("after_emit_before_response")
        return result

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run `query` on one consistent snapshot; nothing it does is kept."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:  # on SQLite every read transaction is a snapshot already
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                return query(connection)

    def peek(self, query: Callable[[Connection], T]) -> T:
        """Run one kept statement (storage/rows.py) without the cost of a transaction around it."""
        with self.engine.connect() as connection:
            return query(connection)

    def branch_of_window(self, window_id: int) -> str:
        """The code of the branch a window belongs to, for good; raises Refused(unknown_window)."""
        known = self.setups.branch_of_window(window_id)
        if known is None:
            branch = self.read(lambda connection: branch_of_window(connection, window_id))
            self.setup(branch)
            return branch
        return known

    def setup(self, branch: str) -> Setup:
        """The office as it is set up now; raises Refused(unknown_branch)."""
        return self.read(lambda connection: self.setups.read(connection, branch))

    def watch(self, branch: str) -> HallWatch:
        """What is known of a branch for estimates; read as far as it is asked for."""
        if branch not in self._watches:
            self._watches[branch] = HallWatch(self, branch)
        return self._watches[branch]

    def write(self, change: Callable[[Connection], T]) -> T:
        """Run `change` as one transaction outside any hall (staff, sessions, whole offices)."""
        return self._committed("", change)

    def share_commits(self) -> None:
        """From now on, actions that arrive during a commit are committed together. Needs gevent's event loop."""
        self._groups = {}

    def close(self) -> None:
        self.engine.dispose()
        self._writer.dispose()

    def _locked(
        self,
        connection: Connection,
        branch: str,
        change: Callable[[Hall], T],
        before: Callable[[Connection], None] | None,
    ) -> tuple[T, int | None]:
        if before:
            self.setups.changes(connection, branch)
            before(connection)
        hall = Hall.lock(connection, self.setups, branch, self.clock, self.secret)
        if self._first and (hall.is_first_in_transaction or hall.is_new_day):
            self._first(hall)
        result = change(hall)
        return result, hall.settle()

    def _committed(self, branch: str, work: Callable[[Connection], T]) -> T:
        if self._groups is not None:
            return cast(T, self._group(branch).run(work))
        with self._one_writer_if_sqlite(), self._writing() as connection, connection.begin():
            result = work(connection)
            fail_point("before_commit")
            return result

    def _group(self, branch: str) -> GroupCommit:
        """SQLite has one writer; on PostgreSQL, branches do not wait for each other."""
        assert self._groups is not None
        key = "" if self.is_sqlite else branch
        if key not in self._groups:
            apart = ThreadPool(1).apply if self.is_sqlite else _here
            self._groups[key] = GroupCommit(self._writing, lambda commit: apart(commit))
        return self._groups[key]

    def _writing(self) -> Connection:
        """A connection for one transaction; `held` are the lock rows it holds, as its actions left them."""
        return self._writer.connect().execution_options(writing=True, held={})

    def _one_writer_if_sqlite(self) -> AbstractContextManager[Any]:
        return self._one_writer if self.is_sqlite else nullcontext()


def _here(work: Callable[[], None]) -> None:
    work()


def _sqlite_engine(url: URL, cache_kib: int = 2000) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 30})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own
        pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")
        for pragma in (*pragmas, f"cache_size=-{cache_kib}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock before its first read: what it read cannot change under it.
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    from queue_service.storage.postgresql import postgresql_engine  # its driver is for installations that use it

    return postgresql_engine(url)
