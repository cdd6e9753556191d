"""What has a branch learned of its past days? Each finished day is read once, and then only its lesson is kept."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from queue_service.rules.day_record import DayRecord, Served
from queue_service.rules.habits import Habits, HabitsLearner
from queue_service.rules.service_times import PastServices
from queue_service.storage.day_rows import days_before
from queue_service.storage.hall_picture import Picture, configured_seconds
from queue_service.storage.office import Setup

DAYS = timedelta(days=28)
"""Older days teach nothing: measurements fade with a half-life of twelve."""
MOST_SERVICES = 6000
FIRST_DAY_AGAIN = timedelta(minutes=5)
"""How often an office without past days learns from the day under way."""


class Learned:
    """Of one branch."""

    def __init__(self) -> None:
        self._learner = HabitsLearner()
        self._served: dict[date, list[Served]] = {}
        self._habits: Habits | None = None
        self._past: PastServices | None = None
        self._setup_version, self._today = -1, date.min
        self._first_day_at: datetime | None = None

    def missing(self, connection: Connection, setup: Setup, today: date) -> list[date]:
        """Finished days that have not been learned from; nothing is asked twice on one day."""
        if self.knows(today):
            return []
        since = max([today - DAYS, *(day + timedelta(days=1) for day in self._served)])
        return days_before(connection, setup, today, since)

    def learn(self, day: date, record: DayRecord) -> None:
        self._learner.take(record)
        self._served[day] = record.served()
        self._habits = self._past = None

    @property
    def has_days(self) -> bool:
        return bool(self._served)

    def knows(self, today: date) -> bool:
        """Whether all days before this one are in here."""
        return today == self._today

    def complete(self, today: date) -> None:
        self._today = today
        self._served = {day: served for day, served in self._served.items() if day >= today - DAYS}
        self._habits = self._past = None

    def past(self, setup: Setup) -> PastServices:
        if self._past is None or self._setup_version != setup.version:
            days = ((self._today - day).days for day in self._served)
            by_age = zip(days, self._served.values(), strict=True)
            aged = [replace(one, days_ago=days_ago) for days_ago, some in by_age for one in some]
            windows = dict.fromkeys(setup.window_codes.values())
            self._past = PastServices(configured_seconds(setup), windows, aged[-MOST_SERVICES:])
            self._setup_version = setup.version
        return self._past

    def habits(self, picture: Picture) -> Habits:
        """Of the past days; on a first day, of the day so far."""
        if self._served:
            self._habits = self._habits or self._learner.habits()
            return self._habits
        if self._habits is None or not self._first_day_at or picture.now - self._first_day_at >= FIRST_DAY_AGAIN:
            learner = HabitsLearner()
            learner.take(picture.so_far)
            self._habits, self._first_day_at = learner.habits(), picture.now
        return self._habits
