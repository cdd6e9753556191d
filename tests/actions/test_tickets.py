"""What happens to a ticket away from the windows: its number, its limits, its second service, its times, and why others
were called first."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.actions import office_facts, setup, tickets
from queue_service.actions.tickets import Order, issue
from queue_service.clock import FrozenClock
from queue_service.jobs.housekeeping import move_what_is_due
from queue_service.model import TicketCounter, table
from queue_service.model.ticket import Channel
from queue_service.storage import boards, ledger
from queue_service.storage.database import Database
from queue_service.storage.rows import change_row, put_row
from tests.make import a_desk, a_ticket, an_office, entries_of, legs_of, line_of, on_leg, refused

MINUTE = timedelta(minutes=1)


def seen(database: Database, ticket_id: int) -> dict[str, Any]:
    """What the holder of the ticket sees."""
    now = database.clock.now()
    return database.read(lambda connection: boards.ticket(connection, database.setup("centre"), now, ticket_id))


# --- numbers


def with_letters(database: Database, **prefixes: str) -> None:
    def change(hall: Any) -> None:
        for code, prefix in prefixes.items():
            present = office_facts.service_facts(hall.setup.service(code))
            setup.change_service(hall, code, present.model_copy(update={"prefix": prefix}), "staff:1")

    database.act("centre", change)


def test_every_series_of_letters_counts_through_its_own_range_and_says_when_it_is_used_up(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, "ABC", {"1": "ABC"}, first_number=998, last_number=1001)
    with_letters(database, B="КЛ", C="A")  # C shares its letter, so its numbers, with A
    assert [a_ticket(database, code).label for code in "ACBAC"] == ["A998", "A999", "КЛ998", "A1000", "A1001"]
    counted = counters(database)
    with refused("numbers_used_up"):
        a_ticket(database, "A")
    with refused("numbers_used_up"):
        a_ticket(database, "C")
    assert (counters(database), len(legs_of(database))) == (counted, 5)
    assert a_ticket(database, "B").label == "КЛ999"
    clock.advance(days=1)
    assert a_ticket(database, "C").label == "A998"


def test_numbers_that_run_on_begin_again_only_after_the_last_of_their_range(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, first_number=5, last_number=9, numbers_restart="range")
    given = []
    for count in (3, 0, 4, 5):
        given += [a_ticket(database).label for _ in range(count)]
        clock.advance(days=1)
    assert given == [f"A00{number}" for number in (5, 6, 7, 8, 9, 5, 6, 7, 8, 9, 5, 6)]
    for _ in range(5):
        a_ticket(database)
    with refused("numbers_used_up"):
        a_ticket(database)


def counters(database: Database) -> list[Any]:
    return database.read(lambda connection: list(connection.execute(select(table(TicketCounter)))))


# --- limits


def test_a_visitor_puts_the_call_off_as_often_and_as_long_as_the_branch_allows(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, defer_limit=2, longest_defer_minutes=15)
    first, second = a_ticket(database), a_ticket(database)
    anna = a_desk(database, "1", "anna")
    with refused("defer_too_long", field="minutes", longest=15):
        on_leg(database, first.leg_id, tickets.defer, 16)
    on_leg(database, first.leg_id, tickets.defer, 15)
    assert seen(database, first.ticket_id)["may"]["come_back"] is True
    assert anna.serve().label == second.label
    clock.advance(minutes=14, seconds=59)
    assert anna.next() is None
    clock.advance(seconds=1)
    move_what_is_due(database)
    assert line_of(database) == [first.label]
    on_leg(database, first.leg_id, tickets.defer, 1)
    on_leg(database, first.leg_id, tickets.defer, 0)  # back at once
    may = seen(database, first.ticket_id)["may"]
    assert (may["defer_minutes"], may["deferrals_left"], line_of(database)) == (0, 0, [first.label])
    with refused("deferred_too_often", limit=2):
        on_leg(database, first.leg_id, tickets.defer, 1)
    assert anna.next().turn == first.leg.turn


def test_where_nobody_may_defer_nobody_does(database: Database) -> None:
    an_office(database, defer_limit=0)
    with refused("deferred_too_often", limit=0):
        on_leg(database, a_ticket(database).leg_id, tickets.defer, 1)


def test_who_was_put_aside_by_an_operator_does_not_come_back_by_ending_a_deferral(database: Database) -> None:
    an_office(database)
    ticket = a_ticket(database)
    anna = a_desk(database, "1", "anna")
    anna.next()
    anna.hold()
    with refused("move_not_allowed"):
        on_leg(database, ticket.leg_id, tickets.defer, 0)


def test_a_missed_call_is_mended_once_and_within_its_time(database: Database, clock: FrozenClock) -> None:
    an_office(database, calls_before_no_show=1, rejoin_minutes=30)
    first, second = a_ticket(database), a_ticket(database)
    anna = a_desk(database, "1", "anna")
    anna.next()
    anna.no_show()
    until = seen(database, first.ticket_id)["may"]["rejoin_until"]
    assert datetime.fromisoformat(until) == clock.now() + 30 * MINUTE
    clock.advance(minutes=30)
    third = a_ticket(database)
    on_leg(database, first.leg_id, tickets.rejoin)
    assert line_of(database) == [first.label, second.label, third.label]  # it keeps its turn
    assert anna.next().left_at is None
    anna.no_show()
    assert seen(database, first.ticket_id)["may"]["rejoin_until"] is None
    with refused("rejoined_already"):
        on_leg(database, first.leg_id, tickets.rejoin)
    anna.next()
    anna.no_show()
    clock.advance(minutes=30, seconds=1)
    assert seen(database, second.ticket_id)["may"]["rejoin_until"] is None
    with refused("rejoin_too_late", minutes=30):
        on_leg(database, second.leg_id, tickets.rejoin)


# --- a second service on the same ticket


def test_a_second_service_is_waited_for_on_the_same_ticket_with_the_same_turn(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, "ABC", {"1": "A", "2": "BC"})
    first = a_ticket(database, "A")
    clock.advance(minutes=1)
    other = a_ticket(database, "B")
    anna, boris = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    on_leg(database, first.leg_id, tickets.add_service, "B")
    with refused("service_twice", field="code", value="B"):
        on_leg(database, first.leg_id, tickets.add_service, "B")
    anna.next()
    on_leg(database, first.leg_id, tickets.add_service, "C")  # at the window, too
    assert [one["code"] for one in seen(database, first.ticket_id)["services"]] == ["A", "B", "C"]
    anna.start()
    clock.advance(minutes=5)
    anna.finish()
    assert line_of(database) == [first.label, other.label]  # whoever came first is first here as well
    assert boris.serve().ticket_id == first.ticket_id
    visit = [leg for leg in legs_of(database) if leg.ticket_id == first.ticket_id]
    assert [(leg.position, leg.state) for leg in visit] == [(1, "done"), (2, "done"), (3, "waiting")]
    assert {leg.turn for leg in visit} == {first.leg.turn}
    assert boris.serve().ticket_id == first.ticket_id
    assert seen(database, first.ticket_id)["status"] == "done"
    with refused("visit_over", number=first.label):
        on_leg(database, visit[-1].id, tickets.add_service, "A")
    assert ledger.replay_branch(database, "centre").deviations == []


def test_a_service_that_cannot_be_had_is_not_added(database: Database) -> None:
    an_office(database, "ABC", {"1": "AB"})
    ticket = a_ticket(database)
    for code, why in (("Z", "unknown_service"), ("C", "no_window")):
        with refused(why, field="code"):
            on_leg(database, ticket.leg_id, tickets.add_service, code)
    close(database, "B")
    with refused("service_closed", field="code"):
        on_leg(database, ticket.leg_id, tickets.add_service, "B")
    assert legs_of(database)[0].route == []


def close(database: Database, code: str) -> None:
    def change(hall: Any) -> None:
        present = office_facts.service_facts(hall.setup.service(code))
        setup.change_service(hall, code, present.model_copy(update={"open": False}), "staff:1")

    database.act("centre", change)


# --- why somebody who came later was called first


def test_a_ticket_says_why_others_were_called_first_by_kind_and_never_by_person(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, "AB", {"1": "A", "2": "B", "3": "A"})
    database.act("centre", _a_category)
    people = (("1", "anna"), ("2", "boris"), ("3", "clara"))
    anna, boris, clara = (a_desk(database, code, name) for code, name in people)
    other_line = a_ticket(database, "B")
    clock.advance(minutes=1)
    me = a_ticket(database)
    clock.advance(minutes=1)
    told: list[dict[str, int]] = []

    def call(order: Order, by_hand: bool = False) -> None:
        number = database.act("centre", lambda hall: issue(hall, order)).label
        assert (anna.call(number, "unwell") if by_hand else anna.next()).label == number
        anna.start()
        anna.finish()
        told.append(seen(database, me.ticket_id)["called_earlier"])
        clock.advance(minutes=1)

    call(Order(("A",), "ru", Channel.RECEPTION, priority="veteran", granted_by=anna.operator.id))
    call(Order(("A",), "ru", Channel.WEB, booked_at=clock.now()))
    call(Order(("A",), "ru", Channel.KIOSK), by_hand=True)
    boris.next()  # another line, where nothing is taken from me, until its visitor is sent into mine
    assert seen(database, me.ticket_id)["called_earlier"] == told[-1]
    boris.transfer("A")
    assert anna.next().label == other_line.label
    shown = seen(database, me.ticket_id)
    assert told[0] == {"priority": 1}
    assert told[1] == {"appointment": 1, "priority": 1}
    assert shown["called_earlier"] == {"appointment": 1, "chosen": 1, "priority": 1, "returned": 1}
    assert shown["why"] == ["appointment", "chosen", "priority", "returned"]
    assert shown["people_ahead"] == 0
    assert "anna" not in str(shown)
    assert clara.next().label == me.label
    assert seen(database, me.ticket_id)["why"] == []


def test_who_is_passed_over_because_of_a_need_is_told_that_it_was_another_window(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, "A", {"1": "A", "2": "A"})
    wheelchair = database.setup("centre").windows[1].id
    database.act("centre", lambda hall: _set_needs(hall, wheelchair))
    order = Order(("A",), "ru", Channel.KIOSK, needs=("wheelchair",))
    me = database.act("centre", lambda hall: issue(hall, order))
    clock.advance(minutes=1)
    later = a_ticket(database)
    assert a_desk(database, "1", "anna").next().label == later.label
    assert seen(database, me.ticket_id)["why"] == ["other_window"]


def _set_needs(hall: Any, window_id: int) -> None:
    change_row(hall.connection, setup.window_table, window_id, needs=["wheelchair"])
    hall.set_up_again()
    hall.record("test_set_up", "system")


def _a_category(hall: Any) -> None:
    row = {"branch_id": hall.setup.branch_id, "code": "veteran", "name": {}, "proof": {}, "position": 0}
    row |= {"legal_basis": "", "is_self_declared": False, "head_start_minutes": {"walk_in": 90}}
    put_row(hall.connection, setup.category_table, **row)
    hall.set_up_again()
    hall.record("test_set_up", "system")


# --- times


def test_every_time_is_kept_on_its_own_leg(database: Database, clock: FrozenClock) -> None:
    """Issued 8:00; each move a minute after the one before."""
    an_office(database, "AB", {"1": "A", "2": "B"})
    began = clock.now()
    ticket = a_ticket(database)
    anna, boris = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    for move in (anna.next, anna.recall, anna.start, anna.hold, lambda: anna.call("A001"), anna.start):
        clock.advance(minutes=1)
        move()
    clock.advance(minutes=1)
    anna.transfer("B")
    for move in (boris.next, boris.recall, boris.no_show):
        clock.advance(minutes=1)
        move()
    first, second = legs_of(database)
    names = ("issued_at", "ready_at", "first_called_at", "last_called_at", "started_at", "finished_at", "left_at")
    kept = [
        [(at - began) // MINUTE if (at := getattr(leg, name)) else None for name in names] for leg in legs_of(database)
    ]
    assert kept == [[0, 0, 1, 5, 3, 7, None], [0, 7, 8, 9, None, None, 10]]
    assert (first.calls, first.held_seconds, second.calls, second.held_seconds) == (1, 120, 2, 0)
    assert (first.window_id, second.window_id) == (anna.window, boris.window)
    on_leg(database, second.id, tickets.rejoin)
    clock.advance(minutes=1)
    on_leg(database, second.id, tickets.cancel)
    last = legs_of(database)[-1]
    assert ((last.ready_at - began) // MINUTE, (last.left_at - began) // MINUTE) == (7, 11)
    calls = [entry.at for entry in entries_of(database) if entry.move in ("call", "recall")]
    assert [(at - began) // MINUTE for at in calls] == [1, 2, 5, 8, 9]
    assert ticket.ticket_id == last.ticket_id


def test_every_hold_has_a_reason_from_the_list_and_the_ledger_keeps_each(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database)
    ticket = a_ticket(database)
    anna = a_desk(database, "1", "anna")
    anna.next()
    with refused("unknown_choice", field="reason"):
        anna.hold(reason="because")
    with refused("return_in_the_past", field="return_at"):
        anna.hold(clock.now())
    with refused("return_after_today", field="return_at"):
        anna.hold(clock.now() + timedelta(days=1))
    assert legs_of(database)[0].state == "called"
    back_at = clock.now() + 5 * MINUTE
    assert anna.hold(back_at, "form").hold_reason == "form"
    clock.advance(minutes=4, seconds=59)
    assert anna.next() is None
    clock.advance(seconds=1)
    assert anna.next().ticket_id == ticket.ticket_id
    anna.start()
    assert anna.hold(reason="payment").hold_reason == "payment"
    holds = [(entry.reason, entry.facts.get("return_at")) for entry in entries_of(database) if entry.move == "hold"]
    assert holds == [("form", boards.moment(back_at)), ("payment", None)]
    with refused("nobody_at_window"):
        anna.start()


@pytest.mark.parametrize("field", ["first_number", "last_number"])
def test_a_range_does_not_change_under_numbers_that_were_given_out_today(
    database: Database, clock: FrozenClock, field: str
) -> None:
    an_office(database, first_number=5, last_number=9)
    a_ticket(database)

    def change(hall: Any) -> None:
        facts = office_facts.branch_facts(hall.setup).model_copy(update={field: 6})
        setup.change_branch(hall, facts, "staff:1")

    with refused("day_has_begun", field=field):
        database.act("centre", change)
    clock.advance(days=1)
    database.act("centre", change)
    assert a_ticket(database).label == ("A006" if field == "first_number" else "A005")
