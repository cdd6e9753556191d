"""What does staff see of the days to come? Who is booked when, at which windows it fits, and what does not fit."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select

from queue_service.model.appointment import AppointmentState
from queue_service.rules.contact import digits
from queue_service.rules.roster import bounds, day_of, runs
from queue_service.rules.slots import DayBook
from queue_service.storage.appointments import appointment_table, contact_table, with_contact
from queue_service.storage.boards import Board, moment
from queue_service.storage.day_books import day_book, day_books, day_table, hold_table
from queue_service.storage.office import Setup
from queue_service.storage.slots import nearest, slot_board, wish_in

MOST_FOUND = 20
OFFERED = 3
"""Times that are offered for a booking that no longer fits."""


def calendar(connection: Connection, setup: Setup, now: datetime, first: date, last: date) -> list[Board]:
    """The days from first to last."""
    books = day_books(connection, setup, now, first, last)
    begin, end = bounds(first, last, setup.time_zone)
    here = _in(appointment_table, setup, begin, end)
    c = appointment_table.c
    booked = connection.execute(with_contact().where(here, c.state != AppointmentState.CANCELLED.value)).all()
    held = connection.execute(
        select(hold_table).where(_in(hold_table, setup, begin, end), hold_table.c.expires_at > now)
    ).all()
    return [_day(setup, book, _of_day(setup, booked, book), _of_day(setup, held, book)) for book in books]


def conflicts(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
    """Bookings to come that the rosters have no room for any more, each with times to offer instead."""
    return [_conflict(connection, setup, now, row) for row in unfit(connection, setup, now)]


def unfit(connection: Connection, setup: Setup, now: datetime) -> list[Any]:
    """The rows of these bookings, in order of time."""
    today = day_of(now, setup.time_zone)
    here = (day_table.c.branch_id == setup.branch_id) & (day_table.c.day >= today)
    days = connection.execute(select(day_table.c.day).where(here).order_by(day_table.c.day)).scalars().all()
    keys = [one.key for day in days for one in day_book(connection, setup, now, day).unfit]
    ids = [key[1] for key in keys if isinstance(key, tuple) and key[0] == "appointment"]
    return [row for row in _rows(connection, ids) if row.ends_at > now]


def found(connection: Connection, setup: Setup, text: str) -> list[Board]:
    """Appointments of the branch by code, phone number or part of a name; the latest first."""
    wanted, number = text.strip(), digits(text)
    matches = [
        appointment_table.c.code == wanted.upper(),
        contact_table.c.name.ilike(f"%{_literally(wanted)}%", escape="\\"),
    ]
    if len(number) >= 4:
        matches.append(contact_table.c.phone_key.contains(number))
    query = with_contact().where(appointment_table.c.branch_id == setup.branch_id, or_(*matches))
    rows = connection.execute(query.order_by(appointment_table.c.starts_at.desc()).limit(MOST_FOUND)).all()
    return [staff_appointment(row) for row in rows]


def staff_appointment(row: Any) -> Board:
    """An appointment with whose it is, for those who work here."""
    return {
        "id": str(row.id),
        "code": row.code,
        "status": row.state,
        "starts_at": moment(row.starts_at),
        "ends_at": moment(row.ends_at),
        "services": [part["service"] for part in row.parts],
        "name": row.name,
        "phone": row.phone,
        "email": row.email,
        "language": row.language,
        "needs": row.needs,
        "channel": row.channel,
        "number": row.label,
    }


def _conflict(connection: Connection, setup: Setup, now: datetime, row: Any) -> Board:
    wish = wish_in(row, row.language)
    can_be_offered = all(code in setup.bookable for code in wish.services)
    others = nearest(connection, setup, now, wish, row.starts_at, OFFERED) if can_be_offered else []
    return {**staff_appointment(row), "alternatives": [slot_board(slot) for slot in others]}


def _day(setup: Setup, book: DayBook, booked: Iterable[Any], held: Iterable[Any]) -> Board:
    without_room = {one.key for one in book.unfit}

    def placed(row: Any) -> Board:
        key = ("appointment", row.id)
        windows = book.windows_of(key) if book.has(key) else []
        codes = [setup.window_codes[window] for window in windows if window is not None]
        return {**staff_appointment(row), "windows": codes, "fits": key not in without_room}

    return {
        "date": book.day.date.isoformat(),
        "windows": [_window(setup, book, place) for place in range(len(book.day.windows))],
        "appointments": [placed(row) for row in sorted(booked, key=lambda row: (row.starts_at, row.id))],
        "holds": [
            {
                "starts_at": moment(row.starts_at),
                "ends_at": moment(row.ends_at),
                "services": [part["service"] for part in row.parts],
                "kind": row.kind,
            }
            for row in held
        ],
    }


def _window(setup: Setup, book: DayBook, place: int) -> Board:
    staffed = 0
    for shift in book.day.shifts:
        if shift.window == place:
            staffed |= shift.minutes
    spans = [[moment(book.day.moment(start)), moment(book.day.moment(end))] for start, end in runs(staffed)]
    return {"window": setup.window_codes[book.day.windows[place].id], "staffed": spans}


def _of_day(setup: Setup, rows: Iterable[Any], book: DayBook) -> list[Any]:
    end = book.day.begins_at + timedelta(minutes=book.day.length)
    return [row for row in rows if book.day.begins_at <= row.starts_at < end]


def _in(rows: Any, setup: Setup, begin: datetime, end: datetime) -> Any:
    return (rows.c.branch_id == setup.branch_id) & (rows.c.starts_at >= begin) & (rows.c.starts_at < end)


def _rows(connection: Connection, ids: list[int]) -> list[Any]:
    query = with_contact().where(appointment_table.c.id.in_(ids))
    return list(connection.execute(query.order_by(appointment_table.c.starts_at, appointment_table.c.id)).all())


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
