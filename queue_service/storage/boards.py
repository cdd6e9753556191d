"""What do screens show? Read-only pictures of a hall, made for each audience from what was committed.

Every board is a plain dict, ready for JSON. Public boards hold numbers, windows and times alone; nothing in
them can name a person.
"""

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, literal_column, or_, select

from queue_service.model import Branch, Leg, Staff, Ticket, table
from queue_service.model import Hall as HallRow
from queue_service.model.branch import WindowState
from queue_service.model.ticket import LegState
from queue_service.rules.calendar import service_day
from queue_service.rules.errors import not_found
from queue_service.rules.ticket import AT_WINDOW
from queue_service.storage.office import ServiceSetup, Setup, WindowSetup, window_table

Board = dict[str, Any]
ticket_table, leg_table, staff_table = table(Ticket), table(Leg), table(Staff)
branch_table, hall_table = table(Branch), table(HallRow)

SHOWN_CALLS = 12
SHOWN_WAITING = 50
# Until waiting times can be measured and scored, the honest answer is that there is none.
NO_ESTIMATE: Board = {"low": None, "high": None, "basis": "not_yet"}


def token_hash(token: str) -> str:
    """How a ticket's token is kept and looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


def moment(at: datetime | None) -> str | None:
    """ISO 8601 UTC with `Z`, as every payload writes times."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hall_version(connection: Connection, setup: Setup) -> int:
    return int(connection.execute(_version(), {"branch": setup.branch_id}).scalar_one())


def branch_codes(connection: Connection) -> list[str]:
    return list(connection.execute(select(branch_table.c.code).order_by(branch_table.c.id)).scalars())


def branch_of_ticket(connection: Connection, token: str) -> str:
    """The code of the branch a ticket belongs to; raises Refused(unknown_ticket)."""
    code = connection.execute(
        select(branch_table.c.code)
        .join(ticket_table, ticket_table.c.branch_id == branch_table.c.id)
        .where(ticket_table.c.token_hash == token_hash(token))
    ).scalar()
    if code is None:
        raise not_found("ticket", "")
    return str(code)


def branch_of_window(connection: Connection, window_id: int) -> str:
    """The code of the branch a window belongs to; raises Refused(unknown_window)."""
    code = connection.execute(
        select(branch_table.c.code)
        .join(window_table, window_table.c.branch_id == branch_table.c.id)
        .where(window_table.c.id == window_id, window_table.c.is_removed.is_(False))
    ).scalar()
    if code is None:
        raise not_found("window", str(window_id))
    return str(code)


def branch(connection: Connection, setup: Setup, now: datetime) -> Board:
    """The office from outside: where, when open, how full."""
    opening = setup.opening(now)
    return {
        "code": setup.code,
        "name": setup.name,
        "address": setup.address,
        "time_zone": setup.time_zone,
        "languages": setup.languages,
        "default_language": setup.default_language,
        "hours": setup.hours,
        "open": opening.is_open,
        "opens_at": moment(opening.opens_at),
        "closes_at": moment(opening.closes_at),
        "waiting": sum(_waiting(connection, setup, now).values()),
        "windows_open": sum(1 for window in setup.windows if window.state == WindowState.OPEN),
        "groups": [{"code": group.code, "name": group.name} for group in setup.groups],
        "server_time": moment(now),
    }


def services(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
    """What a visitor may come for, and what to know before taking a ticket."""
    waiting = _waiting(connection, setup, now)
    return [
        {
            **_service(service),
            "description": service.description,
            "fee": service.fee,
            "norm": service.norm_seconds,
            "group": service.group,
            "open": setup.closed_reason(service, now) is None,
            "reason_closed": setup.closed_reason(service, now),
            "bookable": False,
            "waiting": waiting.get(service.code, 0),
            "estimate": NO_ESTIMATE,
        }
        for service in setup.services.values()
    ]


def hall(connection: Connection, setup: Setup, now: datetime) -> Board:
    """What a hall screen may show."""
    opening = setup.opening(now)
    waiting = _waiting(connection, setup, now)
    return {
        "version": hall_version(connection, setup),
        "setup_version": setup.version,
        "server_time": moment(now),
        "branch": _branch_name(setup),
        "open": opening.is_open,
        "opens_at": moment(opening.opens_at),
        "closes_at": moment(opening.closes_at),
        "calls": [_call(row, setup) for row in _last_calls(connection, setup, now)],
        "serving": [
            {"number": row.label, "window": setup.window_codes[row.window_id]}
            for row in _at_windows(connection, setup)
            if row.state == LegState.SERVING
        ],
        "waiting": [
            {"service": s.code, "prefix": s.prefix, "name": s.name, "waiting": waiting.get(s.code, 0)}
            for s in setup.services.values()
        ],
        "windows": [{"window": window.code, "state": window.state.value} for window in setup.windows],
    }


def ticket(connection: Connection, setup: Setup, now: datetime, ticket_id: int) -> Board:
    """What the holder of a ticket sees of it."""
    legs = connection.execute(_visit(), {"ticket": ticket_id}).all()
    current = legs[-1]
    service = setup.service_codes[current.service_id]
    at_window = current.state in AT_WINDOW
    return {
        "number": current.label,
        "status": current.state,
        "services": [_service(setup.services[code]) for code in _codes(legs, setup) if code in setup.services],
        "language": current.language,
        "channel": current.channel,
        "issued_at": moment(current.issued_at),
        "people_ahead": people_ahead(connection, setup, current) if current.state == LegState.WAITING else None,
        "estimate": NO_ESTIMATE,
        "window": setup.window_codes[current.window_id] if at_window else None,
        "called_at": moment(current.last_called_at),
        "calls": current.calls,
        "legs": [_visit_leg(leg, setup) for leg in legs],
        "why": [],
        "windows_open": setup.open_windows(service),
        "branch": {**_branch_name(setup), "address": setup.address},
        "calls_before_no_show": setup.calls_before_no_show,
        "version": hall_version(connection, setup),
        "server_time": moment(now),
    }


def people_ahead(connection: Connection, setup: Setup, leg: Any) -> int:
    """How many waiting visitors may be called before this one: an earlier turn, in a line that shares a window."""
    rivals = setup.rivals(setup.service_codes[leg.service_id])
    ids = [setup.services[code].id for code in rivals if code in setup.services]
    line = {
        "branch": setup.branch_id,
        "services": ids,
        "day": leg.service_day,
        "turn": leg.turn,
        "ticket": leg.ticket_id,
    }
    return int(connection.execute(_ahead(), line).scalar_one())


def ticket_id_of(connection: Connection, token: str) -> int:
    """The ticket behind a token; raises Refused(unknown_ticket)."""
    found = connection.execute(select(ticket_table.c.id).where(ticket_table.c.token_hash == token_hash(token))).scalar()
    if found is None:
        raise not_found("ticket", "")
    return int(found)


def desk(connection: Connection, setup: Setup, now: datetime) -> Board:
    """The live hall for staff."""
    at_windows = {row.window_id: row for row in _at_windows(connection, setup)}
    lines = _lines(connection, setup, now)
    upcoming = connection.execute(
        legs_with_tickets()
        .where(*_waiting_today(setup, now))
        .order_by(leg_table.c.turn, leg_table.c.ticket_id)
        .limit(SHOWN_WAITING)
    ).all()
    names = dict(
        connection.execute(
            select(staff_table.c.id, staff_table.c.name).where(
                staff_table.c.id.in_([w.operator_id for w in setup.windows if w.operator_id])
            )
        ).all()
    )
    return {
        "version": hall_version(connection, setup),
        "server_time": moment(now),
        "branch": {
            **_branch_name(setup),
            "recall_pause_seconds": int(setup.recall_pause.total_seconds()),
            "calls_before_no_show": setup.calls_before_no_show,
        },
        "windows": [window(w, setup, at_windows.get(w.id), names.get(w.operator_id or 0)) for w in setup.windows],
        "services": [_line(service, *lines.get(service.code, (0, None))) for service in setup.services.values()],
        "waiting": [_waiting_leg(row, setup) for row in upcoming],
        "waiting_total": sum(count for count, _ in lines.values()),
        "missed": [
            {
                "leg": str(row.id),
                "number": row.label,
                "service": setup.service_codes[row.service_id],
                "window": setup.window_codes[row.window_id],
                "missed_at": moment(row.left_at),
            }
            for row in _missed(connection, setup, now)
        ],
    }


def window(w: WindowSetup, setup: Setup, leg: Any | None, operator: str | None) -> Board:
    """One window as staff sees it; `operator` is the name of who sits there."""
    return {
        "id": str(w.id),
        "code": w.code,
        "state": w.state.value,
        "pause_reason": w.pause_reason,
        "operator": operator,
        "operator_id": None if w.operator_id is None else str(w.operator_id),
        "opened_at": moment(w.opened_at),
        "services": list(w.services),
        "serves": list(w.serves),
        "leg": None if leg is None else operator_leg(leg, setup),
    }


def operator_leg(leg: Any, setup: Setup) -> Board:
    """A called or served visitor, with everything the operator needs."""
    service = setup.services.get(setup.service_codes[leg.service_id])
    return {
        "leg": str(leg.id),
        "number": leg.label,
        "state": leg.state,
        "service": None if service is None else _service(service),
        "language": leg.language,
        "needs": leg.needs,
        "channel": leg.channel,
        "priority": leg.priority,
        "issued_at": moment(leg.issued_at),
        "ready_at": moment(leg.ready_at),
        "first_called_at": moment(leg.first_called_at),
        "last_called_at": moment(leg.last_called_at),
        "started_at": moment(leg.started_at),
        "finished_at": moment(leg.finished_at),
        "outcome": leg.outcome,
        "calls": leg.calls,
        "recalls": max(0, leg.calls - 1),
        "recall_allowed_at": moment(leg.last_called_at + setup.recall_pause) if leg.last_called_at else None,
        "norm": None if service is None else service.norm_seconds,
        "window": setup.window_codes.get(leg.window_id),
    }


def legs_with_tickets() -> Select[Any]:
    """Legs with what staff and screens show of their tickets."""
    return select(
        leg_table,
        ticket_table.c.label,
        ticket_table.c.language,
        ticket_table.c.channel,
        ticket_table.c.priority,
        ticket_table.c.needs,
        ticket_table.c.issued_at,
    ).join(ticket_table, ticket_table.c.id == leg_table.c.ticket_id)


@cache
def _version() -> Select[Any]:
    return select(hall_table.c.version).where(hall_table.c.branch_id == bindparam("branch"))


@cache
def _visit() -> Select[Any]:
    """All legs of a ticket."""
    return legs_with_tickets().where(leg_table.c.ticket_id == bindparam("ticket")).order_by(leg_table.c.position)


@cache
def _ahead() -> Select[Any]:
    """How many waiting legs of these services come before this turn. Literal state, so that the line's index serves."""
    return (
        select(func.count())
        .select_from(leg_table)
        .where(
            leg_table.c.branch_id == bindparam("branch"),
            leg_table.c.service_id.in_(bindparam("services", expanding=True)),
            leg_table.c.state == literal_column("'waiting'"),
            leg_table.c.service_day == bindparam("day"),
            or_(
                leg_table.c.turn < bindparam("turn"),
                and_(leg_table.c.turn == bindparam("turn"), leg_table.c.ticket_id < bindparam("ticket")),
            ),
        )
    )


def _waiting_today(setup: Setup, now: datetime) -> tuple[Any, ...]:
    return (
        leg_table.c.branch_id == setup.branch_id,
        leg_table.c.state == literal_column("'waiting'"),
        leg_table.c.service_day == service_day(now, setup.time_zone),
    )


def _waiting(connection: Connection, setup: Setup, now: datetime) -> dict[str, int]:
    return {code: count for code, (count, _) in _lines(connection, setup, now).items()}


def _lines(connection: Connection, setup: Setup, now: datetime) -> dict[str, tuple[int, datetime]]:
    """By service code: how many wait, and since when the first of them."""
    rows = connection.execute(
        select(leg_table.c.service_id, func.count(), func.min(leg_table.c.ready_at))
        .where(*_waiting_today(setup, now))
        .group_by(leg_table.c.service_id)
    )
    return {setup.service_codes[service_id]: (count, oldest) for service_id, count, oldest in rows}


def _last_calls(connection: Connection, setup: Setup, now: datetime) -> Any:
    return connection.execute(
        legs_with_tickets()
        .where(
            leg_table.c.branch_id == setup.branch_id,
            leg_table.c.last_called_at.is_not(None),
            leg_table.c.service_day == service_day(now, setup.time_zone),
        )
        .order_by(leg_table.c.last_called_at.desc(), leg_table.c.id.desc())
        .limit(SHOWN_CALLS)
    ).all()


def _at_windows(connection: Connection, setup: Setup) -> Any:
    return connection.execute(
        legs_with_tickets().where(
            leg_table.c.state.in_(AT_WINDOW), leg_table.c.window_id.in_([window.id for window in setup.windows])
        )
    ).all()


def _missed(connection: Connection, setup: Setup, now: datetime) -> Any:
    return connection.execute(
        legs_with_tickets()
        .where(
            leg_table.c.branch_id == setup.branch_id,
            leg_table.c.state == LegState.MISSED,
            leg_table.c.service_day == service_day(now, setup.time_zone),
        )
        .order_by(leg_table.c.left_at.desc())
        .limit(20)
    ).all()


def _call(row: Any, setup: Setup) -> Board:
    return {
        "call": f"{row.id}-{row.calls}",
        "number": row.label,
        "window": setup.window_codes[row.window_id],
        "called_at": moment(row.last_called_at),
        "recall": row.calls > 1,
        "language": row.language,
        "state": row.state,
    }


def _line(service: ServiceSetup, waiting: int, oldest: datetime | None) -> Board:
    return {
        **_service(service),
        "norm": service.norm_seconds,
        "waiting": waiting,
        "oldest_ready_at": moment(oldest),
    }


def _waiting_leg(row: Any, setup: Setup) -> Board:
    return {
        "leg": str(row.id),
        "number": row.label,
        "service": setup.service_codes[row.service_id],
        "ready_at": moment(row.ready_at),
        "language": row.language,
        "channel": row.channel,
        "priority": row.priority,
    }


def _visit_leg(leg: Any, setup: Setup) -> Board:
    return {
        "service": setup.service_codes[leg.service_id],
        "state": leg.state,
        "ready_at": moment(leg.ready_at),
        "first_called_at": moment(leg.first_called_at),
        "started_at": moment(leg.started_at),
        "finished_at": moment(leg.finished_at),
        "window": setup.window_codes.get(leg.window_id),
    }


def _codes(legs: Any, setup: Setup) -> list[str]:
    return list(dict.fromkeys(setup.service_codes[leg.service_id] for leg in legs))


def _service(service: ServiceSetup) -> Board:
    return {"code": service.code, "prefix": service.prefix, "name": service.name, "documents": service.documents}


def _branch_name(setup: Setup) -> Board:
    return {
        "code": setup.code,
        "name": setup.name,
        "time_zone": setup.time_zone,
        "default_language": setup.default_language,
        "languages": setup.languages,
    }
