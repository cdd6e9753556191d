"""What becomes of the ranges that people were shown? Kept, scored when the call comes, forgotten after a while."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, literal_column, select, update

from queue_service.model import Estimate, table
from queue_service.model.estimate import EstimateState
from queue_service.model.ticket import LegState
from queue_service.storage.lookup import leg_table
from queue_service.storage.waits import Shown

estimate_table = table(Estimate)
KEPT = timedelta(days=90)
NOT_CALLED = (LegState.CANCELLED, LegState.LEFT)


def keep_shown(connection: Connection, shown: Iterable[tuple[Shown, bool]]) -> int:
    """Keep ranges with whether each is the first of its leg; what was told with a ticket that was not given is left."""
    by_leg = [(one, is_first) for one, is_first in shown if one.told.found is not None]
    legs = _legs(connection, {one.leg_id for one, _ in by_leg})
    rows = [_row(one, is_first, legs[one.leg_id]) for one, is_first in by_leg if one.leg_id in legs]
    if rows:
        connection.execute(insert(estimate_table), rows)
    return len(rows)


def has_called(connection: Connection) -> bool:
    """Whether there is anything to score."""
    return connection.execute(_settled().limit(1)).first() is not None


def score_calls(connection: Connection) -> int:
    """Settle the ranges of those who were called, or left; how many. Others may do the same at the same time."""
    c = estimate_table.c
    rows = connection.execute(_settled()).all()
    for row in rows:
        is_open = (c.id == row.id, c.state == EstimateState.OPEN.value)
        connection.execute(update(estimate_table).where(*is_open).values(**_outcome(row)))
    return len(rows)


def forget_old(connection: Connection, now: datetime) -> None:
    connection.execute(delete(estimate_table).where(estimate_table.c.at < now - KEPT))


def _settled() -> Select[Any]:
    """Ranges whose visitor was called since, or will not be."""
    c, leg = estimate_table.c, leg_table.c
    over = (leg.last_called_at >= c.at) | leg.state.in_(NOT_CALLED)
    is_open = c.state == literal_column(f"'{EstimateState.OPEN}'")
    query = select(c.id, c.at, leg.first_called_at, leg.last_called_at).join(leg_table, leg.id == c.leg_id)
    return query.where(is_open, over)


def _legs(connection: Connection, ids: set[int]) -> dict[int, Any]:
    c = leg_table.c
    query = select(c.id, c.branch_id, c.service_id, c.service_day).where(c.id.in_(sorted(ids)))
    return {row.id: row for row in connection.execute(query)}


def _row(shown: Shown, is_first: bool, leg: Any) -> dict[str, Any]:
    found = shown.told.found
    assert found is not None
    return {
        "branch_id": leg.branch_id,
        "service_day": leg.service_day,
        "leg_id": leg.id,
        "service_id": leg.service_id,
        "at": shown.at,
        "is_first": is_first,
        "low": shown.told.low,
        "high": shown.told.high,
        "sooner": round(found.low),
        "middle": round(found.middle),
        "later": round(found.high),
        "state": EstimateState.OPEN.value,
    }


def _outcome(row: Any) -> dict[str, Any]:
    """The first call after the range was shown: a visitor who came back is called again."""
    called = row.first_called_at if row.first_called_at and row.first_called_at >= row.at else row.last_called_at
    if called is None or called < row.at:
        return {"state": EstimateState.LEFT.value}
    return {"state": EstimateState.CALLED.value, "waited": round((called - row.at).total_seconds())}
