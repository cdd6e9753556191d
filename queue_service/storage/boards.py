"""What do screens show? Read-only pictures of a hall, made for each audience from what was committed.

Every board is a plain dict, ready for JSON. Public boards hold numbers, windows and times alone; nothing in
them can name a person.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, literal_column, or_, select

from queue_service.model import Branch, Leg, Staff, Ticket, table
from queue_service.model import Hall as HallRow
from queue_service.model.branch import WindowState
from queue_service.model.ticket import LegState
from queue_service.rules.errors import not_found
from queue_service.rules.next_ticket import why_earlier
from queue_service.rules.ticket import AT_WINDOW, LATE, UNFINISHED
from queue_service.storage.office import CategorySetup, ServiceSetup, Setup, WindowSetup
from queue_service.storage.rows import among, fetch_all, fetch_one

Board = dict[str, Any]
ticket_table, leg_table, staff_table = table(Ticket), table(Leg), table(Staff)
branch_table, hall_table = table(Branch), table(HallRow)

SHOWN_CALLS = 12
SHOWN_WAITING = 50
SHOWN_ASIDE = 30
# Until waiting times can be measured and scored, the honest answer is that there is none.
NO_ESTIMATE: Board = {"low": None, "high": None, "basis": "not_yet"}


def token_hash(token: str) -> str:
    """How a ticket's token is kept and looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


def moment(at: datetime | None) -> str | None:
    """ISO 8601 UTC with `Z`, as every payload writes times."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hall_version(connection: Connection, setup: Setup) -> int:
    hall = fetch_one(connection, _version(), branch=setup.branch_id)
    assert hall is not None
    return int(hall.version)


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


def branch_of_leg(connection: Connection, leg_id: int) -> str:
    """The code of the branch a leg belongs to; raises Refused(unknown_leg)."""
    code = connection.execute(
        select(branch_table.c.code)
        .join(leg_table, leg_table.c.branch_id == branch_table.c.id)
        .where(leg_table.c.id == leg_id)
    ).scalar()
    if code is None:
        raise not_found("leg", str(leg_id))
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
        "categories": [_category(category) for category in setup.categories.values() if category.is_self_declared],
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
    legs = fetch_all(connection, _visit(), ticket=ticket_id)
    return visit(connection, setup, now, legs, hall_version(connection, setup))


def visit(connection: Connection, setup: Setup, now: datetime, legs: Sequence[Any], version: int) -> Board:
    """A ticket from its legs, in order, each with what belongs to the ticket."""
    current = legs[-1]
    service = setup.service_codes[current.service_id]
    at_window = current.state in AT_WINDOW
    is_waiting = current.state == LegState.WAITING
    earlier = called_earlier(connection, setup, current) if is_waiting and current.ready_at < now else {}
    return {
        "number": current.label,
        "status": current.state,
        "services": [_service(setup.services[code]) for code in _codes(legs, setup) if code in setup.services],
        "language": current.language,
        "channel": current.channel,
        "needs": current.needs,
        "priority": current.priority,
        "issued_at": moment(current.issued_at),
        "people_ahead": people_ahead(connection, setup, current) if is_waiting else None,
        "estimate": NO_ESTIMATE,
        "window": setup.window_codes[current.window_id] if at_window else None,
        "called_at": moment(current.last_called_at),
        "calls": current.calls,
        "legs": [_visit_leg(leg, setup) for leg in legs],
        "why": list(earlier),
        "called_earlier": earlier,
        "may": _visitor_may(current, setup, now),
        "returns_at": moment(current.due_at) if current.state == LegState.HELD else None,
        "windows_open": setup.open_windows(service),
        "branch": {**_branch_name(setup), "address": setup.address},
        "calls_before_no_show": setup.rules.calls_before_no_show,
        "version": version,
        "server_time": moment(now),
    }


def called_earlier(connection: Connection, setup: Setup, leg: Any) -> dict[str, int]:
    """How many were called before this waiting leg although they came later, by why; most frequent first."""
    place = {"branch": setup.branch_id, "day": leg.service_day, "since": leg.ready_at, "ticket": leg.ticket_id}
    rows = fetch_all(connection, _called_since(_rival_ids(setup, leg)), **place)
    reasons = Counter(
        why_earlier(
            came_later=row.ticket_id > leg.ticket_id,
            joined_later=row.ready_at > leg.ready_at,
            is_chosen=row.call_reason is not None,
            has_priority=row.priority is not None,
            has_appointment=row.booked_at is not None,
        )
        for row in rows
    )
    return {why.value: count for why, count in reasons.most_common() if why is not None}


def _visitor_may(leg: Any, setup: Setup, now: datetime) -> Board:
    """What the holder can do now, and within which limits."""
    rules = setup.rules
    deferred = leg.state == LegState.HELD and leg.hold_reason == LATE
    can_defer = leg.state == LegState.WAITING and leg.deferrals < rules.defer_limit
    missed = leg.state == LegState.MISSED and not leg.rejoins
    return {
        "defer_minutes": rules.longest_defer_minutes if can_defer else 0,
        "deferrals_left": max(0, rules.defer_limit - leg.deferrals),
        "come_back": deferred,
        "rejoin_until": moment(leg.left_at + rules.rejoin) if missed and now <= leg.left_at + rules.rejoin else None,
        "add_service": leg.state in UNFINISHED,
    }


def people_ahead(connection: Connection, setup: Setup, leg: Any) -> int:
    """How many waiting visitors may be called before this one: an earlier turn, in a line that shares a window."""
    place = {"branch": setup.branch_id, "day": leg.service_day, "turn": leg.turn, "ticket": leg.ticket_id}
    found = fetch_one(connection, _ahead(_rival_ids(setup, leg)), **place)
    assert found is not None
    return int(found.people)


def _rival_ids(setup: Setup, leg: Any) -> tuple[int, ...]:
    rivals = setup.rivals(setup.service_codes[leg.service_id])
    return tuple(sorted(setup.services[code].id for code in rivals if code in setup.services))


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
            "recall_pause_seconds": int(setup.rules.recall_pause.total_seconds()),
            "calls_before_no_show": setup.rules.calls_before_no_show,
            "undo_seconds": int(setup.rules.undo.total_seconds()),
        },
        "windows": [window(w, setup, at_windows.get(w.id), names.get(w.operator_id or 0)) for w in setup.windows],
        "services": [_line(service, *lines.get(service.code, (0, None))) for service in setup.services.values()],
        "waiting": [_waiting_leg(row, setup) for row in upcoming],
        "waiting_total": sum(count for count, _ in lines.values()),
        "missed": [_missed_leg(row, setup, now) for row in _aside(connection, setup, now, LegState.MISSED)],
        "held": [_held_leg(row, setup) for row in _aside(connection, setup, now, LegState.HELD)],
        "choices": setup.choices,
        "categories": [_category(category) for category in setup.categories.values()],
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
        "languages": list(w.languages),
        "needs": list(w.needs),
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
        ticket_table.c.priority_granted_by,
        ticket_table.c.needs,
        ticket_table.c.issued_at,
        ticket_table.c.booked_at,
        ticket_table.c.route,
        ticket_table.c.deferrals,
    ).join(ticket_table, ticket_table.c.id == leg_table.c.ticket_id)


@cache
def _version() -> Select[Any]:
    return select(hall_table.c.version).where(hall_table.c.branch_id == bindparam("branch"))


@cache
def _visit() -> Select[Any]:
    """All legs of a ticket."""
    return legs_with_tickets().where(leg_table.c.ticket_id == bindparam("ticket")).order_by(leg_table.c.position)


@lru_cache(512)
def _ahead(services: tuple[int, ...]) -> Select[Any]:
    """How many waiting legs of these services come before this turn. Literal state, so that the line's index serves."""
    return (
        select(func.count().label("people"))
        .select_from(leg_table)
        .where(
            leg_table.c.branch_id == bindparam("branch"),
            among(leg_table.c.service_id, services),
            leg_table.c.state == literal_column("'waiting'"),
            leg_table.c.service_day == bindparam("day"),
            or_(
                leg_table.c.turn < bindparam("turn"),
                and_(leg_table.c.turn == bindparam("turn"), leg_table.c.ticket_id < bindparam("ticket")),
            ),
        )
    )


@lru_cache(512)
def _called_since(services: tuple[int, ...]) -> Select[Any]:
    """Other visitors for these services who were called since a moment."""
    return (
        select(leg_table.c.ticket_id, leg_table.c.ready_at, leg_table.c.call_reason)
        .add_columns(ticket_table.c.priority, ticket_table.c.booked_at)
        .join(ticket_table, ticket_table.c.id == leg_table.c.ticket_id)
        .where(
            leg_table.c.branch_id == bindparam("branch"),
            leg_table.c.last_called_at >= bindparam("since"),
            among(leg_table.c.service_id, services),
            leg_table.c.service_day == bindparam("day"),
            leg_table.c.ticket_id != bindparam("ticket"),
        )
    )


def _waiting_today(setup: Setup, now: datetime) -> tuple[Any, ...]:
    return (
        leg_table.c.branch_id == setup.branch_id,
        leg_table.c.state == literal_column("'waiting'"),
        leg_table.c.service_day == setup.service_day(now),
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
            leg_table.c.service_day == setup.service_day(now),
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


def _call(row: Any, setup: Setup) -> Board:
    return {
        # Its moment is part of it: a call that was taken back and made again is another call.
        "call": f"{row.id}-{int(row.last_called_at.timestamp() * 1000)}",
        "number": row.label,
        "window": setup.window_codes[row.window_id],
        "called_at": moment(row.last_called_at),
        "recall": row.calls > 1,
        "language": row.language,
        "state": row.state,
    }


def _category(category: CategorySetup) -> Board:
    return {
        "code": category.code,
        "name": category.name,
        "head_start_minutes": category.head_start_minutes,
        "legal_basis": category.legal_basis,
        "proof": category.proof,
        "is_self_declared": category.is_self_declared,
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
        "priority": _priority(row, setup),
        "needs": row.needs,
        "for_window": setup.window_codes.get(row.for_window_id),
        "for_operator": None if row.for_staff_id is None else str(row.for_staff_id),
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
    """Services of a visit, in order: those of its legs, then those still on its route."""
    to_come = [stop["service"] for stop in legs[-1].route]
    return list(dict.fromkeys([*(setup.service_codes[leg.service_id] for leg in legs), *to_come]))


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
