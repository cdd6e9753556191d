"""What has the clock made due? Done under the lock before anything else, and by a job when nothing else happens."""

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam

from queue_service.actions import legs
from queue_service.actions.day import SYSTEM, begin_day
from queue_service.model.ticket import LegState
from queue_service.rules import ticket
from queue_service.rules.ticket import Move
from queue_service.storage.boards import legs_with_tickets
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import leg_table
from queue_service.storage.rows import change_row, fetch_all


def catch_up(hall: Hall) -> None:
    """End the days before this one; move every leg whose time has come: back in line, forward in it, or missed."""
    if hall.is_new_day:
        begin_day(hall)
    for leg in fetch_all(hall.connection, _due(), branch=hall.setup.branch_id, now=hall.now):
        if leg.state == LegState.HELD:
            legs.back_in_line(hall, Move.RETURN, leg, SYSTEM)
        elif leg.state == LegState.WAITING and leg.due_turn is not None:
            _come_forward(hall, leg)
        elif leg.state == LegState.CALLED:
            _miss(hall, leg)
        else:
            change_row(hall.connection, leg_table, leg.id, due_at=None, due_turn=None)


def _come_forward(hall: Hall, leg: Any) -> None:
    """An early appointment gets its head start."""
    place = legs.place_now(hall, leg)
    change_row(hall.connection, leg_table, leg.id, **legs.line_values(place))
    facts = {"number": leg.label, "turn": place.turn.isoformat()}
    hall.record("turn", SYSTEM, ticket_id=leg.ticket_id, leg_id=leg.id, facts=facts)


def _miss(hall: Hall, leg: Any) -> None:
    state = ticket.after(Move.NO_SHOW, leg.state).value
    change_row(hall.connection, leg_table, leg.id, state=state, left_at=hall.now, due_at=None)
    facts = {"number": leg.label, "window": hall.setup.window_codes[leg.window_id]}
    hall.record(Move.NO_SHOW, SYSTEM, ticket_id=leg.ticket_id, leg_id=leg.id, window_id=leg.window_id, facts=facts)
    if legs.is_directed(leg):
        legs.release_directed(hall, SYSTEM)


@cache
def _due() -> Select[Any]:
    return (
        legs_with_tickets()
        .where(leg_table.c.branch_id == bindparam("branch"), leg_table.c.due_at <= bindparam("now"))
        .order_by(leg_table.c.due_at, leg_table.c.id)
    )
