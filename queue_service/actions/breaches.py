"""What is done about norms that are passed? Flagged once, resolved when what was promised comes, taken note of.

Flagging takes the branch lock: a call that is under way when the moment comes is either before it or after it, and
two schedulers find what the other has flagged. The lock is held for five statements, however many breaches.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from queue_service.model.norm import NormKind
from queue_service.rules.errors import Refused, not_found
from queue_service.rules.norm import LATE_AFTER, Course, Term, next_look
from queue_service.storage import breaches
from queue_service.storage.breaches import breach_table, jump_table
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import leg_table

SYSTEM = "system"
AT_ONCE = 500
"""So many values of a list in one statement."""
SAME_JUMP = timedelta(seconds=30)


def flag(hall: Hall) -> int:
    """Flag every norm that is passed by now, and say when its leg is to be looked at next; how many are new."""
    norms = [entry.facts for entry in hall.setup.norms]
    jumps = breaches.jumps(hall.connection, hall.now)
    passed: list[dict[str, Any]] = []
    looks: dict[int, datetime | None] = {}
    for row in breaches.due_legs(hall.connection, hall.setup.branch_id, hall.now):
        course = breaches.course_of(row, hall.setup)
        found = breaches.terms_of(course, hall.setup, jumps)
        looks[row.id] = next_look(course, found, norms, hall.now)
        passed += [_breach(hall, row, course, term) for term in found if term.is_passed(hall.now)]
    _look_later(hall, looks)
    count = insert_new(hall, passed)
    if count:
        hall.record("breach", SYSTEM, facts={"flagged": count})
    return count


def resolve(hall: Hall) -> int:
    """What was promised has come: the breach is over from then on. How many were resolved."""
    c, leg = breach_table.c, leg_table.c
    ended = func.coalesce(leg.finished_at, leg.left_at)
    came = case(
        (c.kind == NormKind.WAIT.value, func.coalesce(leg.first_called_at, ended)),
        (c.kind == NormKind.HOLD_TIME.value, func.coalesce(ended, hall.now)),
        else_=ended,
    )
    here = (c.branch_id == hall.setup.branch_id) & c.resolved_at.is_(None)
    over = select(c.id).join(leg_table, leg.id == c.leg_id).where(here, breaches.HAS_COME)
    when = select(came).where(leg.id == c.leg_id).scalar_subquery()
    count = int(hall.connection.execute(update(breach_table).where(c.id.in_(over)).values(resolved_at=when)).rowcount)
    if count:
        hall.record("breach_over", SYSTEM, facts={"resolved": count})
    return count


def acknowledge(hall: Hall, breach_id: int, staff_id: int, note: str, actor: str) -> Any:
    """Somebody has seen it; the first one counts. Raises Refused: unknown_breach, seen_already (with who it was)."""
    row = breaches.by_id(hall.connection, breach_id)
    if row is None or row.branch_id != hall.setup.branch_id:
        raise not_found("breach", str(breach_id))
    if row.acknowledged_at is not None:
        raise Refused("seen_already", name=row.name or "")
    seen = {"acknowledged_at": hall.now, "acknowledged_by": staff_id, "note": note or None}
    hall.connection.execute(update(breach_table).where(breach_table.c.id == breach_id).values(**seen))
    facts = {"breach": breach_id, "kind": row.kind}
    hall.record("breach_seen", actor, ticket_id=row.ticket_id, leg_id=row.leg_id, facts=facts)
    return breaches.by_id(hall.connection, breach_id)


def note_jump(connection: Connection, before: datetime, after: datetime) -> bool:
    """The clock was set: whoever is here has not waited that time. Whether it was not known yet."""
    by, c = after - before, jump_table.c
    lately = c.after.between(after - SAME_JUMP, after + SAME_JUMP)
    known = connection.execute(select(c.seconds).where(lately)).scalars()
    if any(abs(timedelta(seconds=seconds) - by) < SAME_JUMP for seconds in known):
        return False
    last = connection.execute(select(func.coalesce(func.max(leg_table.c.id), 0))).scalar_one()
    seconds = int(by.total_seconds())
    connection.execute(insert(jump_table).values(before=before, after=after, seconds=seconds, last_leg_id=last))
    connection.execute(update(leg_table).where(leg_table.c.norm_at.is_not(None)).values(norm_at=after))
    return True


def _breach(hall: Hall, row: Any, course: Course, term: Term) -> dict[str, Any]:
    kind = term.norm.kind
    subject = f"ticket:{row.ticket_id}" if kind == NormKind.TOTAL_TIME else f"leg:{row.id}"
    # A leg may be put aside several times; whatever else is passed is passed once.
    again = f":{term.begins_at:%Y%m%dT%H%M%S}" if kind == NormKind.HOLD_TIME else ""
    return {
        "branch_id": hall.setup.branch_id,
        "mark": f"{kind}:{subject}{again}",
        "service_day": course.day,
        "kind": kind.value,
        "longest": term.norm.longest,
        "source": term.norm.source,
        "service_id": row.service_id,
        "window_id": None,
        "ticket_id": row.ticket_id,
        "leg_id": row.id,
        "at": term.due_at,
        "flagged_at": hall.now,
        "is_late": hall.now - term.due_at > LATE_AFTER,
        "resolved_at": term.ended_at,
    }


def insert_new(hall: Hall, passed: list[dict[str, Any]]) -> int:
    """Insert what is not there; a breach that was resolved by a call that was taken back is open again."""
    if not passed:
        return 0
    c = breach_table.c
    marks = [one["mark"] for one in passed]
    known: set[str] = set()
    for some in _chunks(marks):
        here = (c.branch_id == hall.setup.branch_id) & c.mark.in_(some)
        known |= set(hall.connection.execute(select(c.mark).where(here)).scalars())
    running = [one["mark"] for one in passed if one["mark"] in known and one["resolved_at"] is None]
    for some in _chunks(running):
        here = (c.branch_id == hall.setup.branch_id) & c.mark.in_(some)
        hall.connection.execute(update(breach_table).where(here).values(resolved_at=None))
    fresh = [one for one in passed if one["mark"] not in known]
    if fresh:
        kind: Any = sqlite if hall.connection.dialect.name == "sqlite" else postgresql
        hall.connection.execute(kind.insert(breach_table).on_conflict_do_nothing(), fresh)
    return len(fresh)


def _look_later(hall: Hall, looks: dict[int, datetime | None]) -> None:
    c = leg_table.c
    for some in _chunks([leg_id for leg_id, at in looks.items() if at is None]):
        hall.connection.execute(update(leg_table).where(c.id.in_(some)).values(norm_at=None))
    later = [{"the_id": leg_id, "at": at} for leg_id, at in looks.items() if at is not None]
    if later:
        change = update(leg_table).where(c.id == bindparam("the_id")).values(norm_at=bindparam("at"))
        hall.connection.execute(change, later)


def _chunks(values: list[Any]) -> Iterable[list[Any]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
