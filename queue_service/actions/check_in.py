"""How does an appointment become a ticket? By its code or its link, early, on time or late; or nobody comes."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, literal_column, select

from queue_service.actions import tickets
from queue_service.actions.tickets import VISITOR, Issued, Order
from queue_service.model.appointment import AppointmentState
from queue_service.model.ticket import Channel
from queue_service.rules.appointment import CODE_LENGTH, Arrival, Change, after, arrival, as_code
from queue_service.rules.errors import Refused, not_found
from queue_service.storage.appointments import appointment_table, by_code, by_token, services_of
from queue_service.storage.day_books import touch
from queue_service.storage.hall import Hall
from queue_service.storage.rows import change_row, fetch_all

SYSTEM = "system"


@dataclass(frozen=True)
class CheckedIn:
    appointment: Any
    issued: Issued
    arrival: Arrival


def check_in(hall: Hall, typed: str, actor: str = VISITOR, language: str | None = None) -> CheckedIn:
    """Give out the ticket of an appointment; `typed` is its code, its token, or the link in its QR code.

    Raises Refused: unknown_appointment, appointment_<state>, appointment_not_today, appointment_over, and as
    `tickets.issue`.
    """
    row = find(hall, typed)
    if row.state == AppointmentState.ARRIVED:
        raise Refused("appointment_arrived", field="code", number=row.label or "")
    state = after(Change.CHECK_IN, row.state)
    day = hall.setup.service_day(row.starts_at)
    if day != hall.service_day:
        code = "appointment_over" if day < hall.service_day else "appointment_not_today"
        raise Refused(code, field="code", date=day.isoformat())
    if not services_of(row, hall.setup):
        raise Refused("service_closed", field="code")
    how = arrival(row.starts_at, hall.now, hall.setup.rules.late)
    issued = tickets.issue(hall, _order(hall, row, language), actor)
    values = {"state": state.value, "ticket_id": issued.ticket_id, "ended_at": hall.now}
    change_row(hall.connection, appointment_table, row.id, **values)
    if row.state != AppointmentState.BOOKED:
        touch(hall, row.starts_at)
    facts = {"appointment": row.id, "arrival": how.value, "number": issued.label}
    hall.record("check_in", actor, ticket_id=issued.ticket_id, leg_id=issued.leg_id, facts=facts)
    return CheckedIn(row, issued, how)


def find(hall: Hall, typed: str) -> Any:
    """The appointment that somebody names by code, token or link. Raises Refused(unknown_appointment)."""
    last = typed.strip().rstrip("/").rsplit("/", 1)[-1].split("?")[0]
    code = as_code(last)
    if len(code) == CODE_LENGTH:
        return by_code(hall.connection, hall.setup.branch_id, code)
    row = by_token(hall.connection, last)
    if row.branch_id != hall.setup.branch_id:
        raise not_found("appointment", "", "code")
    return row


def miss_absent(hall: Hall) -> int:
    """Give up the slots of those who have not come in time; how many. They may still check in, as walk-ins."""
    before = hall.now - hall.setup.rules.late
    rows = fetch_all(hall.connection, overdue(), branch=hall.setup.branch_id, before=before)
    for row in rows:
        state = after(Change.MISS, row.state)
        change_row(hall.connection, appointment_table, row.id, state=state.value, ended_at=hall.now)
        touch(hall, row.starts_at)
        hall.record("miss_booking", SYSTEM, facts={"appointment": row.id, "starts_at": row.starts_at.isoformat()})
    return len(rows)


@cache
def overdue() -> Select[Any]:
    """Appointments whose visitors have not come although they began before a moment. Literal, for the index."""
    c = appointment_table.c
    return (
        select(c.id, c.state, c.starts_at)
        .where(c.branch_id == bindparam("branch"), c.state == literal_column(f"'{AppointmentState.BOOKED}'"))
        .where(c.starts_at < bindparam("before", type_=c.starts_at.type))
        .order_by(c.starts_at, c.id)
    )


def _order(hall: Hall, row: Any, language: str | None) -> Order:
    return Order(
        tuple(service.code for service in services_of(row, hall.setup)),
        language or row.language,
        Channel(row.channel),
        tuple(row.needs),
        booked_at=row.starts_at,
    )
