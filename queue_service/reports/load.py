"""How busy were the windows, measured against their time and their roster? And do line and ledger agree?"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, select

from queue_service.model import LedgerEntry, table
from queue_service.reports.times import leg_table, ticket_table
from queue_service.rules import roster
from queue_service.rules.calendar import moments, spans_of
from queue_service.rules.figures import percent
from queue_service.rules.load import SHIFTS, Load, Span, Spent, overlap
from queue_service.storage.office import Setup

entries = table(LedgerEntry)
LONGEST_SHIFT = timedelta(days=31)
"""A window that was opened longer ago than this, and not touched since, is taken to be closed."""

DEFINITIONS = {
    "serving": "Seconds in which service was under way.",
    "walking": "Seconds from a call to the beginning of service, or until the call was given up.",
    "free": "Seconds of opening hours in which the window was open and had no visitor.",
    "paused": "Seconds of opening hours in which the window was paused and had no visitor.",
    "rostered": "Seconds that the roster gives the window, breaks and closures taken off.",
    "occupancy_percent": "Serving / (serving + free).",
    "utilisation_percent": "Serving / rostered.",
}
OF_THE_LINE = {
    "issued": "Legs that joined a line in this time.",
    "mean_queue": "Seconds that visitors spent in line, by the ledger / seconds of this time.",
    "arrivals_per_hour": "Issued / hours of this time.",
    "mean_time_in_line": "Seconds from joining the line to the first call or leaving, by the legs' own times / issued.",
    "little_percent": "Arrivals per second x mean time in line / mean queue; 100, by Little's law, where the ledger "
    "and the legs' own times agree.",
}


def load_report(connection: Connection, setup: Setup, now: datetime, first: date, last: date) -> dict[str, Any]:
    """A row for all windows (window None), with the line's figures, and one for each window."""
    start, end = setup.day_begins(first), min(now, setup.day_begins(last + timedelta(days=1)))
    load = Load(start, _shifts(connection, setup, start))
    for entry in _entries(connection, setup, start, end):
        load.take({**entry}, json.loads(entry["facts"]) if entry["move"] == "undo" else {})
    spent, rostered = load.spent(end, _opening(setup, first, last)), _rostered(setup, first, last, end)
    windows = {w.id: (spent.get(w.id) or dict.fromkeys(Spent, 0.0), rostered.get(w.id, 0.0)) for w in setup.windows}
    everything = {kind: sum(one[kind] for one, _ in windows.values()) for kind in Spent}
    whole = _row(None, everything, sum(planned for _, planned in windows.values()))
    return {
        "branch": setup.code,
        "report": "load",
        "from": first.isoformat(),
        "to": last.isoformat(),
        "definitions": DEFINITIONS | OF_THE_LINE,
        "rows": [
            whole | _line(connection, setup, start, end, load.waited(end)),
            *(_row(setup.window_codes[number], *found) for number, found in windows.items()),
        ],
    }


def _row(window: str | None, spent: Mapping[Spent, float], rostered: float) -> dict[str, Any]:
    serving, free = spent[Spent.SERVING], spent[Spent.FREE]
    return {
        "window": window,
        **{kind.value: round(spent[kind]) for kind in Spent},
        "rostered": round(rostered),
        "occupancy_percent": percent(serving, serving + free),
        "utilisation_percent": percent(serving, rostered),
    }


def _line(connection: Connection, setup: Setup, start: datetime, end: datetime, waited: float) -> dict[str, Any]:
    c = leg_table.c
    rows = connection.execute(
        select(c.ready_at, c.first_called_at, c.left_at)
        .join(ticket_table, ticket_table.c.id == c.ticket_id)
        .where(ticket_table.c.branch_id == setup.branch_id, c.ready_at >= start, c.ready_at < end)
        .where(ticket_table.c.service_day.between(start.date() - timedelta(days=2), end.date() + timedelta(days=2)))
    ).all()
    seconds = (end - start).total_seconds()
    in_line = sum((min(end, row.first_called_at or row.left_at or end) - row.ready_at).total_seconds() for row in rows)
    return {
        "issued": len(rows),
        "mean_queue": round(waited / seconds, 2) if seconds > 0 else None,
        "arrivals_per_hour": round(3600 * len(rows) / seconds, 2) if seconds > 0 else None,
        "mean_time_in_line": round(in_line / len(rows)) if rows else None,
        "little_percent": percent(in_line, waited),
    }


def _entries(connection: Connection, setup: Setup, start: datetime, end: datetime) -> Iterator[RowMapping]:
    c = entries.c
    query = (
        select(c.at, c.move, c.leg_id, c.window_id, c.facts)
        .where(c.branch_id == setup.branch_id, c.at >= start, c.at < end)
        .order_by(c.seq)
    )
    yield from connection.execution_options(yield_per=2000).execute(query).mappings()


def _shifts(connection: Connection, setup: Setup, start: datetime) -> dict[int, str]:
    """By window: the last move of its shift before `start`."""
    c = entries.c
    query = (
        select(c.window_id, c.move)
        .where(c.branch_id == setup.branch_id, c.at >= start - LONGEST_SHIFT, c.at < start)
        .where(c.move.in_(list(SHIFTS)))
        .order_by(c.seq)
    )
    return {row.window_id: row.move for row in connection.execute(query)}


def _opening(setup: Setup, first: date, last: date) -> list[Span]:
    zone, special = ZoneInfo(setup.time_zone), setup.timetable.special_days
    return [moments(day, span, zone) for day in _days(first, last) for span in spans_of(day, setup.hours, special)]


def _rostered(setup: Setup, first: date, last: date, end: datetime) -> dict[int, float]:
    """Seconds by window that lie before `end`."""
    seconds: dict[int, float] = {}
    for day in (roster.expand(setup.timetable, day) for day in _days(first, last)):
        for shift in day.shifts:
            spans = [(day.moment(begins), day.moment(ends)) for begins, ends in roster.runs(shift.minutes)]
            window = day.windows[shift.window].id
            seconds[window] = seconds.get(window, 0.0) + overlap(spans, [(day.begins_at, end)])
    return seconds


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
