"""What an operator does at a window: open it, call the next, serve, and close it."""

from dataclasses import dataclass
from typing import Any

from queue_service.actions import legs
from queue_service.model import Leg, Window, table
from queue_service.model.branch import WindowState
from queue_service.model.ticket import LegState
from queue_service.rules import ticket
from queue_service.rules.errors import Kind, Refused
from queue_service.rules.ticket import Move
from queue_service.storage.hall import Hall
from queue_service.storage.office import WindowSetup
from queue_service.storage.rows import change_row

leg_table, window_table = table(Leg), table(Window)

OUTCOMES = ("solved", "documents_missing", "to_be_continued", "wrong_service", "refused")
PAUSE_REASONS = ("break", "lunch", "back_office", "technical")


@dataclass(frozen=True)
class Operator:
    """The member of staff who acts; `name` is for messages to colleagues, the ledger keeps the id alone."""

    id: int
    name: str

    @property
    def actor(self) -> str:
        return f"staff:{self.id}"


def open_window(hall: Hall, window_id: int, operator: Operator, services: tuple[str, ...] | None = None) -> None:
    """Start a shift. Opening one's own open window again changes nothing but the services.

    Raises Refused: unknown_window, window_taken, operator_elsewhere, unknown_service, service_not_at_window.
    """
    window = hall.setup.window(window_id)
    if window.operator_id not in (None, operator.id):
        raise Refused("window_taken", window=window.code)
    elsewhere = next((w for w in hall.setup.windows if w.operator_id == operator.id and w.id != window_id), None)
    if elsewhere is not None:
        raise Refused("operator_elsewhere", window=elsewhere.code)
    for position, code in enumerate(services or ()):
        hall.setup.service(code, f"services.{position}")
        if code not in window.services:
            raise Refused("service_not_at_window", Kind.INVALID, field=f"services.{position}", value=code)
    _set_window(
        hall,
        window,
        state=WindowState.OPEN,
        operator_id=operator.id,
        opened_at=window.opened_at or hall.now,
        pause_reason=None,
        shift_services=None if services is None else list(services),
    )
    _record_shift(hall, "window_open", window_id, operator)


def pause_window(hall: Hall, window_id: int, operator: Operator, reason: str) -> None:
    """Stop calling for a while; a visitor who is at the window is served to the end.

    Raises Refused: unknown_window, window_closed, not_your_window, unknown_reason.
    """
    window = _own_window(hall, window_id, operator)
    if reason not in PAUSE_REASONS:
        raise Refused("unknown_reason", Kind.INVALID, field="reason", known=", ".join(PAUSE_REASONS))
    _set_window(hall, window, state=WindowState.PAUSED, pause_reason=reason)
    _record_shift(hall, "window_pause", window_id, operator, reason)


def resume_window(hall: Hall, window_id: int, operator: Operator) -> None:
    """Call again after a pause. Raises Refused: unknown_window, window_closed, not_your_window."""
    window = _own_window(hall, window_id, operator)
    _set_window(hall, window, state=WindowState.OPEN, pause_reason=None)
    _record_shift(hall, "window_resume", window_id, operator)


def close_window(hall: Hall, window_id: int, operator: Operator) -> None:
    """End the shift. Raises Refused: unknown_window, window_closed, not_your_window, window_busy."""
    window = _own_window(hall, window_id, operator)
    if (leg := legs.at_window(hall, window_id)) is not None:
        raise Refused("window_busy", number=leg.label)
    _set_window(
        hall,
        window,
        state=WindowState.CLOSED,
        operator_id=None,
        opened_at=None,
        pause_reason=None,
        shift_services=None,
    )
    _record_shift(hall, "window_close", window_id, operator)


def call_next(hall: Hall, window_id: int, operator: Operator) -> Any | None:
    """Call whoever is first for this window; the called leg, or None when nobody it may serve waits.

    Raises Refused: unknown_window, window_closed, not_your_window, window_paused, window_busy.
    """
    window = _own_window(hall, window_id, operator)
    if window.state == WindowState.PAUSED:
        raise Refused("window_paused", window=window.code)
    if (busy := legs.at_window(hall, window_id)) is not None:
        raise Refused("window_busy", number=busy.label)
    leg = legs.waiting_today(hall, window.serves)
    if leg is None:
        return None
    change_row(
        hall.connection,
        leg_table,
        leg.id,
        state=ticket.after(Move.CALL, leg.state),
        first_called_at=leg.first_called_at or hall.now,
        last_called_at=hall.now,
        calls=1,
        window_id=window_id,
        staff_id=operator.id,
    )
    _record(hall, Move.CALL, leg, operator, window_id, serves=list(window.serves))
    return legs.by_id(hall, leg.id)


def recall(hall: Hall, window_id: int, operator: Operator) -> Any:
    """Announce the called visitor again. Raises Refused: nobody_at_window, move_not_allowed, recall_too_soon, …"""
    _own_window(hall, window_id, operator)
    leg = legs.require_at_window(hall, window_id)
    ticket.after(Move.RECALL, leg.state)
    allowed_at = leg.last_called_at + hall.setup.recall_pause
    if hall.now < allowed_at:
        raise Refused("recall_too_soon", seconds=max(1, round((allowed_at - hall.now).total_seconds())))
    return _move(hall, Move.RECALL, leg, operator, last_called_at=hall.now, calls=leg.calls + 1)


def start(hall: Hall, window_id: int, operator: Operator) -> Any:
    """The visitor has come: service begins. Raises Refused: nobody_at_window, move_not_allowed, …"""
    _own_window(hall, window_id, operator)
    return _move(hall, Move.START, legs.require_at_window(hall, window_id), operator, started_at=hall.now)


def finish(hall: Hall, window_id: int, operator: Operator, outcome: str, note: str | None = None) -> Any:
    """The service is over. Raises Refused: nobody_at_window, move_not_allowed, unknown_outcome, …"""
    _own_window(hall, window_id, operator)
    if outcome not in OUTCOMES:
        raise Refused("unknown_outcome", Kind.INVALID, field="outcome", known=", ".join(OUTCOMES))
    leg = legs.require_at_window(hall, window_id)
    return _move(hall, Move.FINISH, leg, operator, reason=outcome, finished_at=hall.now, outcome=outcome, note=note)


def no_show(hall: Hall, window_id: int, operator: Operator) -> Any:
    """The called visitor did not come. Raises Refused: nobody_at_window, move_not_allowed, too_few_calls, …"""
    _own_window(hall, window_id, operator)
    leg = legs.require_at_window(hall, window_id)
    ticket.after(Move.NO_SHOW, leg.state)
    if leg.calls < hall.setup.calls_before_no_show:
        raise Refused("too_few_calls", calls=leg.calls, needed=hall.setup.calls_before_no_show)
    return _move(hall, Move.NO_SHOW, leg, operator, left_at=hall.now)


def _own_window(hall: Hall, window_id: int, operator: Operator) -> WindowSetup:
    window = hall.setup.window(window_id)
    if window.state == WindowState.CLOSED:
        raise Refused("window_closed", window=window.code)
    if window.operator_id != operator.id:
        raise Refused("window_taken", window=window.code)
    return window


def _move(hall: Hall, move: Move, leg: Any, operator: Operator, reason: str | None = None, **values: Any) -> Any:
    state: LegState = ticket.after(move, leg.state)
    change_row(hall.connection, leg_table, leg.id, state=state, **values)
    _record(hall, move, leg, operator, leg.window_id, reason)
    return legs.by_id(hall, leg.id)


def _record(
    hall: Hall, move: Move, leg: Any, operator: Operator, window_id: int, reason: str | None = None, **facts: Any
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


def _set_window(hall: Hall, window: WindowSetup, **values: Any) -> None:
    change_row(hall.connection, window_table, window.id, **values)
    hall.set_up_again()


def _record_shift(hall: Hall, move: str, window_id: int, operator: Operator, reason: str | None = None) -> None:
    window = hall.setup.window(window_id)
    hall.record(
        move,
        operator.actor,
        window_id=window_id,
        reason=reason,
        facts={"window": window.code, "serves": list(window.serves)},
    )
