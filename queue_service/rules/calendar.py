"""Which service day is it, and is the office open? Answered in the branch's own local time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Spans = list[list[str]]
"""Parts of a day, local time: [["08:00", "13:00"], ["14:00", "18:00"]]."""
Hours = Mapping[str, list[list[str]]]
"""Spans by weekday: {"mon": [["08:00", "13:00"], ["14:00", "18:00"]], …}; a missing day has none."""

BEFORE_ALL_DAYS = date(2000, 1, 1)
"""The service day of a hall that has seen none yet."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class SpecialDays:
    """Days on which the office keeps other hours than its usual ones; none at all on a holiday."""

    first: date
    last: date
    spans: Spans

    def has(self, day: date) -> bool:
        return self.first <= day <= self.last


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
    day = local.date() - timedelta(days=local.time() < time.fromisoformat(day_starts))
    # In an hour that the clocks repeat, a day that has begun does not end again.
    next_day = day + timedelta(days=1)
    return next_day if local.fold and now >= day_begins(next_day, time_zone, day_starts) else day


def day_begins(day: date, time_zone: str, day_starts: str = "00:00") -> datetime:
    """The moment a service day begins: when the local clock first shows its hour, or jumps over it."""
    return _moment(day, day_starts, ZoneInfo(time_zone), fold=0)


def opening(hours: Hours, now: datetime, time_zone: str, special_days: Sequence[SpecialDays] = ()) -> Opening:
    """The opening span that contains `now`, or the next one within a fortnight."""
    for start, end in _spans(hours, special_days, service_day(now, time_zone), ZoneInfo(time_zone)):
        if now < end:
            return Opening(start <= now, start, end)
    return Opening(False, None, None)


def spans_of(day: date, hours: Hours, special_days: Sequence[SpecialDays] = ()) -> Spans:
    """When the office is open on this date; the first special days that name it count, else its weekday."""
    for special in special_days:
        if special.has(day):
            return special.spans
    return hours.get(WEEKDAYS[day.weekday()], [])


def moments(day: date, span: Sequence[str], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A local span of a date as moments in UTC.

    Where clocks go back, a time that comes twice begins with its first and ends with its last; where they go
    forward, a time that does not exist is the moment of the change.
    """
    start, end = span
    return _moment(day, start, zone, fold=0), _moment(day, end, zone, fold=1)


def _spans(
    hours: Hours, special_days: Sequence[SpecialDays], first_day: date, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    for offset in range(15):
        day = first_day + timedelta(days=offset)
        for span in sorted(spans_of(day, hours, special_days)):
            yield moments(day, span, zone)


def _moment(day: date, clock_time: str, zone: ZoneInfo, fold: int) -> datetime:
    # "24:00" is how an office says "until midnight"; Python's time has no such hour.
    if clock_time == "24:00":
        day, clock_time = day + timedelta(days=1), "00:00"
    local = datetime.combine(day, time.fromisoformat(clock_time), zone).replace(fold=fold)
    moment = local.astimezone(UTC)
    exists = moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
    return moment if exists else _change_of_clocks(local, zone)


def _change_of_clocks(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which clocks jump over this local time, to the second."""
    # Read with the offset after the change it lies before the change, and the other way round.
    before, after = sorted(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
