"""Appointments: held, booked, moved, cancelled, checked in, missed."""

from datetime import UTC, date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.actions import appointments, check_in, holds, office_facts, rosters
from queue_service.actions import setup as office_setup
from queue_service.actions.holds import Holder
from queue_service.actions.office_file import BadOfficeFile
from queue_service.clock import FrozenClock
from queue_service.jobs.appointments import forget_holds, give_up_absent
from queue_service.model.ticket import Channel
from queue_service.rules.booking import ClosureFacts, RosterFacts, SpecialDaysFacts
from queue_service.rules.contact import ContactFacts
from queue_service.rules.errors import Refused
from queue_service.storage import calendar, ledger
from queue_service.storage.appointments import appointment_table, by_token
from queue_service.storage.database import Database
from queue_service.storage.day_books import hold_table
from queue_service.storage.timetable import closure_table
from tests.booking import ADA, BOB, DAYTIME, a_bookable_office, a_hold, an_appointment, at, bookable, free, wish


@pytest.fixture
def office(database: Database) -> str:
    """One window for A, two that can do B; the clock shows Monday, 2 March, 09:00."""
    return a_bookable_office(database, "AB", {"1": "AB", "2": "B"})


def refusal(action: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        action()
    return refused.value


def rows(database: Database, table: Any) -> Any:
    return database.read(lambda connection: connection.execute(select(table).order_by(table.c.id)).all())


def test_a_held_slot_is_taken_until_the_hold_ends_by_itself(
    database: Database, office: str, clock: FrozenClock
) -> None:
    before = free(database)
    a_hold(database, at(3, "10:00"))
    assert "10:00" not in free(database)
    taken = refusal(lambda: a_hold(database, at(3, "10:00")))
    assert taken.code == "slot_taken"
    alternatives: Any = (taken.more or {})["alternatives"]
    assert [other["starts_at"] for other in alternatives] == [
        "2026-03-03T08:00:00.000Z",
        "2026-03-03T08:30:00.000Z",
        "2026-03-03T09:30:00.000Z",
        "2026-03-03T10:00:00.000Z",
        "2026-03-03T10:30:00.000Z",
    ]
    clock.advance(minutes=9, seconds=59)
    assert "10:00" not in free(database)
    clock.advance(seconds=1)
    assert free(database) == before
    a_hold(database, at(3, "10:00"))


def test_a_booking_takes_the_place_of_its_hold_and_is_made_once(database: Database, office: str) -> None:
    hold = a_hold(database, at(3, "10:00"))
    row, token = database.act(office, lambda hall: appointments.book(hall, hold, ADA, "ru"))
    assert (row.state, row.name, row.starts_at) == ("booked", "Ada Lovelace", at(3, "10:00"))
    assert database.read(lambda connection: by_token(connection, token)).code == row.code
    assert "10:00" not in free(database)
    again = refusal(lambda: database.act(office, lambda hall: appointments.book(hall, hold, ADA, "ru")))
    assert again.code == "hold_used"
    assert len(rows(database, appointment_table)) == 1
    assert rows(database, hold_table) == []


def test_a_form_that_took_too_long_still_books_a_slot_that_is_free(
    database: Database, office: str, clock: FrozenClock
) -> None:
    slow, other = a_hold(database, at(3, "10:00")), a_hold(database, at(3, "11:00"))
    clock.advance(minutes=11)
    quick = a_hold(database, at(3, "11:00"))
    database.act(office, lambda hall: appointments.book(hall, slow, ADA, "ru"))
    late = refusal(lambda: database.act(office, lambda hall: appointments.book(hall, other, BOB, "ru")))
    assert (late.code, bool(late.more)) == ("hold_expired", True)
    database.act(office, lambda hall: appointments.book(hall, quick, BOB, "ru"))
    assert len(rows(database, appointment_table)) == 2


def alternatives(refused: Refused) -> list[Any]:
    found: Any = (refused.more or {})["alternatives"]
    return list(found)


def test_a_time_at_which_nobody_is_received_is_not_said_to_be_taken(database: Database, office: str) -> None:
    for moment in (at(3, "12:00"), at(3, "20:00"), at(3, "10:10"), at(3, "10:00") + timedelta(seconds=1)):
        refused = refusal(partial(a_hold, database, moment))
        assert (refused.code, len(alternatives(refused))) == ("no_such_slot", 5)


def test_an_appointment_that_moves_keeps_one_slot_at_a_time_and_none_when_it_is_off(
    database: Database, office: str
) -> None:
    row, _ = an_appointment(database, at(3, "10:00"))
    for clock_time in ("11:00", "11:30", "13:00"):
        a_hold(database, at(4, clock_time), moving=row)
    assert [hold.starts_at for hold in rows(database, hold_table)] == [at(4, "13:00")]
    cancelled = database.act(office, lambda hall: appointments.cancel(hall, row))
    assert refusal(lambda: a_hold(database, at(4, "14:00"), moving=cancelled)).code == "appointment_cancelled"


def test_a_roster_that_changes_under_a_hold_is_told_as_what_it_is(database: Database, office: str) -> None:
    hold = a_hold(database, at(3, "10:00"))
    holiday = SpecialDaysFacts(first=date(2026, 3, 3), last=date(2026, 3, 3))
    database.act(office, lambda hall: rosters.put_special_days(hall, holiday, "test"))
    late = refusal(lambda: database.act(office, lambda hall: appointments.book(hall, hold, ADA, "ru")))
    assert late.code == "no_such_slot"
    assert alternatives(late)
    assert all("2026-03-03" not in slot["starts_at"] for slot in alternatives(late))
    assert rows(database, appointment_table) == []


def test_cancelling_brings_back_exactly_what_was_free(database: Database, office: str) -> None:
    an_appointment(database, at(3, "09:30"), "B")
    before = {service: free(database, service) for service in ("A", "B", "AB")}
    row, _ = an_appointment(database, at(3, "10:00"), "AB", BOB)
    assert {service: free(database, service) for service in ("A", "B", "AB")} != before
    cancelled = database.act(office, lambda hall: appointments.cancel(hall, row))
    assert (cancelled.state, cancelled.sequence) == ("cancelled", 1)
    assert {service: free(database, service) for service in ("A", "B", "AB")} == before
    again = refusal(lambda: database.act(office, lambda hall: appointments.cancel(hall, cancelled)))
    assert again.code == "appointment_cancelled"


def test_a_move_happens_wholly_or_not_at_all(database: Database, office: str) -> None:
    row, token = an_appointment(database, at(3, "10:00"))
    an_appointment(database, at(3, "11:00"), "A", BOB)
    refused = refusal(lambda: database.act(office, lambda hall: appointments.move(hall, row, at(3, "11:00"))))
    assert refused.code == "slot_taken"
    assert database.read(lambda connection: by_token(connection, token)).starts_at == at(3, "10:00")
    assert "10:00" not in free(database)
    moved = database.act(office, lambda hall: appointments.move(hall, row, at(4, "09:00")))
    assert (moved.starts_at, moved.ends_at, moved.sequence) == (at(4, "09:00"), at(4, "09:30"), 1)
    assert "10:00" in free(database)
    assert "09:00" not in free(database, day=4)


def test_an_appointment_can_move_into_its_own_time_and_by_a_hold(database: Database) -> None:
    office = a_bookable_office(database, "A", {"1": "A"}, booking={"minutes": 30, "every_minutes": 15})
    row, _ = an_appointment(database, at(3, "10:00"))
    moved = database.act(office, lambda hall: appointments.move(hall, row, at(3, "10:15")))
    assert moved.starts_at == at(3, "10:15")
    hold = a_hold(database, at(3, "10:30"), moving=row)
    moved = database.act(office, lambda hall: appointments.move(hall, moved, moved.starts_at, hold=hold))
    assert moved.starts_at == at(3, "10:30")
    assert rows(database, hold_table) == []
    assert "10:00" in free(database)


def test_a_visit_of_several_services_needs_room_for_all_of_them(database: Database, office: str) -> None:
    an_appointment(database, at(3, "10:30"), "B")
    an_appointment(database, at(3, "10:30"), "B", BOB)
    assert "10:00" not in free(database, "AB")  # A at 10:00 would be followed by B at 10:30
    assert "10:00" in free(database, "A")
    row, _ = an_appointment(database, at(3, "09:30"), "AB")
    assert row.ends_at == at(3, "10:30")
    assert [part["service"] for part in row.parts] == ["A", "B"]


def test_lead_and_horizon_bound_what_the_web_may_book(database: Database, office: str, clock: FrozenClock) -> None:
    terms = {"lead_minutes": 120, "horizon_days": 1, "opens_at": "10:00"}
    database.act(office, lambda hall: bookable(hall, "A", **terms))
    assert list(free(database, day=2))[:2] == ["11:00", "11:30"]
    assert free(database, day=3) == {}  # opens at ten
    assert refusal(lambda: a_hold(database, at(2, "10:30"))).code == "slot_too_soon"
    assert refusal(lambda: a_hold(database, at(3, "09:00"))).code == "slot_not_open"
    assert refusal(lambda: a_hold(database, at(2, "09:00") - timedelta(hours=2))).code == "slot_over"
    clock.advance(hours=1)
    a_hold(database, at(3, "09:00"))
    by_phone = wish("A", Channel.PHONE)
    database.act(office, lambda hall: holds.hold(hall, by_phone, at(2, "10:30")))  # the desk knows what it does


def test_a_visitor_keeps_one_slot_at_a_time(database: Database, office: str) -> None:
    me = Holder("me")
    a_hold(database, at(3, "10:00"), holder=me)
    a_hold(database, at(3, "10:30"), holder=me)
    assert "10:00" in free(database)
    refusal(lambda: a_hold(database, at(3, "10:30"), holder=Holder("you")))
    refusal(lambda: a_hold(database, at(3, "20:00"), holder=me))
    assert "10:30" not in free(database)  # what was refused changed nothing


def test_limits_for_one_contact_and_one_address(database: Database, office: str) -> None:
    limits = {"protections": {"bookings_per_contact": 1, "holds_per_address": 2}}
    database.act(office, lambda hall: bookable(hall, "A", **limits))
    an_appointment(database, at(3, "10:00"))
    by_phone = ContactFacts("Somebody", "0044 20 79460001")
    by_email = ContactFacts("Somebody", "+1 555 0100", "Ada+2@Example.org")
    assert refusal(lambda: an_appointment(database, at(4, "10:00"), contact=by_phone)).code == "bookings_limit"
    assert refusal(lambda: an_appointment(database, at(4, "11:00"), contact=by_email)).code == "bookings_limit"
    an_appointment(database, at(4, "10:30"), contact=BOB)
    home = Holder(address="home")
    a_hold(database, at(5, "10:00"), holder=home)
    a_hold(database, at(5, "10:30"), holder=home)
    assert refusal(lambda: a_hold(database, at(5, "11:00"), holder=home)).code == "too_many_holds"


def test_where_release_is_delayed_a_cancelled_slot_comes_back_after_a_while(
    database: Database, office: str, clock: FrozenClock
) -> None:
    database.act(office, lambda hall: bookable(hall, "A", protections={"delayed_release": True}))
    ends = set()
    for hour in (9, 10, 11, 13, 14, 15):
        row, _ = an_appointment(database, at(3, f"{hour}:00"))
        database.act(office, partial(appointments.cancel, row=row))
    for hold in rows(database, hold_table):
        assert timedelta(minutes=5) <= hold.expires_at - clock.now() <= timedelta(minutes=60)
        ends.add(hold.expires_at)
    assert len(ends) > 3
    assert "10:00" not in free(database)
    clock.advance(minutes=60)
    assert "10:00" in free(database)


def test_a_code_is_told_on_the_phone_and_typed_in_any_way(database: Database, office: str) -> None:
    row, token = an_appointment(database, at(2, "09:30"))
    typed = f" {row.code[:3].lower()}-{row.code[3:].replace('A', 'А').replace('E', 'Е')} "  # Cyrillic letters

    def find(text: str) -> Any:
        return database.act(office, lambda hall: check_in.find(hall, text)).id

    assert find(typed) == find(token) == find(f"https://office.example/a/{token}?lang=ru") == row.id
    for unknown in ("ZZZZZZ", "x", token[:-1], ""):
        assert refusal(lambda unknown=unknown: find(unknown)).code == "unknown_appointment"


@pytest.mark.parametrize(
    ("clock_time", "arrival", "counting_start", "turn"),
    [
        ("09:10", "early", "09:10", "09:10"),
        ("09:58", "on_time", "10:00", "08:35"),
        ("10:15", "on_time", "10:00", "08:35"),
        ("10:16", "late", "10:16", "10:16"),
    ],
)
def test_check_in_gives_a_ticket_early_on_time_or_late(
    database: Database,
    office: str,
    clock: FrozenClock,
    clock_time: str,
    arrival: str,
    counting_start: str,
    turn: str,
) -> None:
    row, _ = an_appointment(database, at(2, "10:00"), "AB")
    clock.moment = at(2, clock_time).astimezone(UTC)
    done = database.act(office, lambda hall: check_in.check_in(hall, row.code))
    assert done.arrival == arrival
    assert done.issued.leg.counting_start == at(2, counting_start)
    assert done.issued.leg.turn == at(2, turn)
    assert done.issued.leg.route == [{"service": "B"}]
    again = refusal(lambda: database.act(office, lambda hall: check_in.check_in(hall, row.code)))
    assert (again.code, again.params["number"]) == ("appointment_arrived", done.issued.label)


def test_whoever_does_not_come_gives_up_the_slot_and_may_come_later_as_a_walk_in(
    database: Database, office: str, clock: FrozenClock
) -> None:
    database.act(office, lambda hall: bookable(hall, "A", minutes=60, every_minutes=15))
    row, _ = an_appointment(database, at(2, "10:00"))
    clock.moment = at(2, "10:15").astimezone(UTC)
    assert give_up_absent(database) == 0
    clock.advance(seconds=1)
    assert "10:30" not in free(database, day=2)
    assert give_up_absent(database) == 1
    assert give_up_absent(database) == 0
    assert "10:30" in free(database, day=2)
    done = database.act(office, lambda hall: check_in.check_in(hall, row.code))
    assert (done.arrival, done.issued.leg.turn) == ("late", clock.now())


def test_check_in_is_for_today_and_for_those_who_have_not_cancelled(
    database: Database, office: str, clock: FrozenClock
) -> None:
    tomorrow, _ = an_appointment(database, at(3, "10:00"))
    row, _ = an_appointment(database, at(2, "10:00"), contact=BOB)
    database.act(office, lambda hall: appointments.cancel(hall, row))

    def code(appointment: Any) -> str:
        return refusal(lambda: database.act(office, lambda hall: check_in.check_in(hall, appointment.code))).code

    assert code(tomorrow) == "appointment_not_today"
    assert code(row) == "appointment_cancelled"
    clock.moment = at(4, "10:00").astimezone(UTC)
    give_up_absent(database)
    assert code(tomorrow) == "appointment_over"


def test_who_has_booked_is_served_when_the_service_takes_no_walk_ins(
    database: Database, office: str, clock: FrozenClock
) -> None:
    row, _ = an_appointment(database, at(2, "10:00"))

    def close(hall: Any) -> None:
        facts = office_facts.service_facts(hall.setup.service("A"))
        office_setup.change_service(hall, "A", facts.model_copy(update={"open": False}), "test")

    database.act(office, close)
    clock.moment = at(2, "10:00").astimezone(UTC)
    assert database.act(office, lambda hall: check_in.check_in(hall, row.code)).arrival == "on_time"


def test_a_changed_roster_keeps_every_booking_and_names_those_without_room(database: Database, office: str) -> None:
    first, _ = an_appointment(database, at(3, "10:00"))
    second, _ = an_appointment(database, at(3, "13:00"), contact=BOB)
    third, _ = an_appointment(database, at(4, "10:00"), contact=BOB)

    def told() -> list[tuple[int, int]]:
        def look(connection: Any) -> Any:
            setup = database.setups.read(connection, office)
            return calendar.conflicts(connection, setup, database.clock.now())

        return [(int(one["id"]), len(one["alternatives"])) for one in database.read(look)]

    assert told() == []
    closed = ClosureFacts(first=date(2026, 3, 3), last=date(2026, 3, 3), windows=["1"], hours=[["12:00", "18:00"]])
    closure = database.act(office, lambda hall: rosters.put_closure(hall, closed, "test"))
    assert told() == [(second.id, 3)]
    holiday = SpecialDaysFacts(first=date(2026, 3, 4), last=date(2026, 3, 4))
    database.act(office, lambda hall: rosters.put_special_days(hall, holiday, "test"))
    assert told() == [(second.id, 3), (third.id, 3)]
    database.act(office, lambda hall: appointments.move(hall, third, at(5, "10:00"), "staff:1"))
    assert told() == [(second.id, 3)]
    database.act(office, lambda hall: rosters.remove(hall, closure_table, closure, "test"))
    assert told() == []
    assert {row.state for row in rows(database, appointment_table)} == {"booked"}
    assert first.starts_at == at(3, "10:00")


def test_a_holiday_closes_the_office_for_walk_ins_too(database: Database, office: str) -> None:
    assert database.setup(office).opening(database.clock.now()).is_open
    holiday = SpecialDaysFacts(first=date(2026, 3, 2), last=date(2026, 3, 2), name={"ru": "Праздник"})
    database.act(office, lambda hall: rosters.put_special_days(hall, holiday, "test"))
    opening = database.setup(office).opening(database.clock.now())
    assert (opening.is_open, opening.opens_at) == (False, at(3, "00:00"))


def test_a_service_that_is_booked_is_not_removed(database: Database, office: str) -> None:
    an_appointment(database, at(3, "10:00"))
    refused = refusal(lambda: database.act(office, lambda hall: office_setup.remove_service(hall, "A", "test")))
    assert (refused.code, refused.params["count"]) == ("people_booked", 1)


def test_the_office_file_holds_rosters_days_and_terms(database: Database, office: str) -> None:
    database.act(office, lambda hall: bookable(hall, "B", walk_in_percent=30, quotas={"web": 80}))
    database.act(
        office,
        lambda hall: rosters.put_closure(
            hall, ClosureFacts(first=date(2026, 3, 9), last=date(2026, 3, 10), windows=["2"]), "test"
        ),
    )
    holiday = SpecialDaysFacts(first=date(2026, 5, 1), last=date(2026, 5, 1), name={"en": "Labour Day"})
    database.act(office, lambda hall: rosters.put_special_days(hall, holiday, "test"))
    exported = office_setup.export_office(database, office)
    assert "walk_in_percent: 30" in exported
    office_setup.import_office(database, exported)
    assert office_setup.export_office(database, office) == exported
    bad = exported.replace("window: '2'", "window: '9'").replace("2026-03-10", "2026-03-01")
    with pytest.raises(BadOfficeFile) as refused:
        office_setup.import_office(database, bad)
    assert "there is no window 9" in str(refused.value)
    assert "the last day comes before the first" in str(refused.value)
    assert free(database, "B", day=9)["09:00"] == 1  # window 2 is closed that day


def test_the_calendar_shows_who_is_booked_at_which_window(database: Database, office: str) -> None:
    an_appointment(database, at(3, "10:00"), "B")
    an_appointment(database, at(3, "10:00"), "A", BOB)
    a_hold(database, at(3, "11:00"))

    def look(connection: Any) -> Any:
        setup = database.setups.read(connection, office)
        return calendar.calendar(connection, setup, database.clock.now(), date(2026, 3, 3), date(2026, 3, 4))

    tuesday, wednesday = database.read(look)
    assert [(one["name"], one["windows"], one["fits"]) for one in tuesday["appointments"]] == [
        ("Ada Lovelace", ["2"], True),
        ("Bob Dylan", ["1"], True),
    ]
    assert [hold["services"] for hold in tuesday["holds"]] == [["A"]]
    assert wednesday["appointments"] == []
    staffed = [
        ["2026-03-03T08:00:00.000Z", "2026-03-03T11:00:00.000Z"],
        ["2026-03-03T12:00:00.000Z", "2026-03-03T16:00:00.000Z"],
    ]
    assert tuesday["windows"][0] == {"window": "1", "staffed": staffed}
    by_number = database.read(lambda c: calendar.found(c, database.setups.read(c, office), "79460002"))
    by_name = database.read(lambda c: calendar.found(c, database.setups.read(c, office), "dylan"))
    assert [one["name"] for one in by_number] == [one["name"] for one in by_name] == ["Bob Dylan"]


def test_no_personal_word_enters_the_ledger(database: Database, office: str) -> None:
    row, _ = an_appointment(database, at(2, "10:00"))
    moved = database.act(office, lambda hall: appointments.move(hall, row, at(2, "10:30")))
    database.act(office, lambda hall: check_in.check_in(hall, moved.code))
    entries = database.read(lambda connection: connection.execute(select(ledger.entries)).all())
    told = " ".join(entry.facts for entry in entries)
    assert {"book", "move_booking", "check_in"} <= {entry.move for entry in entries}
    assert not any(word in told for word in ("Ada", "Lovelace", "7946", "ada@", row.code))


def test_holds_are_forgotten_a_day_after_they_end(database: Database, office: str, clock: FrozenClock) -> None:
    a_hold(database, at(3, "10:00"))
    clock.advance(hours=24)
    forget_holds(database)
    assert len(rows(database, hold_table)) == 1
    clock.advance(minutes=11)
    forget_holds(database)
    assert rows(database, hold_table) == []


def test_a_window_with_a_roster_of_its_own_dates(database: Database, office: str) -> None:
    summer = RosterFacts(window="2", hours=DAYTIME, first=date(2026, 6, 1), services=["B"])
    database.act(office, lambda hall: rosters.put_roster(hall, summer, "test"))
    assert [entry.facts.first for entry in database.setup(office).rosters] == [None, None, date(2026, 6, 1)]
    for bad, field in (({"window": "7"}, "window"), ({"window": "1", "services": ["Z"]}, "services.0")):
        facts = RosterFacts.model_validate({"hours": DAYTIME, **bad})
        refused = refusal(
            lambda facts=facts: database.act(office, lambda hall: rosters.put_roster(hall, facts, "test"))
        )
        assert refused.field == field


def test_what_is_kept_in_memory_is_what_the_rows_say(database: Database, office: str, open_database: Any) -> None:
    """Two processes: each sees what the other has booked, and neither trusts its memory."""
    other = open_database(database.url.render_as_string(hide_password=False))
    assert free(database) == free(other)
    an_appointment(database, at(3, "10:00"))
    assert free(database) == free(other)
    row, _ = an_appointment(other, at(3, "11:00"), contact=BOB)
    assert "11:00" not in free(database)
    other.act(office, lambda hall: appointments.cancel(hall, row))
    assert "11:00" in free(database)

    def fail(hall: Any) -> None:
        holds.hold(hall, wish("A"), at(3, "11:00"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.act(office, fail)
    assert "11:00" in free(database)
