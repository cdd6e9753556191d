"""Does the installation live? Heartbeats, and a write that proves that the database takes writes."""

from datetime import datetime

from sqlalchemy import Connection, select

from queue_service.model import Heartbeat, table
from queue_service.storage.rows import replace_row

heartbeats = table(Heartbeat)
JOBS, BREACHES, PROBE = "jobs", "breaches", "probe"


def beat(connection: Connection, name: str, now: datetime) -> None:
    """In one statement: two servers that start together beat for the first time at once."""
    replace_row(connection, heartbeats, "name", name=name, at=now)


def last_beat(connection: Connection, name: str) -> datetime | None:
    found: datetime | None = connection.execute(select(heartbeats.c.at).where(heartbeats.c.name == name)).scalar()
    return found
