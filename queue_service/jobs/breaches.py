"""Who notices that a norm is passed? A look each second at what is due; several schedulers may look at once.

When the clock was set (it moved otherwise than the machine's own time), nobody has waited the difference.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from queue_service.actions import breaches
from queue_service.actions import hall_norms as hall_norms_actions
from queue_service.actions.escalation import escalate
from queue_service.storage import alerts, hall_norms, health
from queue_service.storage.breaches import branches_due, branches_to_resolve
from queue_service.storage.database import Database

JUMP_FROM_SECONDS = 30.0
BEAT = timedelta(seconds=5)
"""So often a look leaves a sign of life; each costs a write."""


def machine_seconds() -> float:
    """Seconds that have really gone by, sleep of the machine included where it can tell."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def beat(database: Database, now: datetime) -> None:
    """Say that the norms have been looked at."""
    database.write(lambda connection: health.beat(connection, health.BREACHES, now))


def _note_jump(connection: Connection, before: datetime, after: datetime) -> None:
    if breaches.note_jump(connection, before, after):
        hall_norms_actions.move_beginnings(connection, after - before)


class BreachWatch:
    """The look of one scheduler; it remembers when it looked last."""

    def __init__(self, database: Database, seconds: Callable[[], float] = machine_seconds) -> None:
        self._database, self._seconds = database, seconds
        self._speed: float = getattr(database.clock, "speed", 1.0)
        self._beat_at: datetime | None = None
        self._last: tuple[datetime, float] | None = None

    def look(self) -> int:
        """Flag what is passed, resolve what has come; how many norms were found passed."""
        database = self._database
        now = self._heed_clock()
        count = sum(database.act(branch, breaches.flag) for branch in database.read(lambda c: branches_due(c, now)))
        for branch in database.read(branches_to_resolve):
            database.act(branch, breaches.resolve)
        for branch in database.read(lambda c: self._halls_to_look_at(c, now)):
            count += database.act(branch, hall_norms_actions.look)
        for branch in database.read(lambda c: self._to_escalate(c, now)):
            database.act(branch, escalate)
        if self._beat_at is None or abs(now - self._beat_at) >= BEAT:
            beat(database, now)
            self._beat_at = now
        return count

    def _halls_to_look_at(self, connection: Connection, now: datetime) -> list[str]:
        setups = [self._database.setups.read(connection, branch) for branch in hall_norms.branches_to_watch(connection)]
        return [setup.code for setup in setups if hall_norms.has_work(connection, setup, now)]

    def _to_escalate(self, connection: Connection, now: datetime) -> list[str]:
        setups = [
            self._database.setups.read(connection, branch) for branch in alerts.branches_that_escalate(connection)
        ]
        return [setup.code for setup in setups if any(alerts.changes(connection, setup, now))]

    def _heed_clock(self) -> datetime:
        now, seconds = self._database.clock.now(), self._seconds()
        if self._last is not None:
            before = self._last[0] + timedelta(seconds=(seconds - self._last[1]) * self._speed)
            if abs((now - before).total_seconds()) > JUMP_FROM_SECONDS * max(1.0, self._speed):
                self._database.write(lambda connection: _note_jump(connection, before, now))
        self._last = now, seconds
        return now


def watch(database: Database) -> Callable[[], Any]:
    """The job of a scheduler."""
    return BreachWatch(database).look
