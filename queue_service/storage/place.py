"""Where in line does a waiting visitor stand? How many may be called before; how many who came later were, and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal_column, or_, select

from queue_service.model.ticket import LegState
from queue_service.rules.next_ticket import why_earlier
from queue_service.storage.lookup import leg_table, ticket_table
from queue_service.storage.office import Setup
from queue_service.storage.rows import among, fetch_all, fetch_one


@dataclass(frozen=True)
class Place:
    """Where a ticket stands: how many may be called before it, and how many who came later were, by why."""

    people_ahead: int | None = None
    called_earlier: dict[str, int] = field(default_factory=dict)


def place_of(connection: Connection, setup: Setup, now: datetime, leg: Any) -> Place:
    if leg.state != LegState.WAITING:
        return Place()
    earlier = called_earlier(connection, setup, leg) if leg.ready_at < now else {}
    return Place(people_ahead(connection, setup, leg), earlier)


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
