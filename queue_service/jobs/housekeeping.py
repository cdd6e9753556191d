"""What must be tidied up? Days that ended with people still in line, and answers kept for repeated requests."""

from functools import partial

from sqlalchemy import Connection, delete, select

from queue_service.actions.day import close_day
from queue_service.rules.calendar import service_day
from queue_service.rules.ticket import UNFINISHED
from queue_service.storage.boards import branch_codes, leg_table
from queue_service.storage.database import Database
from queue_service.storage.replay import KEPT, answered


def close_past_days(database: Database) -> int:
    """End every service day that is over in its branch's own time; the number of legs that were left behind."""
    return sum(
        database.act(branch, partial(close_day, past_days_only=True))
        for branch in database.read(branch_codes)
        if _has_leftovers(database, branch)
    )


def forget_answers(database: Database) -> None:
    """Drop answers whose Idempotency-Key is no longer honoured."""
    before = database.clock.now() - KEPT
    database.write(lambda connection: connection.execute(delete(answered).where(answered.c.answered_at < before)))


def _has_leftovers(database: Database, branch: str) -> bool:
    def look(connection: Connection) -> bool:
        setup = database.setups.read(connection, branch)
        today = service_day(database.clock.now(), setup.time_zone)
        found = connection.execute(
            select(leg_table.c.id)
            .where(
                leg_table.c.branch_id == setup.branch_id,
                leg_table.c.state.in_(UNFINISHED - {"serving"}),
                leg_table.c.service_day < today,
            )
            .limit(1)
        ).first()
        return found is not None

    return database.read(look)
