"""What a visitor does with a ticket: take it, give it back."""

import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from queue_service.actions import legs
from queue_service.model import Leg, Ticket, TicketCounter, table
from queue_service.model.ticket import Channel
from queue_service.rules import next_ticket, ticket
from queue_service.rules.errors import Kind, Refused
from queue_service.rules.ticket import Move
from queue_service.storage.boards import token_hash
from queue_service.storage.hall import Hall
from queue_service.storage.office import ServiceSetup
from queue_service.storage.rows import change_row, put_row

ticket_table, leg_table, counter_table = table(Ticket), table(Leg), table(TicketCounter)
VISITOR = "visitor"


@dataclass(frozen=True)
class Order:
    """What a visitor asks for. `services` are codes of the branch; the first is served first."""

    services: tuple[str, ...]
    language: str
    channel: Channel


@dataclass(frozen=True)
class Issued:
    ticket_id: int
    leg_id: int
    token: str
    """Given out this once; only its hash is kept."""
    label: str
    service: ServiceSetup


def issue(hall: Hall, order: Order, actor: str = VISITOR) -> Issued:
    """Give out a ticket and put its leg in line.

    Raises Refused: unknown_service, one_service_only, unknown_language, branch_closed, service_closed, no_window.
    """
    service = _orderable(hall, order)
    number = _next_number(hall, service.prefix)
    label = ticket.label(service.prefix, number)
    token = secrets.token_urlsafe(16)
    ticket_id = put_row(
        hall.connection,
        ticket_table,
        branch_id=hall.setup.branch_id,
        service_day=hall.service_day,
        series=service.prefix,
        number=number,
        label=label,
        token_hash=token_hash(token),
        channel=order.channel,
        language=order.language,
        needs=[],
        issued_at=hall.now,
    )
    turn = next_ticket.turn(hall.now)
    leg_id = put_row(
        hall.connection,
        leg_table,
        branch_id=hall.setup.branch_id,
        service_day=hall.service_day,
        ticket_id=ticket_id,
        position=1,
        service_id=service.id,
        state=ticket.MOVES[Move.ISSUE].after,
        counting_start=hall.now,
        turn=turn,
        ready_at=hall.now,
        calls=0,
    )
    hall.record(
        Move.ISSUE,
        actor,
        ticket_id=ticket_id,
        leg_id=leg_id,
        facts={
            "number": label,
            "service": service.code,
            "turn": turn.isoformat(),
            "channel": order.channel,
            "language": order.language,
        },
    )
    return Issued(ticket_id, leg_id, token, label, service)


def cancel(hall: Hall, token: str, actor: str = VISITOR) -> Any:
    """Give a ticket back; its leg leaves the line. Raises Refused(unknown_ticket, move_not_allowed)."""
    leg = legs.of_token(hall, token_hash(token))
    state = ticket.after(Move.CANCEL, leg.state)
    change_row(hall.connection, leg_table, leg.id, state=state, left_at=hall.now)
    hall.record(Move.CANCEL, actor, ticket_id=leg.ticket_id, leg_id=leg.id, facts={"number": leg.label})
    return leg


def _orderable(hall: Hall, order: Order) -> ServiceSetup:
    if len(order.services) != 1:
        raise Refused("one_service_only", Kind.INVALID, field="services")
    service = hall.setup.service(order.services[0], "services.0")
    if order.language not in hall.setup.languages:
        raise Refused("unknown_language", Kind.INVALID, field="language", languages=", ".join(hall.setup.languages))
    if reason := hall.setup.closed_reason(service, hall.now):
        raise Refused(reason, field="services.0")
    return service


def _next_number(hall: Hall, series: str) -> int:
    """One more than the last number of the series today. Counted under the branch lock, in the ticket's transaction."""
    start = {"branch_id": hall.setup.branch_id, "series": series, "service_day": hall.service_day, "last_number": 1}
    return int(hall.connection.execute(_count_up(hall.connection.dialect.name), start).scalar_one())


@cache
def _count_up(dialect_name: str) -> Any:
    dialect: Any = sqlite if dialect_name == "sqlite" else postgresql
    return (
        dialect.insert(counter_table)
        .on_conflict_do_update(
            index_elements=["branch_id", "series", "service_day"],
            set_={"last_number": counter_table.c.last_number + 1},
        )
        .returning(counter_table.c.last_number)
    )
