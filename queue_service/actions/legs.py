"""Which leg is meant? Look-ups that several actions share, always within the locked hall."""

from typing import Any

from sqlalchemy import bindparam, literal_column

from queue_service.rules.errors import Refused, not_found
from queue_service.rules.ticket import AT_WINDOW
from queue_service.storage.boards import leg_table, legs_with_tickets, ticket_table
from queue_service.storage.hall import Hall

BY_ID = legs_with_tickets().where(leg_table.c.id == bindparam("leg"))
AT_THIS_WINDOW = legs_with_tickets().where(
    leg_table.c.window_id == bindparam("window"), leg_table.c.state.in_(sorted(AT_WINDOW))
)
FIRST_WAITING = (
    legs_with_tickets()
    .where(
        leg_table.c.branch_id == bindparam("branch"),
        leg_table.c.service_id.in_(bindparam("services", expanding=True)),
        leg_table.c.state == literal_column("'waiting'"),  # a literal, so that the index of waiting legs serves
        leg_table.c.service_day == bindparam("day"),
    )
    .order_by(leg_table.c.turn, leg_table.c.ticket_id)
    .limit(1)
)


def by_id(hall: Hall, leg_id: int) -> Any:
    return hall.connection.execute(BY_ID, {"leg": leg_id}).one()


def at_window(hall: Hall, window_id: int) -> Any | None:
    """The called or serving leg at a window; at most one, by a unique index."""
    return hall.connection.execute(AT_THIS_WINDOW, {"window": window_id}).first()


def require_at_window(hall: Hall, window_id: int) -> Any:
    """Like `at_window`; raises Refused(nobody_at_window)."""
    leg = at_window(hall, window_id)
    if leg is None:
        raise Refused("nobody_at_window")
    return leg


def of_token(hall: Hall, token_hash: str) -> Any:
    """The last leg of the ticket with this token, in this hall; raises Refused(unknown_ticket)."""
    leg = hall.connection.execute(
        legs_with_tickets()
        .where(ticket_table.c.token_hash == token_hash, ticket_table.c.branch_id == hall.setup.branch_id)
        .order_by(leg_table.c.position.desc())
    ).first()
    if leg is None:
        raise not_found("ticket", "")
    return leg


def waiting_today(hall: Hall, services: tuple[str, ...]) -> Any:
    """The first waiting leg among these services, by the order of rules/next_ticket.py; None when nobody waits."""
    ids = [hall.setup.services[code].id for code in services]
    place = {"branch": hall.setup.branch_id, "services": ids, "day": hall.service_day}
    return hall.connection.execute(FIRST_WAITING, place).first()
