"""Whom would a change of the set-up leave without anybody who could call them?"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from queue_service.model import Leg, Ticket, table
from queue_service.rules.errors import Refused
from queue_service.rules.ticket import UNFINISHED
from queue_service.storage.hall import Hall
from queue_service.storage.office import ServiceSetup, Setup

leg_table, ticket_table = table(Leg), table(Ticket)


def unfinished(hall: Hall, service: ServiceSetup) -> int:
    """How many visits that are not over still need a service: waiting for it, at it, or with it on their route."""
    return sum(service.code in _needed(hall, visit) for visit in _open_visits(hall))


def stranded(hall: Hall, before: Setup, field: str) -> Refused | None:
    """The refusal of a change after which no window could serve somebody whom one could serve `before`."""
    people, services = 0, set()
    for visit in _open_visits(hall):
        requires = frozenset(visit.requires.split())
        needed = [code for code in _needed(hall, visit) if before.is_met(code, requires)]
        lost = [code for code in needed if not hall.setup.is_met(code, requires)]
        people += bool(lost)
        services |= set(lost)
    if not people:
        return None
    return Refused("people_stranded", field=field, count=people, services=", ".join(sorted(services)))


def refuse_stranding(hall: Hall, before: Setup, field: str) -> None:
    """Raises Refused(people_stranded) with their number and services; the change is undone with its transaction."""
    if refusal := stranded(hall, before, field):
        raise refusal


def refuse_orphan(hall: Hall, leg: Any) -> None:
    """Raises Refused(people_stranded) when no window could serve this leg: its visit was over when that changed."""
    service = hall.setup.service_codes[leg.service_id]
    if not hall.setup.is_met(service, frozenset(leg.requires.split())):
        raise Refused("people_stranded", count=1, services=service)


def _open_visits(hall: Hall) -> Iterator[Any]:
    query = (
        select(leg_table.c.service_id, leg_table.c.state, leg_table.c.requires, ticket_table.c.route)
        .join(ticket_table, ticket_table.c.id == leg_table.c.ticket_id)
        .where(leg_table.c.branch_id == hall.setup.branch_id, leg_table.c.state.in_(sorted(UNFINISHED)))
    )
    yield from hall.connection.execute(query)


def _needed(hall: Hall, visit: Any) -> list[str]:
    """The services of a visit that is not over: those on its route, and the one it is at. Who is served at this very
    moment may yet be put aside, and has to be called again.
    """
    return [hall.setup.service_codes[visit.service_id], *(stop["service"] for stop in visit.route)]
