"""Which service day is it, and is the office open? Answered in the branch's own local time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = Mapping[str, list[list[str]]]
"""Opening spans by weekday, local time: {"mon": [["08:00", "13:00"], ["14:00", "18:00"]], …}."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Opening:
    is_open: bool
    opens_at: datetime | None
    """Start of the span under way, or of the next one; None when no opening is in sight."""
    closes_at: datetime | None
    """End of that same span."""


def service_day(now: datetime, time_zone: str, day_starts: str = "00:00") -> date:
    """The day to which tickets and their numbers belong; before `day_starts` (local time) it is still yesterday."""
    local = now.astimezone(ZoneInfo(time_zone))
    return local.date() - timedelta(days=local.time() < time.fromisoformat(day_starts))


def opening(hours: Hours, now: datetime, time_zone: str) -> Opening:
    """The opening span that contains `now`, or the next one within a fortnight."""
    for start, end in _spans(hours, service_day(now, time_zone), ZoneInfo(time_zone)):
        if now < end:
            return Opening(start <= now, start, end)
    return Opening(False, None, None)


def _spans(hours: Hours, first_day: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for offset in range(15):
        day = first_day + timedelta(days=offset)
        for start, end in sorted(hours.get(WEEKDAYS[day.weekday()], [])):
            yield _moment(day, start, zone), _moment(day, end, zone)


def _moment(day: date, clock_time: str, zone: ZoneInfo) -> datetime:
    # "24:00" is how an office says "until midnight"; Python's time has no such hour.
    if clock_time == "24:00":
        return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)
    return datetime.combine(day, time.fromisoformat(clock_time), zone).astimezone(UTC)
