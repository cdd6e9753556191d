"""What does staff see of one visit, found by its number, and what may be done with it away from the windows?"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from queue_service.model.ticket import LegState
from queue_service.rules.errors import not_found
from queue_service.rules.ticket import MOVES, UNDECIDED, Move
from queue_service.storage import lookup, staff_boards
from queue_service.storage.boards import Board, legs_with_tickets, moment
from queue_service.storage.lookup import leg_table, ticket_table
from queue_service.storage.office import Setup
from queue_service.storage.place import people_ahead
from queue_service.storage.shift import stop


def by_number(connection: Connection, setup: Setup, now: datetime, number: str) -> Board:
    """The visit of today's ticket with this printed number; raises Refused(unknown_number)."""
    legs = connection.execute(
        legs_with_tickets()
        .where(ticket_table.c.branch_id == setup.branch_id, ticket_table.c.service_day == setup.service_day(now))
        .where(ticket_table.c.label == number.strip().upper())
        .order_by(leg_table.c.position)
    ).all()
    if not legs:
        raise not_found("number", number, "number")
    return as_staff_sees_it(connection, setup, now, legs)


def as_staff_sees_it(connection: Connection, setup: Setup, now: datetime, legs: Any) -> Board:
    """A visit from its legs, in order: the present one, those before it, and what may be done."""
    current = legs[-1]
    is_waiting = current.state == LegState.WAITING
    return {
        **staff_boards.operator_leg(current, setup),
        "people_ahead": people_ahead(connection, setup, current) if is_waiting else None,
        "for_window": setup.window_codes.get(current.for_window_id),
        "left_at": moment(current.left_at),
        "may": sorted(_may(current, setup, now)),
        "legs": [stop(leg, setup) for leg in legs],
        "version": lookup.hall_version(connection, setup),
        "server_time": moment(now),
    }


def _may(leg: Any, setup: Setup, now: datetime) -> set[str]:
    """The moves that reception can make now."""
    moves = {move.value for move in (Move.RETURN, Move.CANCEL) if leg.state in MOVES[move].before}
    if leg.state in MOVES[Move.REJOIN].before and not leg.rejoins and now <= leg.left_at + setup.rules.rejoin:
        moves.add(Move.REJOIN.value)
    return moves | ({"priority"} if leg.state in UNDECIDED else set())
