"""Which promises will be broken soon? Derived from what is here now: of visitors, of windows, of lines."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from queue_service.rules.hall_norm import LongLine, Standing
from queue_service.rules.norm import AT_RISK, OF_LEGS, Course, NormFacts, Term
from queue_service.storage import hall_norms
from queue_service.storage.boards import Board, moment
from queue_service.storage.breaches import MOST_SHOWN, course_of, due_legs, jumps, terms_of
from queue_service.storage.office import STANDARD_WAIT, Setup


def at_risk(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
    """What will soon be passed: windows and lines first, for there are few of them; the nearest first."""
    halls = sorted(hall_norms.at_risk(connection, setup, now), key=lambda one: one[0].due_at(one[1]))
    lines = hall_norms.long_lines(connection, setup, now)
    shown = [*(_of_hall(*one, now) for one in halls), *map(_of_line, lines), *_of_legs(connection, setup, now)]
    return shown[:MOST_SHOWN]


def _of_legs(connection: Connection, setup: Setup, now: datetime) -> list[Board]:
    longest = max(
        [
            int(STANDARD_WAIT.total_seconds()),
            *(s.norm_seconds for s in setup.services.values()),
            *(e.facts.longest for e in setup.norms if e.facts.kind in OF_LEGS),
        ]
    )
    until = now + timedelta(seconds=longest * (1 - AT_RISK))
    clock_jumps, found = jumps(connection, now), []
    for row in due_legs(connection, setup.branch_id, until):
        course = course_of(row, setup)
        running = [term for term in terms_of(course, setup, clock_jumps) if term.is_at_risk(now)]
        for term in running:
            found.append((term.due_at, _of_leg(row, course, term, now)))
    return [risk for _, risk in sorted(found, key=lambda one: one[0])]


def _of_leg(row: Any, course: Course, term: Term, now: datetime) -> Board:
    whose = {"leg": str(row.id), "number": row.label, "service": course.service}
    return {**_risk(term.norm, term.used(now)), **whose, "due_at": moment(term.due_at)}


def _of_hall(one: Standing, since: datetime, now: datetime) -> Board:
    due = moment(one.due_at(since))
    return {**_risk(one.norm, one.used(since, now)), "service": one.service, "window": one.window, "due_at": due}


def _of_line(line: LongLine) -> Board:
    return {**_risk(line.norm, line.used), "service": line.service, "waiting": line.waiting}


def _risk(norm: NormFacts, used: float) -> Board:
    """Whose it is, and when it is passed, is filled in as far as there is something to say."""
    whose = dict.fromkeys(("leg", "number", "service", "window", "due_at", "waiting"))
    return {**whose, "kind": norm.kind.value, "longest": norm.longest, "used_percent": int(100 * used)}
