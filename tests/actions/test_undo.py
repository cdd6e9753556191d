"""Undo takes back an operator's last move, whole, for a few seconds, unless somebody has moved the visitor since."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.actions import tickets
from queue_service.actions.windows import open_window
from queue_service.clock import FrozenClock
from queue_service.rules.ticket import UNDOABLE
from queue_service.storage import ledger
from queue_service.storage.database import Database
from queue_service.storage.lookup import ticket_table
from tests.make import Desk, a_desk, a_ticket, an_office, entries_of, legs_of, on_leg, refused


def picture(database: Database) -> tuple[list[Any], list[Any]]:
    """Everything the hall knows of its visitors."""
    people = database.read(
        lambda connection: list(connection.execute(select(ticket_table).order_by(ticket_table.c.id)))
    )
    return legs_of(database), people


def called(desk: Desk, clock: FrozenClock) -> None:
    desk.next()


def called_twice(desk: Desk, clock: FrozenClock) -> None:
    desk.next()
    clock.advance(seconds=15)
    desk.recall()


def served(desk: Desk, clock: FrozenClock) -> None:
    desk.next()
    clock.advance(seconds=20)
    desk.start()


def on_hold(desk: Desk, clock: FrozenClock) -> None:
    served(desk, clock)
    clock.advance(minutes=1)
    desk.hold()


def called_from_hold(desk: Desk, clock: FrozenClock) -> None:
    on_hold(desk, clock)
    clock.advance(minutes=3)
    desk.call("A001")


MOVES: dict[str, tuple[Callable[[Desk, FrozenClock], None] | None, Callable[[Desk, int], object]]] = {
    "call": (None, lambda desk, _: desk.next()),
    "call of a chosen visitor": (None, lambda desk, _: desk.call("A002")),
    "call from hold": (on_hold, lambda desk, _: desk.call("A001")),
    "recall": (called, lambda desk, _: desk.recall()),
    "start": (called, lambda desk, _: desk.start()),
    "start after a hold": (called_from_hold, lambda desk, _: desk.start()),
    "hold before service": (called, lambda desk, _: desk.hold()),
    "hold in service": (served, lambda desk, _: desk.hold()),
    "no_show": (called_twice, lambda desk, _: desk.no_show()),
    "finish": (served, lambda desk, _: desk.finish("refused", "no ground")),
    "transfer to a service": (served, lambda desk, _: desk.transfer("B")),
    "transfer before service": (called, lambda desk, _: desk.transfer("B")),
    "transfer to a window and back": (served, lambda desk, other: desk.transfer("A", other, back=True)),
}


def test_every_move_is_taken_back_whole(database: Database, clock: FrozenClock) -> None:
    undone = set()
    for number, (name, (before, move)) in enumerate(MOVES.items()):
        branch = an_office(database, "AB", {"1": "A", "2": "AB"}, code=f"branch-{number}")
        a_ticket(database, "A", branch)
        a_ticket(database, "A", branch)
        anna, boris = (a_desk(database, str(i), f"{who}-{number}", branch) for i, who in ((1, "anna"), (2, "boris")))
        if before is not None:
            before(anna, clock)
            clock.advance(seconds=30)
        was = legs_of(database, branch)
        move(anna, boris.window)
        assert legs_of(database, branch) != was, name
        clock.advance(seconds=9)
        anna.undo()
        assert legs_of(database, branch) == was, name
        undone.add(entries_of(database, branch)[-1].facts["undone"])
        with refused("nothing_to_undo"):
            anna.undo()
        assert ledger.verify_branch(database, branch)[0] is None
        assert ledger.replay_branch(database, branch).deviations == [], name
    assert undone == set(UNDOABLE)


@pytest.mark.parametrize("held_before", [False, True])
def test_a_call_that_starts_service_is_taken_back_with_its_start(
    database: Database, clock: FrozenClock, held_before: bool
) -> None:
    an_office(database, starts_on_call=True)
    a_ticket(database)
    anna = a_desk(database, "1", "anna")
    if held_before:
        assert anna.next().state == "serving"
        clock.advance(minutes=1)
        anna.hold()
        clock.advance(minutes=3)
    was = picture(database)
    leg = anna.call("A001") if held_before else anna.next()
    assert (leg.state, leg.held_seconds) == ("serving", 180 if held_before else 0)
    clock.advance(seconds=5)
    assert anna.undo().state == ("held" if held_before else "waiting")
    assert picture(database) == was
    with refused("nothing_to_undo"):
        anna.undo()
    assert ledger.replay_branch(database, "centre").deviations == []


def test_a_route_goes_back_to_the_stop_it_was_at(database: Database, clock: FrozenClock) -> None:
    an_office(database, "AB", {"1": "A", "2": "B"})
    ticket = a_ticket(database)
    on_leg(database, ticket.leg_id, tickets.add_service, "B")
    anna, boris = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    anna.next()
    anna.start()
    was = picture(database)
    anna.finish()
    assert [leg.state for leg in legs_of(database)] == ["done", "waiting"]
    anna.undo()
    assert picture(database) == was
    anna.finish()
    boris.next()
    with refused("undo_too_late"):
        anna.undo()
    assert boris.undo().state == "waiting"
    anna.undo()  # boris took his call back: nothing has happened to the visitor since
    assert picture(database) == was
    assert ledger.replay_branch(database, "centre").deviations == []


def test_undo_ends_with_its_time_and_with_the_next_move_of_anybody(database: Database, clock: FrozenClock) -> None:
    an_office(database, undo_seconds=10)
    a_ticket(database)
    second = a_ticket(database)
    anna, boris = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    anna.next()
    clock.advance(seconds=10.001)
    with refused("undo_too_late"):
        anna.undo()
    boris.next()
    boris.hold()
    on_leg(database, second.leg_id, tickets.bring_back, "staff:9")
    with refused("undo_too_late"):
        boris.undo()


def test_undo_takes_back_nobody_elses_move_and_never_puts_two_visitors_at_one_window(database: Database) -> None:
    an_office(database)
    a_ticket(database)
    a_ticket(database)
    anna, boris = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    boris.next()
    with refused("nothing_to_undo"):
        anna.undo()
    boris.hold()
    boris.call("A001")
    boris.hold()
    boris.next()
    with refused("window_taken"):
        Desk(database, boris.window, anna.operator).undo()
    boris.undo()
    assert [leg.state for leg in legs_of(database)] == ["held", "waiting"]


def test_a_call_taken_back_returns_to_everybody_when_its_window_no_longer_serves_it(database: Database) -> None:
    an_office(database, "AB", {"1": "AB", "2": "AB"})
    a_ticket(database)
    anna, boris = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    anna.next()
    anna.transfer(window=boris.window)
    boris.next()
    database.act("centre", lambda hall: open_window(hall, boris.window, boris.operator, ("B",)))
    boris.undo()
    assert anna.next().label == "A001"
    assert ledger.replay_branch(database, "centre").deviations == []
