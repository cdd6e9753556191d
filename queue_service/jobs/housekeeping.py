"""What happens although nobody asks? Timed moves and the end of the day; answers kept for repeated requests go."""

from sqlalchemy import Connection, delete, select

from queue_service.model import Hall, table
from queue_service.storage.boards import branch_codes, leg_table
from queue_service.storage.database import Database
from queue_service.storage.replay import KEPT, answered

hall_table = table(Hall)


def move_what_is_due(database: Database) -> int:
    """Let every hall catch up with the clock (actions/due.py) where it is behind; the number of such halls."""
    behind = [branch for branch in database.read(branch_codes) if _is_behind(database, branch)]
    for branch in behind:
        database.act(branch, lambda hall: None)
    return len(behind)


def forget_answers(database: Database) -> None:
    """Drop answers whose Idempotency-Key is no longer honoured."""
    before = database.clock.now() - KEPT
    database.write(lambda connection: connection.execute(delete(answered).where(answered.c.answered_at < before)))


def _is_behind(database: Database, branch: str) -> bool:
    """Whether a leg is due in this branch, or its service day is not the one that the hall saw last."""

    def look(connection: Connection) -> bool:
        setup = database.setups.read(connection, branch)
        now = database.clock.now()
        here = hall_table.c.branch_id == setup.branch_id
        seen = connection.execute(select(hall_table.c.service_day).where(here)).scalar_one()
        due = select(leg_table.c.id).where(leg_table.c.branch_id == setup.branch_id, leg_table.c.due_at <= now)
        return seen < setup.service_day(now) or connection.execute(due.limit(1)).first() is not None

    return database.read(look)
