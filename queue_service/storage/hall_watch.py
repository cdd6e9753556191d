"""What is known of a branch that is looked at again and again? Its day so far, and what its past days teach."""

import threading
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from queue_service.storage.day_rows import DayRows
from queue_service.storage.hall_picture import Picture
from queue_service.storage.learned import Learned
from queue_service.storage.office import Setup

if TYPE_CHECKING:
    from queue_service.storage.database import Database

Apart = Callable[[Callable[[], Any]], Any]
"""Runs pure work away from the event loop."""


class HallWatch:
    """Of one branch, in one process."""

    def __init__(self, database: "Database", branch: str) -> None:
        self.learned = Learned()
        self._database, self._branch = database, branch
        self._rows: DayRows | None = None
        self._lock = threading.Lock()

    def look(self, apart: Apart) -> tuple[Setup, Picture, int]:
        """The hall as it is now, at which version; what happened since the last look is read, and no more."""
        with self._lock:
            self._learn(apart)
            return self._read(self._look)  # type: ignore[no-any-return]

    def _look(self, connection: Any, setup: Setup, now: datetime) -> tuple[Setup, Picture, int]:
        today = setup.service_day(now)
        if self._rows is None or self._rows.day != today:
            self._rows = DayRows(today)
        self._rows.catch_up(connection, setup, self._database.give_way)
        return setup, Picture.of(self._rows, setup, now), self._rows.version

    def _learn(self, apart: Apart) -> None:
        """Take in the finished days that are not known yet, one after the other."""

        def missing(connection: Any, setup: Setup, now: datetime) -> Any:
            today = setup.service_day(now)
            return setup, today, now, self.learned.missing(connection, setup, today)

        setup, today, now, days = self._read(missing)
        for day in days:
            self._learn_from(setup, day, now, apart)
        if not self.learned.knows(today):
            self.learned.complete(today)

    def _learn_from(self, setup: Setup, day: date, now: datetime, apart: Apart) -> None:
        rows = DayRows(day)
        self._database.read(lambda connection: rows.catch_up(connection, setup, self._database.give_way))
        picture = Picture.of(rows, setup, now)
        apart(lambda: self.learned.learn(day, picture.record()))

    def _read(self, look: Callable[..., Any]) -> Any:
        database = self._database

        def read(connection: Any) -> Any:
            return look(connection, database.setups.read(connection, self._branch), database.clock.now())

        return database.read(read)
