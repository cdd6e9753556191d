"""What has no code of its own, as the tables have it? Rosters, special days, closures, norms, rules of escalation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, select

from queue_service.model import Closure, Escalation, Norm, Roster, SpecialDays, table
from queue_service.rules.booking import ClosureFacts, RosterFacts, SpecialDaysFacts
from queue_service.rules.escalation import EscalationFacts
from queue_service.rules.norm import NormFacts

roster_table, special_table, closure_table = table(Roster), table(SpecialDays), table(Closure)
norm_table, escalation_table = table(Norm), table(Escalation)
F = TypeVar("F", RosterFacts, SpecialDaysFacts, ClosureFacts, NormFacts, EscalationFacts)


@dataclass(frozen=True)
class Entry(Generic[F]):
    """One of several that have no code: its id tells it from the others."""

    id: int
    facts: F


def read_rosters(connection: Connection, branch_id: int, windows: Mapping[int, str]) -> tuple[Entry[RosterFacts], ...]:
    """The rosters of `windows` (codes by id)."""
    rows = _rows(connection, roster_table, branch_id)
    return tuple(
        Entry(
            row.id,
            RosterFacts(
                window=windows[row.window_id], hours=row.hours, services=row.services, first=row.first, last=row.last
            ),
        )
        for row in rows
        if row.window_id in windows
    )


def read_special_days(connection: Connection, branch_id: int) -> tuple[Entry[SpecialDaysFacts], ...]:
    return tuple(
        Entry(row.id, SpecialDaysFacts(first=row.first, last=row.last, name=row.name, hours=row.hours))
        for row in _rows(connection, special_table, branch_id)
    )


def read_closures(
    connection: Connection, branch_id: int, windows: Mapping[int, str]
) -> tuple[Entry[ClosureFacts], ...]:
    live = set(windows.values())
    return tuple(
        Entry(
            row.id,
            ClosureFacts(
                first=row.first,
                last=row.last,
                hours=row.hours,
                reason=row.reason,
                windows=None if row.windows is None else [code for code in row.windows if code in live],
            ),
        )
        for row in _rows(connection, closure_table, branch_id)
    )


def read_norms(connection: Connection, branch_id: int, services: Mapping[int, str]) -> tuple[Entry[NormFacts], ...]:
    """The norms of `services` (codes by id) and of all services."""
    names = ("kind", "channel", "longest", "source", "valid_from", "valid_to")
    return tuple(
        Entry(row.id, NormFacts(service=services.get(row.service_id), **{name: getattr(row, name) for name in names}))
        for row in _rows(connection, norm_table, branch_id)
        if row.service_id is None or row.service_id in services
    )


def read_escalations(connection: Connection, branch_id: int) -> tuple[Entry[EscalationFacts], ...]:
    names = EscalationFacts.model_fields
    rows = _rows(connection, escalation_table, branch_id)
    return tuple(Entry(row.id, EscalationFacts(**{name: getattr(row, name) for name in names})) for row in rows)


def _rows(connection: Connection, rows: Any, branch_id: int) -> Any:
    return connection.execute(select(rows).where(rows.c.branch_id == branch_id).order_by(rows.c.id)).all()
