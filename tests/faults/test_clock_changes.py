"""D3: slots on days when clocks change, by the booking API: every real half-hour once, none that does not exist, and
the calendar file tells the very moment that is kept."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar
from sqlalchemy import select

from queue_service.app import create_app
from queue_service.clock import FrozenClock
from queue_service.settings import Settings
from queue_service.storage.appointments import appointment_table
from queue_service.storage.database import Database
from tests.booking import DAYTIME, a_bookable_office
from tests.faults.installation import kind_of

PERSON = {"name": "Ada Lovelace", "phone": "+44 20 7946 0001", "language": "en"}
HALF_AN_HOUR = timedelta(minutes=30)

CHANGES = [
    ("Europe/Berlin", "2026-03-29", ("01:00", "05:00"), 6, []),
    ("Europe/Berlin", "2026-10-25", ("01:00", "05:00"), 10, ["02:00", "02:30"]),
    ("America/New_York", "2026-03-08", ("01:00", "05:00"), 6, []),
    ("America/New_York", "2026-11-01", ("00:30", "04:00"), 9, ["01:00", "01:30"]),
    ("Australia/Lord_Howe", "2026-04-05", ("01:00", "04:00"), 7, ["01:30"]),
    ("Australia/Lord_Howe", "2026-10-04", ("01:00", "04:00"), 5, []),
    ("America/Santiago", "2026-04-04", ("22:00", "24:00"), 6, ["23:00", "23:30"]),
    ("America/Santiago", "2026-09-06", ("00:00", "03:00"), 4, []),
]
"""Zone, day, opening hours, how many real half-hours they hold, and what the clock on the wall shows twice."""


def wall(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def half_hours(zone: str, day: str, hours: tuple[str, str]) -> list[datetime]:
    """Every real half-hour that begins while the clock on the wall of that day shows the opening hours."""
    noon = datetime.fromisoformat(f"{day}T12:00+00:00")
    moments = (noon + n * HALF_AN_HOUR for n in range(-96, 97))
    opens, closes = hours
    local = ((moment, moment.astimezone(ZoneInfo(zone))) for moment in moments)
    return [m for m, at in local if at.date() == date.fromisoformat(day) and opens <= f"{at:%H:%M}" < closes]


@dataclass
class Office:
    """A branch in a zone, on a day when its clocks change, as a visitor sees it."""

    visitor: Any
    database: Database
    branch: str
    zone: str
    day: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return self.visitor.open(f"/api/v1{path}", method=method, json=body)

    def slots(self) -> list[datetime]:
        found = self.call("GET", f"/branches/{self.branch}/slots?service=A&from={self.day}&to={self.day}").json
        return [datetime.fromisoformat(slot["starts_at"]) for slot in found]

    def book(self, moment: datetime) -> tuple[datetime, datetime, datetime]:
        """The moment that is told, that is kept, and that stands in the calendar file."""
        order = {"service": "A", "starts_at": moment.isoformat()}
        hold = self.call("POST", f"/branches/{self.branch}/slot-holds", order).json["hold"]
        mine = self.call("POST", "/appointments", {"hold": hold, **PERSON}).json
        file = self.call("GET", f"/appointments/{mine['token']}/appointment.ics").data
        return datetime.fromisoformat(mine["starts_at"]), kept_at(self.database, mine["code"]), starts_at(file)


def test_every_half_hour_of_a_longer_or_shorter_day_is_one_slot(
    database: Database, clock: FrozenClock, tmp_path: Any, note: Any
) -> None:
    visitor = create_app(database, Settings(data=tmp_path)).test_client()
    figures: Counter[str] = Counter()
    for number, (zone, day, hours, count, twice) in enumerate(CHANGES):
        week = {name: [list(hours)] for name in DAYTIME}
        branch = a_bookable_office(database, "A", {"1": "A"}, week, code=f"far-{number}", time_zone=zone)
        clock.moment = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=3)
        office = Office(visitor, database, branch, zone, day)
        slots = office.slots()
        assert slots == half_hours(zone, day, hours), (zone, day)
        shown = Counter(wall(moment, zone) for moment in slots)
        assert (len(slots), [reading for reading, times in shown.items() if times == 2]) == (count, twice)
        booked = sorted({slots[0], slots[-1], *(moment for moment in slots if wall(moment, zone) in twice)})
        assert [office.book(moment) for moment in booked] == [(moment, moment, moment) for moment in booked]
        assert office.slots() == [moment for moment in slots if moment not in booked]
        figures.update(days=1, slots=len(slots), shown_twice=len(twice), booked=len(booked))
    note("D3", kind_of(database), **figures)


def kept_at(database: Database, code: str) -> datetime:
    """The moment that the database holds for the appointment with this code."""
    query = select(appointment_table.c.starts_at).where(appointment_table.c.code == code)
    moment: datetime = database.read(lambda connection: connection.execute(query).scalar_one())
    return moment


def starts_at(file: bytes) -> datetime:
    event: Any = Calendar.from_ical(file).walk("VEVENT")[0]
    moment: datetime = event["dtstart"].dt
    return moment.astimezone(UTC)
