"""What holds in a hall that norms of lines and windows speak of, and since when?

What holds is read each second, from who is here now; since when, from the day's ledger, when it is first seen to hold.
"""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal_column, or_, select

from queue_service.model import Norm, table
from queue_service.model import Standing as StandingRow
from queue_service.model.branch import WindowState
from queue_service.model.norm import NormKind
from queue_service.rules import hall_norm
from queue_service.rules.hall_norm import IdleWindow, Line, LongLine, ShiftMove, Standing, as_clocks_show
from queue_service.rules.next_ticket import may_serve
from queue_service.rules.norm import AT_RISK, OF_HALLS, NormFacts
from queue_service.rules.ticket import AT_WINDOW, Move
from queue_service.storage.boards import lines_now
from queue_service.storage.breaches import jumps
from queue_service.storage.callers import as_waiting, services_for_windows
from queue_service.storage.day_rows import SHIFT_MOVES
from queue_service.storage.ledger import entries
from queue_service.storage.lookup import branch_table, leg_table
from queue_service.storage.office import Setup
from queue_service.storage.rows import among, fetch_all, fetch_one

standing_table, norm_table = table(StandingRow), table(Norm)
BACK_IN_LINE = (Move.RETURN, Move.REJOIN, "undo", "release")
"""Moves after which somebody stands in a line who did not, or not for every window."""


def branches_to_watch(connection: Connection) -> list[str]:
    """The branches with norms of lines and windows, or with what such a norm left behind."""
    norm, row, branch = norm_table.c, standing_table.c, branch_table.c
    has_norm = select(norm.id).where(norm.branch_id == branch.id, among(norm.kind, OF_HALLS)).exists()
    has_standing = select(row.id).where(row.branch_id == branch.id).exists()
    return list(connection.execute(select(branch.code).where(or_(has_norm, has_standing))).scalars())


def holding(connection: Connection, setup: Setup, now: datetime) -> dict[str, Standing]:
    """What holds now, by its mark."""
    norms = _norms(setup)
    if not norms:
        return {}
    return hall_norm.standing(
        norms, _lines(connection, setup, now), _idle(connection, setup, now), setup.service_day(now)
    )


def at_risk(connection: Connection, setup: Setup, now: datetime) -> list[tuple[Standing, datetime]]:
    """What may not last much longer, and since when it holds, as the last look found it."""
    times = [norm.longest for norm in _norms(setup) if norm.kind != NormKind.QUEUE_LENGTH]
    if not times:
        return []
    soonest = now - timedelta(seconds=AT_RISK * min(times))
    before = {mark: row for mark, row in known(connection, setup).items() if not row.flagged and row.since <= soonest}
    if not before:  # usually: nothing has lasted so long
        return []
    here = ((one, before[mark].since) for mark, one in holding(connection, setup, now).items() if mark in before)
    return [(one, since) for one, since in here if AT_RISK <= one.used(since, now) < 1]


def long_lines(connection: Connection, setup: Setup, now: datetime) -> list[LongLine]:
    """The lines at risk of becoming too long."""
    norms = [norm for norm in _norms(setup) if norm.kind == NormKind.QUEUE_LENGTH]
    return hall_norm.long_lines(norms, _lines(connection, setup, now), setup.service_day(now)) if norms else []


def began(connection: Connection, setup: Setup, now: datetime, one: Standing, row: Any | None) -> datetime:
    """Since when it holds: whoever makes it so came, or a window last did what it should, whichever was later.

    `row` is what an earlier look noted. In between, while nobody looked, a window may have been at work.
    """
    jumped = jumps(connection, now)
    first = _came(connection, setup, now, one) if row is None else row.since
    came = as_clocks_show(first, jumped, now) if row is None else first
    last = _last_at_work(connection, setup, now, one, first, now if row is None else first)
    return came if last is None else max(came, as_clocks_show(last, jumped, now))


def known(connection: Connection, setup: Setup) -> dict[str, Any]:
    """What was found to hold at earlier looks, by its mark."""
    rows = connection.execute(select(standing_table).where(standing_table.c.branch_id == setup.branch_id)).all()
    return {row.mark: row for row in rows}


def has_work(connection: Connection, setup: Setup, now: datetime) -> bool:
    """Whether something has begun or ended, or has lasted too long."""
    found, before = holding(connection, setup, now), known(connection, setup)
    if found.keys() != before.keys():
        return True
    return any(not before[mark].flagged and one.due_at(before[mark].since) <= now for mark, one in found.items())


def _idle(connection: Connection, setup: Setup, now: datetime) -> list[IdleWindow]:
    open_ones = [window for window in setup.windows if window.state == WindowState.OPEN]
    at_window = (among(leg_table.c.state, sorted(AT_WINDOW)), leg_table.c.window_id.in_([w.id for w in open_ones]))
    busy = set(connection.execute(select(leg_table.c.window_id).where(*at_window)).scalars())
    could = services_for_windows(connection, setup, now)
    return [IdleWindow(w.code, tuple(could[w.id])) for w in open_ones if w.id not in busy and could[w.id]]


def _norms(setup: Setup) -> list[NormFacts]:
    return [entry.facts for entry in setup.norms if entry.facts.kind in OF_HALLS]


def _lines(connection: Connection, setup: Setup, now: datetime) -> list[Line]:
    return [
        Line(code, people, setup.open_windows(code)) for code, (people, _) in lines_now(connection, setup, now).items()
    ]


def _came(connection: Connection, setup: Setup, now: datetime, one: Standing) -> datetime:
    """When the first of those came who wait for it; of a line that is too long, the first who was one too many."""
    rows = fetch_all(connection, _waiting(), branch=setup.branch_id, day=setup.service_day(now))
    here = {row.id: row.ready_at for row in rows if _is_meant(row, setup, one)}
    back = fetch_all(connection, _back_in_line(), branch=setup.branch_id, since=min(here.values(), default=now))
    here |= {row.leg_id: row.at for row in back if row.leg_id in here}
    before = one.norm.longest if one.norm.kind == NormKind.QUEUE_LENGTH else 0
    came: list[datetime] = sorted(here.values())
    return came[before]


def _is_meant(row: Any, setup: Setup, one: Standing) -> bool:
    leg = as_waiting(row, setup)
    return leg.service == one.service if one.window is None else may_serve(_window(setup, one).as_free, leg)


def _last_at_work(
    connection: Connection, setup: Setup, now: datetime, one: Standing, since: datetime, unknown: datetime
) -> datetime | None:
    """When a window last was busy, or a service last had one; None when it was not since then."""
    match one.norm.kind:
        case NormKind.IDLE_WINDOW:
            place = {"branch": setup.branch_id, "since": since, "window": _window(setup, one).id}
            return fetch_one(connection, _last_of_window(), **place).at  # type: ignore[union-attr,no-any-return]
        case NormKind.UNSTAFFED:
            begins = setup.day_begins(setup.service_day(now))
            rows = fetch_all(connection, _shift_moves(), branch=setup.branch_id, since=begins)
            return hall_norm.unserved_since(one.service or "", map(_shift_move, rows), unknown)
        case _:
            return None


def _window(setup: Setup, one: Standing) -> Any:
    return next(window for window in setup.windows if window.code == one.window)


def _shift_move(row: Any) -> ShiftMove:
    is_open = SHIFT_MOVES[row.move] == WindowState.OPEN
    return ShiftMove(row.at, row.window_id, is_open, tuple(json.loads(row.facts)["serves"]))


@cache
def _waiting() -> Select[Any]:
    c = leg_table.c
    columns = (c.id, c.ticket_id, c.service_id, c.turn, c.requires, c.for_window_id, c.for_staff_id, c.ready_at)
    here = (c.branch_id == bindparam("branch"), c.service_day == bindparam("day"))
    return select(*columns).where(*here, c.state == literal_column("'waiting'"))


@cache
def _back_in_line() -> Select[Any]:
    c = entries.c
    back = select(c.leg_id, func.max(c.at).label("at")).where(*_since(), among(c.move, BACK_IN_LINE))
    return back.group_by(c.leg_id)


@cache
def _last_of_window() -> Select[Any]:
    c = entries.c
    return select(func.max(c.at).label("at")).where(*_since(), c.window_id == bindparam("window"))


@cache
def _shift_moves() -> Select[Any]:
    c = entries.c
    moves = select(c.at, c.move, c.window_id, c.facts).where(*_since(), among(c.move, sorted(SHIFT_MOVES)))
    return moves.order_by(c.seq)


def _since() -> tuple[Any, Any]:
    return entries.c.branch_id == bindparam("branch"), entries.c.at >= bindparam("since")
