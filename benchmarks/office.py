"""Which office is measured? Sixteen windows, four services, open round the clock; with as much past as asked for."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection, text

from queue_service.actions import staff
from queue_service.actions.setup import import_office
from queue_service.app import open_database
from queue_service.settings import load_settings
from queue_service.storage.database import Database
from queue_service.storage.schema import migrate
from tests.conftest import POSTGRES

SERVICES = "ABCD"
WINDOWS = [str(number) for number in range(1, 17)]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = {
    "branch": {
        "code": "bench",
        "name": {"en": "Bench"},
        "time_zone": "UTC",
        "languages": ["en"],
        "default_language": "en",
        "hours": {day: [["00:00", "24:00"]] for day in DAYS},
        "last_number": 99_999,
    },
    "services": [{"code": code, "prefix": code, "name": {"en": code}} for code in SERVICES],
    "windows": [{"code": code, "services": list(SERVICES)} for code in WINDOWS],
}


@dataclass
class Running:
    """A server under load. `windows` are (id, token) of operators who have opened them."""

    port: int
    process: "subprocess.Popen[bytes]"
    windows: list[tuple[str, str]]
    database: Database

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found.group(1)) / 1024 if found else 0.0


def prepare(url: str, data: Path) -> list[str]:
    """A migrated database with the office; tokens of its operators in order of the windows."""
    database = open_database(load_settings(data=data, database=url))
    migrate(database)
    import_office(database, yaml.dump(OFFICE))

    def create(connection: Connection, name: str) -> str:
        staff.add_staff(connection, name, "operator", ["bench"], password=None)
        return staff.create_token(connection, name, database.clock.now())

    tokens = database.write(lambda connection: [create(connection, f"op{code}") for code in WINDOWS])
    database.close()
    return tokens


@contextmanager
def serving(url: str, data: Path, port: int, tokens: list[str], sockets: str | None = None) -> Iterator[Running]:
    """The product as it runs, with all windows open; `sockets` is for fanout_server.py."""
    command = [sys.executable, "-m", "queue_service.cli", "run", "--port", str(port), "--database", url]
    environment = {**os.environ, "QS_DATA": str(data)}
    if sockets is not None:
        command = [sys.executable, "-m", "benchmarks.fanout_server", str(port), url]
        environment["QS_BENCH_SOCKETS"] = sockets
    with (data / "server.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stderr=log)
    database = open_database(load_settings(data=data, database=url))
    try:
        until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/branches").read())
        ids = [str(window.id) for window in database.setup("bench").windows]
        windows = list(zip(ids, tokens, strict=True))
        for window, token in windows:
            _post(port, f"/api/v1/windows/{window}/open", token)
        yield Running(port, process, windows, database)
    finally:
        database.close()
        process.terminate()
        process.wait(20)


@contextmanager
def fresh_databases(kind: str) -> Iterator[Callable[[], tuple[str, Path, list[str]]]]:
    """Makes empty databases of a kind: (URL, data folder, tokens); all of it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="queue-bench-"))
    names: list[str] = []

    def make() -> tuple[str, Path, list[str]]:
        data = folder / str(len(list(folder.iterdir())))
        data.mkdir()
        url = f"sqlite:///{data / 'queue.db'}"
        if kind == "postgresql":
            names.append(f"qs_bench_{folder.name[-8:]}_{len(names)}".lower())
            admin(f"CREATE DATABASE {names[-1]}")
            url = POSTGRES.rsplit("/", 1)[0] + f"/{names[-1]}"
        return url, data, prepare(url, data)

    try:
        yield make
    finally:
        for name in names:
            admin(f"DROP DATABASE {name} WITH (FORCE)")
        shutil.rmtree(folder, ignore_errors=True)


def admin(statement: str) -> None:
    import psycopg

    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(statement.encode())


def add_past(database: Database, legs: int, per_day: int = 1500) -> None:
    """Fill in finished visits of past days, `per_day` a day, until there are `legs` of them (SQLite)."""

    def fill(connection: Connection) -> None:
        present = connection.execute(text("SELECT count(*) FROM leg")).scalar_one()
        first_id = connection.execute(text("SELECT coalesce(max(id), 0) FROM ticket")).scalar_one() + 1
        span: dict[str, Any] = {"n": legs - present, "first": first_id, "per_day": per_day, "offset": present}
        connection.execute(text(PAST_TICKETS), span)
        connection.execute(text(PAST_LEGS), {"first": first_id})
        connection.execute(text("ANALYZE"))

    database.write(fill)


# Days are counted backwards from 2020, so that numbers stay unique per day; tokens lie in order of the days.
PAST_TICKETS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :n),
past AS (SELECT i, (i + :offset) % :per_day AS nth,
                date('2020-01-01', '-' || ((i + :offset) / :per_day) || ' days') AS day
         FROM n)
INSERT INTO ticket (id, branch_id, service_day, series, number, label, token_hash, channel, language, needs,
                    issued_at, route, deferrals)
SELECT :first + i, 1, day, 'A', nth + 1, 'A' || (nth + 1),
       printf('%x.', julianday(day) - 1721424.5) || lower(hex(randomblob(29))), 'kiosk', 'en', '[]',
       datetime(day, '+' || (20 * nth) || ' seconds') || '.000000', '[]', 0
FROM past
"""
PAST_LEGS = """
INSERT INTO leg (branch_id, service_day, ticket_id, position, service_id, state, counting_start, turn, ready_at,
                 first_called_at, last_called_at, started_at, finished_at, requires, calls, rejoins, held_seconds,
                 window_id, staff_id, outcome)
SELECT 1, service_day, id, 1, id % 4 + 1, 'done', issued_at, issued_at, issued_at, issued_at, issued_at, issued_at,
       issued_at, '', 1, 0, 0, id % 16 + 1, id % 16 + 1, 'solved'
FROM ticket WHERE id >= :first
"""


def _post(port: int, path: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", b"{}", headers)
    urllib.request.urlopen(request).read()


def until(attempt: Callable[[], Any]) -> None:
    """Try until it does; raises TimeoutError after two minutes."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with suppress(OSError):
            attempt()
            return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")
