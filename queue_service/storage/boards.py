"""What do screens show? Read-only pictures of a hall, made for each audience from what was committed.

Every board is a plain dict, ready for JSON. Public boards hold numbers, windows and times alone; nothing in
them can name a person.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal_column, or_, select

from queue_service.model.branch import WindowState
from queue_service.model.ticket import LegState
from queue_service.rules.next_ticket import why_earlier
from queue_service.rules.ticket import AT_WINDOW, LATE, UNFINISHED
from queue_service.storage.lookup import hall_version, leg_table, ticket_table
from queue_service.storage.office import CategorySetup, ServiceSetup, Setup
from queue_service.storage.rows import among, fetch_all, fetch_one
from queue_service.storage.waits import NO_ESTIMATE

Board = dict[str, Any]

SHOWN_CALLS = 12


def moment(at: datetime | None) -> str | None:
    """ISO 8601 UTC with `Z`, as every payload writes times."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
        "categories": [category_board(category) for category in setup.categories.values() if category.is_self_declared],
        "server_time": moment(now),
    }


def services(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
    """What a visitor may come for, and what to know before taking a ticket."""
    waiting = _waiting(connection, setup, now)
    return [
        {
            **service_board(service),
            "description": service.description,
            "fee": service.fee,
            "norm": setup.longest_wait(service.code, setup.service_day(now)),
            "group": service.group,
            "open": setup.closed_reason(service, now) is None,
            "reason_closed": setup.closed_reason(service, now),
            "bookable": service.code in setup.bookable,
            "waiting_list": service.booking is not None and service.booking.protections.waiting_list,
            "draw": None if service.booking is None else service.booking.draw,
            "waiting": waiting.get(service.code, 0),
            "estimate": setup.waits.of_service(service.code),
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
        "branch": branch_name(setup),
        "open": opening.is_open,
        "opens_at": moment(opening.opens_at),
        "closes_at": moment(opening.closes_at),
        "calls": [_call(row, setup) for row in _last_calls(connection, setup, now)],
        "serving": [
            {"number": row.label, "window": setup.window_codes[row.window_id]}
            for row in fetch_all(connection, _serving(tuple(window.id for window in setup.windows)))
        ],
        "waiting": [
            {
                "service": s.code,
                "prefix": s.prefix,
                "name": s.name,
                "waiting": waiting.get(s.code, 0),
                "estimate": setup.waits.of_service(s.code),
            }
            for s in setup.services.values()
        ],
        "windows": [{"window": window.code, "state": window.state.value} for window in setup.windows],
        "emergency": setup.emergency,
        "news": setup.news,
    }


def ticket(connection: Connection, setup: Setup, now: datetime, ticket_id: int) -> Board:
    """What the holder of a ticket sees of it."""
    legs = fetch_all(connection, _visit(), ticket=ticket_id)
    return visit(connection, setup, now, legs, hall_version(connection, setup))


@dataclass(frozen=True)
class Place:
    """Where a ticket stands: how many may be called before it, and how many who came later were, by why."""

    people_ahead: int | None = None
    called_earlier: dict[str, int] = field(default_factory=dict)


def visit(connection: Connection, setup: Setup, now: datetime, legs: Sequence[Any], version: int) -> Board:
    """A ticket from its legs, in order, each with what belongs to the ticket."""
    return visit_at(setup, now, legs, version, place_of(connection, setup, now, legs[-1]))


def place_of(connection: Connection, setup: Setup, now: datetime, leg: Any) -> Place:
    if leg.state != LegState.WAITING:
        return Place()
    earlier = called_earlier(connection, setup, leg) if leg.ready_at < now else {}
    return Place(people_ahead(connection, setup, leg), earlier)


def visit_at(setup: Setup, now: datetime, legs: Sequence[Any], version: int, place: Place) -> Board:
    """A ticket from its legs and its place in line."""
    current = legs[-1]
    service = setup.service_codes[current.service_id]
    return {
        "number": current.label,
        "status": current.state,
        "services": [service_board(setup.services[code]) for code in _codes(legs, setup) if code in setup.services],
        "language": current.language,
        "channel": current.channel,
        "needs": current.needs,
        "priority": current.priority,
        "issued_at": moment(current.issued_at),
        "booked_at": moment(current.booked_at),
        "people_ahead": place.people_ahead,
        "estimate": setup.waits.of_leg(current, service, now) if current.state == LegState.WAITING else NO_ESTIMATE,
        "window": setup.window_codes[current.window_id] if current.state in AT_WINDOW else None,
        "called_at": moment(current.last_called_at),
        "calls": current.calls,
        "legs": [_visit_leg(leg, setup) for leg in legs],
        "why": list(place.called_earlier),
        "called_earlier": place.called_earlier,
        "may": _visitor_may(current, setup, now),
        "returns_at": moment(current.due_at) if current.state == LegState.HELD else None,
        "windows_open": setup.open_windows(service),
        "opens_at": _opens_at(setup, now, current, service),
        "branch": branch_place(setup),
        "calls_before_no_show": setup.rules.calls_before_no_show,
        "version": version,
        "server_time": moment(now),
    }


def _opens_at(setup: Setup, now: datetime, leg: Any, service: str) -> str | None:
    """When it begins, for somebody who waits for that: a range of hours says little without it."""
    if leg.state != LegState.WAITING or setup.open_windows(service):
        return None
    opening = setup.opening(now)
    office = None if opening.is_open else opening.opens_at
    return moment(setup.waits.opens_at(service) or office)


def called_earlier(connection: Connection, setup: Setup, leg: Any) -> dict[str, int]:
    """How many were called before this waiting leg although they came later, by why; most frequent first."""
    place = {"branch": setup.branch_id, "day": leg.service_day, "since": leg.ready_at, "ticket": leg.ticket_id}
    rows = fetch_all(connection, _called_since(rival_ids(setup, leg.service_id)), **place)
    return reasons(leg, rows)


def reasons(leg: Any, called: Iterable[Any]) -> dict[str, int]:
    """How many of these, called since `leg` waits, came later than it, by why; most frequent first."""
    found = Counter(
        why_earlier(
            came_later=row.ticket_id > leg.ticket_id,
            joined_later=row.ready_at > leg.ready_at,
            is_chosen=row.call_reason is not None,
            has_priority=row.priority is not None,
            has_appointment=row.booked_at is not None,
        )
        for row in called
    )
    known = [(why.value, count) for why, count in found.items() if why is not None]
    return dict(sorted(known, key=lambda one: (-one[1], one[0])))


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
    found = fetch_one(connection, _ahead(rival_ids(setup, leg.service_id)), **place)
    assert found is not None
    return int(found.people)


def rival_ids(setup: Setup, service_id: int) -> tuple[int, ...]:
    """The services whose visitors may be called before one who waits for this one."""
    rivals = setup.rivals(setup.service_codes[service_id])
    return tuple(sorted(setup.services[code].id for code in rivals if code in setup.services))


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
            leg_table.c.turn <= bindparam("turn"),  # a bound of its own, so that the index is read no further
            or_(leg_table.c.turn < bindparam("turn"), leg_table.c.ticket_id < bindparam("ticket")),
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


def _waiting(connection: Connection, setup: Setup, now: datetime) -> dict[str, int]:
    return {code: count for code, (count, _) in lines_now(connection, setup, now).items()}


def lines_now(connection: Connection, setup: Setup, now: datetime) -> dict[str, tuple[int, datetime]]:
    """By service code: how many wait, and since when the first of them."""
    rows = fetch_all(connection, _line_lengths(), branch=setup.branch_id, day=setup.service_day(now))
    return {setup.service_codes[row.service_id]: (row.people, row.oldest) for row in rows}


@cache
def _line_lengths() -> Select[Any]:
    return (
        select(leg_table.c.service_id, func.count().label("people"), func.min(leg_table.c.ready_at).label("oldest"))
        .where(
            leg_table.c.branch_id == bindparam("branch"),
            leg_table.c.state == literal_column("'waiting'"),
            leg_table.c.service_day == bindparam("day"),
        )
        .group_by(leg_table.c.service_id)
    )


def _last_calls(connection: Connection, setup: Setup, now: datetime) -> list[Any]:
    day = setup.service_day(now)
    # Without a bound the morning's few calls would be looked for through all the years before.
    since = setup.day_begins(day) - timedelta(days=1)
    return fetch_all(connection, _called(), branch=setup.branch_id, day=day, since=since)


@cache
def _called() -> Select[Any]:
    """The latest calls of a day, with no more than a screen shows of each."""
    return (
        select(leg_table.c.id, leg_table.c.window_id, leg_table.c.last_called_at, leg_table.c.calls, leg_table.c.state)
        .add_columns(ticket_table.c.label, ticket_table.c.language)
        .join(ticket_table, ticket_table.c.id == leg_table.c.ticket_id)
        .where(
            leg_table.c.branch_id == bindparam("branch"),
            leg_table.c.last_called_at >= bindparam("since", type_=leg_table.c.last_called_at.type),
            leg_table.c.service_day == bindparam("day"),
        )
        .order_by(leg_table.c.last_called_at.desc(), leg_table.c.id.desc())
        .limit(SHOWN_CALLS)
    )


@lru_cache(512)
def _serving(windows: tuple[int, ...]) -> Select[Any]:
    return (
        select(leg_table.c.window_id, ticket_table.c.label)
        .join(ticket_table, ticket_table.c.id == leg_table.c.ticket_id)
        .where(among(leg_table.c.window_id, windows), leg_table.c.state == literal_column("'serving'"))
        .where(among(leg_table.c.state, ("called", "serving")))  # the words of the index: SQLite does not conclude
        .order_by(leg_table.c.window_id)
    )


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


def category_board(category: CategorySetup) -> Board:
    return {
        "code": category.code,
        "name": category.name,
        "head_start_minutes": category.head_start_minutes,
        "legal_basis": category.legal_basis,
        "proof": category.proof,
        "is_self_declared": category.is_self_declared,
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


def service_board(service: ServiceSetup) -> Board:
    return {"code": service.code, "prefix": service.prefix, "name": service.name, "documents": service.documents}


def branch_place(setup: Setup) -> Board:
    """A branch, and where it is."""
    return {**branch_name(setup), "address": setup.address}


def branch_name(setup: Setup) -> Board:
    return {
        "code": setup.code,
        "name": setup.name,
        "time_zone": setup.time_zone,
        "default_language": setup.default_language,
        "languages": setup.languages,
    }
