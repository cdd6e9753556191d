"""Offices that can be booked, and bookings, made with as few words as possible."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from queue_service.actions import appointments, holds, office_facts, rosters, waiting
from queue_service.actions import setup as office_setup
from queue_service.actions.entries import Whose
from queue_service.model.ticket import Channel
from queue_service.rules.booking import BookingFacts, RosterFacts
from queue_service.rules.contact import ContactFacts
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.storage.slots import Wish, free_slots
from queue_service.storage.waiting import by_id
from tests.make import an_office

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYTIME = {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in WEEK}
ADA = ContactFacts("Ada Lovelace", "+44 20 7946 0001", "ada@example.org")
BOB = ContactFacts("Bob Dylan", "+44 20 7946 0002")


def a_bookable_office(
    database: Database,
    services: str = "AB",
    windows: dict[str, str] | None = None,
    hours: Any = DAYTIME,
    booking: dict[str, Any] | None = None,
    **facts: Any,
) -> str:
    """An office whose windows are staffed in `hours`; `booking` are the terms of all its services."""
    branch = an_office(database, services, windows, **facts)

    def set_up(hall: Hall) -> None:
        for letter in services:
            bookable(hall, letter, **(booking or {}))
        for window in hall.setup.windows:
            rosters.put_roster(hall, RosterFacts(window=window.code, hours=hours), "test")

    database.act(branch, set_up)
    return branch


def bookable(hall: Hall, letter: str, **terms: Any) -> None:
    """Set the terms of a service; a visit takes half an hour unless said otherwise."""
    present = office_facts.service_facts(hall.setup.service(letter))
    wanted = BookingFacts.model_validate({"minutes": 30, **terms})
    office_setup.change_service(hall, letter, present.model_copy(update={"booking": wanted}), "test")


def at(day: int, clock: str, zone: str = "Europe/Warsaw") -> datetime:
    """A local time in March 2026, whose second is the Monday of the tests."""
    hour, minute = clock.split(":")
    return datetime(2026, 3, day, int(hour), int(minute), tzinfo=ZoneInfo(zone))


def wish(services: str = "A", channel: Channel = Channel.WEB, *needs: str) -> Wish:
    return Wish(tuple(services), channel, needs, "ru")


def a_hold(database: Database, starts_at: datetime, services: str = "A", branch: str = "centre", **more: Any) -> str:
    """Holds the slot; the token."""
    return database.act(branch, lambda hall: holds.hold(hall, wish(services), starts_at, **more)).token


def an_appointment(
    database: Database,
    starts_at: datetime,
    services: str = "A",
    contact: ContactFacts = ADA,
    branch: str = "centre",
) -> tuple[Any, str]:
    """Holds and books the slot; the row and the token."""
    hold = a_hold(database, starts_at, services, branch)
    return database.act(branch, lambda hall: appointments.book(hall, hold, contact, "ru"))


def waits(database: Database, contact: ContactFacts, day: int = 3, services: str = "A") -> tuple[Any, str]:
    """Joins the waiting list for a day of March 2026; the entry and the token."""
    date = at(day, "12:00").date()
    return database.act("centre", lambda hall: waiting.join(hall, wish(services), date, date, Whose(contact)))


def entry(database: Database, entry_id: int) -> Any:
    return database.read(lambda connection: by_id(connection, entry_id))


def free(database: Database, services: str = "A", day: int = 3, branch: str = "centre") -> dict[str, int]:
    """Free places of a day in March 2026 by local time."""
    date = at(day, "12:00").date()

    def search(connection: Any) -> dict[str, int]:
        setup: Setup = database.setups.read(connection, branch)
        slots = free_slots(connection, setup, database.clock.now(), wish(services), date, date)
        zone = ZoneInfo(setup.time_zone)
        return {slot.starts_at.astimezone(zone).strftime("%H:%M"): slot.free for slot in slots}

    return database.read(search)
