"""What has happened at the windows? Moves to take back, breaks, earlier stops of who is there, one's own day."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from statistics import median
from typing import Any

from sqlalchemy import Connection, Select, bindparam, literal_column, select

from queue_service.model import LastMove, LedgerEntry, Leg, Ticket, table
from queue_service.model.branch import WindowState
from queue_service.model.ticket import LegState
from queue_service.storage.office import Setup
from queue_service.storage.rows import fetch_one

leg_table, ticket_table, move_table, entry_table = table(Leg), table(Ticket), table(LastMove), table(LedgerEntry)
LONGEST_BREAK = timedelta(hours=12)


def undoable(connection: Connection, setup: Setup, now: datetime) -> dict[int, Any]:
    """By window: the last move of who works there (move, at, leg_id, label), while it is recent enough to take back."""
    here = {window.id: window.operator_id for window in setup.windows if window.operator_id is not None}
    rows = connection.execute(
        select(move_table.c.staff_id, move_table.c.window_id, move_table.c.move, move_table.c.at, move_table.c.leg_id)
        .add_columns(ticket_table.c.label)
        .join(leg_table, leg_table.c.id == move_table.c.leg_id)
        .join(ticket_table, ticket_table.c.id == leg_table.c.ticket_id)
        .where(move_table.c.staff_id.in_(here.values()), move_table.c.at >= now - setup.rules.undo)
    )
    return {row.window_id: row for row in rows if here.get(row.window_id) == row.staff_id}


def breaks(connection: Connection, setup: Setup, now: datetime) -> dict[int, datetime]:
    """By window that has a break: since when, as the ledger knows it."""
    since: dict[int, datetime] = {}
    for window in setup.windows:
        if window.state == WindowState.PAUSED:
            place = {"branch": setup.branch_id, "window": window.id, "earliest": now - LONGEST_BREAK}
            if (entry := fetch_one(connection, _last_break(), **place)) is not None:
                since[window.id] = entry.at
    return since


def earlier_stops(connection: Connection, setup: Setup, at_windows: Iterable[Any]) -> dict[int, list[dict[str, Any]]]:
    """By ticket: the stops that visitors at windows have behind them today, with the notes left for colleagues."""
    tickets = [leg.ticket_id for leg in at_windows if leg.position > 1]
    if not tickets:
        return {}
    rows = connection.execute(
        select(leg_table)
        .where(leg_table.c.ticket_id.in_(tickets))
        .order_by(leg_table.c.ticket_id, leg_table.c.position)
    ).all()
    last = {row.ticket_id: row.position for row in rows}
    stops: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if row.position < last[row.ticket_id]:
            stops.setdefault(row.ticket_id, []).append(stop(row, setup))
    return stops


def own_day(connection: Connection, setup: Setup, now: datetime, staff_id: int) -> dict[str, Any]:
    """What one member of staff did today: visits by how they ended, and their median time of service in seconds."""
    rows = connection.execute(
        select(leg_table.c.state, leg_table.c.started_at, leg_table.c.finished_at, leg_table.c.held_seconds).where(
            leg_table.c.branch_id == setup.branch_id,
            leg_table.c.last_called_at >= now - timedelta(days=1),  # for the index; the day itself is the next line
            leg_table.c.service_day == setup.service_day(now),
            leg_table.c.staff_id == staff_id,
        )
    ).all()
    ended = Counter(row.state for row in rows)
    times = [_served_seconds(row) for row in rows if row.state == LegState.DONE and row.started_at is not None]
    counted = {state.value: ended[state] for state in (LegState.DONE, LegState.TRANSFERRED, LegState.MISSED)}
    return {**counted, "median_service_seconds": round(median(times)) if times else None}


def _served_seconds(row: Any) -> float:
    return float((row.finished_at - row.started_at).total_seconds()) - int(row.held_seconds)


def stop(row: Any, setup: Setup) -> dict[str, Any]:
    """A leg as part of its visit."""
    service = setup.services.get(setup.service_codes[row.service_id])
    return {
        "name": None if service is None else service.name,
        "window": setup.window_codes.get(row.window_id),
        "state": row.state,
        "outcome": row.outcome,
        "note": row.note,
    }


@cache
def _last_break() -> Select[Any]:
    c = entry_table.c
    return (
        select(c.at)
        .where(c.branch_id == bindparam("branch"), c.window_id == bindparam("window"), c.at >= bindparam("earliest"))
        .where(c.move == literal_column("'window_pause'"))
        .order_by(c.at.desc())
        .limit(1)
    )
