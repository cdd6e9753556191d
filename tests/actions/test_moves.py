"""Every move from every state: as in the table of rules/ticket.py, or refused as a conflict that changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from queue_service.actions import day, tickets
from queue_service.clock import FrozenClock
from queue_service.model import metadata
from queue_service.model.ticket import LegState
from queue_service.rules.errors import Kind, Refused
from queue_service.rules.ticket import Move
from queue_service.storage.database import Database
from tests.make import Desk, a_desk, a_ticket, an_office, legs_of, on_leg
from tests.rules.test_rules import ALLOWED

REACHED: dict[LegState, Callable[[Database, Desk, int], object]] = {
    LegState.WAITING: lambda database, desk, leg: None,
    LegState.CALLED: lambda database, desk, leg: desk.next(),
    LegState.SERVING: lambda database, desk, leg: (desk.next(), desk.start()),
    LegState.HELD: lambda database, desk, leg: (desk.next(), desk.hold()),
    LegState.MISSED: lambda database, desk, leg: (desk.next(), desk.no_show()),
    LegState.DONE: lambda database, desk, leg: desk.serve(),
    LegState.TRANSFERRED: lambda database, desk, leg: (desk.next(), desk.transfer("B")),
    LegState.CANCELLED: lambda database, desk, leg: on_leg(database, leg, tickets.cancel),
    LegState.LEFT: lambda database, desk, leg: database.act("centre", day.close_day),
}
TRIED: dict[Move, Callable[[Database, Desk, int], object]] = {
    Move.CALL: lambda database, desk, leg: desk.call("A001"),
    Move.RECALL: lambda database, desk, leg: desk.recall(leg),
    Move.START: lambda database, desk, leg: desk.start(leg),
    Move.HOLD: lambda database, desk, leg: desk.hold(),
    Move.DEFER: lambda database, desk, leg: on_leg(database, leg, tickets.defer, 5),
    Move.RETURN: lambda database, desk, leg: on_leg(database, leg, tickets.bring_back, "staff"),
    Move.NO_SHOW: lambda database, desk, leg: desk.no_show(),
    Move.REJOIN: lambda database, desk, leg: on_leg(database, leg, tickets.rejoin),
    Move.FINISH: lambda database, desk, leg: desk.finish(),
    Move.TRANSFER: lambda database, desk, leg: desk.transfer("B"),
    Move.CANCEL: lambda database, desk, leg: on_leg(database, leg, tickets.cancel),
}
"""`issue` has no state before it; `close_day` is no move of one leg: tests/faults/test_days.py."""


def everything(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables."""
    return database.read(
        lambda connection: {
            name: sorted(map(repr, connection.execute(select(rows)))) for name, rows in metadata.tables.items()
        }
    )


def test_the_table_names_every_state_and_every_move() -> None:
    assert set(REACHED) == set(LegState)
    assert set(TRIED) == set(Move) - {Move.ISSUE, Move.CLOSE_DAY}


@pytest.mark.parametrize("state", list(LegState))
def test_what_is_not_in_the_table_is_refused_and_changes_nothing(
    database: Database, clock: FrozenClock, state: LegState
) -> None:
    an_office(database, "AB", {"1": "A", "2": "B"}, calls_before_no_show=1, undo_seconds=60)
    leg = a_ticket(database).leg_id
    desk = a_desk(database, "1", "anna")
    REACHED[state](database, desk, leg)
    clock.advance(seconds=20)
    before = everything(database)
    assert legs_of(database)[0].state == state
    for move, attempt in TRIED.items():
        if (move, state.value) in ALLOWED:
            continue
        with pytest.raises(Refused) as refusal:
            attempt(database, desk, leg)
        assert refusal.value.kind == Kind.CONFLICT, move
        assert everything(database) == before, move


def test_what_is_in_the_table_leads_to_its_state(database: Database, clock: FrozenClock) -> None:
    an_office(database, "AB", {"1": "A", "2": "B"}, calls_before_no_show=1)
    desk = a_desk(database, "1", "anna")
    for (move, state), after in ALLOWED.items():
        if move not in TRIED:
            continue
        ticket = a_ticket(database)
        REACHED[LegState(state)](database, desk, ticket.leg_id)
        clock.advance(seconds=20)
        if move == Move.CALL:
            desk.call(ticket.label)
        else:
            TRIED[move](database, desk, ticket.leg_id)
        assert {leg.id: leg.state for leg in legs_of(database)}[ticket.leg_id] == after, (move, state)
        run(database, "UPDATE leg SET state = 'done', due_at = NULL")


def test_the_database_itself_refuses_two_visitors_at_a_window_and_two_windows_for_an_operator(
    database: Database,
) -> None:
    an_office(database)
    a_ticket(database)
    a_ticket(database)
    anna = a_desk(database, "1", "anna")
    anna.next()
    for broken in (
        f"UPDATE leg SET state = 'serving', window_id = {anna.window}",
        f'UPDATE "window" SET operator_id = {anna.operator.id}',
    ):
        with pytest.raises(IntegrityError):
            run(database, broken)


def run(database: Database, statement: str) -> None:
    database.write(lambda connection: connection.exec_driver_sql(statement))
