"""Who was called before their turn, and by whom? Counted per operator from the ledger."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select

from queue_service.model import LedgerEntry, Staff, table
from queue_service.reports.sheet import Sheet
from queue_service.rules.ticket import Move
from queue_service.storage.office import Setup

entries, staff = table(LedgerEntry), table(Staff)

DEFINITIONS = {
    "calls": "Calls made, recalls not counted.",
    "out_of_turn": "Calls of a visitor who was not first by the rule; each has a reason from the list.",
    "late_priorities": "Priority categories granted after the ticket was taken.",
    "manual_inserts": "Tickets entered by staff.",
    "re_issues": "Missed visitors whom staff put back in line.",
    "undone": "Moves taken back.",
    "out_of_turn_percent": "Calls out of turn / calls, in percent.",
}
_COUNTED = {
    Move.CALL: "calls",
    "priority": "late_priorities",
    Move.ISSUE: "manual_inserts",
    Move.REJOIN: "re_issues",
    "undo": "undone",
}


def jumps_report(connection: Connection, setup: Setup, first: date, last: date) -> dict[str, Any]:
    """Counts per member of staff over service days `first` to `last`, and the reasons that were given."""
    start, end = setup.day_begins(first), setup.day_begins(last + timedelta(days=1))
    people: dict[int, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(list(DEFINITIONS)[:-1], 0) | {"reasons": {}})
    for row in connection.execute(_counts(setup.branch_id, start, end)):
        person = people[int(row.actor.removeprefix("staff:"))]
        person[_COUNTED[row.move]] += row.count
        if row.move == Move.CALL and row.reason is not None:
            person["out_of_turn"] += row.count
            person["reasons"][row.reason] = row.count
    names = dict(connection.execute(select(staff.c.id, staff.c.name).where(staff.c.id.in_(people))).all())
    return {
        "branch": setup.code,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "definitions": DEFINITIONS,
        "operators": [
            {"operator": str(who), "name": names.get(who), **counts, "out_of_turn_percent": _percent(counts)}
            for who, counts in sorted(people.items(), key=lambda item: -item[1]["out_of_turn"])
        ],
    }


def sheet_of(report: Mapping[str, Any]) -> Sheet:
    """A row for each operator; reasons become `code: count` pairs."""
    rows = [
        {**row, "reasons": "; ".join(f"{code}: {count}" for code, count in row["reasons"].items())}
        for row in report["operators"]
    ]
    return Sheet("jumps", ["operator", "name", *DEFINITIONS, "reasons"], rows, DEFINITIONS)


def _counts(branch_id: int, start: datetime, end: datetime) -> Any:
    # A new leg after a transfer or on a route is an `issue` too, but follows a call and is nobody's insert.
    is_insert = (entries.c.move != Move.ISSUE) | entries.c.facts.not_like('%"after_leg"%')
    reason = case((entries.c.move == Move.CALL, entries.c.reason))
    return (
        select(entries.c.actor, entries.c.move, reason.label("reason"), func.count().label("count"))
        .where(entries.c.branch_id == branch_id, entries.c.at >= start, entries.c.at < end)
        .where(entries.c.actor.like("staff:%"), entries.c.move.in_(list(_COUNTED)), is_insert)
        .group_by(entries.c.actor, entries.c.move, reason)
    )


def _percent(counts: Mapping[str, int]) -> float:
    return round(100 * counts["out_of_turn"] / counts["calls"], 1) if counts["calls"] else 0.0
