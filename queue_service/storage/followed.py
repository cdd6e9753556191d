"""What do all the phones that follow a ticket see? One look at the hall for all of them.

Three statements for each of two thousand phones would cost more than the whole hall. A look reads the line once, and
of the tickets only those to which something happened since the look before: the ledger names them.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, bindparam, literal_column, select

from queue_service.model.ticket import LegState
from queue_service.storage import ledger
from queue_service.storage.boards import Board, legs_with_tickets, visit_at
from queue_service.storage.lookup import hall_table, leg_table, ticket_table
from queue_service.storage.office import Setup
from queue_service.storage.place import Place, place_of, reasons, rival_ids
from queue_service.storage.rows import fetch_all, fetch_one

IN_ONE_STATEMENT = 500
MOST_CHANGED = 2000
"""When more than this happened since the last look, everything is read again."""


@dataclass(frozen=True)
class Look:
    """What one look at the hall found: enough to draw every picture without the database."""

    setup: Setup
    now: datetime
    version: int
    legs: dict[int, list[Any]]
    places: dict[int, Place]

    def pictures(self) -> Iterator[tuple[int, Board]]:
        """Ticket id and what its holder sees, one after the other."""
        for ticket_id, legs in self.legs.items():
            place = self.places.get(ticket_id, Place())
            yield ticket_id, visit_at(self.setup, self.now, legs, self.version, place)


class Followed:
    """What is remembered of a branch from look to look."""

    def __init__(self) -> None:
        self._seq = -1
        self._day = date.min
        self._legs: dict[int, list[Any]] = {}
        self._called: dict[int, list[Any]] = {}

    def look(self, connection: Connection, setup: Setup, now: datetime, tickets: Collection[int]) -> Look:
        """See how these tickets stand. Tickets that are unknown are left out."""
        hall = fetch_one(connection, _hall(), branch=setup.branch_id)
        assert hall is not None
        self._catch_up(connection, setup, setup.service_day(now), hall.ledger_seq)
        missing = [ticket_id for ticket_id in tickets if ticket_id not in self._legs]
        for some in _in_portions(missing):
            query = legs_with_tickets().where(leg_table.c.ticket_id.in_(some)).order_by(leg_table.c.position)
            for leg in connection.execute(query):
                self._legs.setdefault(leg.ticket_id, []).append(leg)
        self._legs = {ticket_id: self._legs[ticket_id] for ticket_id in tickets if ticket_id in self._legs}
        places = self._places(connection, setup, now)
        return Look(setup, now, hall.version, self._legs, places)

    def _catch_up(self, connection: Connection, setup: Setup, day: date, seq: int) -> None:
        """Forget what is no longer so: of the tickets that the ledger names since the last look, or of all."""
        here = {"branch": setup.branch_id, "day": day}
        since = [] if self._seq < 0 else fetch_all(connection, _changed(), branch=setup.branch_id, seq=self._seq)
        if self._seq < 0 or seq < self._seq or day != self._day or len(since) > MOST_CHANGED:
            self._legs, self._called = {}, _by_ticket(fetch_all(connection, _called(), **here))
        else:
            changed = [row.ticket_id for row in since]
            for ticket_id in changed:
                self._legs.pop(ticket_id, None)
                self._called.pop(ticket_id, None)
            for some in _in_portions(changed):
                query = _called().where(leg_table.c.ticket_id.in_(some))
                self._called.update(_by_ticket(connection.execute(query, here)))
        self._seq, self._day = seq, day

    def _places(self, connection: Connection, setup: Setup, now: datetime) -> dict[int, Place]:
        """The places of all followed tickets that wait: the line is walked once."""
        rivals = {service_id: rival_ids(setup, service_id) for service_id in setup.service_codes}
        calls, places, before = _Calls(self._called), {}, Counter[int]()
        for row in fetch_all(connection, _line(), branch=setup.branch_id, day=self._day):
            if row.ticket_id in self._legs:
                leg = self._legs[row.ticket_id][-1]
                ahead = sum(before[service_id] for service_id in rivals[row.service_id])
                earlier = calls.earlier_than(leg, rivals[row.service_id]) if leg.ready_at < now else {}
                places[row.ticket_id] = Place(ahead, earlier)
            before[row.service_id] += 1
        for ticket_id, legs in self._legs.items():  # of another service day: rare enough to ask one by one
            if ticket_id not in places and legs[-1].state == LegState.WAITING:
                places[ticket_id] = place_of(connection, setup, now, legs[-1])
        return places


class _Calls:
    """The day's calls, sorted so that those who came later than somebody are found at the end."""

    def __init__(self, by_ticket: dict[int, list[Any]]) -> None:
        rows = [row for rows in by_ticket.values() for row in rows]
        self._by_ticket = sorted(rows, key=attrgetter("ticket_id"))
        self._by_ready = sorted(rows, key=attrgetter("ready_at"))

    def earlier_than(self, leg: Any, rivals: Collection[int]) -> dict[str, int]:
        """As place.called_earlier tells it, of the calls that can matter: of later tickets, or who joined later."""
        later = self._by_ticket[bisect_right(self._by_ticket, leg.ticket_id, key=attrgetter("ticket_id")) :]
        joined = self._by_ready[bisect_right(self._by_ready, leg.ready_at, key=attrgetter("ready_at")) :]
        came_back = (row for row in joined if row.ticket_id < leg.ticket_id)
        found = (row for some in (later, came_back) for row in some)
        return reasons(leg, (r for r in found if r.service_id in rivals and r.last_called_at >= leg.ready_at))


def _by_ticket(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.ticket_id, []).append(row)
    return found


def _in_portions(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), IN_ONE_STATEMENT):
        yield ids[start : start + IN_ONE_STATEMENT]


@cache
def _hall() -> Select[Any]:
    return select(hall_table.c.version, hall_table.c.ledger_seq).where(hall_table.c.branch_id == bindparam("branch"))


@cache
def _changed() -> Select[Any]:
    """The tickets that the ledger names after an entry."""
    entries = ledger.entries
    return (
        select(entries.c.ticket_id)
        .where(
            entries.c.branch_id == bindparam("branch"),
            entries.c.seq > bindparam("seq"),
            entries.c.ticket_id.is_not(None),
        )
        .distinct()
    )


@cache
def _called() -> Select[Any]:
    """The calls of a day, with what tells why somebody was called earlier than another."""
    return (
        select(leg_table.c.ticket_id, leg_table.c.service_id, leg_table.c.ready_at, leg_table.c.last_called_at)
        .add_columns(leg_table.c.call_reason, ticket_table.c.priority, ticket_table.c.booked_at)
        .join(ticket_table, ticket_table.c.id == leg_table.c.ticket_id)
        .where(
            leg_table.c.branch_id == bindparam("branch"),
            leg_table.c.last_called_at.is_not(None),
            leg_table.c.service_day == bindparam("day"),
        )
    )


@cache
def _line() -> Select[Any]:
    """Who waits, in the order of calling."""
    return (
        select(leg_table.c.ticket_id, leg_table.c.service_id)
        .where(
            leg_table.c.branch_id == bindparam("branch"),
            leg_table.c.state == literal_column("'waiting'"),
            leg_table.c.service_day == bindparam("day"),
        )
        .order_by(leg_table.c.turn, leg_table.c.ticket_id)
    )
