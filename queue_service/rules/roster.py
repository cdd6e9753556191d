"""Which windows are staffed when, and for which services? Each date expanded in local time, minute by minute.

A set of minutes is one integer: bit `n` is the minute that begins `n` minutes after the date does. So a day in which
clocks change simply has more or fewer bits, no time on it can be one that does not exist, and the two 02:30 of a day
that is an hour longer are two different minutes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, reduce
from operator import or_
from typing import Any, cast
from zoneinfo import ZoneInfo

from queue_service.rules.calendar import WEEKDAYS, Hours, Spans, SpecialDays, moments, spans_of

WHOLE_DAY = ("00:00", "24:00")
LONGEST_BLOCK = timedelta(hours=6)
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Roster:
    """The weekly pattern of a window between two dates; a break is what lies between two spans."""

    window: int
    hours: Hours
    services: frozenset[str] | None = None
    """What it serves then; none means all that the window is set up for."""
    first: date | None = None
    last: date | None = None

    def has(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Closure:
    """Windows that are not staffed although the roster says so."""

    first: date
    last: date
    spans: Spans = field(default_factory=list)
    """None named means the whole day."""
    windows: frozenset[int] | None = None
    """None means all."""

    def has(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class RosteredWindow:
    id: int
    services: frozenset[str]
    meets: frozenset[str]


@dataclass(frozen=True)
class Timetable:
    """All that an office says about when it can serve whom."""

    time_zone: str
    hours: Hours
    windows: tuple[RosteredWindow, ...]
    rosters: tuple[Roster, ...]
    special_days: tuple[SpecialDays, ...] = ()
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True)
class Shift:
    """A window at work: its place among the day's windows, the minutes, and what it serves in them."""

    window: int
    minutes: int
    services: frozenset[str]


@dataclass(frozen=True)
class Day:
    """One date of an office. Windows are named by their place in `windows`."""

    date: date
    begins_at: datetime
    length: int
    """Minutes from the first to the last moment of the date: 1,440 but for changes of clocks."""
    windows: tuple[RosteredWindow, ...]
    shifts: tuple[Shift, ...]
    blocks: tuple[int, ...]
    """The office's opening spans, the long ones halved: what is shared out among walk-ins and channels."""
    _known: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was worked out before; a day is asked about many times."""

    def staffed(self, service: str) -> tuple[int, ...]:
        """By window: the minutes in which it serves this."""
        if service not in self._known:
            found = [0] * len(self.windows)
            for shift in self.shifts:
                if service in shift.services:
                    found[shift.window] |= shift.minutes
            self._known[service] = tuple(found)
        return cast("tuple[int, ...]", self._known[service])

    def starts(self, service: str, length: int) -> tuple[int, ...]:
        """By window: the minutes from which it serves this for `length` minutes on end."""
        key = (service, length)
        if key not in self._known:
            self._known[key] = tuple(fitting(minutes, length) for minutes in self.staffed(service))
        return cast("tuple[int, ...]", self._known[key])

    def places(self, service: str, length: int, requires: frozenset[str]) -> tuple[tuple[int, int], ...]:
        """(window, minutes from which it serves this for `length` minutes on end), of those that meet what is asked."""
        key = (service, length, requires)
        if key not in self._known:
            found = enumerate(self.starts(service, length))
            self._known[key] = tuple(one for one in found if one[1] and requires <= self.windows[one[0]].meets)
        return cast("tuple[tuple[int, int], ...]", self._known[key])

    def grid(self, service: str, every: int) -> tuple[int, ...]:
        """The minutes at which visits for this may begin: counted from the beginning of each stretch of work."""
        key = (service, every, "grid")
        if key not in self._known:
            stretches = {run for minutes in set(self.staffed(service)) for run in runs(minutes)}
            found = {minute for first, end in stretches for minute in range(first, end, every)}
            self._known[key] = tuple(sorted(found))
        return cast("tuple[int, ...]", self._known[key])

    def minute(self, moment: datetime) -> int:
        return (moment - self.begins_at) // A_MINUTE

    def moment(self, minute: int) -> datetime:
        return self.begins_at + minute * A_MINUTE


def expand(timetable: Timetable, day: date) -> Day:
    """The date as the office will work on it."""
    zone = ZoneInfo(timetable.time_zone)
    begins_at, ends_at = moments(day, WHOLE_DAY, zone)

    @cache
    def minutes_of(start: str, end: str) -> int:  # most windows keep the same hours
        return minutes_between(*((at - begins_at) // A_MINUTE for at in moments(day, (start, end), zone)))

    def minutes(spans: Spans) -> list[int]:
        return [minutes_of(start, end) for start, end in sorted(spans)]

    opening = minutes(spans_of(day, timetable.hours, timetable.special_days))
    is_open = reduce(or_, opening, 0)
    places = {window.id: place for place, window in enumerate(timetable.windows)}
    closed = _closed(timetable, day, minutes)
    shifts = []
    for roster in timetable.rosters:
        if roster.window not in places or not roster.has(day):
            continue
        window = timetable.windows[places[roster.window]]
        rostered = reduce(or_, minutes(roster.hours.get(WEEKDAYS[day.weekday()], [])), 0)
        staffed = rostered & is_open & ~closed.get(window.id, 0) & ~closed.get(None, 0)
        services = window.services if roster.services is None else window.services & roster.services
        if staffed and services:
            shifts.append(Shift(places[roster.window], staffed, services))
    length = (ends_at - begins_at) // A_MINUTE
    return Day(day, begins_at, length, timetable.windows, tuple(shifts), _blocks(opening))


def day_of(moment: datetime, time_zone: str) -> date:
    """The local date to which a moment belongs."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def bounds(first: date, last: date, time_zone: str) -> tuple[datetime, datetime]:
    """The first moment of one date and the end of another."""
    zone = ZoneInfo(time_zone)
    return moments(first, WHOLE_DAY, zone)[0], moments(last, WHOLE_DAY, zone)[1]


def runs(minutes: int) -> list[tuple[int, int]]:
    """The unbroken stretches of a set of minutes, as (first, one after the last)."""
    found = []
    while minutes:
        start = (minutes & -minutes).bit_length() - 1
        length = (~(minutes >> start) & ((minutes >> start) + 1)).bit_length() - 1
        found.append((start, start + length))
        minutes &= ~minutes_between(start, start + length)
    return found


def fitting(minutes: int, length: int) -> int:
    """The minutes from which `length` minutes on end are all in the set."""
    seen = 1
    while seen < length:
        step = min(seen, length - seen)
        minutes &= minutes >> step
        seen += step
    return minutes


def minutes_between(start: int, end: int) -> int:
    """The minutes from the first to the one before the end."""
    return ((1 << max(0, end - start)) - 1) << start


def _closed(timetable: Timetable, day: date, minutes: Callable[[Spans], list[int]]) -> Mapping[int | None, int]:
    """By window, or None for all of them: the minutes taken away."""
    closed: dict[int | None, int] = {}
    for closure in timetable.closures:
        if closure.has(day):
            taken = reduce(or_, minutes(closure.spans or [[*WHOLE_DAY]]), 0)
            for window in [None] if closure.windows is None else closure.windows:
                closed[window] = closed.get(window, 0) | taken
    return closed


def _blocks(opening: Sequence[int]) -> tuple[int, ...]:
    blocks = []
    for start, end in (run for span in opening for run in runs(span)):
        middle = (start + end) // 2 if (end - start) * A_MINUTE > LONGEST_BLOCK else end
        blocks += [minutes_between(first, last) for first, last in ((start, middle), (middle, end)) if first < last]
    return tuple(blocks)
