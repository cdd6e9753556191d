"""How many promises were kept? By kind of norm, purpose and service, each share with what it is counted from."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, case, func, select

from queue_service.model.branch import Purpose
from queue_service.model.norm import NormKind
from queue_service.rules.figures import percent
from queue_service.rules.norm import OF_HALLS, Course, Term
from queue_service.storage.boards import legs_with_tickets
from queue_service.storage.breaches import breach_table, course_of, jumps, terms_of
from queue_service.storage.lookup import ticket_table
from queue_service.storage.office import Setup

DEFINITIONS = {
    "purpose": "What brings visitors to these services: submit, status or collect; none means all of them.",
    "service": "The service; none means all of them.",
    "longest": "The norm in seconds; none where several hold.",
    "begun": "Legs for which a norm of this kind has begun; for waiting, all that were issued.",
    "kept": "What was promised came within the norm: the call, the end of service, of the visit, of the hold.",
    "left_within": "Left before a call, within the norm.",
    "running_within": "Not decided yet: still within the norm.",
    "passed": "Longer than the norm, those who left after it included.",
    "within_norm_percent": "Kept / (begun - left within - running within).",
    "breaches": "Breaches flagged.",
    "noticed_late": "Of these, noticed more than ten seconds after their moment.",
    "seen": "Of these, acknowledged by somebody.",
}
OF_LEGS_ALONE = ("begun", "kept", "left_within", "running_within", "passed")
"""A line or a window keeps nothing for anybody: of their norms only breaches are counted."""
Key = tuple[NormKind, Purpose | None, str | None]


def norms_report(connection: Connection, setup: Setup, now: datetime, first: date, last: date) -> dict[str, Any]:
    """A row for each kind, for each purpose of it, and for each service. Cohorts are by the day of issue."""
    counts: dict[Key, Counter[str]] = defaultdict(Counter)
    longest: dict[Key, set[int]] = defaultdict(set)
    for course, term in _terms(connection, setup, now, first, last):
        for key in _keys(setup, term.norm.kind, course.service):
            counts[key].update(("begun", _what_became(course, term, now)))
            longest[key].add(term.norm.longest)
    for key, found in _flagged(connection, setup, first, last):
        counts[key].update(found)
    codes = (None, *setup.service_codes.values())
    keys = sorted({key for kind in NormKind for code in codes for key in _keys(setup, kind, code)}, key=_place(codes))
    shown = [key for key in keys if key in counts or key == (NormKind.WAIT, None, None)]
    return {
        "branch": setup.code,
        "report": "norms",
        "from": first.isoformat(),
        "to": last.isoformat(),
        "definitions": DEFINITIONS,
        "rows": [_row(key, counts[key], longest[key]) for key in shown],
    }


def _keys(setup: Setup, kind: NormKind, code: str | None) -> list[Key]:
    """Where something of this service is counted: with everything, with its purpose, by itself."""
    purpose = setup.purposes.get(code or "")
    return list(dict.fromkeys([(kind, None, None), (kind, purpose, None), (kind, purpose, code)]))


def _place(codes: Sequence[str | None]) -> Callable[[Key], Any]:
    """All, then the purposes, then the services as the office has them; kind by kind."""
    kinds, purposes = list(NormKind), [None, *Purpose]
    return lambda key: (kinds.index(key[0]), codes.index(key[2]), purposes.index(key[1]))


def _what_became(course: Course, term: Term, now: datetime) -> str:
    if term.is_passed(now):
        return "passed"
    if term.ended_at is None:
        return "running_within"
    is_uncalled = term.norm.kind == NormKind.WAIT and course.first_called_at is None
    return "left_within" if is_uncalled else "kept"


def _row(key: Key, count: Counter[str], longest: set[int]) -> dict[str, Any]:
    decided = count["begun"] - count["left_within"] - count["running_within"]
    return {
        "kind": key[0].value,
        "purpose": key[1],
        "service": key[2],
        "longest": next(iter(longest)) if len(longest) == 1 else None,
        **{name: None if key[0] in OF_HALLS else count[name] for name in OF_LEGS_ALONE},
        "within_norm_percent": percent(count["kept"], decided),
        **{name: count[name] for name in ("breaches", "noticed_late", "seen")},
    }


def _terms(
    connection: Connection, setup: Setup, now: datetime, first: date, last: date
) -> Iterator[tuple[Course, Term]]:
    c = ticket_table.c
    query = legs_with_tickets().where(c.branch_id == setup.branch_id, c.service_day.between(first, last))
    clock_jumps = jumps(connection, now)
    for row in connection.execute(query):
        course = course_of(row, setup)
        for term in terms_of(course, setup, clock_jumps):
            yield course, term


def _flagged(connection: Connection, setup: Setup, first: date, last: date) -> Iterator[tuple[Key, dict[str, int]]]:
    """By kind, purpose and service."""
    c = breach_table.c
    late, seen = (func.sum(case((one, 1), else_=0)) for one in (c.is_late.is_(True), c.acknowledged_at.is_not(None)))
    query = (
        select(c.kind, c.service_id, func.count(), late, seen)
        .where(c.branch_id == setup.branch_id, c.service_day.between(first, last))
        .group_by(c.kind, c.service_id)
    )
    for kind, service_id, *numbers in connection.execute(query):
        found = dict(zip(("breaches", "noticed_late", "seen"), map(int, numbers), strict=True))
        for key in _keys(setup, NormKind(kind), setup.service_codes.get(service_id)):
            yield key, found
