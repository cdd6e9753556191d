"""The product as it is attacked: server processes on one database, and offices in it that can be looked into."""

import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from queue_service.actions import staff
from queue_service.clock import SystemClock
from queue_service.rules.replay import Replay
from queue_service.storage import ledger
from queue_service.storage.database import Database
from queue_service.storage.lookup import leg_table, ticket_table
from tests.make import an_office, an_operator
from tests.running import Server

ZONE = "Europe/Warsaw"


def kind_of(database: Database) -> str:
    return "sqlite" if database.is_sqlite else "postgresql"


@dataclass
class Installation:
    """A migrated database with servers on it; every test makes itself an office of its own."""

    url: str
    data: Path
    servers: list[Server] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = Database(self.url, SystemClock())

    @property
    def kind(self) -> str:
        return kind_of(self.database)

    @property
    def ports(self) -> list[int]:
        return [server.port for server in self.servers]

    def add_server(self, *options: str) -> Server:
        """One more server, not started yet."""
        self.servers.append(Server(self.data, free_port(), self.url, options))
        return self.servers[-1]

    def start(self, servers: int, *options: str) -> None:
        for _ in range(servers):
            self.add_server(*options).start()

    def stop(self) -> None:
        for server in self.servers:
            if server.process is not None:
                server.kill()
        self.servers.clear()
        self.database.close()

    def office(self, branch: str, services: str = "A", windows: int = 1, **facts: Any) -> "Office":
        """An office where every window serves everything; each has an operator with a token."""
        codes = [str(number) for number in range(1, windows + 1)]
        an_office(self.database, services, dict.fromkeys(codes, services), branch, ZONE, **facts)
        ids = {window.code: str(window.id) for window in self.database.setup(branch).windows}
        tokens = {code: self._token(branch, f"op{code}-{branch}", "operator") for code in codes}
        rita = self._token(branch, f"rita-{branch}", "hall")
        return Office(self, branch, services, [(ids[code], tokens[code]) for code in codes], rita)

    def _token(self, branch: str, name: str, role: str) -> str:
        an_operator(self.database, name, branch, role=role, password=None)

        def create(connection: Connection) -> str:
            return staff.create_token(connection, name, self.database.clock.now())

        return self.database.write(create)


@dataclass
class Office:
    installation: Installation
    branch: str
    services: str
    windows: list[tuple[str, str]]
    """(id, token of its operator)."""
    rita: str
    """Token of the hall's administrator."""

    def kept(self) -> dict[tuple[str, str], str]:
        """What the database holds: the state of the last leg of each (service day, number)."""
        query = (
            select(ticket_table.c.service_day, ticket_table.c.label, leg_table.c.state)
            .join(leg_table, leg_table.c.ticket_id == ticket_table.c.id)
            .where(ticket_table.c.branch_id == self._branch_id)
            .order_by(leg_table.c.position)
        )
        rows = self.installation.database.read(lambda connection: connection.execute(query).all())
        return {(row.service_day.isoformat(), row.label): row.state for row in rows}

    def moves(self) -> list[Any]:
        """The ledger, oldest first."""
        query = select(ledger.entries).where(ledger.entries.c.branch_id == self._branch_id).order_by("seq")
        return list(self.installation.database.read(lambda connection: connection.execute(query).all()))

    def replayed(self) -> Replay:
        """The ledger played again; fails if its chain is not sound."""
        damage, _ = ledger.verify_branch(self.installation.database, self.branch)
        assert damage is None, damage
        return ledger.replay_branch(self.installation.database, self.branch)

    @property
    def _branch_id(self) -> int:
        return self.installation.database.setup(self.branch).branch_id


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
