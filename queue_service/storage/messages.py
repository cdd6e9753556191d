"""What waits to be sent, and what became of it? A message is taken by one sender at a time, and marked afterwards."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, literal_column, or_, select, update

from queue_service.model import Appointment, Branch, Message, WaitingEntry, table
from queue_service.model.appointment import MessageState
from queue_service.storage.boards import Board, moment
from queue_service.storage.rows import fetch_one

message_table, appointment_table, branch_table = table(Message), table(Appointment), table(Branch)
waiting_table = table(WaitingEntry)
LEASE = timedelta(minutes=5)
"""So long a message belongs to the sender that took it; were it to die, another sends it after that."""
OVERDUE = timedelta(minutes=10)
MOST_LISTED = 100
TOO_LATE = "too_late"


def take(connection: Connection, channel: str, now: datetime) -> Any | None:
    """The next message of a channel that is due, kept from other senders until the lease ends; None when none is."""
    c = message_table.c
    while (row := fetch_one(connection, _due(), channel=channel, now=now)) is not None:
        still = (c.id == row.id) & (c.state == MessageState.QUEUED.value) & (c.due_at == row.due_at)
        taken = update(message_table).where(still).values(due_at=now + LEASE, attempts=row.attempts + 1)
        if connection.execute(taken).rowcount:
            return row
    return None


def mark(connection: Connection, row: Any, **values: Any) -> None:
    """Say what became of a message that was taken. One that was overtaken in the meantime stays so."""
    c = message_table.c
    taken = (c.id == row.id) & (c.state == MessageState.QUEUED.value)
    connection.execute(update(message_table).where(taken).values(**values))


def give_up_late(connection: Connection, now: datetime) -> int:
    """Messages about visits and days that are over, which nobody could send, have failed; how many."""
    c, visit = message_table.c, appointment_table.c
    over = select(visit.id).where(visit.id == c.appointment_id, visit.ends_at <= now).exists()
    wait = waiting_table.c
    waited = select(wait.id).where(wait.id == c.waiting_id, wait.last < now.date()).exists()
    late = (c.state == MessageState.QUEUED.value) & or_(over, waited)
    failed = update(message_table).where(late).values(state=MessageState.FAILED.value, error=TOO_LATE)
    return int(connection.execute(failed).rowcount)


def outbox(connection: Connection, now: datetime, branch_id: int | None = None) -> Board:
    """How much waits to be sent and what has failed, of one branch or of all; no word of whose it is."""
    c = message_table.c
    here = [] if branch_id is None else [c.branch_id == branch_id]
    due = select(func.count(), func.min(c.due_at)).where(*here, c.state == MessageState.QUEUED.value)
    waiting, oldest = connection.execute(due.where(c.due_at <= now)).one()
    overdue = connection.execute(due.where(c.queued_at <= now - OVERDUE, _was_due_at(c, now))).one()[0]
    # Whatever failed has an error, and those have an index: messages of years are not read for it.
    failed = select(func.count()).where(*here, c.state == MessageState.FAILED.value, c.error.is_not(None))
    return {
        "waiting": waiting,
        "oldest_due_at": None if oldest is None else moment(oldest),
        "overdue": overdue,
        "later": connection.execute(due.where(c.due_at > now, c.attempts == 0)).one()[0],
        "failed": connection.execute(failed).scalar_one(),
    }


def troubled(connection: Connection, branch_id: int) -> list[Board]:
    """Messages of a branch that failed, or could not be sent at the first attempt; the latest first."""
    c = message_table.c
    states = (MessageState.FAILED.value, MessageState.QUEUED.value)
    query = select(message_table).where(c.branch_id == branch_id, c.state.in_(states), c.error.is_not(None))
    rows = connection.execute(query.order_by(c.id.desc()).limit(MOST_LISTED)).all()
    return [_board(row) for row in rows]


def try_again(connection: Connection, branch_id: int, message_id: int, now: datetime) -> bool:
    """Queue a failed message once more; whether there was one."""
    c = message_table.c
    failed = (c.id == message_id) & (c.branch_id == branch_id) & (c.state == MessageState.FAILED.value)
    again = {"state": MessageState.QUEUED.value, "due_at": now, "attempts": 0, "error": None}
    return bool(connection.execute(update(message_table).where(failed).values(**again)).rowcount)


def _was_due_at(c: Any, now: datetime) -> Any:
    """Due now, or put off after an attempt: its first moment is past either way."""
    return or_(c.due_at <= now, c.attempts > 0)


def _board(row: Any) -> Board:
    return {
        "id": str(row.id),
        "kind": row.kind,
        "channel": row.channel,
        "state": row.state,
        "queued_at": moment(row.queued_at),
        "next_attempt_at": moment(row.due_at) if row.state == MessageState.QUEUED else None,
        "attempts": row.attempts,
        "error": row.error,
    }


@cache
def _due() -> Select[Any]:
    """With the code of its branch. Literal state, for the index."""
    c = message_table.c
    return (
        select(message_table, branch_table.c.code.label("branch"))
        .join(branch_table, branch_table.c.id == c.branch_id)
        .where(c.state == literal_column(f"'{MessageState.QUEUED}'"), c.channel == bindparam("channel"))
        .where(c.due_at <= bindparam("now", type_=c.due_at.type))
        .order_by(c.due_at, c.id)
        .limit(1)
    )
