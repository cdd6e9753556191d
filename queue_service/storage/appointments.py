"""What is known of an appointment? Found by its token, its code or its id; shown to its holder and to staff."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, literal_column, select

from queue_service.model import Appointment, Branch, Contact, SlotHold, Ticket, table
from queue_service.model.appointment import AppointmentState
from queue_service.rules.errors import Refused, not_found
from queue_service.storage.boards import Board, branch_place, moment
from queue_service.storage.lookup import token_hash
from queue_service.storage.office import ServiceSetup, Setup

appointment_table, contact_table, hold_table = table(Appointment), table(Contact), table(SlotHold)
branch_table, ticket_table = table(Branch), table(Ticket)
TOKEN = "appointment token"
"""What the sealed token is sealed for."""


def branch_of_appointment(connection: Connection, token: str) -> str:
    """The code of the branch that an appointment is in; raises Refused(unknown_appointment)."""
    return _branch_of(connection, appointment_table, token, not_found("appointment", ""))


def branch_of_hold(connection: Connection, token: str) -> str:
    """The code of the branch that a slot is held in, or was; raises Refused(unknown_hold)."""
    try:
        return _branch_of(connection, hold_table, token, not_found("hold", "", "hold"))
    except Refused:
        used = appointment_table.c.hold_hash == token_hash(token)
        query = _branch_code(appointment_table).where(used)
        if (code := connection.execute(query).scalar()) is None:
            raise
        return str(code)


def services_to_come(connection: Connection, branch_id: int, now: datetime, parts: Select[Any]) -> list[list[str]]:
    """The services of each booking still to come of those whose parts are asked for."""
    c = appointment_table.c
    booked: Any = literal_column(f"'{AppointmentState.BOOKED}'")  # literal, for the index
    ahead = parts.where(c.branch_id == branch_id, c.state == booked, c.starts_at > now)
    return [[part["service"] for part in services] for services in connection.execute(ahead).scalars()]


def by_token(connection: Connection, token: str) -> Any:
    """The appointment behind a token, with its contact; raises Refused(unknown_appointment)."""
    return _one(connection, appointment_table.c.token_hash == token_hash(token))


def by_id(connection: Connection, branch_id: int, appointment_id: int) -> Any:
    """The appointment of a branch with this id; raises Refused(unknown_appointment)."""
    return _one(connection, (appointment_table.c.id == appointment_id) & (appointment_table.c.branch_id == branch_id))


def by_code(connection: Connection, branch_id: int, code: str) -> Any:
    """The appointment of a branch with this code; raises Refused(unknown_appointment)."""
    return _one(connection, (appointment_table.c.code == code) & (appointment_table.c.branch_id == branch_id))


def with_contact() -> Select[Any]:
    """Appointments with whose they are, and the number of the ticket that they became."""
    return (
        select(appointment_table, contact_table.c.name, contact_table.c.phone, contact_table.c.email)
        .add_columns(ticket_table.c.label)
        .outerjoin(contact_table, contact_table.c.id == appointment_table.c.contact_id)
        .outerjoin(ticket_table, ticket_table.c.id == appointment_table.c.ticket_id)
    )


def appointment(row: Any, setup: Setup, now: datetime) -> Board:
    """What the holder of an appointment sees of it."""
    services = services_of(row, setup)
    is_ahead = row.state == AppointmentState.BOOKED and row.starts_at > now
    return {
        "code": row.code,
        "status": row.state,
        "starts_at": moment(row.starts_at),
        "ends_at": moment(row.ends_at),
        "services": [
            {"code": one.code, "prefix": one.prefix, "name": one.name, "documents": one.documents, "fee": one.fee}
            for one in services
        ],
        "name": row.name,
        "language": row.language,
        "needs": row.needs,
        "channel": row.channel,
        "windows": windows_for(row, setup),
        "number": row.label,
        "sequence": row.sequence,
        "may": {
            "move": is_ahead,
            "cancel": row.state == AppointmentState.BOOKED,
            "correct": row.state == AppointmentState.BOOKED,
            "rename": row.state == AppointmentState.BOOKED and not is_name_fixed(services),
        },
        "late_after": moment(row.starts_at + setup.rules.late),
        "branch": branch_place(setup),
        "server_time": moment(now),
    }


def services_of(row: Any, setup: Setup) -> list[ServiceSetup]:
    """The services of a booked visit, as far as the office still has them."""
    codes = [part["service"] for part in row.parts]
    return [setup.services[code] for code in codes if code in setup.services]


def is_name_fixed(services: list[ServiceSetup]) -> bool:
    """Whether a visitor who wants another name has to cancel and book anew."""
    return any(one.booking is not None and one.booking.protections.name_fixed for one in services)


def windows_for(row: Any, setup: Setup) -> list[str]:
    """Where the visit may begin: the windows that serve its first service and meet its needs."""
    first, requires = row.parts[0]["service"], frozenset(row.requires.split())
    return [window.code for window in setup.windows if first in window.services and requires <= window.meets]


def booked_for(connection: Connection, setup: Setup, now: datetime, service: str) -> int:
    """How many bookings to come are for a service."""
    c = appointment_table.c
    ahead = select(c.parts).where(
        c.branch_id == setup.branch_id, c.state == literal_column(f"'{AppointmentState.BOOKED}'"), c.ends_at > now
    )
    return sum(any(part["service"] == service for part in parts) for parts in connection.execute(ahead).scalars())


def _one(connection: Connection, condition: Any) -> Any:
    row = connection.execute(with_contact().where(condition)).first()
    if row is None:
        raise not_found("appointment", "")
    return row


def _branch_of(connection: Connection, rows: Any, token: str, unknown: Refused) -> str:
    code = connection.execute(_branch_code(rows).where(rows.c.token_hash == token_hash(token))).scalar()
    if code is None:
        raise unknown
    return str(code)


def _branch_code(rows: Any) -> Select[Any]:
    return select(branch_table.c.code).join(rows, rows.c.branch_id == branch_table.c.id)
