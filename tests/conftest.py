"""What every test may ask for: a clock that obeys, and a real database of each kind."""

import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright

from queue_service.actions.due import catch_up
from queue_service.clock import FrozenClock, SystemClock
from queue_service.storage.database import Database
from queue_service.storage.schema import migrate
from tests.running import Server

POSTGRES = os.environ.get("QS_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
MONDAY_MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECRET = b"a secret for tests alone, 32 bytes"


def _postgresql_answers() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


HAS_POSTGRESQL = _postgresql_answers()
NO_POSTGRESQL = f"PostgreSQL does not answer at {POSTGRES}: these tests did not run on it"


def pytest_configure() -> None:
    """Every server of the suite notes what it tells the public beyond queue_service/web/audiences.py."""
    folder = tempfile.mkdtemp(prefix="queue-service-told-")
    os.environ |= {"QS_TESTING": "1", "QS_TOLD_TOO_MUCH": f"{folder}/too-much"}


@pytest.fixture(autouse=True)
def _nobody_is_told_too_much() -> Iterator[None]:
    yield
    found = Path(os.environ["QS_TOLD_TOO_MUCH"])
    if found.exists():
        lines = sorted(set(found.read_text().splitlines()))
        found.unlink()
        pytest.fail("sockets told the public what it must not know:\n" + "\n".join(lines))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not HAS_POSTGRESQL:
        terminalreporter.write_line(f"ATTENTION: {NO_POSTGRESQL}", red=True, bold=True)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(MONDAY_MORNING)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("empty") / "queue.db"
    database = Database(f"sqlite:///{path}", SystemClock())
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def empty_postgresql() -> Iterator[str]:
    """The name of a migrated PostgreSQL database to copy."""
    name = f"qs_template_{uuid.uuid4().hex[:12]}"
    _postgresql(f"CREATE DATABASE {name}")
    database = Database(postgresql_url(name), SystemClock())
    migrate(database)
    database.close()
    yield name
    _postgresql(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def fresh_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of an empty, migrated database of the kind that the fixture's parameter names."""
    if request.param == "sqlite":
        path = folder / "queue.db"
        path.write_bytes(request.getfixturevalue("empty_sqlite").read_bytes())
        yield f"sqlite:///{path}"
        return
    if not HAS_POSTGRESQL:
        pytest.skip(NO_POSTGRESQL)
    name = f"qs_test_{uuid.uuid4().hex[:12]}"
    _postgresql(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('empty_postgresql')}")
    yield postgresql_url(name)
    _postgresql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database; each test runs on both kinds."""
    with fresh_database(request, tmp_path) as url:
        yield url


@pytest.fixture
def open_database(clock: FrozenClock) -> Iterator[Callable[[str], Database]]:
    opened: list[Database] = []

    def open_one(url: str) -> Database:
        opened.append(Database(url, clock, SECRET, catch_up))
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def database(database_url: str, open_database: Callable[[str], Database]) -> Database:
    return open_database(database_url)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgresql_url(name: str) -> str:
    return POSTGRES.replace("postgresql://", "postgresql+psycopg://").rsplit("/", 1)[0] + f"/{name}"


def _postgresql(statement: str) -> None:
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def server(tmp_path: Path, free_port: int) -> Iterator[Server]:
    """A running server with the demo office on SQLite."""
    running = Server(tmp_path, free_port)
    running.prepare()
    running.start()
    yield running
    if running.process is not None:
        running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; script/test finds or installs one and names it in QS_BROWSER."""
    path = os.environ.get("QS_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    if not path:
        pytest.skip("no Chromium or Chrome: the browser tests did not run")
    options = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-background-networking"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=options)
        yield chromium
        chromium.close()
