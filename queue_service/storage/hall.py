"""What does an action work with? A hall: one branch, locked, at one moment, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from queue_service.clock import Clock
from queue_service.model import Hall as HallRow
from queue_service.model import table
from queue_service.storage import ledger
from queue_service.storage.office import Setup
from queue_service.storage.rows import fetch_one, run
from queue_service.storage.setups import SetupCache, read_setup

hall_table = table(HallRow)
CLOCKS_APART = timedelta(minutes=5)
"""By so much the clocks of several servers may differ at midnight."""
A_LITTLE = timedelta(seconds=10)
"""By so much the clocks of several servers may differ all day, and the order is still that in which people came."""

_THIS = hall_table.c.branch_id == bindparam("branch")
LOCK = select(hall_table).where(_THIS).with_for_update()
_SETTLED = ("service_day", "version", "setup_version", "ledger_seq", "ledger_hash", "acted_at")
SETTLE = update(hall_table).where(_THIS).values({name: bindparam(name) for name in _SETTLED})
NEW_DAY = update(hall_table).where(_THIS).values(service_day=bindparam("service_day"))
APPEND = insert(ledger.entries)


@dataclass
class Hall:
    """The branch lock is held from `lock` until the transaction ends; `now` does not move during an action."""

    connection: Connection
    setup: Setup
    now: datetime
    secret: bytes
    _setups: SetupCache
    _row: Any
    is_first_in_transaction: bool
    """False when actions before this one, in the same transaction, have the lock already."""
    _facts: list[ledger.Fact] = field(default_factory=list)
    _setup_changed: bool = False

    @classmethod
    def lock(cls, connection: Connection, setups: SetupCache, branch: str, clock: Clock, secret: bytes) -> "Hall":
        """Take the branch's lock, as a statement of its own, before anything is read."""
        branch_id = setups.branch_id(connection, branch)
        held = connection.get_execution_options()["held"].get(branch_id)
        row = held or fetch_one(connection, LOCK, branch=branch_id)
        assert row is not None
        setup = setups.at(connection, branch, branch_id, row.setup_version)
        return cls(connection, setup, _not_before(row.acted_at, clock.now()), secret, setups, row, held is None)

    @cached_property
    def service_day(self) -> date:
        day, begun = self.setup.service_day(self.now), self.last_service_day
        if begun <= day:
            return day
        # Another server's clock is a little ahead: the day that it began does not end again.
        return min(begun, self.setup.service_day(self.now + CLOCKS_APART))

    @property
    def last_service_day(self) -> date:
        """The day of the action before this one."""
        day: date = self._row.service_day
        return day

    @property
    def is_new_day(self) -> bool:
        """Whether the day has changed since the last action; back, too, where a clock was set right."""
        return self.service_day != self.last_service_day

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
        self._setups.changes(self.connection, self.setup.code)
        fresh = read_setup(self.connection, self.setup.branch_id, self.setup.version)
        self.setup = replace(fresh, waits=self.setup.waits)
        return self.setup

    def settle(self) -> int | None:
        """Write the ledger entries and the new version; None when the action recorded nothing."""
        row = self._row
        if not self._facts:
            if self.is_new_day:
                run(self.connection, NEW_DAY, branch=row.branch_id, service_day=self.service_day)
            self._hold(service_day=self.service_day)
            return None
        entries = ledger.chain(row.branch_id, row.ledger_seq, row.ledger_hash, self.now, self._facts)
        for entry in entries:
            run(self.connection, APPEND, **entry)
        settled = {
            "service_day": self.service_day,
            "version": row.version + 1,
            "setup_version": row.setup_version + (1 if self._setup_changed else 0),
            "ledger_seq": entries[-1]["seq"],
            "ledger_hash": entries[-1]["hash"],
            "acted_at": self.now,
        }
        run(self.connection, SETTLE, branch=row.branch_id, **settled)
        self._hold(**settled)
        return self.version

    def _hold(self, **settled: Any) -> None:
        """Leave the lock row to the next action of this transaction. Not before the end: an action that fails gives
        its lock back with its savepoint.
        """
        self.connection.get_execution_options()["held"][self._row.branch_id] = self._row._replace(**settled)


def _not_before(last: datetime | None, now: datetime) -> datetime:
    """Now, but never before the action before this one, as far as servers' clocks may be apart. A clock that was set
    back by more than that is believed.
    """
    return last if last is not None and now < last <= now + A_LITTLE else now
