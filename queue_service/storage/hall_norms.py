"""What holds in a hall that norms of lines and windows speak of, and since when? Reads only who is here now."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from queue_service.model import Norm, table
from queue_service.model import Standing as StandingRow
from queue_service.model.branch import WindowState
from queue_service.rules import hall_norm
from queue_service.rules.hall_norm import IdleWindow, Line, Standing
from queue_service.rules.norm import OF_HALLS
from queue_service.rules.ticket import AT_WINDOW
from queue_service.storage.boards import lines_now
from queue_service.storage.callers import services_for_windows
from queue_service.storage.lookup import branch_table, leg_table
from queue_service.storage.office import Setup
from queue_service.storage.rows import among

standing_table, norm_table = table(StandingRow), table(Norm)


def branches_to_watch(connection: Connection) -> list[str]:
    """The branches with norms of lines and windows, or with what such a norm left behind."""
    norm, row, branch = norm_table.c, standing_table.c, branch_table.c
    has_norm = select(norm.id).where(norm.branch_id == branch.id, among(norm.kind, OF_HALLS)).exists()
    has_standing = select(row.id).where(row.branch_id == branch.id).exists()
    return list(connection.execute(select(branch.code).where(or_(has_norm, has_standing))).scalars())


def holding(connection: Connection, setup: Setup, now: datetime) -> dict[str, Standing]:
    """What holds now, by its mark."""
    norms = [entry.facts for entry in setup.norms if entry.facts.kind in OF_HALLS]
    if not norms:
        return {}
    lines = [
        Line(code, people, setup.open_windows(code)) for code, (people, _) in lines_now(connection, setup, now).items()
    ]
    return hall_norm.standing(norms, lines, _idle(connection, setup, now), setup.service_day(now))


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
