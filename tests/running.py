"""The product as it runs: a server process on a database of its own, that can be killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection

from queue_service.actions import staff
from queue_service.actions.setup import import_office
from queue_service.app import open_database
from queue_service.settings import load_settings
from queue_service.storage.database import Database
from queue_service.storage.schema import migrate
from tests.make import PASSWORD

DEMO_OFFICE = Path(__file__).parents[1] / "queue_service" / "simulator" / "demo_office.yaml"
HTTP = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))
"""One for all calls: making a client takes longer than most calls; no connection outlives the server it led to."""
PEOPLE = {"anna": "operator", "boris": "operator", "helen": "hall", "rita": "reception", "admin": "admin"}

_prepared: dict[str, tuple[Path, dict[str, str]]] = {}
"""The demo office on SQLite, to copy: making it takes longer than most tests. Its folder and its accounts' tokens."""


@dataclass
class Server:
    """`queue-service run` with the demo office; every account has the password of tests/make.py."""

    data: Path
    port: int
    database: str | None = None
    options: tuple[str, ...] = ()
    branch: str = "centre"
    tokens: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        if self.database:
            self.tokens = _open_office(self.data, self.database, self.branch)
            return
        if self.branch not in _prepared:
            folder = Path(tempfile.mkdtemp(prefix="queue-service-office-"))
            _prepared[self.branch] = folder, _open_office(folder, None, self.branch)
        folder, tokens = _prepared[self.branch]
        shutil.copytree(folder, self.data, dirs_exist_ok=True)
        self.tokens = dict(tokens)

    def hire(self, name: str, role: str = "operator") -> None:
        """One more account, also while the server runs."""
        database = open_database(load_settings(data=self.data, database=self.database))
        self.tokens[name] = _account(database, name, role, self.branch)
        database.close()

    def start(self) -> None:
        command = [sys.executable, "-m", "queue_service.cli", "run", "--port", str(self.port), *self.options]
        if self.database:
            command += ["--database", self.database]
        environment = {**os.environ, "QS_DATA": str(self.data), **self.environment}
        with (self.data / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stderr=log)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(httpx.HTTPError):
                httpx.get(f"{self.url}/api/v1/branches", timeout=2)
                return
            time.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.log()}")

    def kill(self) -> None:
        """As a power cut would: without a word."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As an administrator would; the exit code."""
        return self._end(signal.SIGTERM)

    def log(self) -> str:
        return (self.data / "server.log").read_text("utf-8")

    def post(self, who: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return HTTP.post(f"{self.url}/api/v1{path}", json=body or {}, headers=headers, timeout=20)

    def send(self, method: str, who: str, path: str, body: Any = None) -> httpx.Response:
        """Any call, by somebody of `PEOPLE` or by whoever holds the key `who`."""
        headers = {"Authorization": f"Bearer {self.tokens.get(who, who)}"}
        return HTTP.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=20)

    def get(self, path: str, who: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return HTTP.get(f"{self.url}/api/v1{path}", headers=headers, timeout=20).json()

    def take_ticket(self, service: str = "passport", language: str = "ru") -> Any:
        order = {"services": [service], "language": language, "channel": "kiosk"}
        return self.post("", f"/branches/{self.branch}/tickets", order).json()

    def window(self, code: str) -> str:
        desk = self.get(f"/branches/{self.branch}/desk", "helen")
        return next(str(window["id"]) for window in desk["windows"] if window["code"] == code)

    def _end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(15)
        self.process = None
        return code


@contextmanager
def a_server(folder: Path, *options: str) -> Iterator[Server]:
    """The demo office on a free port; killed at the end, for open sockets of a browser outlast a polite wait."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    running = Server(folder, port, options=options)
    running.prepare()
    running.start()
    yield running
    if running.process is not None:
        running.kill()


def _open_office(data: Path, url: str | None, branch: str) -> dict[str, str]:
    """A new database with the demo office; the tokens of its people."""
    database = open_database(load_settings(data=data, database=url))
    migrate(database)
    import_office(database, DEMO_OFFICE.read_text("utf-8"))
    tokens = {name: _account(database, name, role, branch) for name, role in PEOPLE.items()}
    database.close()
    return tokens


def _account(database: Database, name: str, role: str, branch: str) -> str:
    """Adds the account; a token for it."""

    def create(connection: Connection) -> str:
        staff.add_staff(connection, name, role, [branch], password=PASSWORD)
        return staff.create_token(connection, name, database.clock.now())

    return database.write(create)
