"""How true was what visitors were told about their wait? Every range that was shown, against the call that came."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, select

from queue_service.model import Estimate, table
from queue_service.model.estimate import EstimateState
from queue_service.rules.figures import percent
from queue_service.storage.office import Setup

estimate_table = table(Estimate)
FEWEST = 10
"""Figures of fewer calls are not published: they would tell of single visitors, and mean little."""
LATE_SECONDS = 300
TOLERANCE_SECONDS = 30
DEFINITIONS = {
    "told": "`with_ticket`: the first range of a visit, told with the ticket or as soon as it was known. `later`: "
    "ranges that were told when the first was no longer right.",
    "shown": "Ranges that visitors were shown: from half (one in two is called sooner) to the late end (nine in ten "
    "are called sooner), in steps of 5 minutes.",
    "middle": "The one number that a range stands for; between half and eight in ten, as being late is worse.",
    "called": "Of these: the visitor was called afterwards.",
    "left": "Of these: the visitor left or was never called. Nothing can be compared.",
    "mean_error": "Mean distance between the call and the middle, of `called`. Seconds.",
    "bias": "Mean of the call minus the middle, of `called`. Seconds; above zero, calls come later than told.",
    "covered_percent": "Called between the early end (one in ten is called sooner) and the late end, give or take "
    "30 seconds / called. Ideal: 80.",
    "by_the_end_percent": "Called no later than the end of the range as shown / called. Ideal: 90 or a little more.",
    "late_percent": "Called more than 5 minutes later than the middle / called.",
}
_COUNTED = ("shown", "called", "left", "error", "bias", "covered", "by_the_end", "late")


def accuracy_report(connection: Connection, setup: Setup, first: date, last: date) -> dict[str, Any]:
    """For the branch (service None) and each service: with the ticket, and later. Cohorts are by service day."""
    rows = connection.execute(_counts(setup, first, last)).all()
    services = [code for code in setup.service_codes.values() if any(_code(row, setup) == code for row in rows)]
    return {
        "branch": setup.code,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "fewest": FEWEST,
        "definitions": DEFINITIONS,
        "rows": [
            {
                "service": service,
                "told": "with_ticket" if is_first else "later",
                **_figures(r for r in rows if r.is_first == is_first and service in (None, _code(r, setup))),
            }
            for service in (None, *services)
            for is_first in (True, False)
        ],
    }


def _code(row: Any, setup: Setup) -> str:
    return setup.service_codes[row.service_id]


def _counts(setup: Setup, first: date, last: date) -> Select[Any]:
    c = estimate_table.c
    early, late = c.sooner - TOLERANCE_SECONDS, c.later + TOLERANCE_SECONDS

    def number(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    return (
        select(
            c.service_id,
            c.is_first,
            func.count().label("shown"),
            number(c.state == EstimateState.CALLED.value).label("called"),
            number(c.state == EstimateState.LEFT.value).label("left"),
            func.coalesce(func.sum(func.abs(c.waited - c.middle)), 0).label("error"),
            func.coalesce(func.sum(c.waited - c.middle), 0).label("bias"),
            number(and_(c.waited >= early, c.waited <= late)).label("covered"),
            number(c.waited <= c.high).label("by_the_end"),
            number(c.waited > c.middle + LATE_SECONDS).label("late"),
        )
        .where(c.branch_id == setup.branch_id, c.service_day.between(first, last))
        .group_by(c.service_id, c.is_first)
    )


def _figures(rows: Iterable[Any]) -> dict[str, Any]:
    counted: Counter[str] = Counter()
    for row in rows:
        counted.update({name: int(getattr(row, name)) for name in _COUNTED})
    called, is_enough = counted["called"], counted["called"] >= FEWEST
    return {
        "shown": counted["shown"],
        "called": called,
        "left": counted["left"],
        "mean_error": round(counted["error"] / called) if is_enough else None,
        "bias": round(counted["bias"] / called) if is_enough else None,
        "covered_percent": percent(counted["covered"], called) if is_enough else None,
        "by_the_end_percent": percent(counted["by_the_end"], called) if is_enough else None,
        "late_percent": percent(counted["late"], called) if is_enough else None,
    }
