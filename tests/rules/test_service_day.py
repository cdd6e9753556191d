"""A service day begins once and never ends before the next one begins, whatever the local clocks do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from queue_service.rules.calendar import day_begins, service_day

HOUR, STEP = timedelta(hours=1), timedelta(minutes=5)
ZONES = ("Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe")
DAY_STARTS = ("00:00", "00:30", "01:30", "02:00", "02:15", "03:00", "04:00", "23:30")


def changes(zone: str, year: int) -> Iterator[datetime]:
    """The hours of a year in which a zone's clocks change."""
    at, local = datetime(year, 1, 1, tzinfo=UTC), ZoneInfo(zone)
    while at.year == year:
        if at.astimezone(local).utcoffset() != (at + HOUR).astimezone(local).utcoffset():
            yield at
        at += HOUR


# At one minute past midnight clocks went back into the day before.
@pytest.mark.parametrize(("zone", "year"), [*((zone, 2026) for zone in ZONES), ("America/St_Johns", 2010)])
@pytest.mark.parametrize("starts", DAY_STARTS)
def test_days_follow_each_other_when_clocks_change(zone: str, year: int, starts: str) -> None:
    found = list(changes(zone, year))
    assert len(found) == 2
    for change in found:
        at = change - 30 * HOUR
        day = service_day(at, zone, starts)
        while at < change + 30 * HOUR:
            at += STEP
            before, day = day, service_day(at, zone, starts)
            assert day - before in (timedelta(0), timedelta(days=1)), f"{before} {day} at {at}"
            assert day_begins(day, zone, starts) <= at < day_begins(day + timedelta(days=1), zone, starts)


@pytest.mark.parametrize(
    ("zone", "day", "starts", "begins"),
    [
        ("Europe/Berlin", (2026, 3, 29), "02:30", "2026-03-29T01:00+00:00"),  # jumped over: at the jump
        ("Europe/Berlin", (2026, 10, 25), "02:30", "2026-10-25T00:30+00:00"),  # shown twice: the first time
        ("Asia/Beirut", (2026, 3, 29), "00:00", "2026-03-28T22:00+00:00"),
        ("America/Santiago", (2026, 9, 6), "00:00", "2026-09-06T04:00+00:00"),
        ("Australia/Lord_Howe", (2026, 10, 4), "02:15", "2026-10-03T15:30+00:00"),
        ("Europe/Berlin", (2026, 3, 2), "04:00", "2026-03-02T03:00+00:00"),
    ],
)
def test_a_day_begins_when_its_hour_is_first_shown_or_jumped_over(
    zone: str, day: tuple[int, int, int], starts: str, begins: str
) -> None:
    assert day_begins(datetime(*day, tzinfo=UTC).date(), zone, starts) == datetime.fromisoformat(begins)
