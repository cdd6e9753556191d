"""How long did people wait and how long were they served, how many left or did not come? By service, over some days."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from queue_service.model import Leg, Ticket, table
from queue_service.model.appointment import AppointmentState
from queue_service.rules.figures import DEFINITIONS, Lived, figures, percent
from queue_service.storage.appointments import appointment_table
from queue_service.storage.office import Setup

leg_table, ticket_table = table(Leg), table(Ticket)

WAITS = ("mean_wait", "mean_wait_with_leavers", "median_wait", "p90_wait", "p95_wait", "longest_wait")
REPORTS: Mapping[str, tuple[str, ...]] = {
    "waiting": (
        "issued",
        "called",
        "served",
        "left_before_call",
        "waiting",
        *WAITS,
        "within_norm_percent",
        "abandonment_percent",
    ),
    "service": ("served", "median_walk", "mean_service", "median_service", "p90_service"),
    "no-show": ("called", "recalls", "missed", "no_show_percent"),
}
BOOKED = {
    "booked": "Appointments for these days.",
    "cancelled_in_time": "Appointments given back before their time.",
    "absent": "Appointments to which nobody came.",
    "booked_no_show_percent": "Absent / (booked - cancelled in time).",
}


def times_report(
    name: str, connection: Connection, setup: Setup, now: datetime, first: date, last: date
) -> dict[str, Any]:
    """One of `REPORTS`: a row for the branch (service None) and one for each service that had visitors."""
    lived = _legs(connection, setup, first, last)
    columns = REPORTS[name]
    everybody = [leg for legs in lived.values() for leg in legs]
    rows = [
        {"service": code, **{column: found[column] for column in columns}}
        for code, found in [(None, figures(everybody, now)), *((code, figures(lived[code], now)) for code in lived)]
    ]
    report: dict[str, Any] = {
        "branch": setup.code,
        "report": name,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "definitions": {column: DEFINITIONS[column] for column in columns},
        "rows": rows,
    }
    if name == "no-show":
        report["definitions"] |= BOOKED
        rows[0] |= _booked(connection, setup, first, last)
    return report


def _legs(connection: Connection, setup: Setup, first: date, last: date) -> dict[str, list[Lived]]:
    """By service, in its order: the legs of the tickets that were issued on these service days."""
    c, of_ticket = leg_table.c, (ticket_table.c.booked_at, ticket_table.c.service_day)
    names = ("ready_at", "first_called_at", "last_called_at", "started_at", "finished_at", "left_at")
    query = (
        select(c.service_id, c.calls, *(c[name] for name in names), *of_ticket)
        .join(ticket_table, ticket_table.c.id == c.ticket_id)
        .where(ticket_table.c.branch_id == setup.branch_id, ticket_table.c.service_day.between(first, last))
    )
    found: dict[str, list[Lived]] = {code: [] for code in setup.service_codes.values()}
    for row in connection.execute(query):
        code = setup.service_codes[row.service_id]
        moments = {name: getattr(row, name) for name in names}
        norm = timedelta(seconds=setup.longest_wait(code, row.service_day, row.booked_at))
        found[code].append(Lived(norm, booked_at=row.booked_at, calls=row.calls, **moments))
    return {code: legs for code, legs in found.items() if legs}


def _booked(connection: Connection, setup: Setup, first: date, last: date) -> dict[str, Any]:
    c = appointment_table.c
    start, end = setup.day_begins(first), setup.day_begins(last + timedelta(days=1))
    here = (c.branch_id == setup.branch_id, c.starts_at >= start, c.starts_at < end)
    states: dict[str, int] = dict(
        connection.execute(select(c.state, func.count()).where(*here).group_by(c.state)).all()
    )
    booked, cancelled = sum(states.values()), states.get(AppointmentState.CANCELLED, 0)
    absent = states.get(AppointmentState.ABSENT, 0)
    return {
        "booked": booked,
        "cancelled_in_time": cancelled,
        "absent": absent,
        "booked_no_show_percent": percent(absent, booked - cancelled),
    }
