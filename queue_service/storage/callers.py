"""Which windows may call whom? The waiting legs as the rule of rules/next_ticket.py sees them, and their number."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal_column, select

from queue_service.model import Leg, table
from queue_service.rules.next_ticket import WaitingLeg, may_serve
from queue_service.storage.office import Setup

leg_table = table(Leg)


def as_waiting(row: Any, setup: Setup) -> WaitingLeg:
    """A row as the rule sees it."""
    return WaitingLeg(
        row.id,
        row.ticket_id,
        setup.service_codes[row.service_id],
        row.turn,
        frozenset(row.requires.split()),
        row.for_window_id,
        row.for_staff_id,
    )


def windows_for(row: Any, setup: Setup) -> list[int]:
    """The windows that may call this leg as they are set up now, closed ones included."""
    leg = as_waiting(row, setup)
    return [window.id for window in setup.windows if may_serve(window.as_free, leg)]


def waiting_for_windows(connection: Connection, setup: Setup, now: datetime) -> Counter[int]:
    """By window: how many wait whom it may call."""
    waiting: Counter[int] = Counter()
    for row in _alike(connection, setup, now):
        for window_id in windows_for(row, setup):
            waiting[window_id] += row.people
    return waiting


def services_for_windows(connection: Connection, setup: Setup, now: datetime) -> dict[int, set[str]]:
    """By window: the services of those who wait and whom it may call."""
    found: dict[int, set[str]] = defaultdict(set)
    for row in _alike(connection, setup, now):
        for window_id in windows_for(row, setup):
            found[window_id].add(setup.service_codes[row.service_id])
    return found


def _alike(connection: Connection, setup: Setup, now: datetime) -> Sequence[Any]:
    """Who waits; legs that are alike to the rule are judged once."""
    alike = (leg_table.c.service_id, leg_table.c.requires, leg_table.c.for_window_id, leg_table.c.for_staff_id)
    # One leg of each kind stands for all: which one makes no difference to the rule.
    one = (func.min(leg_table.c.id).label("id"), func.min(leg_table.c.ticket_id).label("ticket_id"))
    return connection.execute(
        select(*alike, *one, func.min(leg_table.c.turn).label("turn"), func.count().label("people"))
        .where(
            leg_table.c.branch_id == setup.branch_id,
            leg_table.c.state == literal_column("'waiting'"),
            leg_table.c.service_day == setup.service_day(now),
        )
        .group_by(*alike)
    ).all()
