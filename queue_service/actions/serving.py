"""What does an operator do with visitors? Call, recall, serve, hold, send on, finish; and take the last move back."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, select

from queue_service.actions import legs
from queue_service.actions.windows import Operator, own_window
from queue_service.model import LastMove, Leg, Ticket, table
from queue_service.model.branch import WindowState
from queue_service.model.columns import UtcMoment
from queue_service.rules import next_ticket, ticket
from queue_service.rules.errors import Kind, Refused, not_found
from queue_service.rules.ticket import Move
from queue_service.storage.hall import Hall
from queue_service.storage.ledger import canonical
from queue_service.storage.office import ServiceSetup, WindowSetup
from queue_service.storage.rows import change_row, fetch_one, replace_row

leg_table, ticket_table, last_move_table = table(Leg), table(Ticket), table(LastMove)


@dataclass(frozen=True)
class Target:
    """Where a visitor is sent: to a service, a window, an operator, or a combination; `and_back` returns them here."""

    service: str | None = None
    window_id: int | None = None
    operator_id: int | None = None
    and_back: bool = False


def call_next(hall: Hall, window_id: int, operator: Operator) -> Any | None:
    """Call whoever is first for this window; the called leg, or None when nobody it may serve waits.

    Raises Refused: unknown_window, window_closed, window_taken, window_paused, window_busy.
    """
    window = _free_window(hall, window_id, operator)
    leg = legs.first_waiting(hall, window)
    return None if leg is None else _call(hall, window, operator, leg, None)


def call_chosen(hall: Hall, window_id: int, operator: Operator, number: str, reason: str) -> Any:
    """Call a chosen ticket, waiting or held; out of turn the reason is kept and counted.

    Raises Refused: as call_next, and unknown_choice, unknown_number, move_not_allowed, not_for_this_window.
    """
    window = _free_window(hall, window_id, operator)
    hall.setup.choice("call", reason, "reason")
    leg = legs.of_number(hall, number)
    ticket.after(Move.CALL, leg.state)
    if not next_ticket.may_serve(window.as_free, legs.as_waiting(leg, hall.setup)):
        raise Refused("not_for_this_window", field="number", number=leg.label, window=window.code)
    first = legs.first_waiting(hall, window)
    is_first = first is not None and first.id == leg.id
    return _call(hall, window, operator, leg, None if is_first else reason)


def recall(hall: Hall, window_id: int, operator: Operator, leg_id: int | None = None) -> Any:
    """Announce the called visitor again. Raises Refused: nobody_at_window, move_not_allowed, recall_too_soon, …"""
    own_window(hall, window_id, operator)
    leg = legs.require_at_window(hall, window_id, leg_id)
    ticket.after(Move.RECALL, leg.state)
    allowed_at = leg.last_called_at + hall.setup.rules.recall_pause
    if hall.now < allowed_at:
        raise Refused("recall_too_soon", seconds=max(1, round((allowed_at - hall.now).total_seconds())))
    calls = leg.calls + 1
    return _move(
        hall, Move.RECALL, leg, operator, last_called_at=hall.now, calls=calls, due_at=_no_show_due(hall, calls)
    )


def start(hall: Hall, window_id: int, operator: Operator, leg_id: int | None = None) -> Any:
    """The visitor has come: service begins. Raises Refused: nobody_at_window, move_not_allowed, …"""
    own_window(hall, window_id, operator)
    return _start(hall, legs.require_at_window(hall, window_id, leg_id), operator)


def hold(
    hall: Hall,
    window_id: int,
    operator: Operator,
    reason: str,
    return_at: datetime | None = None,
    leg_id: int | None = None,
) -> Any:
    """Put the visitor aside, to come back at a time or when somebody says so; the turn is kept.

    Raises Refused: nobody_at_window, move_not_allowed, unknown_choice, return_in_the_past, return_after_today, …
    """
    own_window(hall, window_id, operator)
    hall.setup.choice("hold", reason, "reason")
    if return_at is not None and return_at <= hall.now:
        raise Refused("return_in_the_past", Kind.INVALID, field="return_at")
    if return_at is not None and hall.setup.service_day(return_at) != hall.service_day:
        raise Refused("return_after_today", Kind.INVALID, field="return_at")
    leg = legs.require_at_window(hall, window_id, leg_id)
    return _move(hall, Move.HOLD, leg, operator, reason, hold_reason=reason, held_at=hall.now, due_at=return_at)


def no_show(hall: Hall, window_id: int, operator: Operator, leg_id: int | None = None) -> Any:
    """The called visitor did not come. Raises Refused: nobody_at_window, move_not_allowed, too_few_calls, …"""
    own_window(hall, window_id, operator)
    leg = legs.require_at_window(hall, window_id, leg_id)
    ticket.after(Move.NO_SHOW, leg.state)
    needed = hall.setup.rules.calls_before_no_show
    if leg.calls < needed:
        raise Refused("too_few_calls", calls=leg.calls, needed=needed)
    return _move(hall, Move.NO_SHOW, leg, operator, left_at=hall.now)


def finish(
    hall: Hall, window_id: int, operator: Operator, outcome: str, note: str | None = None, leg_id: int | None = None
) -> Any:
    """The service is over; a ticket with further stops on its route waits for the next of them at once.

    Raises Refused: nobody_at_window, move_not_allowed, unknown_choice, note_required, …
    """
    own_window(hall, window_id, operator)
    if hall.setup.choice("outcome", outcome, "outcome")["needs_note"] and not (note or "").strip():
        raise Refused("note_required", Kind.INVALID, field="note")
    leg = legs.require_at_window(hall, window_id, leg_id)
    ticket.after(Move.FINISH, leg.state)
    values: dict[str, Any] = {"finished_at": hall.now, "outcome": outcome, "note": note}
    return _move(hall, Move.FINISH, leg, operator, outcome, goes_on=True, **values)


def transfer(
    hall: Hall, window_id: int, operator: Operator, target: Target, note: str | None = None, leg_id: int | None = None
) -> Any:
    """Send the visitor to another service, window or operator; number and turn are kept.

    Raises Refused: nobody_at_window, move_not_allowed, no_target, unknown_service, unknown_window,
    unknown_operator, window_closed, same_place, service_not_at_window, need_not_met, …
    """
    window = own_window(hall, window_id, operator)
    leg = legs.require_at_window(hall, window_id, leg_id)
    ticket.after(Move.TRANSFER, leg.state)
    service = _target_service(hall, window, leg, target)
    present = hall.setup.service_codes[leg.service_id]
    route = [{"service": present, "window": window_id}, *leg.route] if target.and_back else leg.route
    new_leg = legs.next_leg(hall, leg, service, operator.actor, target.window_id, target.operator_id)
    values: dict[str, Any] = {"finished_at": hall.now, "note": note}
    return _move(hall, Move.TRANSFER, leg, operator, route=route, new_leg_id=new_leg, **values)


def undo(hall: Hall, window_id: int, operator: Operator) -> Any:
    """Take back this operator's last move at this window; the leg as it was before.

    Raises Refused: nothing_to_undo, undo_too_late (time, or somebody moved the leg since), window_busy, …
    """
    own_window(hall, window_id, operator)
    last = fetch_one(hall.connection, _last_move(), staff=operator.id)
    if last is None or last.window_id != window_id:
        raise Refused("nothing_to_undo")
    leg = legs.by_id(hall, last.leg_id)
    if hall.now > last.at + hall.setup.rules.undo or _digest(hall, leg, last.new_leg_id) != last.after:
        raise Refused("undo_too_late", number=leg.label)
    before = {name: _from_plain(name, value) for name, value in last.before.items()}
    route = before.pop("route")
    state = before["state"]
    busy = legs.at_window(hall, window_id)
    if state in ticket.AT_WINDOW and busy is not None and busy.id != leg.id:
        raise Refused("window_busy", number=busy.label)
    if route != leg.route:
        change_row(hall.connection, ticket_table, leg.ticket_id, route=route)
    if last.new_leg_id is not None:
        hall.connection.execute(delete(leg_table).where(leg_table.c.id == last.new_leg_id))
    change_row(hall.connection, leg_table, leg.id, **before)
    hall.connection.execute(delete(last_move_table).where(last_move_table.c.staff_id == operator.id))
    facts = {"undone": last.move, "state": state, "taken_back": last.new_leg_id}
    _record(hall, "undo", leg, operator, window_id, **facts)
    return legs.by_id(hall, leg.id)


def _free_window(hall: Hall, window_id: int, operator: Operator) -> WindowSetup:
    window = own_window(hall, window_id, operator)
    if window.state == WindowState.PAUSED:
        raise Refused("window_paused", window=window.code)
    if (busy := legs.at_window(hall, window_id)) is not None:
        raise Refused("window_busy", number=busy.label)
    return window


def _call(hall: Hall, window: WindowSetup, operator: Operator, leg: Any, reason: str | None) -> Any:
    called = _move(
        hall,
        Move.CALL,
        leg,
        operator,
        reason,
        window_id=window.id,
        facts={"serves": list(window.serves), "meets": sorted(window.meets)},
        staff_id=operator.id,
        first_called_at=leg.first_called_at or hall.now,
        last_called_at=hall.now,
        calls=1,
        call_reason=reason,
        due_at=_no_show_due(hall, 1),
    )
    return _start(hall, called, operator) if hall.setup.rules.starts_on_call else called


def _start(hall: Hall, leg: Any, operator: Operator) -> Any:
    held = 0 if leg.held_at is None or leg.started_at is None else int((hall.now - leg.held_at).total_seconds())
    return _move(
        hall,
        Move.START,
        leg,
        operator,
        started_at=leg.started_at or hall.now,
        held_at=None,
        hold_reason=None,
        held_seconds=leg.held_seconds + held,
    )


def _no_show_due(hall: Hall, calls: int) -> datetime | None:
    waits = hall.setup.rules.no_show_after
    return None if waits is None or calls < hall.setup.rules.calls_before_no_show else hall.now + waits


def _target_service(hall: Hall, window: WindowSetup, leg: Any, target: Target) -> ServiceSetup:
    """The service that the visitor is sent for; refuses a place that nobody would ever call from."""
    if (target.service, target.window_id, target.operator_id) == (None, None, None):
        raise Refused("no_target", Kind.INVALID, field="service")
    service = hall.setup.service(target.service or hall.setup.service_codes[leg.service_id], "service")
    places = [w for w in hall.setup.windows if service.code in w.services]
    if target.window_id is not None:
        places = [_at_work(hall.setup.window(target.window_id), "window")]
    if target.operator_id is not None:
        named = next((w for w in hall.setup.windows if w.operator_id == target.operator_id), None)
        if named is None or target.window_id not in (None, named.id):
            raise not_found("operator", str(target.operator_id), "operator")
        places = [_at_work(named, "operator")]
    if places == [window]:
        raise Refused("same_place", Kind.INVALID, field="window", window=window.code)
    directed = target.window_id is not None or target.operator_id is not None
    if not any(service.code in (place.serves if directed else place.services) for place in places):
        raise Refused("service_not_at_window", Kind.INVALID, field="service", value=service.code)
    if not any(set(leg.requires.split()) <= place.meets for place in places):
        raise Refused("need_not_met", field="window", needs=leg.requires)
    return service


def _at_work(window: WindowSetup, field: str) -> WindowSetup:
    if not window.is_at_work:
        raise Refused("window_closed", field=field, window=window.code)
    return window


def _move(
    hall: Hall,
    move: Move,
    leg: Any,
    operator: Operator,
    reason: str | None = None,
    *,
    window_id: int | None = None,
    facts: dict[str, Any] | None = None,
    goes_on: bool = False,
    route: list[Any] | None = None,
    new_leg_id: int | None = None,
    **values: Any,
) -> Any:
    """Make a move of the table, write it down, and remember what it was before; the leg as it is now."""
    window_id = window_id or leg.window_id
    values = {"due_at": None, "due_turn": None, "window_id": window_id, **values}
    values["state"] = ticket.after(move, leg.state).value
    before = {"route": leg.route, **_plain_values(leg, values)}
    change_row(hall.connection, leg_table, leg.id, **values)
    _record(hall, move, leg, operator, window_id, reason, **(facts or {}))
    moved = leg._replace(**values)
    if route is not None and route != leg.route:
        change_row(hall.connection, ticket_table, leg.ticket_id, route=route)
        moved = moved._replace(route=route)
    if goes_on and leg.route:
        new_leg_id = legs.send_on(hall, leg, operator.actor)
        moved = legs.by_id(hall, leg.id)
    replace_row(
        hall.connection,
        last_move_table,
        "staff_id",
        staff_id=operator.id,
        leg_id=leg.id,
        window_id=window_id,
        move=move.value,
        at=hall.now,
        before=before,
        after=_digest(hall, moved, new_leg_id),
        new_leg_id=new_leg_id,
    )
    return moved


def _record(
    hall: Hall, move: str, leg: Any, operator: Operator, window_id: int, reason: str | None = None, **facts: Any
) -> None:
    window = hall.setup.window_codes[window_id]
    service = hall.setup.service_codes[leg.service_id]
    hall.record(
        move,
        operator.actor,
        ticket_id=leg.ticket_id,
        leg_id=leg.id,
        window_id=window_id,
        reason=reason,
        facts={"number": leg.label, "service": service, "window": window, **facts},
    )


@cache
def _last_move() -> Select[Any]:
    return select(last_move_table).where(last_move_table.c.staff_id == bindparam("staff"))


def _plain_values(leg: Any, names: Any) -> dict[str, Any]:
    return {name: _plain(getattr(leg, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _digest(hall: Hall, leg: Any, new_leg_id: int | None) -> str:
    """A fingerprint of a leg with its ticket, and of the leg that follows: whatever happens to them, it changes."""
    rows = [leg] if new_leg_id is None else [leg, legs.by_id(hall, new_leg_id)]
    values = [[_plain(value) for value in row] for row in rows]
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def _from_plain(name: str, value: Any) -> Any:
    is_moment = value is not None and name in leg_table.c and isinstance(leg_table.c[name].type, UtcMoment)
    return datetime.fromisoformat(value) if is_moment else value
