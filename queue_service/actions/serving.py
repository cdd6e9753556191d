"""What does an operator do with visitors? Call, recall, serve, hold, send on, finish."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from queue_service.actions import last_move, legs
from queue_service.actions.windows import Operator, own_window
from queue_service.model import Leg, Ticket, table
from queue_service.model.branch import WindowState
from queue_service.rules import next_ticket, ticket
from queue_service.rules.errors import Kind, Refused, not_found
from queue_service.rules.ticket import UNDECIDED, Move
from queue_service.storage.boards import moment
from queue_service.storage.callers import as_waiting
from queue_service.storage.hall import Hall
from queue_service.storage.office import ServiceSetup, WindowSetup
from queue_service.storage.rows import change_row

leg_table, ticket_table = table(Leg), table(Ticket)


@dataclass(frozen=True)
class Target:
    """Where a visitor is sent: to a service, a window, an operator, or a combination; `and_back` returns them here."""

    service: str | None = None
    window_id: int | None = None
    operator_id: int | None = None
    and_back: bool = False


@dataclass(frozen=True)
class Made:
    """A move that was made: the leg as it is now, what it was before, the leg that it put in line."""

    leg: Any
    before: dict[str, Any]
    new_leg_id: int | None


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
    if not next_ticket.may_serve(window.as_free, as_waiting(leg, hall.setup)):
        raise Refused("not_for_this_window", field="number", number=leg.label, window=window.code)
    first = legs.first_waiting(hall, window)
    is_first = first is None or _key(hall, leg) <= _key(hall, first)
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
    leg = legs.require_at_window(hall, window_id, leg_id)
    return _move(hall, Move.START, leg, operator, **_started(hall, leg))


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
    facts = {} if return_at is None else {"return_at": moment(return_at)}
    # Who is served past the end of their day comes back into today's line.
    aside = {**legs.set_aside(hall, leg, reason), "service_day": hall.service_day, "due_at": return_at}
    return _move(hall, Move.HOLD, leg, operator, reason, facts=facts, **aside)


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
    held = {"held_at": None, "held_seconds": legs.interrupted_seconds(hall, leg)}
    values: dict[str, Any] = {"finished_at": hall.now, "note": note, **held}
    return _move(hall, Move.TRANSFER, leg, operator, route=route, new_leg_id=new_leg, **values)


def _key(hall: Hall, leg: Any) -> tuple[datetime, int]:
    return next_ticket.order_key(as_waiting(leg, hall.setup))


def _free_window(hall: Hall, window_id: int, operator: Operator) -> WindowSetup:
    window = own_window(hall, window_id, operator)
    if window.state == WindowState.PAUSED:
        raise Refused("window_paused", window=window.code)
    if (busy := legs.at_window(hall, window_id)) is not None:
        raise Refused("window_busy", number=busy.label)
    return window


def _call(hall: Hall, window: WindowSetup, operator: Operator, leg: Any, reason: str | None) -> Any:
    called = _make(
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
    done = called
    if hall.setup.rules.starts_on_call:  # one step for the operator, so undo takes both back
        done = _make(hall, Move.START, called.leg, operator, **_started(hall, called.leg))
    last_move.remember(hall, operator, Move.CALL, done.leg, {**done.before, **called.before})
    return done.leg


def _started(hall: Hall, leg: Any) -> dict[str, Any]:
    """What service begins with; after a hold it goes on."""
    held = legs.interrupted_seconds(hall, leg)
    return {
        "started_at": leg.started_at or hall.now,
        "held_at": None,
        "hold_reason": None,
        "held_seconds": held,
    }


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
    if places == [window] and service.id == leg.service_id:
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


def _move(hall: Hall, move: Move, leg: Any, operator: Operator, reason: str | None = None, **more: Any) -> Any:
    """Make a move of the table and remember it for undo; the leg as it is now. `more` is as for `_make`."""
    made = _make(hall, move, leg, operator, reason, **more)
    last_move.remember(hall, operator, move, made.leg, made.before, made.new_leg_id)
    return made.leg


def _make(
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
) -> Made:
    """Make a move of the table and write it down. `values` are the leg's; `route` is its ticket's."""
    window_id = window_id or leg.window_id
    values = {"due_at": None, "window_id": window_id, **values}
    values["state"] = ticket.after(move, leg.state).value
    before = last_move.values_before(leg, values)
    change_row(hall.connection, leg_table, leg.id, **values)
    legs.record_at_window(hall, move, leg, operator.actor, window_id, reason, **(facts or {}))
    moved = leg._replace(**values)
    if route is not None and route != leg.route:
        change_row(hall.connection, ticket_table, leg.ticket_id, route=route)
        moved = moved._replace(route=route)
    if goes_on and leg.route:
        new_leg_id = legs.send_on(hall, leg, operator.actor)
        moved = legs.by_id(hall, leg.id)
    if moved.state in UNDECIDED and legs.is_directed(leg):
        legs.release_directed(hall, operator.actor)
        moved = legs.by_id(hall, leg.id)
    return Made(moved, before, new_leg_id)
