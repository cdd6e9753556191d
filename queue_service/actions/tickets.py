"""What happens to a ticket away from the windows? Taken, given back, put off, brought back, given priority."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from queue_service.actions import legs
from queue_service.model import Leg, Ticket, TicketCounter, table
from queue_service.model.ticket import Channel, LegState
from queue_service.rules import next_ticket, ticket
from queue_service.rules.errors import Kind, Refused
from queue_service.rules.next_ticket import NEEDS
from queue_service.rules.ticket import LATE, Move
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import token_hash
from queue_service.storage.office import ServiceSetup
from queue_service.storage.rows import change_row, fetch_one, put_row

ticket_table, leg_table, counter_table = table(Ticket), table(Leg), table(TicketCounter)
VISITOR = "visitor"
LONGEST_ROUTE = 10


@dataclass(frozen=True)
class Order:
    """What a visitor asks for. `services` are codes of the branch, served in this order."""

    services: tuple[str, ...]
    language: str
    channel: Channel
    needs: tuple[str, ...] = ()
    priority: str | None = None
    granted_by: int | None = None
    """The member of staff who saw the proof of the priority."""
    booked_at: datetime | None = None
    """The time of the appointment that checks in."""


@dataclass(frozen=True)
class Issued:
    ticket_id: int
    leg_id: int
    token: str
    """Given out this once; only its hash is kept."""
    label: str
    service: ServiceSetup
    leg: Any
    """The leg with its ticket, as the boards show it."""


def issue(hall: Hall, order: Order, actor: str = VISITOR) -> Issued:
    """Give out a ticket and put its first leg in line.

    Raises Refused: unknown_service, service_twice, unknown_language, branch_closed, service_closed, no_window,
    unknown_need, need_not_met, unknown_category, priority_needs_proof, numbers_used_up.
    """
    first, *others = services = _orderable(hall, order)
    requires = _requirements(hall, order, services)
    heads = _head_starts(hall, order.priority, order.granted_by)
    place = next_ticket.place_in_line(hall.now, heads, order.booked_at, hall.setup.rules.late)
    token = _new_token(hall.service_day)
    fresh = {
        **_numbered(hall, first),
        **_as_ordered(order),
        "branch_id": hall.setup.branch_id,
        "token_hash": token_hash(token),
        "issued_at": hall.now,
        "route": [{"service": service.code} for service in others],
        "deferrals": 0,
    }
    ticket_id = put_row(hall.connection, ticket_table, **fresh)
    leg = legs.join_line(hall, ticket_id, 1, first, place, requires)
    facts = {
        "number": fresh["label"],
        **legs.line_facts(first, place.turn, requires, None, None),
        "channel": order.channel,
        "language": order.language,
        **_if_given(priority=order.priority, booked_at=order.booked_at and order.booked_at.isoformat()),
    }
    hall.record(Move.ISSUE, actor, ticket_id=ticket_id, leg_id=leg["id"], facts=facts)
    return Issued(ticket_id, leg["id"], token, fresh["label"], first, SimpleNamespace(**{**fresh, **leg}))


def _numbered(hall: Hall, service: ServiceSetup) -> dict[str, Any]:
    """The next number of a service's series, as a ticket keeps it."""
    number = _next_number(hall, service.prefix)
    label = ticket.label(service.prefix, number)
    return {"service_day": hall.service_day, "series": service.prefix, "number": number, "label": label}


def _as_ordered(order: Order) -> dict[str, Any]:
    """What a ticket keeps of its order."""
    return {
        "channel": order.channel.value,
        "language": order.language,
        "priority": order.priority,
        "priority_granted_by": order.granted_by if order.priority else None,
        "needs": list(order.needs),
        "booked_at": order.booked_at,
    }


def _new_token(day: date) -> str:
    """128 bits of chance behind the number of the day: so the tickets of one day lie side by side in the index, and
    years of past tickets do not slow the next one down."""
    return f"{day.toordinal():x}.{secrets.token_urlsafe(16)}"


def cancel(hall: Hall, leg: Any, actor: str = VISITOR) -> None:
    """Give a ticket back; it leaves the line for good. Raises Refused(move_not_allowed)."""
    state = ticket.after(Move.CANCEL, leg.state).value
    left = leg.left_at or hall.now
    change_row(hall.connection, leg_table, leg.id, state=state, left_at=left, due_at=None, due_turn=None)
    if leg.route:
        change_row(hall.connection, ticket_table, leg.ticket_id, route=[])
    hall.record(Move.CANCEL, actor, ticket_id=leg.ticket_id, leg_id=leg.id, facts={"number": leg.label})


def defer(hall: Hall, leg: Any, minutes: int, actor: str = VISITOR) -> None:
    """Be called no earlier than in `minutes`, keeping the turn; 0 ends it early. Limited in number and length.

    Raises Refused: move_not_allowed, defer_too_long, deferred_too_often.
    """
    if minutes == 0:
        return _end_deferral(hall, leg, actor)
    state = ticket.after(Move.DEFER, leg.state).value
    rules = hall.setup.rules
    if minutes > rules.longest_defer_minutes:
        raise Refused("defer_too_long", Kind.INVALID, field="minutes", longest=rules.longest_defer_minutes)
    if leg.deferrals >= rules.defer_limit:
        raise Refused("deferred_too_often", limit=rules.defer_limit)
    until = hall.now + timedelta(minutes=minutes)
    aside = legs.set_aside(hall, leg, LATE)
    change_row(hall.connection, leg_table, leg.id, state=state, due_at=until, **aside)
    change_row(hall.connection, ticket_table, leg.ticket_id, deferrals=leg.deferrals + 1)
    facts = {"number": leg.label, "until": until.isoformat()}
    hall.record(Move.DEFER, actor, ticket_id=leg.ticket_id, leg_id=leg.id, facts=facts)


def bring_back(hall: Hall, leg: Any, actor: str) -> None:
    """A held visitor waits again. Raises Refused(move_not_allowed)."""
    ticket.after(Move.RETURN, leg.state)
    legs.back_in_line(hall, Move.RETURN, leg, actor)


def rejoin(hall: Hall, leg: Any, actor: str = VISITOR) -> None:
    """A visitor who missed the call waits again, once, within the set time.

    Raises Refused: move_not_allowed, rejoined_already, rejoin_too_late.
    """
    ticket.after(Move.REJOIN, leg.state)
    if leg.rejoins:
        raise Refused("rejoined_already")
    limit = hall.setup.rules.rejoin
    if hall.now > leg.left_at + limit:
        raise Refused("rejoin_too_late", minutes=int(limit.total_seconds()) // 60)
    legs.back_in_line(hall, Move.REJOIN, leg, actor, rejoins=leg.rejoins + 1, left_at=None)


def add_service(hall: Hall, leg: Any, code: str, actor: str = VISITOR) -> None:
    """One more service on the same ticket, after those it has.

    Raises Refused: visit_over, unknown_service, service_twice, route_too_long, branch_closed, service_closed, …
    """
    if leg.state not in ticket.UNFINISHED:
        raise Refused("visit_over", number=leg.label)
    service = hall.setup.service(code, "code")
    present = [hall.setup.service_codes[leg.service_id], *(stop["service"] for stop in leg.route)]
    if code in present:
        raise Refused("service_twice", field="code", value=code)
    if len(present) >= LONGEST_ROUTE:
        raise Refused("route_too_long", field="code", longest=LONGEST_ROUTE)
    if reason := hall.setup.closed_reason(service, hall.now):
        raise Refused(reason, field="code")
    if not hall.setup.is_met(code, frozenset(leg.requires.split())):
        raise Refused("need_not_met", field="code", needs=leg.requires)
    change_row(hall.connection, ticket_table, leg.ticket_id, route=[*leg.route, {"service": code}])
    facts = {"number": leg.label, "service": code}
    hall.record("add_service", actor, ticket_id=leg.ticket_id, leg_id=leg.id, facts=facts)


def grant_priority(hall: Hall, leg: Any, category: str, granted_by: int, actor: str) -> None:
    """Give a priority category after the ticket was taken; the place in line follows from it.

    Raises Refused: unknown_category, move_not_allowed.
    """
    heads = _head_starts(hall, category, granted_by)
    if leg.state not in ticket.UNDECIDED:
        raise Refused("move_not_allowed", move="priority", state=leg.state)
    place = next_ticket.place_in_line(leg.issued_at, heads, leg.booked_at, hall.setup.rules.late)
    place = next_ticket.place_at(place, hall.now)
    values = legs.line_values(place)
    if leg.state != LegState.WAITING:  # due_at is the time of a return
        values.pop("due_at")
    change_row(hall.connection, leg_table, leg.id, **values)
    granted = {"priority": category, "priority_granted_by": granted_by}
    change_row(hall.connection, ticket_table, leg.ticket_id, **granted)
    facts = {"number": leg.label, "priority": category, "turn": place.turn.isoformat()}
    hall.record("priority", actor, ticket_id=leg.ticket_id, leg_id=leg.id, facts=facts)


def _end_deferral(hall: Hall, leg: Any, actor: str) -> None:
    if leg.state != LegState.HELD or leg.hold_reason != LATE:
        raise Refused("move_not_allowed", move=Move.RETURN.value, state=leg.state)
    legs.back_in_line(hall, Move.RETURN, leg, actor)


def _orderable(hall: Hall, order: Order) -> list[ServiceSetup]:
    hall.setup.require_language(order.language)
    services = [hall.setup.service(code, f"services.{i}") for i, code in enumerate(order.services)]
    for position, service in enumerate(services):
        if service.code in order.services[:position]:
            raise Refused("service_twice", Kind.INVALID, field=f"services.{position}", value=service.code)
        reason = hall.setup.closed_reason(service, hall.now)
        # Who has booked is served, even when a service takes no more people without an appointment.
        if reason and not (reason == "service_closed" and order.booked_at is not None):
            raise Refused(reason, field=f"services.{position}")
    return services


def _requirements(hall: Hall, order: Order, services: list[ServiceSetup]) -> str:
    for position, need in enumerate(order.needs):
        if need not in NEEDS:
            raise Refused("unknown_need", Kind.INVALID, field=f"needs.{position}", known=", ".join(NEEDS))
    requires = next_ticket.requirements(order.needs, order.language)
    if requires and not all(hall.setup.is_met(service.code, requires) for service in services):
        raise Refused("need_not_met", field="needs", needs=", ".join(sorted(requires)))
    return " ".join(sorted(requires))


def _head_starts(hall: Hall, priority: str | None, granted_by: int | None) -> dict[str, int]:
    if priority is None:
        return hall.setup.head_start_minutes(None)
    category = hall.setup.categories.get(priority)
    if category is None:
        known = ", ".join(hall.setup.categories) or "—"
        raise Refused("unknown_category", Kind.INVALID, field="priority", value=priority[:40], known=known)
    if granted_by is None and not category.is_self_declared:
        raise Refused("priority_needs_proof", Kind.FORBIDDEN, field="priority")
    return category.head_start_minutes


def _if_given(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def _next_number(hall: Hall, series: str) -> int:
    """The next number of the series today. Counted under the branch lock, in the ticket's transaction."""
    numbers = hall.setup.rules.numbers
    key = {"branch_id": hall.setup.branch_id, "series": series, "service_day": hall.service_day}
    start = 0 if numbers.restarts_daily else numbers.start_of_day(fetch_one(hall.connection, _last_day(), **key))
    counted = {**key, "start": start, "given": 1}
    count = fetch_one(hall.connection, _count_up(hall.connection.dialect.name), **counted)
    assert count is not None
    return numbers.number(count.start, count.given)


@cache
def _last_day() -> Select[Any]:
    """What the series gave on the last day before this."""
    c = counter_table.c
    return (
        select(c.start, c.given)
        .where(c.branch_id == bindparam("branch_id"), c.series == bindparam("series"))
        .where(c.service_day < bindparam("service_day"))
        .order_by(c.service_day.desc())
        .limit(1)
    )


@cache
def _count_up(dialect_name: str) -> Any:
    dialect: Any = sqlite if dialect_name == "sqlite" else postgresql
    return (
        dialect.insert(counter_table)
        .on_conflict_do_update(
            index_elements=["branch_id", "series", "service_day"], set_={"given": counter_table.c.given + 1}
        )
        .returning(counter_table.c.start, counter_table.c.given)
    )
