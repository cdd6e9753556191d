"""Which leg is meant, and how does one join the line or move on? What several actions share in the locked hall."""

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, literal_column, or_, select

from queue_service.model import Service, table
from queue_service.rules import next_ticket
from queue_service.rules.errors import Refused, not_found
from queue_service.rules.next_ticket import Place
from queue_service.rules.ticket import AT_WINDOW, MOVES, UNDECIDED, UNFINISHED, Move
from queue_service.storage.boards import legs_with_tickets
from queue_service.storage.callers import as_waiting
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import leg_table, ticket_table
from queue_service.storage.office import ServiceSetup, WindowSetup
from queue_service.storage.rows import among, change_row, fetch_all, fetch_one, put_row

service_table = table(Service)
# Literal words, so that the partial indexes of waiting and of restricted legs serve.
_IS_WAITING = leg_table.c.state == literal_column("'waiting'")
_IS_RESTRICTED = or_(
    leg_table.c.requires != literal_column("''"),
    leg_table.c.for_window_id.is_not(None),
    leg_table.c.for_staff_id.is_not(None),
)
_FRESH: dict[str, Any] = {column.name: None for column in leg_table.c if column.nullable}
_FRESH |= {"calls": 0, "rejoins": 0, "held_seconds": 0}
_IS_FREE = and_(
    leg_table.c.requires == literal_column("''"),
    leg_table.c.for_window_id.is_(None),
    leg_table.c.for_staff_id.is_(None),
)


def by_id(hall: Hall, leg_id: int) -> Any:
    """A leg of this hall, with its ticket; raises Refused(unknown_leg)."""
    leg = fetch_one(hall.connection, _by_id(), leg=leg_id, branch=hall.setup.branch_id)
    if leg is None:
        raise not_found("leg", str(leg_id))
    return leg


def at_window(hall: Hall, window_id: int) -> Any | None:
    """The called or serving leg at a window; at most one, by a unique index."""
    return fetch_one(hall.connection, _at_window(), window=window_id)


def require_at_window(hall: Hall, window_id: int, leg_id: int | None = None) -> Any:
    """Like `at_window`; with `leg_id`, the one that is meant. Raises Refused(nobody_at_window, leg_changed)."""
    leg = at_window(hall, window_id)
    if leg is None:
        raise Refused("nobody_at_window")
    if leg_id not in (None, leg.id):
        raise Refused("leg_changed", number=leg.label)
    return leg


def of_token(hall: Hall, token_hash: str) -> Any:
    """The last leg of the ticket with this token, in this hall; raises Refused(unknown_ticket)."""
    leg = fetch_one(hall.connection, _of_token(), token=token_hash, branch=hall.setup.branch_id)
    if leg is None:
        raise not_found("ticket", "")
    return leg


def of_number(hall: Hall, number: str) -> Any:
    """The last leg of today's ticket with this printed number; raises Refused(unknown_number)."""
    place = {"number": number.strip().upper(), "branch": hall.setup.branch_id, "day": hall.service_day}
    leg = fetch_one(hall.connection, _of_number(), **place) or fetch_one(hall.connection, _carried_over(), **place)
    if leg is None:
        raise not_found("number", number, "number")
    return leg


def first_waiting(hall: Hall, window: WindowSetup) -> Any | None:
    """The leg that the rule of rules/next_ticket.py lets this window call; None when nobody it may serve waits."""
    place = {"branch": hall.setup.branch_id, "day": hall.service_day}
    ids = tuple(hall.setup.services[code].id for code in window.serves)
    candidates = fetch_all(hall.connection, _restricted(), **place)
    if ids and (free := fetch_one(hall.connection, _first_free(ids), **place)) is not None:
        candidates.append(free)
    rows = {row.id: row for row in candidates}
    chosen = next_ticket.first((as_waiting(row, hall.setup) for row in candidates), window.as_free)
    return None if chosen is None else rows[chosen.leg_id]


def join_line(
    hall: Hall,
    ticket_id: int,
    position: int,
    service: ServiceSetup,
    place: Place,
    requires: str = "",
    for_window_id: int | None = None,
    for_staff_id: int | None = None,
) -> dict[str, Any]:
    """Put a ticket's next leg into the line of a service; the leg's row."""
    leg = {
        **_FRESH,
        "branch_id": hall.setup.branch_id,
        "service_day": hall.service_day,
        "ticket_id": ticket_id,
        "position": position,
        "service_id": service.id,
        "state": MOVES[Move.ISSUE].after.value,
        **line_values(place),
        "ready_at": hall.now,
        "norm_at": hall.now + hall.setup.first_looks[service.code],
        "requires": requires,
        "for_window_id": for_window_id,
        "for_staff_id": for_staff_id,
    }
    return {**leg, "id": put_row(hall.connection, leg_table, **leg)}


def line_facts(
    service: ServiceSetup, turn: datetime, requires: str, for_window_id: int | None, for_staff_id: int | None
) -> dict[str, Any]:
    """What the ledger keeps of a place in line, so that every call can be replayed."""
    facts: dict[str, Any] = {"service": service.code, "turn": turn.isoformat()}
    if requires:
        facts["requires"] = requires.split()
    if for_window_id is not None:
        facts["for_window"] = for_window_id
    if for_staff_id is not None:
        facts["for_operator"] = for_staff_id
    return facts


def send_on(hall: Hall, leg: Any, actor: str) -> int | None:
    """Put the ticket into the line of its next stop, if its route has one; the new leg's id.

    The new leg keeps the turn: the visitor's wait never starts again.
    """
    route = list(leg.route)
    while route:
        stop = route.pop(0)
        if (service := hall.setup.services.get(stop["service"])) is not None:
            break
    else:
        return None
    change_row(hall.connection, ticket_table, leg.ticket_id, route=route)
    window = next((w for w in hall.setup.windows if w.id == stop.get("window") and w.is_at_work), None)
    back_to = window.id if window is not None and service.code in window.serves else None
    return next_leg(hall, leg, service, actor, for_window_id=back_to)


def next_leg(
    hall: Hall,
    leg: Any,
    service: ServiceSetup,
    actor: str,
    for_window_id: int | None = None,
    for_staff_id: int | None = None,
) -> int:
    """A new leg after `leg`, with its turn and needs; the new leg's id."""
    place = place_now(hall, leg)
    directed = (for_window_id, for_staff_id)
    new_id = int(join_line(hall, leg.ticket_id, leg.position + 1, service, place, leg.requires, *directed)["id"])
    facts = {"number": leg.label, **line_facts(service, place.turn, leg.requires, *directed)}
    hall.record(Move.ISSUE, actor, ticket_id=leg.ticket_id, leg_id=new_id, facts={**facts, "after_leg": leg.id})
    return new_id


def back_in_line(hall: Hall, move: Move, leg: Any, actor: str, **values: Any) -> None:
    """A held or missed leg waits again, with the turn it had (or got, if its appointment came due meanwhile)."""
    facts: dict[str, Any] = {"number": leg.label, "service": hall.setup.service_codes[leg.service_id]}
    place = place_now(hall, leg)
    if place.turn != leg.turn:
        facts["turn"] = place.turn.isoformat()
    values = {"state": MOVES[move].after.value, "norm_at": hall.now, **line_values(place), **values}
    change_row(hall.connection, leg_table, leg.id, **values)
    hall.record(move, actor, ticket_id=leg.ticket_id, leg_id=leg.id, facts=facts)


def place_now(hall: Hall, leg: Any) -> Place:
    """Where a leg stands that was away from the line: an appointment keeps its time, whatever happened before it."""
    if leg.due_turn is None:
        return Place(leg.counting_start, leg.turn)
    works_from = leg.booked_at - next_ticket.BEFORE_APPOINTMENT
    return next_ticket.place_at(Place(leg.counting_start, leg.turn, works_from, leg.due_turn), hall.now)


def line_values(place: Place) -> dict[str, Any]:
    """A place in line as a leg keeps it."""
    return {
        "counting_start": place.counting_start,
        "turn": place.turn,
        "due_at": place.better_from,
        "due_turn": place.better_turn,
    }


def set_aside(hall: Hall, leg: Any, reason: str) -> dict[str, Any]:
    """What a hold begins with. One that follows another before service goes on adds to it."""
    return {"hold_reason": reason, "held_at": hall.now, "held_seconds": interrupted_seconds(hall, leg)}


def interrupted_seconds(hall: Hall, leg: Any) -> int:
    """How long service, once begun, has stood still until now: from each hold until it goes on."""
    held: int = leg.held_seconds
    if leg.held_at is None or leg.started_at is None:
        return held
    stood_still: timedelta = hall.now - leg.held_at
    return held + round(stood_still.total_seconds())


def record_at_window(
    hall: Hall, move: str, leg: Any, actor: str, window_id: int, reason: str | None = None, **facts: Any
) -> None:
    """Write down what was done with a leg at a window."""
    window = hall.setup.window_codes[window_id]
    service = hall.setup.service_codes[leg.service_id]
    facts = {"number": leg.label, "service": service, "window": window, **facts}
    hall.record(move, actor, ticket_id=leg.ticket_id, leg_id=leg.id, window_id=window_id, reason=reason, facts=facts)


def is_directed(leg: Any) -> bool:
    """Whether it waits for one window or operator alone."""
    return (leg.for_window_id, leg.for_staff_id) != (None, None)


def release_directed(hall: Hall, actor: str) -> None:
    """Nobody waits for a window or an operator that will not call: such legs go back to whoever may serve them."""
    at_work = {window.id: window for window in hall.setup.windows if window.is_at_work}
    operators = {window.operator_id: window for window in at_work.values()}
    place = {"branch": hall.setup.branch_id, "day": hall.service_day}
    for leg in fetch_all(hall.connection, _directed(), **place):
        named = at_work.get(leg.for_window_id) if leg.for_window_id else operators.get(leg.for_staff_id)
        if named is not None and hall.setup.service_codes[leg.service_id] in named.serves:
            continue
        change_row(hall.connection, leg_table, leg.id, for_window_id=None, for_staff_id=None)
        facts = {"number": leg.label}
        hall.record("release", actor, ticket_id=leg.ticket_id, leg_id=leg.id, facts=facts)


@cache
def _by_id() -> Select[Any]:
    return legs_with_tickets().where(leg_table.c.id == bindparam("leg"), leg_table.c.branch_id == bindparam("branch"))


@cache
def _at_window() -> Select[Any]:
    # Two equalities and not IN, written out as in the index that serves.
    busy = " OR ".join(f"leg.state = '{state}'" for state in sorted(AT_WINDOW))
    return legs_with_tickets().where(leg_table.c.window_id == bindparam("window"), literal_column(f"({busy})"))


@cache
def _of_token() -> Select[Any]:
    here = ticket_table.c.branch_id == bindparam("branch")
    newest = leg_table.c.position.desc()
    return legs_with_tickets().where(ticket_table.c.token_hash == bindparam("token"), here).order_by(newest).limit(1)


@cache
def _of_number() -> Select[Any]:
    return (
        legs_with_tickets()
        .where(
            ticket_table.c.branch_id == bindparam("branch"),
            ticket_table.c.service_day == bindparam("day"),
            ticket_table.c.label == bindparam("number"),
        )
        .order_by(leg_table.c.position.desc())
        .limit(1)
    )


@cache
def _carried_over() -> Select[Any]:
    """A number of an earlier day that stands in today's line: its visitor was served past the end of that day."""
    here = (leg_table.c.branch_id == bindparam("branch"), leg_table.c.service_day == bindparam("day"))
    unfinished = among(leg_table.c.state, sorted(UNFINISHED))
    return legs_with_tickets().where(*here, unfinished, ticket_table.c.label == bindparam("number")).limit(1)


@cache
def _restricted() -> Select[Any]:
    here = (leg_table.c.branch_id == bindparam("branch"), leg_table.c.service_day == bindparam("day"))
    return legs_with_tickets().where(*here, _IS_WAITING, _IS_RESTRICTED)


@cache
def _directed() -> Select[Any]:
    directed = or_(leg_table.c.for_window_id.is_not(None), leg_table.c.for_staff_id.is_not(None))
    here = (leg_table.c.branch_id == bindparam("branch"), leg_table.c.service_day == bindparam("day"))
    return legs_with_tickets().where(*here, directed, among(leg_table.c.state, sorted(UNDECIDED)))


@lru_cache(512)
def _first_free(services: tuple[int, ...]) -> Select[Any]:
    """The first leg that any window may serve, in the lines of these services: one look into the index for each."""
    first_of_line = (
        select(leg_table.c.id)
        .where(
            leg_table.c.branch_id == bindparam("branch"),
            leg_table.c.service_id == service_table.c.id,
            leg_table.c.service_day == bindparam("day"),
            _IS_WAITING,
            _IS_FREE,
        )
        .order_by(leg_table.c.turn, leg_table.c.ticket_id)
        .limit(1)
        .correlate(service_table)
        .scalar_subquery()
    )
    firsts = select(first_of_line).where(among(service_table.c.id, services))
    in_turn = (leg_table.c.turn, leg_table.c.ticket_id)
    return legs_with_tickets().where(leg_table.c.id.in_(firsts)).order_by(*in_turn).limit(1)
