"""How does a service day end? Everybody who was not served is counted as having left, and the ledger says how many."""

from collections import Counter
from datetime import date
from typing import Any

from queue_service.model.ticket import LegState
from queue_service.rules.calendar import BEFORE_ALL_DAYS
from queue_service.rules.errors import Refused
from queue_service.rules.ticket import MOVES, UNFINISHED, Move
from queue_service.storage.boards import legs_with_tickets
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import leg_table
from queue_service.storage.rows import change_row

SYSTEM = "system"


def close_day(hall: Hall, actor: str = SYSTEM) -> dict[date, int]:
    """End today's service; how many left, by service day.

    Raises Refused(still_serving) naming the numbers while somebody is being served.
    """
    open_legs = _unfinished(hall, leg_table.c.service_day <= hall.service_day)
    if serving := [leg.label for leg in open_legs if leg.state == LegState.SERVING]:
        raise Refused("still_serving", numbers=", ".join(serving))
    return _close(hall, open_legs, actor, hall.service_day)


def begin_day(hall: Hall) -> None:
    """Close the days before this one. Who is still being served is served to the end."""
    last = hall.last_service_day
    if BEFORE_ALL_DAYS < last < hall.service_day:
        _close(hall, _unfinished(hall, leg_table.c.service_day < hall.service_day), SYSTEM, last)


def _unfinished(hall: Hall, days: Any) -> list[Any]:
    here = (leg_table.c.branch_id == hall.setup.branch_id, leg_table.c.state.in_(sorted(UNFINISHED)))
    return list(hall.connection.execute(legs_with_tickets().where(*here, days).order_by(leg_table.c.id)))


def _close(hall: Hall, open_legs: list[Any], actor: str, closed: date) -> dict[date, int]:
    left: dict[date, Counter[str]] = {closed: Counter()}
    for leg in open_legs:
        if leg.state in MOVES[Move.CLOSE_DAY].before:
            _leave(hall, leg, actor)
            left.setdefault(leg.service_day, Counter())[leg.state] += 1
    for day, states in sorted(left.items()):
        hall.record("day_closed", actor, facts={"service_day": day.isoformat(), "left": dict(states)})
    return {day: states.total() for day, states in left.items()}


def _leave(hall: Hall, leg: Any, actor: str) -> None:
    state = MOVES[Move.CLOSE_DAY].after.value
    left_at = leg.left_at or hall.now
    change_row(hall.connection, leg_table, leg.id, state=state, left_at=left_at, due_at=None, due_turn=None)
    facts = {"number": leg.label, "was": leg.state, "service_day": leg.service_day.isoformat()}
    hall.record(Move.CLOSE_DAY, actor, ticket_id=leg.ticket_id, leg_id=leg.id, facts=facts)
