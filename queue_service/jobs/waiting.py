"""What happens to those who wait for a slot although nobody asks? Offers lapse and go to the next; draws are held."""

from sqlalchemy import Connection, delete, select

from queue_service.actions.waiting import go_on
from queue_service.model import SpentProof, table
from queue_service.model.appointment import MessageState, WaitingState
from queue_service.storage.appointments import contact_table
from queue_service.storage.database import Database
from queue_service.storage.lookup import branch_table
from queue_service.storage.messages import message_table
from queue_service.storage.rows import change_row
from queue_service.storage.waiting import LIVE, is_due, waiting_table

spent_table = table(SpentProof)


def serve_waiting(database: Database) -> int:
    """Let every branch that has something to do for those who wait do it; how many branches."""
    branches = [branch for branch in database.read(_with_waiting) if _is_due(database, branch)]
    for branch in branches:
        database.act(branch, go_on)
    return len(branches)


def forget_proofs(database: Database) -> None:
    """Drop proofs of work that nobody would take any more."""
    old = spent_table.c.expires_at < database.clock.now()
    database.write(lambda connection: connection.execute(delete(spent_table).where(old)))


def forget_told(database: Database) -> None:
    """Whose an entry was that got nothing in a draw is forgotten once they have heard, or nobody can tell them."""
    c, message = waiting_table.c, message_table.c
    untold = select(message.id).where(message.waiting_id == c.id, message.state == MessageState.QUEUED.value).exists()
    told = select(c.id, c.contact_id).where(c.state == WaitingState.ENDED.value, c.contact_id.is_not(None), ~untold)

    def forget(connection: Connection) -> None:
        for entry_id, contact_id in connection.execute(told).all():
            change_row(connection, waiting_table, entry_id, contact_id=None)
            connection.execute(delete(contact_table).where(contact_table.c.id == contact_id))

    database.write(forget)


def _is_due(database: Database, branch: str) -> bool:
    def look(connection: Connection) -> bool:
        return is_due(connection, database.setups.read(connection, branch), database.clock.now())

    return database.read(look)


def _with_waiting(connection: Connection) -> list[str]:
    waiting = select(waiting_table.c.id).where(waiting_table.c.branch_id == branch_table.c.id, LIVE).exists()
    return list(connection.execute(select(branch_table.c.code).where(waiting)).scalars())
