"""Which slots can somebody book now? What is free of the days that are open for booking, for what they need."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from queue_service.model.ticket import Channel
from queue_service.rules.appointment import last_bookable_day, last_public_day
from queue_service.rules.booking import BookingFacts
from queue_service.rules.errors import Kind, Refused, invalid
from queue_service.rules.next_ticket import NEEDS, requirements
from queue_service.rules.roster import day_of
from queue_service.rules.slots import DayBook, Slot
from queue_service.rules.visit import Visit, visit_of
from queue_service.storage.boards import Board, moment
from queue_service.storage.day_books import day_book, day_books
from queue_service.storage.office import Setup

BY_STAFF = (Channel.RECEPTION, Channel.PHONE)
LONGEST_SEARCH_DAYS = 92
USUAL_SEARCH_DAYS = 30
ALTERNATIVES = 5
IN_A_SEARCH = "service"
"""What a search calls the services that are asked for."""
DAYS_BEFORE, DAYS_AFTER = 3, 10
"""How far around a slot that is taken others are looked for."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants to book."""

    services: tuple[str, ...]
    channel: Channel = Channel.WEB
    needs: tuple[str, ...] = ()
    language: str = ""


def wish_in(row: Any, language: str = "") -> Wish:
    """What the row of an appointment or a hold asks for."""
    return Wish(tuple(part["service"] for part in row.parts), Channel(row.channel), tuple(row.needs), language)


@dataclass(frozen=True)
class Bookable:
    """A wish that can be booked here, and when."""

    visit: Visit
    first: datetime
    """The earliest start."""
    last_day: date


def bookable(setup: Setup, now: datetime, wish: Wish, field: str = "services") -> Bookable:
    """What a wish comes to.

    Raises Refused: unknown_service, service_twice, not_bookable, unknown_need, need_not_met.
    """
    terms = [_booking(setup, wish, i, f"{field}.{i}") for i in range(len(wish.services))]
    requires = _requires(setup, wish)
    is_staff = wish.channel in BY_STAFF
    lead = 0 if is_staff else max(facts.lead_minutes for facts in terms)
    furthest = last_bookable_day if is_staff else last_public_day
    return Bookable(
        visit_of(wish.services, setup.terms, requires, wish.channel.value),
        now + timedelta(minutes=lead),
        min(furthest(facts, now, setup.time_zone) for facts in terms),
    )


def free_slots(
    connection: Connection, setup: Setup, now: datetime, wish: Wish, first: date | None = None, last: date | None = None
) -> list[Slot]:
    """Free slots between two dates, or of the days to come. Raises Refused as `bookable`, and search_too_long."""
    can = bookable(setup, now, wish, IN_A_SEARCH)
    earliest = day_of(can.first, setup.time_zone)
    first = max(first or earliest, earliest)
    last = min(last or first + timedelta(days=USUAL_SEARCH_DAYS - 1), can.last_day)
    if (last - first).days >= LONGEST_SEARCH_DAYS:
        raise invalid("search_too_long", "to", longest=LONGEST_SEARCH_DAYS)
    books = day_books(connection, setup, now, first, last)
    return [slot for book in books for slot in book.slots(can.visit, can.first)]


def first_free(connection: Connection, setup: Setup, now: datetime, wish: Wish, count: int = 1) -> list[Slot]:
    """The next free slots, as many as asked for if there are so many. Raises Refused as `bookable`."""
    can = bookable(setup, now, wish, IN_A_SEARCH)
    found: list[Slot] = []
    day = day_of(can.first, setup.time_zone)
    while day <= can.last_day and len(found) < count:
        found += day_book(connection, setup, now, day).slots(can.visit, can.first)
        day += timedelta(days=1)
    return found[:count]


def nearest(
    connection: Connection, setup: Setup, now: datetime, wish: Wish, wanted: datetime, count: int = ALTERNATIVES
) -> list[Slot]:
    """Free slots around a time that is taken, the nearest ones, in order of time."""
    can = bookable(setup, now, wish)
    day = day_of(wanted, setup.time_zone)
    first = max(day - timedelta(days=DAYS_BEFORE), day_of(can.first, setup.time_zone))
    last = min(day + timedelta(days=DAYS_AFTER), can.last_day)
    books = day_books(connection, setup, now, first, last)
    slots = [slot for book in books for slot in book.slots(can.visit, can.first)]
    closest = sorted(slots, key=lambda slot: abs(slot.starts_at - wanted))[:count]
    return sorted(closest, key=lambda slot: slot.starts_at)


def not_free(
    connection: Connection, setup: Setup, now: datetime, wish: Wish, wanted: datetime, field: str = "starts_at"
) -> Refused:
    """The refusal for a time that is not free (any more), or never was a slot, with the nearest alternatives."""
    day = day_book(connection, setup, now, day_of(wanted, setup.time_zone)).day
    is_slot = DayBook(day, setup.terms, ()).is_free(bookable(setup, now, wish).visit, wanted)
    others = nearest(connection, setup, now, wish, wanted)
    code = "slot_taken" if is_slot else "no_such_slot"
    return Refused(code, field=field, more={"alternatives": [slot_board(slot) for slot in others]})


def slot_board(slot: Slot) -> Board:
    return {"starts_at": _told(slot.starts_at), "ends_at": _told(slot.ends_at), "free": slot.free}


@lru_cache(20_000)
def _told(at: datetime) -> str | None:
    """The same times are told in every search."""
    return moment(at)


def _booking(setup: Setup, wish: Wish, position: int, field: str) -> BookingFacts:
    code = wish.services[position]
    service = setup.service(code, field)
    if code in wish.services[:position]:
        raise Refused("service_twice", Kind.INVALID, field=field, value=code)
    if service.booking is None or not service.booking.bookable:
        raise Refused("not_bookable", field=field, value=code)
    return service.booking


def _requires(setup: Setup, wish: Wish) -> frozenset[str]:
    for position, need in enumerate(wish.needs):
        if need not in NEEDS:
            raise invalid("unknown_need", f"needs.{position}", known=", ".join(NEEDS))
    requires = requirements(wish.needs, wish.language)
    if requires and not all(setup.is_met(code, requires) for code in wish.services):
        raise Refused("need_not_met", field="needs", needs=", ".join(sorted(requires)))
    return requires
