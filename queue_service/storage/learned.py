"""What has a branch learned of its past days? Each finished day is read once, and then only its lesson is kept."""

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Connection

from queue_service.rules.day_record import DayRecord, Served
from queue_service.rules.habits import Habits, HabitsNow
from queue_service.rules.service_times import PastServices
from queue_service.storage.day_rows import days_before
from queue_service.storage.hall_picture import Picture, configured_seconds
from queue_service.storage.office import Setup

DAYS = timedelta(days=28)
"""Older days teach nothing: measurements fade with a half-life of twelve."""
MOST_SERVICES = 6000


class Learned:
    """Of one branch."""

    def __init__(self) -> None:
        self._habits = HabitsNow()
        self._served: dict[date, list[Served]] = {}
        self._past: PastServices | None = None
        self._setup_version, self._today = -1, date.min

    def missing(self, connection: Connection, setup: Setup, today: date) -> list[date]:
        """Finished days that have not been learned from; nothing is asked twice on one day."""
        if self.knows(today):
            return []
        since = max([today - DAYS, *(day + timedelta(days=1) for day in self._served)])
        return days_before(connection, setup, today, since)

    def learn(self, day: date, record: DayRecord) -> None:
        self._habits.take(record)
        self._served[day] = record.served()
        self._past = None

    @property
    def has_days(self) -> bool:
        return bool(self._served)

    def knows(self, today: date) -> bool:
        """Whether all days before this one are in here."""
        return today == self._today

    def complete(self, today: date) -> None:
        self._today = today
        self._served = {day: served for day, served in self._served.items() if day >= today - DAYS}
        self._past = None

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
        return self._habits.at(picture.seconds(picture.now), lambda: picture.so_far)
