"""What a search reads does not grow with the past: each statement goes through the index made for it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from queue_service.actions import appointments, waiting
from queue_service.actions.check_in import check_in, overdue
from queue_service.actions.holds import Holder
from queue_service.clock import FrozenClock
from queue_service.jobs.waiting import forget_told, serve_waiting
from queue_service.storage import day_books, messages
from queue_service.storage.database import Database
from queue_service.storage.rows import prepared
from tests.booking import ADA, BOB, WEEK, a_bookable_office, a_hold, an_appointment, at, entry, free, waits

STATEMENTS = {"booked": "taken", "held": "held", "overdue": "expected"}
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GROWING = "appointment|contact|message|ticket|leg|fact|slot_hold|booking_day"
READ_WHOLE = re.compile(rf"SCAN ({GROWING})\b(?! USING (COVERING )?INDEX (outbox|troubled))")
"""The index of what is still to be sent may be gone through: it is short."""
TWO_SLOTS = {day: [["10:00", "10:30"], ["11:00", "11:30"]] for day in WEEK}
LIMITS = {"waiting_list": True, "bookings_per_contact": 3, "bookings_per_address": 3, "holds_per_address": 3}


@ON_SQLITE
def test_what_is_taken_of_a_day_is_found_by_its_time(database: Database) -> None:
    queries: dict[str, Any] = {"booked": day_books._booked(), "held": day_books._held(), "overdue": overdue()}
    for name, index in STATEMENTS.items():
        told = database.read(
            lambda connection, query=queries[name]: plan(connection, prepared(connection, query)._sql)  # type: ignore[misc]
        )
        assert f"USING INDEX {index} (branch_id=? AND starts_at" in told, name


@ON_SQLITE
def test_nothing_on_the_way_of_a_visit_reads_a_table_that_grows_from_end_to_end(
    database: Database, clock: FrozenClock
) -> None:
    a_bookable_office(database, "A", {"1": "A"}, hours=TWO_SLOTS, booking={"protections": LIMITS})
    with statements_of(database) as run:
        booked = book_move_and_wait(database)
        clock.moment = at(3, "10:58")
        database.act("centre", lambda hall: check_in(hall, booked.code, "kiosk"))
        clock.moment += timedelta(days=1)
        for job in (serve_waiting, forget_told):
            job(database)
        database.write(lambda connection: messages.give_up_late(connection, clock.now()))
        database.read(lambda connection: messages.outbox(connection, clock.now(), 1))
        database.read(lambda connection: messages.troubled(connection, 1))
    read = [sql for sql in run if sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))]
    assert all(any(f"FROM {name}" in sql for sql in read) for name in ("slot_hold", "appointment", "message"))
    plans = database.read(lambda connection: {sql: plan(connection, sql) for sql in read})
    assert {sql: told for sql, told in plans.items() if READ_WHOLE.search(told)} == {}


def book_move_and_wait(database: Database) -> Any:
    hold = a_hold(database, at(3, "10:00"), holder=Holder("browser", "address"))
    row, _ = database.act("centre", lambda hall: appointments.book(hall, hold, ADA, "ru"))
    other, _ = an_appointment(database, at(3, "11:00"), contact=BOB)
    entry_row, _ = waits(database, BOB)
    database.act("centre", lambda hall: appointments.cancel(hall, other))
    database.act("centre", lambda hall: waiting.leave(hall, entry(database, entry_row.id)))
    assert free(database)
    return database.act("centre", lambda hall: appointments.move(hall, row, at(3, "11:00")))


@contextmanager
def statements_of(database: Database) -> Iterator[set[str]]:
    """Every statement that SQLite runs meanwhile, with its values written out."""
    run: set[str] = set()

    def note(driver: Any, _record: Any, _proxy: Any) -> None:
        driver.set_trace_callback(run.add)

    engines = (database.engine, database._writer)
    for engine in engines:
        event.listen(engine, "checkout", note)
    yield run
    for engine in engines:
        event.remove(engine, "checkout", note)
        engine.dispose()


def plan(connection: Connection, sql: str) -> str:
    driver: Any = connection.connection.driver_connection
    return " | ".join(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")))
