"""What is done about lines that are too long and windows that are not at work? Flagged once, over when it ends."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from queue_service.actions.breaches import SYSTEM, insert_new
from queue_service.rules.hall_norm import Standing
from queue_service.rules.norm import LATE_AFTER
from queue_service.storage import hall_norms
from queue_service.storage.breaches import breach_table
from queue_service.storage.hall import Hall
from queue_service.storage.hall_norms import standing_table
from queue_service.storage.rows import change_row, put_row


def look(hall: Hall) -> int:
    """Note what has begun, flag what has lasted too long, resolve what is over; how many were flagged."""
    found = hall_norms.holding(hall.connection, hall.setup, hall.now)
    before = hall_norms.known(hall.connection, hall.setup)
    over = [row for mark, row in before.items() if mark not in found]
    _resolve(hall, over)
    passed = []
    for mark, one in found.items():
        since = _since(hall, one, before.get(mark))
        breach = _breach(hall, one, since) if one.due_at(since) <= hall.now else None
        if breach is not None and (mark not in before or before[mark].flagged is None):
            passed.append(breach)
        _note(hall, one, since, before.get(mark), None if breach is None else breach["mark"])
    count = insert_new(hall, passed)
    if count:
        hall.record("breach", SYSTEM, facts={"flagged": count})
    return count


def move_beginnings(connection: Connection, by: Any) -> None:
    """The clock was set by so much: what holds has not lasted longer for it."""
    for row_id, since in connection.execute(select(standing_table.c.id, standing_table.c.since)).all():
        connection.execute(update(standing_table).where(standing_table.c.id == row_id).values(since=since + by))


def _since(hall: Hall, one: Standing, row: Any | None) -> datetime:
    """As an earlier look noted, unless it may have to be flagged: then, and at first, by the hall's own facts."""
    if row is not None and (row.flagged or one.due_at(row.since) > hall.now):
        return row.since  # type: ignore[no-any-return]
    return hall_norms.began(hall.connection, hall.setup, hall.now, one, row)


def _note(hall: Hall, one: Standing, since: datetime, row: Any | None, flagged: str | None) -> None:
    if row is None:
        branch, kind = hall.setup.branch_id, one.norm.kind.value
        values = {"mark": one.mark, "kind": kind, "since": since, "flagged": flagged}
        put_row(hall.connection, standing_table, branch_id=branch, **values)
    elif (since, flagged or row.flagged) != (row.since, row.flagged):
        change_row(hall.connection, standing_table, row.id, since=since, flagged=flagged or row.flagged)


def _resolve(hall: Hall, rows: list[Any]) -> None:
    if not rows:
        return
    hall.connection.execute(delete(standing_table).where(standing_table.c.id.in_([row.id for row in rows])))
    marks = [row.flagged for row in rows if row.flagged]
    if marks:
        c = breach_table.c
        here = (c.branch_id == hall.setup.branch_id) & c.mark.in_(marks) & c.resolved_at.is_(None)
        hall.connection.execute(update(breach_table).where(here).values(resolved_at=hall.now))
        hall.record("breach_over", SYSTEM, facts={"resolved": len(marks)})


def _breach(hall: Hall, one: Standing, since: datetime) -> dict[str, Any]:
    setup, due = hall.setup, one.due_at(since)
    return {
        "branch_id": setup.branch_id,
        "mark": f"{one.mark}:{since:%Y%m%dT%H%M%S%f}",
        "service_day": setup.service_day(hall.now),
        "kind": one.norm.kind.value,
        "longest": one.norm.longest,
        "source": one.norm.source,
        "service_id": None if one.service is None else setup.services[one.service].id,
        "window_id": next((w.id for w in setup.windows if w.code == one.window), None),
        "ticket_id": None,
        "leg_id": None,
        "at": due,
        "flagged_at": hall.now,
        "is_late": hall.now - due > LATE_AFTER,
        "resolved_at": None,
    }
