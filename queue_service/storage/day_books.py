"""What is taken of a day, and so what is free? Worked out from the rows; kept in memory while the day's stamp stays.

Nothing free is ever stored. Every change of what is taken gives the day a new random stamp, in the same transaction:
one that is rolled back leaves a stamp that no row will ever bear again. A hold ends by itself, so a day with holds is
kept until the first of them does.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from queue_service.model import Appointment, BookingDay, SlotHold, table
from queue_service.model.appointment import AppointmentState
from queue_service.rules.roster import Day, day_of, expand
from queue_service.rules.slots import DayBook
from queue_service.rules.visit import Part, Taken, Visit
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.storage.rows import among, fetch_all, run

appointment_table, hold_table, day_table = table(Appointment), table(SlotHold), table(BookingDay)
TAKING = (AppointmentState.BOOKED, AppointmentState.ARRIVED)
"""In the order of the index: SQLite takes a partial index only for its very own condition."""
MOST_KEPT = 500
"""Days of one branch."""


@dataclass(frozen=True)
class Kept:
    stamp: str | None
    until: datetime | None
    """The end of the first hold."""
    taken: tuple[Taken, ...]
    book: DayBook


def day_books(connection: Connection, setup: Setup, now: datetime, first: date, last: date) -> list[DayBook]:
    """The days from first to last, each with what is taken of it now."""
    span = {"branch": setup.branch_id, "first": first, "last": last}
    stamps = {row.day: row.stamp for row in fetch_all(connection, _stamps(), **span)}
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [_kept(connection, setup, now, day, stamps.get(day)).book for day in days]


def day_book(connection: Connection, setup: Setup, now: datetime, day: date) -> DayBook:
    return day_books(connection, setup, now, day, day)[0]


def day_book_without(connection: Connection, setup: Setup, now: datetime, day: date, keys: Iterable[Any]) -> DayBook:
    """The day as it would be if these bookings and holds were not there."""
    full = day_book(connection, setup, now, day)
    gone = set(keys)
    taken = setup.kept_days[day].taken
    if not gone.intersection(one.key for one in taken):
        return full
    return DayBook(full.day, setup.terms, [one for one in taken if one.key not in gone])


def touch(hall: Hall, *moments: datetime) -> None:
    """Say that what is taken of these moments' days changes in this transaction."""
    for day in {day_of(moment, hall.setup.time_zone) for moment in moments}:
        fresh = {"branch_id": hall.setup.branch_id, "day": day, "stamp": secrets.token_hex(8)}
        run(hall.connection, _stamp(hall.connection.dialect.name), **fresh)


def visit_in(row: Any) -> Visit:
    """The visit that a row of an appointment or a hold keeps."""
    parts = tuple((part["service"], part["minutes"]) for part in row.parts)
    return _visit(parts, row.buffer_minutes, row.requires, row.channel)


@lru_cache(4096)
def _visit(parts: tuple[tuple[str, int], ...], buffer: int, requires: str, channel: str) -> Visit:
    """Thousands of bookings are for a few kinds of visits."""
    return Visit(tuple(Part(*part) for part in parts), buffer, frozenset(requires.split()), channel)


def parts_of(visit: Visit) -> list[dict[str, Any]]:
    """The parts of a visit as a row keeps them."""
    return [{"service": part.service, "minutes": part.minutes} for part in visit.parts]


def _kept(connection: Connection, setup: Setup, now: datetime, day: date, stamp: str | None) -> Kept:
    kept: Kept | None = setup.kept_days.get(day)
    if kept is not None and kept.stamp == stamp and (kept.until is None or now < kept.until):
        return kept
    expanded: Day = kept.book.day if kept is not None else expand(setup.timetable, day)
    taken, until = _taken(connection, setup, now, expanded) if stamp else ([], None)
    fresh = Kept(stamp, until, tuple(taken), DayBook(expanded, setup.terms, taken))
    if len(setup.kept_days) >= MOST_KEPT and day not in setup.kept_days:
        setup.kept_days.pop(min(setup.kept_days), None)
    setup.kept_days[day] = fresh
    return fresh


def _taken(connection: Connection, setup: Setup, now: datetime, day: Day) -> tuple[list[Taken], datetime | None]:
    span = {"branch": setup.branch_id, "begin": day.begins_at, "end": day.moment(day.length)}
    booked = fetch_all(connection, _booked(), **span)
    held = fetch_all(connection, _held(), now=now, **span)
    rows = [(row, ("appointment", row.id)) for row in booked] + [(row, ("hold", row.id)) for row in held]
    rows.sort(key=lambda pair: (pair[0].taken_at, pair[1]))
    taken = [Taken(key, row.starts_at, visit_in(row)) for row, key in rows]
    return taken, min((row.expires_at for row in held), default=None)


@cache
def _stamps() -> Select[Any]:
    c = day_table.c
    return (
        select(c.day, c.stamp)
        .where(c.branch_id == bindparam("branch"))
        .where(c.day >= bindparam("first", type_=c.day.type), c.day <= bindparam("last", type_=c.day.type))
    )


@cache
def _stamp(dialect_name: str) -> Any:
    dialect: Any = sqlite if dialect_name == "sqlite" else postgresql
    fresh = dialect.insert(day_table)
    return fresh.on_conflict_do_update(index_elements=["branch_id", "day"], set_={"stamp": fresh.excluded.stamp})


@cache
def _booked() -> Select[Any]:
    c = appointment_table.c
    return _of_day(select(c.id, c.parts, c.buffer_minutes, c.starts_at, c.taken_at, c.channel, c.requires), c).where(
        among(c.state, [state.value for state in TAKING])
    )


@cache
def _held() -> Select[Any]:
    c = hold_table.c
    return _of_day(
        select(c.id, c.parts, c.buffer_minutes, c.starts_at, c.taken_at, c.channel, c.requires, c.expires_at), c
    ).where(c.expires_at > bindparam("now", type_=c.expires_at.type))


def _of_day(query: Select[Any], c: Any) -> Select[Any]:
    begin, end = (bindparam(name, type_=c.starts_at.type) for name in ("begin", "end"))
    return query.where(c.branch_id == bindparam("branch"), c.starts_at >= begin, c.starts_at < end)
