"""What does an action work with? A hall: one branch, locked, at one moment, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from queue_service.clock import Clock
from queue_service.model import Hall as HallRow
from queue_service.model import table
from queue_service.storage import ledger
from queue_service.storage.office import Setup, SetupCache, read_setup
from queue_service.storage.rows import fetch_one, run

hall_table = table(HallRow)

_THIS = hall_table.c.branch_id == bindparam("branch")
LOCK = select(hall_table).where(_THIS).with_for_update()
_SETTLED = ("service_day", "version", "setup_version", "ledger_seq", "ledger_hash")
SETTLE = update(hall_table).where(_THIS).values({name: bindparam(name) for name in _SETTLED})
NEW_DAY = update(hall_table).where(_THIS).values(service_day=bindparam("service_day"))
APPEND = insert(ledger.entries)


@dataclass
class Hall:
    """The branch lock is held from `lock` until the transaction ends; `now` does not move in between."""

    connection: Connection
    setup: Setup
    now: datetime
    secret: bytes
    _row: Any
    _facts: list[ledger.Fact] = field(default_factory=list)
    _setup_changed: bool = False

    @classmethod
    def lock(cls, connection: Connection, setups: SetupCache, branch: str, clock: Clock, secret: bytes) -> "Hall":
        """Take the branch's lock, as a statement of its own, before anything is read."""
        branch_id = setups.branch_id(connection, branch)
        row = fetch_one(connection, LOCK, branch=branch_id)
        assert row is not None
        setup = setups.at(connection, branch, branch_id, row.setup_version)
        return cls(connection, setup, clock.now(), secret, row)

    @cached_property
    def service_day(self) -> date:
        return self.setup.service_day(self.now)

    @property
    def is_new_day(self) -> bool:
        """Whether this is the first that the hall sees of its service day."""
        return bool(self.service_day > self._row.service_day)

    @property
    def version(self) -> int:
        """The version that screens will see after this transaction."""
        return int(self._row.version) + 1

    def record(
        self,
        move: str,
        actor: str,
        *,
        ticket_id: int | None = None,
        leg_id: int | None = None,
        window_id: int | None = None,
        reason: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Note a fact for the ledger; it is written, numbered and hashed when the action ends."""
        self._facts.append(ledger.Fact(move, actor, ticket_id, leg_id, window_id, reason, facts))

    def set_up_again(self) -> Setup:
        """Say that this action changed the set-up, and read it as it is now within this transaction."""
        self._setup_changed = True
        self.setup = read_setup(self.connection, self.setup.branch_id, self.setup.version)
        return self.setup

    def settle(self) -> int | None:
        """Write the ledger entries and the new version; None when the action recorded nothing."""
        row = self._row
        if not self._facts:
            if self.is_new_day:
                run(self.connection, NEW_DAY, branch=row.branch_id, service_day=self.service_day)
            return None
        rows = ledger.chain(row.branch_id, row.ledger_seq, row.ledger_hash, self.now, self._facts)
        for entry in rows:
            run(self.connection, APPEND, **entry)
        settled = {
            "branch": row.branch_id,
            "service_day": max(row.service_day, self.service_day),
            "version": row.version + 1,
            "setup_version": row.setup_version + (1 if self._setup_changed else 0),
            "ledger_seq": rows[-1]["seq"],
            "ledger_hash": rows[-1]["hash"],
        }
        run(self.connection, SETTLE, **settled)
        return self.version
