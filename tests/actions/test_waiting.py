"""A slot that becomes free goes to those who wait for it, in order; a new day's slots are drawn by chance."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.actions import appointments, draws, waiting
from queue_service.actions.entries import Whose
from queue_service.actions.holds import Holder
from queue_service.clock import FrozenClock
from queue_service.jobs.waiting import serve_waiting
from queue_service.rules.contact import ContactFacts
from queue_service.storage.database import Database
from queue_service.storage.messages import message_table
from queue_service.storage.slots import Wish
from tests.booking import ADA, BOB, a_bookable_office, a_hold, an_appointment, at, bookable, entry, free, waits, wish
from tests.make import entries_of, refused

ONE_SLOT = {day: [["10:00", "10:30"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
EVE, ZOE = ContactFacts("Eve", "+44 20 7946 0003", "eve@example.org"), ContactFacts("Zoe", "+44 20 7946 0004")
SLOT = at(3, "10:00")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def office(database: Database) -> str:
    """One slot a day, with a waiting list."""
    terms = {"protections": {"waiting_list": True}}
    return a_bookable_office(database, "A", {"1": "A"}, hours=ONE_SLOT, booking=terms)


def cancel(database: Database, row: Any) -> None:
    database.act("centre", lambda hall: appointments.cancel(hall, row))


def offers(database: Database) -> list[Any]:
    return messages(database, "offer")


def messages(database: Database, kind: str) -> list[Any]:
    c = message_table.c
    query = select(message_table).where(c.kind == kind).order_by(c.id)
    return list(database.read(lambda connection: connection.execute(query).all()))


def test_a_cancelled_slot_is_offered_to_the_first_in_line_and_to_nobody_else(database: Database, office: str) -> None:
    taken, _ = an_appointment(database, SLOT)
    first, _ = waits(database, BOB)
    second, _ = waits(database, EVE)
    cancel(database, taken)
    assert [entry(database, row.id).state for row in (first, second)] == ["offered", "waiting"]
    assert free(database) == {}, "nobody snatches what is offered"
    with refused("slot_taken"):
        a_hold(database, SLOT)
    assert {(message.waiting_id, message.channel) for message in offers(database)} == {(first.id, "text")}
    booked, _ = database.act(office, lambda hall: waiting.accept(hall, entry(database, first.id)))
    assert (booked.starts_at, booked.name, booked.state) == (SLOT, "Bob Dylan", "booked")
    assert entry(database, first.id).state == "booked"
    assert entry(database, first.id).contact_id is None


def test_an_offer_that_lapses_goes_to_the_next_without_ever_being_free(
    database: Database, office: str, clock: FrozenClock
) -> None:
    taken, _ = an_appointment(database, SLOT)
    first, _ = waits(database, BOB)
    second, _ = waits(database, EVE)
    cancel(database, taken)
    clock.advance(minutes=61)
    assert free(database) == {}
    with refused("no_offer"):
        database.act(office, lambda hall: waiting.accept(hall, entry(database, first.id)))
    assert serve_waiting(database) == 1
    assert [entry(database, row.id).state for row in (first, second)] == ["waiting", "offered"]
    clock.advance(minutes=61)
    serve_waiting(database)
    # Bob is first again: each has left one offer unanswered.
    assert [(entry(database, row.id).state, entry(database, row.id).lapses) for row in (first, second)] == [
        ("offered", 1),
        ("waiting", 1),
    ]
    assert serve_waiting(database) == 0, "nothing is due"


@ON_SQLITE
def test_who_never_answers_is_given_up(database: Database, office: str, clock: FrozenClock) -> None:
    taken, _ = an_appointment(database, at(8, "10:00"))
    row, _ = waits(database, BOB, day=8)
    cancel(database, taken)
    for _ in range(3):
        clock.advance(minutes=61)
        serve_waiting(database)
    assert (entry(database, row.id).state, entry(database, row.id).contact_id) == ("ended", None)
    clock.advance(minutes=3)
    assert free(database, day=8) == {"10:00": 1}
    assert "Dylan" not in str([fact.facts for fact in entries_of(database)])


@ON_SQLITE
def test_a_declined_offer_goes_to_the_next_and_then_back_to_everybody(database: Database, office: str) -> None:
    taken, _ = an_appointment(database, SLOT)
    first, _ = waits(database, BOB)
    second, _ = waits(database, EVE)
    cancel(database, taken)
    database.act(office, lambda hall: waiting.decline(hall, entry(database, first.id)))
    assert entry(database, second.id).state == "offered"
    database.act(office, lambda hall: waiting.leave(hall, entry(database, second.id)))
    assert entry(database, first.id).state == "offered"
    database.act(office, lambda hall: waiting.leave(hall, entry(database, first.id)))
    assert free(database) == {"10:00": 1}
    with refused("entry_ended"):
        database.act(office, lambda hall: waiting.leave(hall, entry(database, first.id)))


@ON_SQLITE
def test_a_moved_appointment_and_a_new_roster_serve_the_list_too(database: Database, office: str) -> None:
    taken, _ = an_appointment(database, SLOT)
    row, _ = waits(database, BOB)
    database.act(office, lambda hall: appointments.move(hall, taken, at(4, "10:00")))
    assert entry(database, row.id).state == "offered"


@ON_SQLITE
def test_who_may_wait(database: Database, office: str) -> None:
    with refused("slots_free"):
        waits(database, BOB)
    an_appointment(database, SLOT)
    waits(database, BOB)
    same_number = ContactFacts("Somebody else", "0044 20 7946-0002")
    with refused("already_waiting"):
        waits(database, same_number)
    with refused("days_over"):
        waits(database, EVE, day=1)
    with refused("unknown_language"):
        foreign, day = Wish(("A",), language="xx"), SLOT.date()
        database.act(office, lambda hall: waiting.join(hall, foreign, day, day, Whose(EVE)))


@ON_SQLITE
def test_a_day_that_is_over_ends_the_wait(database: Database, office: str, clock: FrozenClock) -> None:
    an_appointment(database, SLOT)
    row, _ = waits(database, BOB)
    clock.moment = at(4, "00:01")
    serve_waiting(database)
    assert entry(database, row.id).state == "ended"


@ON_SQLITE
def test_without_a_list_nobody_waits(database: Database) -> None:
    a_bookable_office(database, "A", {"1": "A"}, hours=ONE_SLOT)
    with refused("no_waiting_list", field="services.0"):
        waits(database, BOB)


@pytest.fixture
def drawing(database: Database, clock: FrozenClock) -> str:
    """Two slots a day, a week ahead; the new day opens at 10:00 and is drawn at 10:30."""
    hours = {day: [["10:00", "11:00"]] for day in ONE_SLOT}
    terms = {"horizon_days": 7, "opens_at": "10:00", "protections": {"draw_minutes": 30, "waiting_list": True}}
    clock.moment = at(2, "10:00")
    return a_bookable_office(database, "A", {"1": "A"}, hours=hours, booking=terms)


def test_a_new_day_is_drawn_among_those_who_signed_up(database: Database, drawing: str, clock: FrozenClock) -> None:
    people = [ContactFacts(f"Person {i}", f"+44 20 7946 01{i:02d}") for i in range(6)]
    rows = [database.act(drawing, lambda hall, who=who: draws.sign_up(hall, wish(), Whose(who)))[0] for who in people]  # type: ignore[misc]
    with refused("already_waiting"):
        database.act(drawing, lambda hall: draws.sign_up(hall, wish(), Whose(people[0])))
    assert free(database, day=9) == {}
    assert free(database, day=8) == {"10:00": 1, "10:30": 1}
    with refused("slot_not_open"):
        a_hold(database, at(9, "10:00"))
    clock.advance(minutes=29)
    assert serve_waiting(database) == 0
    clock.advance(minutes=1)
    serve_waiting(database)
    states = Counter((entry(database, row.id).state, entry(database, row.id).kind) for row in rows)
    assert states == {("booked", "draw"): 2, ("waiting", "list"): 4}
    losers = {row.id for row in rows if entry(database, row.id).state == "waiting"}
    assert {message.waiting_id for message in messages(database, "not_drawn")} == losers
    assert all(entry(database, row.id).drawn_at == clock.now() for row in rows)
    assert [fact.facts for fact in entries_of(database) if fact.move == "draw"] == [{"signed_up": 6, "won": 2}]
    with refused("no_draw_now"):
        database.act(drawing, lambda hall: draws.sign_up(hall, wish(), Whose(EVE)))


@ON_SQLITE
def test_chance_decides_the_draw(database: Database, drawing: str, clock: FrozenClock) -> None:
    """Over a month of draws of two slots among four, the first to sign up does not win each time."""
    won: Counter[str] = Counter()
    for _ in range(16):
        people = [ContactFacts(f"P{i}", f"+44 20 7946 02{i:02d}") for i in range(4)]
        rows = {
            who.name: database.act(drawing, lambda hall, who=who: draws.sign_up(hall, wish(), Whose(who)))[0]  # type: ignore[misc]
            for who in people
        }
        clock.advance(minutes=31)
        serve_waiting(database)
        won.update(name for name, row in rows.items() if entry(database, row.id).state == "booked")
        for row in rows.values():
            if entry(database, row.id).state == "waiting":
                database.act(drawing, lambda hall, row=row: waiting.leave(hall, entry(database, row.id)))  # type: ignore[misc]
        clock.moment += timedelta(days=1) - timedelta(minutes=31)
    assert sum(won.values()) == 32
    assert max(won.values()) < 16


@ON_SQLITE
def test_limits_by_address(database: Database) -> None:
    terms = {"protections": {"bookings_per_address": 1}}
    a_bookable_office(database, "A", {"1": "A"}, booking=terms)

    def book(clock_time: str, contact: ContactFacts, address: str) -> Any:
        hold = a_hold(database, at(3, clock_time), holder=Holder(None, address))
        return database.act("centre", lambda hall: appointments.book(hall, hold, contact, "ru"))[0]

    mine = book("10:00", ADA, "one and the same")
    with refused("address_limit"):  # a slot that may not be booked from there is not kept from others either
        a_hold(database, at(3, "11:00"), holder=Holder(None, "one and the same"))
    a_hold(database, at(3, "11:00"), holder=Holder(None, "one and the same"), moving=mine)  # to move is not to book
    two = [a_hold(database, at(4, time), holder=Holder(None, "at once")) for time in ("10:00", "11:00")]
    database.act("centre", lambda hall: appointments.book(hall, two[0], EVE, "ru"))
    with refused("address_limit"):
        database.act("centre", lambda hall: appointments.book(hall, two[1], BOB, "ru"))
    book("13:00", ZOE, "another")
    draw = {"horizon_days": 7, "protections": {"bookings_per_address": 1, "draw_minutes": 1440}}
    database.act("centre", lambda hall: bookable(hall, "A", **draw))
    with refused("address_limit"):
        database.act("centre", lambda hall: draws.sign_up(hall, wish(), Whose(EVE, address="one and the same")))
    database.act("centre", lambda hall: draws.sign_up(hall, wish(), Whose(EVE, address="third")))
    with refused("address_limit"):
        database.act("centre", lambda hall: draws.sign_up(hall, wish(), Whose(BOB, address="third")))


@ON_SQLITE
def test_a_fixed_name_stays_for_visitors_and_can_be_corrected_by_staff(database: Database) -> None:
    office = a_bookable_office(database, "A", {"1": "A"}, booking={"protections": {"name_fixed": True}})
    row, _ = an_appointment(database, SLOT)
    renamed = ContactFacts("Bob Dylan", row.phone, row.email)
    with refused("name_fixed", field="name"):
        database.act(office, lambda hall: appointments.change_contact(hall, row, renamed, "ru"))
    reached = ContactFacts(row.name, "+44 20 7946 0099", None)
    changed = database.act(office, lambda hall: appointments.change_contact(hall, row, reached, "en"))
    assert (changed.phone, changed.email, changed.language, changed.sequence) == ("+44 20 7946 0099", None, "en", 1)
    by_staff = database.act(office, lambda hall: appointments.change_contact(hall, changed, renamed, "en", "staff:1"))
    assert by_staff.name == "Bob Dylan"
