"""What does the desk show? The live hall for staff: windows and who is at them, lines, and those put aside."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal_column, or_, select

from queue_service.model.ticket import LegState
from queue_service.rules.ticket import AT_WINDOW
from queue_service.storage import breaches as of_breaches
from queue_service.storage.boards import (
    Board,
    branch_name,
    calls_begin,
    category_board,
    legs_with_tickets,
    lines_now,
    moment,
    service_board,
)
from queue_service.storage.callers import waiting_for_windows, windows_for
from queue_service.storage.devices import silent_screens
from queue_service.storage.lookup import hall_version, leg_table, staff_table
from queue_service.storage.office import ServiceSetup, Setup, WindowSetup
from queue_service.storage.risks import at_risk
from queue_service.storage.shift import breaks, earlier_stops, undoable

SHOWN_WAITING = 50
SHOWN_OF_A_SERVICE = 5
"""However long the line before them: the first of every service are seen as well."""
SHOWN_ASIDE = 30


def desk(connection: Connection, setup: Setup, now: datetime) -> Board:
    """The live hall for staff."""
    at_windows = {row.window_id: row for row in _at_windows(connection, setup)}
    lines = lines_now(connection, setup, now)
    waiting_for, undo = waiting_for_windows(connection, setup, now), undoable(connection, setup, now)
    paused, stops = breaks(connection, setup, now), earlier_stops(connection, setup, at_windows.values())
    names = _operator_names(connection, setup)
    return {
        "version": hall_version(connection, setup),
        "server_time": moment(now),
        "branch": {
            **branch_name(setup),
            "recall_pause_seconds": int(setup.rules.recall_pause.total_seconds()),
            "calls_before_no_show": setup.rules.calls_before_no_show,
            "undo_seconds": int(setup.rules.undo.total_seconds()),
        },
        "windows": [
            {
                **window(w, setup, at_windows.get(w.id), names.get(w.operator_id or 0), stops),
                "waiting": waiting_for[w.id],
                "paused_at": moment(paused.get(w.id)),
                "undo": _undo(undo.get(w.id), setup),
            }
            for w in setup.windows
        ],
        "services": [_line(one, setup, now, *lines.get(one.code, (0, None))) for one in setup.services.values()],
        "waiting": [_waiting_leg(row, setup, now) for row in _upcoming(connection, setup, now)],
        "waiting_total": sum(count for count, _ in lines.values()),
        "missed": [_missed_leg(row, setup, now) for row in _aside(connection, setup, now, LegState.MISSED)],
        "held": [_held_leg(row, setup) for row in _aside(connection, setup, now, LegState.HELD)],
        "breaches": of_breaches.open_breaches(connection, setup),
        "breaches_total": of_breaches.open_count(connection, setup),
        "at_risk": at_risk(connection, setup, now),
        "silent_screens": silent_screens(connection, setup, now),
        "choices": setup.choices,
        "categories": [category_board(category) for category in setup.categories.values()],
    }


def _operator_names(connection: Connection, setup: Setup) -> dict[int, str]:
    """Of those who sit at windows, by id."""
    here = staff_table.c.id.in_([w.operator_id for w in setup.windows if w.operator_id])
    return dict(connection.execute(select(staff_table.c.id, staff_table.c.name).where(here)).all())


def window(
    w: WindowSetup, setup: Setup, leg: Any | None, operator: str | None, stops: dict[int, list[Board]] | None = None
) -> Board:
    """One window as staff sees it; `operator` is the name of who sits there, `stops` as of shift.py."""
    return {
        "id": str(w.id),
        "code": w.code,
        "state": w.state.value,
        "pause_reason": w.pause_reason,
        "operator": operator,
        "operator_id": None if w.operator_id is None else str(w.operator_id),
        "opened_at": moment(w.opened_at),
        "services": list(w.services),
        "languages": list(w.languages),
        "needs": list(w.needs),
        "serves": list(w.serves),
        "leg": None if leg is None else {**operator_leg(leg, setup), "earlier": (stops or {}).get(leg.ticket_id, [])},
    }


def operator_leg(leg: Any, setup: Setup) -> Board:
    """A called or served visitor, with everything the operator needs."""
    service = setup.services.get(setup.service_codes[leg.service_id])
    return {
        "leg": str(leg.id),
        "number": leg.label,
        "state": leg.state,
        "service": None if service is None else service_board(service),
        "language": leg.language,
        "needs": leg.needs,
        "channel": leg.channel,
        "priority": _priority(leg, setup),
        "booked_at": moment(leg.booked_at),
        "route": [stop["service"] for stop in leg.route],
        "note": leg.note,
        "hold_reason": leg.hold_reason,
        "returns_at": moment(leg.due_at) if leg.state == LegState.HELD else None,
        "issued_at": moment(leg.issued_at),
        "ready_at": moment(leg.ready_at),
        "first_called_at": moment(leg.first_called_at),
        "last_called_at": moment(leg.last_called_at),
        "started_at": moment(leg.started_at),
        "finished_at": moment(leg.finished_at),
        "outcome": leg.outcome,
        "calls": leg.calls,
        "recalls": max(0, leg.calls - 1),
        "recall_allowed_at": moment(leg.last_called_at + setup.rules.recall_pause) if leg.last_called_at else None,
        "norm": setup.longest_wait(setup.service_codes[leg.service_id], leg.service_day, leg.booked_at),
        "window": setup.window_codes.get(leg.window_id),
    }


def _waiting_today(setup: Setup, now: datetime) -> tuple[Any, ...]:
    return (
        leg_table.c.branch_id == setup.branch_id,
        leg_table.c.state == literal_column("'waiting'"),
        leg_table.c.service_day == setup.service_day(now),
    )


def _upcoming(connection: Connection, setup: Setup, now: datetime) -> Any:
    """Who comes next: the first of the whole hall, and the first of each service, in order of their turns."""
    in_turn = (leg_table.c.turn, leg_table.c.ticket_id)
    place = select(leg_table.c.id).where(*_waiting_today(setup, now))
    of_all = func.row_number().over(order_by=in_turn).label("of_all")
    of_service = func.row_number().over(partition_by=leg_table.c.service_id, order_by=in_turn).label("of_service")
    places = place.add_columns(of_all, of_service).subquery()
    return connection.execute(
        legs_with_tickets()
        .join(places, places.c.id == leg_table.c.id)
        .where(or_(places.c.of_all <= SHOWN_WAITING, places.c.of_service <= SHOWN_OF_A_SERVICE))
        .order_by(*in_turn)
    ).all()


def _undo(move: Any | None, setup: Setup) -> Board | None:
    """What an operator can take back, and until when."""
    if move is None:
        return None
    until = moment(move.at + setup.rules.undo)
    return {"move": move.move, "number": move.label, "leg": str(move.leg_id), "until": until}


def _at_windows(connection: Connection, setup: Setup) -> Any:
    return connection.execute(
        legs_with_tickets().where(
            leg_table.c.state.in_(AT_WINDOW), leg_table.c.window_id.in_([window.id for window in setup.windows])
        )
    ).all()


def _aside(connection: Connection, setup: Setup, now: datetime, state: LegState) -> Any:
    """Legs that are missed or held today, the latest first."""
    since = leg_table.c.left_at if state == LegState.MISSED else leg_table.c.held_at
    return connection.execute(
        legs_with_tickets()
        .where(
            leg_table.c.branch_id == setup.branch_id,
            leg_table.c.state == literal_column(f"'{state}'"),
            leg_table.c.service_day == setup.service_day(now),
        )
        .order_by(since.desc())
        .limit(SHOWN_ASIDE)
    ).all()


def _missed_leg(row: Any, setup: Setup, now: datetime) -> Board:
    can_rejoin = not row.rejoins and now <= row.left_at + setup.rules.rejoin
    return {
        **_aside_leg(row, setup),
        "missed_at": moment(row.left_at),
        "rejoin_until": moment(row.left_at + setup.rules.rejoin) if can_rejoin else None,
    }


def _held_leg(row: Any, setup: Setup) -> Board:
    return {
        **_aside_leg(row, setup),
        "held_at": moment(row.held_at),
        "reason": row.hold_reason,
        "returns_at": moment(row.due_at),
    }


def _aside_leg(row: Any, setup: Setup) -> Board:
    return {
        "leg": str(row.id),
        "number": row.label,
        "service": setup.service_codes[row.service_id],
        "window": setup.window_codes.get(row.window_id),
    }


def _priority(leg: Any, setup: Setup) -> Board | None:
    """The category of a leg's ticket, and whether its proof was seen."""
    if leg.priority is None:
        return None
    category = setup.categories.get(leg.priority)
    return {
        "code": leg.priority,
        "name": None if category is None else category.name,
        "proof": None if category is None else category.proof,
        "is_proven": leg.priority_granted_by is not None,
    }


def _line(service: ServiceSetup, setup: Setup, now: datetime, waiting: int, oldest: datetime | None) -> Board:
    return {
        **service_board(service),
        "norm": setup.longest_wait(service.code, setup.service_day(now)),
        "waiting": waiting,
        "oldest_ready_at": moment(oldest),
        "estimate": setup.waits.of_service(service.code),
        "opens_at": calls_begin(setup, now, service.code),
    }


def _waiting_leg(row: Any, setup: Setup, now: datetime) -> Board:
    service = setup.service_codes[row.service_id]
    return {
        "leg": str(row.id),
        "number": row.label,
        "service": service,
        "ready_at": moment(row.ready_at),
        "norm": setup.longest_wait(service, row.service_day, row.booked_at),
        "estimate": setup.waits.of_leg(row, service, now),
        "language": row.language,
        "channel": row.channel,
        "priority": _priority(row, setup),
        "needs": row.needs,
        "booked_at": moment(row.booked_at),
        "windows": [setup.window_codes[window_id] for window_id in windows_for(row, setup)],
        "for_window": setup.window_codes.get(row.for_window_id),
        "for_operator": None if row.for_staff_id is None else str(row.for_staff_id),
    }
