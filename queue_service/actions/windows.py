"""How does a window's shift go? Opened by one operator, paused with a reason, resumed, closed."""

from dataclasses import dataclass

from queue_service.actions import legs
from queue_service.model import Window, table
from queue_service.model.branch import WindowState
from queue_service.rules.errors import Kind, Refused
from queue_service.storage.hall import Hall
from queue_service.storage.office import WindowSetup
from queue_service.storage.rows import change_row

window_table = table(Window)


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
    legs.release_directed(hall, operator.actor)


def pause_window(hall: Hall, window_id: int, operator: Operator, reason: str) -> None:
    """Stop calling for a while; a visitor who is at the window is served to the end.

    Raises Refused: unknown_window, window_closed, window_taken, unknown_choice.
    """
    window = own_window(hall, window_id, operator)
    hall.setup.choice("pause", reason, "reason")
    _set_window(hall, window, state=WindowState.PAUSED, pause_reason=reason)
    _record_shift(hall, "window_pause", window_id, operator, reason)


def resume_window(hall: Hall, window_id: int, operator: Operator) -> None:
    """Call again after a pause. Raises Refused: unknown_window, window_closed, window_taken."""
    window = own_window(hall, window_id, operator)
    _set_window(hall, window, state=WindowState.OPEN, pause_reason=None)
    _record_shift(hall, "window_resume", window_id, operator)


def close_window(hall: Hall, window_id: int, operator: Operator) -> None:
    """End the shift. Raises Refused: unknown_window, window_closed, window_taken, window_busy."""
    window = own_window(hall, window_id, operator)
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
    legs.release_directed(hall, operator.actor)


def own_window(hall: Hall, window_id: int, operator: Operator) -> WindowSetup:
    """The window at which this operator works; raises Refused(unknown_window, window_closed, window_taken)."""
    window = hall.setup.window(window_id)
    if window.state == WindowState.CLOSED:
        raise Refused("window_closed", window=window.code)
    if window.operator_id != operator.id:
        raise Refused("window_taken", window=window.code)
    return window


def _set_window(hall: Hall, window: WindowSetup, **values: object) -> None:
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
