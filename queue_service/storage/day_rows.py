"""What happened on a service day? Its legs and shifts, read once and then only what the ledger names as changed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, literal_column, select

from queue_service.model.appointment import AppointmentState
from queue_service.model.branch import WindowState
from queue_service.rules.ticket import UNFINISHED
from queue_service.storage import ledger
from queue_service.storage.appointments import appointment_table
from queue_service.storage.lookup import hall_table, leg_table, ticket_table
from queue_service.storage.office import Setup
from queue_service.storage.rows import among, fetch_all, fetch_one

SHIFT_MOVES = {
    "window_open": WindowState.OPEN,
    "window_resume": WindowState.OPEN,
    "window_pause": WindowState.PAUSED,
    "window_close": WindowState.CLOSED,
}
IN_ONE_STATEMENT = 50
"""So few that nobody else waits long for the event loop: between two statements others have their turn."""


def _nobody_waits() -> None:
    pass


@dataclass(frozen=True)
class Changed:
    """A window changed its state."""

    window_id: int
    at: datetime
    state: WindowState


@dataclass
class DayRows:
    """One service day of a branch."""

    day: date
    seq: int = -1
    """The last entry of the ledger that is in here."""
    version: int = -1
    legs: dict[int, Any] = field(default_factory=dict)
    shifts: list[Changed] = field(default_factory=list)
    appointments: list[Any] = field(default_factory=list)
    """Of that date: (starts_at, state, parts)."""
    known: dict[int, Any] = field(default_factory=dict)
    """What storage/hall_picture.py has made of the legs."""

    def catch_up(self, connection: Connection, setup: Setup, give_way: Callable[[], Any] = _nobody_waits) -> None:
        """Read what is new; everything at the first look. `give_way` lets others have a turn meanwhile."""
        hall = fetch_one(connection, _hall(), branch=setup.branch_id)
        assert hall is not None
        if hall.version == self.version:
            return
        if self.seq < 0 or hall.ledger_seq < self.seq:
            self._read_all(connection, setup)
        else:
            self._read_changes(connection, setup, give_way)
        self.appointments = _appointments(connection, setup, self.day)
        self.seq, self.version = hall.ledger_seq, hall.version

    def _read_all(self, connection: Connection, setup: Setup) -> None:
        here = {"branch": setup.branch_id, "day": self.day}
        rows = fetch_all(connection, _of_day(), **here) + fetch_all(connection, _unfinished(), **here)
        self.legs = {row.id: row for row in rows}
        begins, ends = setup.day_begins(self.day), setup.day_begins(self.day + timedelta(days=1))
        entries = fetch_all(connection, _shifts(), branch=setup.branch_id, begins=begins, ends=ends)
        self.shifts = list(_changes(entries))

    def _read_changes(self, connection: Connection, setup: Setup, give_way: Callable[[], Any]) -> None:
        entries = fetch_all(connection, _entries(), branch=setup.branch_id, seq=self.seq)
        self.shifts += _changes(entries)
        tickets = sorted({entry.ticket_id for entry in entries if entry.ticket_id is not None})
        for start in range(0, len(tickets), IN_ONE_STATEMENT):
            some = tickets[start : start + IN_ONE_STATEMENT]
            query = _legs().where(leg_table.c.ticket_id.in_(some), leg_table.c.service_day == self.day)
            self.legs.update((row.id, row) for row in connection.execute(query).all())
            give_way()


def days_before(connection: Connection, setup: Setup, today: date, since: date) -> list[date]:
    """The service days with tickets, oldest first."""
    c = ticket_table.c
    query = select(c.service_day).where(c.branch_id == setup.branch_id, c.service_day >= since, c.service_day < today)
    return list(connection.execute(query.distinct().order_by(c.service_day)).scalars())


def _appointments(connection: Connection, setup: Setup, day: date) -> list[Any]:
    begins, ends = setup.day_begins(day), setup.day_begins(day + timedelta(days=1))
    return fetch_all(connection, _booked(), branch=setup.branch_id, begins=begins, ends=ends)


def _changes(entries: Iterable[Any]) -> Iterator[Changed]:
    for entry in entries:
        if entry.move in SHIFT_MOVES and entry.window_id is not None:
            yield Changed(entry.window_id, entry.at, SHIFT_MOVES[entry.move])


def _legs() -> Select[Any]:
    """Legs with what estimates ask of their tickets."""
    columns = [leg_table.c[name] for name in _COLUMNS]
    return (
        select(*columns)
        .add_columns(ticket_table.c.priority, ticket_table.c.booked_at, ticket_table.c.issued_at)
        .join(ticket_table, ticket_table.c.id == leg_table.c.ticket_id)
    )


_COLUMNS = (
    "id", "ticket_id", "position", "service_id", "state", "turn", "ready_at", "first_called_at", "last_called_at",
    "started_at", "finished_at", "left_at", "requires", "for_window_id", "for_staff_id", "due_at", "due_turn",
    "held_at", "held_seconds", "rejoins", "window_id",
)  # fmt: skip


@cache
def _hall() -> Select[Any]:
    return select(hall_table.c.version, hall_table.c.ledger_seq).where(hall_table.c.branch_id == bindparam("branch"))


@cache
def _of_day() -> Select[Any]:
    """Found by their tickets, whose numbers are indexed by day."""
    c = ticket_table.c
    here = (c.branch_id == bindparam("branch"), c.service_day == bindparam("day"))
    return _legs().where(*here, leg_table.c.service_day == bindparam("day"))


@cache
def _unfinished() -> Select[Any]:
    """Tickets of an earlier day may stand in today's line."""
    c = leg_table.c
    here = (c.branch_id == bindparam("branch"), c.service_day == bindparam("day"))
    return _legs().where(*here, among(c.state, sorted(UNFINISHED)))


@cache
def _entries() -> Select[Any]:
    c = ledger.entries.c
    return select(c.ticket_id, c.move, c.window_id, c.at).where(
        c.branch_id == bindparam("branch"), c.seq > bindparam("seq")
    ).order_by(c.seq)  # fmt: skip


@cache
def _shifts() -> Select[Any]:
    c = ledger.entries.c
    return (
        select(c.move, c.window_id, c.at)
        .where(c.branch_id == bindparam("branch"), c.at >= bindparam("begins"), c.at < bindparam("ends"))
        .where(among(c.move, sorted(SHIFT_MOVES)))
        .order_by(c.seq)
    )


@cache
def _booked() -> Select[Any]:
    c = appointment_table.c
    taking = c.state != literal_column(f"'{AppointmentState.CANCELLED}'")
    return select(c.starts_at, c.state, c.parts).where(
        c.branch_id == bindparam("branch"), c.starts_at >= bindparam("begins"), c.starts_at < bindparam("ends"), taking
    )  # fmt: skip
