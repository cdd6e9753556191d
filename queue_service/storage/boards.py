"""What do screens show? Read-only pictures of a hall, made for each audience from what was committed.

Every board is a plain dict, ready for JSON. Public boards hold numbers, windows and times alone; nothing in
them can name a person.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal_column, select

from queue_service.model.branch import WindowState
from queue_service.model.ticket import LegState
from queue_service.rules.ticket import AT_WINDOW, LATE, UNFINISHED
from queue_service.storage.lookup import hall_version, leg_table, ticket_table
from queue_service.storage.office import CategorySetup, ServiceSetup, Setup
from queue_service.storage.place import Place, place_of
from queue_service.storage.rows import fetch_all
from queue_service.storage.waits import NO_ESTIMATE

Board = dict[str, Any]


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
        "waiting": sum(waiting_by_service(connection, setup, now).values()),
        "windows_open": sum(1 for window in setup.windows if window.state == WindowState.OPEN),
        "groups": [{"code": group.code, "name": group.name} for group in setup.groups],
        "categories": [category_board(category) for category in setup.categories.values() if category.is_self_declared],
        "server_time": moment(now),
    }


def services(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
    """What a visitor may come for, and what to know before taking a ticket."""
    waiting = waiting_by_service(connection, setup, now)
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
            "opens_at": calls_begin(setup, now, service.code),
        }
        for service in setup.services.values()
    ]


def ticket(connection: Connection, setup: Setup, now: datetime, ticket_id: int) -> Board:
    """What the holder of a ticket sees of it."""
    legs = fetch_all(connection, _visit(), ticket=ticket_id)
    return visit(connection, setup, now, legs, hall_version(connection, setup))


def visit(connection: Connection, setup: Setup, now: datetime, legs: Sequence[Any], version: int) -> Board:
    """A ticket from its legs, in order, each with what belongs to the ticket."""
    return visit_at(setup, now, legs, version, place_of(connection, setup, now, legs[-1]))


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
        "opens_at": calls_begin(setup, now, service) if current.state == LegState.WAITING else None,
        "branch": branch_place(setup),
        "calls_before_no_show": setup.rules.calls_before_no_show,
        "version": version,
        "server_time": moment(now),
    }


def calls_begin(setup: Setup, now: datetime, service: str) -> str | None:
    """When the first window for a service is to open, while none is: a range of hours says little without it."""
    if setup.open_windows(service):
        return None
    opening = setup.opening(now)
    office = None if opening.is_open else opening.opens_at
    return moment(setup.waits.opens_at(service) or office)


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


def waiting_by_service(connection: Connection, setup: Setup, now: datetime) -> dict[str, int]:
    """By service code: how many wait."""
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
