"""Does the installation live? Heartbeats, and a write that proves that the database takes writes."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from queue_service.model import Heartbeat, table

heartbeats = table(Heartbeat)
JOBS, BREACHES, PROBE = "jobs", "breaches", "probe"


def beat(connection: Connection, name: str, now: datetime) -> None:
    there = update(heartbeats).where(heartbeats.c.name == name).values(at=now)
    if not connection.execute(there).rowcount:
        connection.execute(insert(heartbeats).values(name=name, at=now))


def last_beat(connection: Connection, name: str) -> datetime | None:
    found: datetime | None = connection.execute(select(heartbeats.c.at).where(heartbeats.c.name == name)).scalar()
    return found
