"""What happens to appointments although nobody asks? Slots of people who have not come are given up; old holds go."""

from sqlalchemy import Connection, delete

from queue_service.actions.check_in import miss_absent, overdue
from queue_service.actions.holds import KEPT_AFTER_EXPIRY
from queue_service.storage.database import Database
from queue_service.storage.day_books import hold_table
from queue_service.storage.lookup import branch_codes
from queue_service.storage.rows import fetch_one


def give_up_absent(database: Database) -> int:
    """Let every branch give up the slots of those who are too late; how many slots."""
    late = [branch for branch in database.read(branch_codes) if _is_overdue(database, branch)]
    return sum(database.act(branch, miss_absent) for branch in late)


def forget_holds(database: Database) -> None:
    """Drop holds that ended long ago; they count for nothing since then."""
    before = database.clock.now() - KEPT_AFTER_EXPIRY
    database.write(lambda connection: connection.execute(delete(hold_table).where(hold_table.c.expires_at < before)))


def _is_overdue(database: Database, branch: str) -> bool:
    def look(connection: Connection) -> bool:
        setup = database.setups.read(connection, branch)
        before = database.clock.now() - setup.rules.late
        return fetch_one(connection, overdue(), branch=setup.branch_id, before=before) is not None

    return database.read(look)
