"""What does a hall screen show? The last calls, who is served where, how many wait: numbers and windows alone."""

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, literal_column, select

from queue_service.storage.boards import Board, branch_name, moment, waiting_by_service
from queue_service.storage.lookup import hall_version, leg_table, ticket_table
from queue_service.storage.office import Setup
from queue_service.storage.rows import among, fetch_all

SHOWN_CALLS = 12


def hall(connection: Connection, setup: Setup, now: datetime) -> Board:
    """What a hall screen may show."""
    opening = setup.opening(now)
    waiting = waiting_by_service(connection, setup, now)
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
            for row in fetch_all(connection, at_windows(tuple(window.id for window in setup.windows)))
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


def _last_calls(connection: Connection, setup: Setup, now: datetime) -> list[Any]:
    day = setup.service_day(now)
    # Without a bound the morning's few calls would be looked for through all the years before.
    since = setup.day_begins(day) - timedelta(days=1)
    return fetch_all(connection, last_calls(), branch=setup.branch_id, day=day, since=since)


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


@cache
def last_calls() -> Select[Any]:
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
def at_windows(windows: tuple[int, ...]) -> Select[Any]:
    """Who is served at these windows."""
    return (
        select(leg_table.c.window_id, ticket_table.c.label)
        .join(ticket_table, ticket_table.c.id == leg_table.c.ticket_id)
        .where(among(leg_table.c.window_id, windows), leg_table.c.state == literal_column("'serving'"))
        .where(among(leg_table.c.state, ("called", "serving")))  # the words of the index: SQLite does not conclude
        .order_by(leg_table.c.window_id)
    )
