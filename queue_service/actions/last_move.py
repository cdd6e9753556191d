"""What did an operator do last, and how is it taken back? Undo: leg, ticket and line as they were before."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Date, Select, bindparam, delete, select

from queue_service.actions import legs
from queue_service.actions.stranded import refuse_orphan
from queue_service.actions.windows import Operator, own_window
from queue_service.model import Breach, LastMove, Leg, Ticket, table
from queue_service.model.columns import UtcMoment
from queue_service.rules import ticket
from queue_service.rules.errors import Refused
from queue_service.rules.ticket import Move
from queue_service.storage.hall import Hall
from queue_service.storage.ledger import canonical
from queue_service.storage.rows import change_row, fetch_one, replace_row

leg_table, ticket_table, last_move_table = table(Leg), table(Ticket), table(LastMove)
breach_table = table(Breach)


def remember(
    hall: Hall, operator: Operator, move: Move, leg: Any, before: dict[str, Any], new_leg_id: int | None = None
) -> None:
    """Keep what `undo` needs: the leg as it is now, the values (as of `values_before`) that it had before the move."""
    replace_row(
        hall.connection,
        last_move_table,
        "staff_id",
        staff_id=operator.id,
        leg_id=leg.id,
        window_id=leg.window_id,
        move=move.value,
        at=hall.now,
        before=before,
        after=_digest(hall, leg, new_leg_id),
        new_leg_id=new_leg_id,
    )


def values_before(leg: Any, names: Any) -> dict[str, Any]:
    """What a move is about to change in a leg, in a form that can be kept; the ticket's route always with it."""
    return {"route": leg.route, **{name: _plain(getattr(leg, name)) for name in names}}


def undo(hall: Hall, window_id: int, operator: Operator) -> Any:
    """Take back this operator's last move at this window; the leg as it was before.

    Raises Refused: nothing_to_undo, undo_too_late (time, or somebody moved the leg since), window_busy,
    people_stranded (no window serves it any more), …
    """
    own_window(hall, window_id, operator)
    last = fetch_one(hall.connection, _last_move(), staff=operator.id)
    if last is None or last.window_id != window_id:
        raise Refused("nothing_to_undo")
    leg = legs.by_id(hall, last.leg_id)
    if hall.now > last.at + hall.setup.rules.undo or _digest(hall, leg, last.new_leg_id) != last.after:
        raise Refused("undo_too_late", number=leg.label)
    refuse_orphan(hall, leg)
    before = {name: _from_plain(name, value) for name, value in last.before.items()}
    busy = legs.at_window(hall, window_id)
    if before["state"] in ticket.AT_WINDOW and busy is not None and busy.id != leg.id:
        raise Refused("window_busy", number=busy.label)
    _restore(hall, leg, before, last.new_leg_id)
    hall.connection.execute(delete(last_move_table).where(last_move_table.c.staff_id == operator.id))
    facts = {"undone": last.move, "state": before["state"], "taken_back": last.new_leg_id}
    legs.record_at_window(hall, "undo", leg, operator.actor, window_id, **facts)
    if legs.is_directed(leg):
        legs.release_directed(hall, operator.actor)
    return legs.by_id(hall, leg.id)


def _restore(hall: Hall, leg: Any, before: dict[str, Any], new_leg_id: int | None) -> None:
    route = before.pop("route")
    if route != leg.route:
        change_row(hall.connection, ticket_table, leg.ticket_id, route=route)
    if new_leg_id is not None:
        hall.connection.execute(delete(breach_table).where(breach_table.c.leg_id == new_leg_id))
        hall.connection.execute(delete(leg_table).where(leg_table.c.id == new_leg_id))
    # Its norms may have been found kept in the meantime: then they are looked at again.
    first = leg.ready_at + hall.setup.first_looks.get(hall.setup.service_codes[leg.service_id], timedelta())
    norm_at = leg.norm_at if leg.norm_at == first else hall.now
    change_row(hall.connection, leg_table, leg.id, **{**before, "norm_at": norm_at})


@cache
def _last_move() -> Select[Any]:
    return select(last_move_table).where(last_move_table.c.staff_id == bindparam("staff"))


def _digest(hall: Hall, leg: Any, new_leg_id: int | None) -> str:
    """A fingerprint of a leg with its ticket, and of the leg that follows: whatever happens to them, it changes."""
    rows = [leg] if new_leg_id is None else [leg, legs.by_id(hall, new_leg_id)]
    # When a norm is looked at next is no business of the move.
    values = [[_plain(value) for value in row._replace(norm_at=None)] for row in rows]
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _from_plain(name: str, value: Any) -> Any:
    kind = leg_table.c[name].type if name in leg_table.c else None
    if value is None or not isinstance(kind, UtcMoment | Date):
        return value
    return datetime.fromisoformat(value) if isinstance(kind, UtcMoment) else date.fromisoformat(value)
