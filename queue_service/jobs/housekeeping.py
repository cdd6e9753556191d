"""What happens although nobody asks? Timed moves and the end of the day; answers kept for repeated requests go."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from queue_service.model import Hall, table
from queue_service.storage import health
from queue_service.storage.database import Database
from queue_service.storage.lookup import branch_codes, leg_table
from queue_service.storage.office import Setup
from queue_service.storage.replay import KEPT, answered

hall_table = table(Hall)


def move_what_is_due(database: Database) -> int:
    """Let every hall catch up with the clock (actions/due.py) where it is behind; the number of such halls."""

    def look(connection: Connection) -> list[str]:
        now = database.clock.now()
        setups = [database.setups.read(connection, branch) for branch in branch_codes(connection)]
        return [setup.code for setup in setups if _is_behind(connection, setup, now)]

    behind = database.read(look)
    for branch in behind:
        database.act(branch, lambda hall: None)
    return len(behind)


def forget_answers(database: Database) -> None:
    """Drop answers whose Idempotency-Key is no longer honoured."""
    before = database.clock.now() - KEPT
    database.write(lambda connection: connection.execute(delete(answered).where(answered.c.answered_at < before)))


def beat(database: Database) -> None:
    """Say that jobs run."""
    now = database.clock.now()
    database.write(lambda connection: health.beat(connection, health.JOBS, now))


def _is_behind(connection: Connection, setup: Setup, now: datetime) -> bool:
    """Whether a leg is due in this branch, or its service day is not the one that the hall saw last."""
    here = hall_table.c.branch_id == setup.branch_id
    seen = connection.execute(select(hall_table.c.service_day).where(here)).scalar_one()
    due = select(leg_table.c.id).where(leg_table.c.branch_id == setup.branch_id, leg_table.c.due_at <= now)
    return bool(seen != setup.service_day(now)) or connection.execute(due.limit(1)).first() is not None
