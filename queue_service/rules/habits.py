"""How do this office's people behave? How they walk, call, pause, come late, stay away, and come with priority.

Everything is measured on the office's own days. A few usual values stand in each list from the start, so that a new
office has an answer; its own measurements soon outnumber them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from queue_service.model.branch import WindowState
from queue_service.rules.day_record import DayRecord, Shift, Visit, after_pause, next_break
from queue_service.rules.patience import Patience, PatienceLearner

Array = NDArray[np.float64]

USUAL_SECONDS = {
    "walk": (10.0, 20.0, 30.0, 45.0),
    "give_up": (60.0, 90.0, 120.0),
    "next_call": (8.0, 12.0, 16.0, 22.0, 35.0),
    "call_after_no_show": (4.0, 8.0, 14.0),
    "reaction": (5.0, 10.0, 18.0),
    "pause": (180.0, 300.0, 420.0, 600.0),
    "lateness": (-120.0, -60.0, 0.0, 30.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 420.0),
    "earliness": (-300.0, 0.0, 180.0, 360.0, 600.0, 900.0),
}
USUAL_BREAK = (0.8, 0.9, 0.95, 1.0, 1.0, 1.05, 1.1, 1.2)
# How often, in an office that has measured nothing; a number of cases that weigh as much as as many measured ones.
USUAL_PAUSES, SERVED_SECONDS = 0.5, 3600.0
USUAL_ABSENT, BOOKED = 0.7, 5.0
# One shift in twenty does not begin, and one in twenty ends early: so seldom that one day is no evidence.
SHIFTS, SHIFT_SECONDS = 20.0, 20 * 8 * 3600.0
MOST_KEPT = 1500
"""Of each list the newest are kept."""
LOOK_AGAIN_SECONDS = 300.0
"""So often an office without past days learns from the day under way."""
LONGEST_GAP_SECONDS = 1800.0
LONGEST_REACTION_SECONDS = 120.0
GIVEN_UP_SECONDS = 3600.0
"""Who is that late, a window or a visitor with an appointment, is not expected any more."""
LEFT_EARLY_SECONDS = 900.0
"""A shift that ends so long before its plan ended early."""
HALF_HOUR, HALF_HOURS = 1800.0, 48


@dataclass(frozen=True)
class Habits:
    """What is known of an office. Lists are measured seconds, ascending."""

    walk: Array
    """From the call to the start of service."""
    give_up: Array
    """From the call until the operator takes it that nobody comes."""
    next_call: Array
    """From the end of a service to the next call, while people wait."""
    call_after_no_show: Array
    reaction: Array
    """From a visitor's arrival to the call by a window that stood idle."""
    pause: Array
    """Pauses that nobody planned."""
    lateness: Array
    """Of the first opening of a window."""
    earliness: Array
    """How long before the booked time visitors check in."""
    break_ratio: Array
    """The length of planned breaks over their plan."""
    pauses_per_second: float
    """Of service."""
    early_ends_per_second: float
    """Of a shift."""
    absent_shift: float
    """The chance that a planned window does not open at all."""
    absent: float
    """The chance that a visitor with an appointment does not check in."""
    patience: Patience
    given_back: float
    """Of those who do not come: the share that gives the ticket back before the call."""
    arrivals_per_day: Mapping[tuple[str, str], float]
    """Visitors without appointment, by service and category."""
    by_half_hour: Array
    """Shares of a day's arrivals."""

    def expected_arrivals(self, since: float, until: float) -> dict[tuple[str, str], float]:
        """How many visitors without appointment come in that time, by service and category."""
        share = share_of_day(self.by_half_hour, since, until)
        return {stream: count * share for stream, count in self.arrivals_per_day.items()}


class HabitsLearner:
    """Takes in days, oldest first; the last may still be under way."""

    def __init__(self) -> None:
        self._seconds = {name: list(usual) for name, usual in USUAL_SECONDS.items()}
        self._break_ratio = list(USUAL_BREAK)
        self._pauses, self._served_seconds = USUAL_PAUSES, SERVED_SECONDS
        self._early_ends, self._shift_seconds = 1.0, SHIFT_SECONDS
        self._absent_shifts, self._shifts = 1.0, SHIFTS
        self._absent, self._booked = USUAL_ABSENT, BOOKED
        self._patience = PatienceLearner()
        self._given_back = 0.5
        self._days = 0.0
        self._arrivals: Counter[tuple[str, str]] = Counter()
        self._by_half_hour = np.zeros(HALF_HOURS)

    def take(self, day: DayRecord) -> None:
        self._booked += day.absent
        self._absent += day.absent
        self._take_arrivals(day)
        for visit in day.visits:
            self._take_call(visit)
        shifts: dict[str, list[Shift]] = defaultdict(list)
        for shift in day.shifts:
            shifts[shift.window].append(shift)
        for window, visits in _by_window(day.visits).items():
            changes = [shift.at for shift in shifts[window]]
            for earlier, later in pairwise(visits):
                self._take_gap(earlier, later, changes)
        for window in {*shifts, *day.plans}:
            self._take_shifts(day, window, shifts[window])
        for seconds in (*self._seconds.values(), self._break_ratio):
            del seconds[:-MOST_KEPT]

    def habits(self) -> Habits:
        return Habits(
            **{name: np.sort(seconds) for name, seconds in self._seconds.items()},
            break_ratio=np.sort(self._break_ratio),
            pauses_per_second=self._pauses / self._served_seconds,
            early_ends_per_second=self._early_ends / self._shift_seconds,
            absent_shift=self._absent_shifts / self._shifts,
            absent=self._absent / self._booked,
            patience=self._patience.patience(),
            given_back=self._given_back / (self._given_back + self._patience.missed + 1),
            arrivals_per_day={stream: count / self._days for stream, count in self._arrivals.items()},
            by_half_hour=self._by_half_hour / (self._by_half_hour.sum() or 1.0),
        )

    def _take_arrivals(self, day: DayRecord) -> None:
        hours = np.arange(HALF_HOURS) * HALF_HOUR
        while_open = np.where((hours >= day.opens_at) & (hours < day.closes_at), 0.1, 0.0)
        came = np.zeros(HALF_HOURS)
        for visit in day.visits:
            if visit.booked_at is not None:
                if day.until is not None and visit.booked_at > day.until:
                    continue  # of those whose time has not come only the early are here
                self._booked += 1
                self._seconds["earliness"].append(visit.booked_at - visit.joined_at)
            else:
                self._arrivals[visit.service, visit.category] += 1
                came[int(visit.joined_at // HALF_HOUR) % HALF_HOURS] += 1
        if day.until is None:
            self._days += 1
            self._by_half_hour += while_open + came
        else:  # a day under way counts as far as it has come; on a first day, evenly over the opening hours
            if not self._by_half_hour.any():
                self._by_half_hour = while_open
            shares = self._by_half_hour / (self._by_half_hour.sum() or 1.0)
            self._days += max(share_of_day(shares, 0.0, day.until), 0.05)

    def _take_call(self, visit: Visit) -> None:
        self._given_back += visit.left_at is not None
        if visit.called_at is None or (visit.started_at is None and not visit.is_missed):
            return
        self._patience.take(visit.guest, visit.called_at - visit.joined_at, is_missed=visit.started_at is None)
        if visit.started_at is not None:
            self._seconds["walk"].append(min(visit.started_at - visit.called_at, LONGEST_GAP_SECONDS))
            self._served_seconds += (visit.ended_at or visit.started_at) - visit.started_at
        elif visit.ended_at is not None:
            self._seconds["give_up"].append(min(visit.ended_at - visit.called_at, LONGEST_GAP_SECONDS))

    def _take_gap(self, earlier: Visit, later: Visit, changes: Sequence[float]) -> None:
        """From one visitor to the next at the same window, unless its shift changed in between."""
        ended, called = earlier.ended_at, later.called_at
        if ended is None or called is None or any(ended <= at <= called for at in changes):
            return
        if later.joined_at <= ended:
            gaps = "call_after_no_show" if earlier.is_missed else "next_call"
            self._seconds[gaps].append(min(called - ended, LONGEST_GAP_SECONDS))
        elif called - later.joined_at <= LONGEST_REACTION_SECONDS:
            self._seconds["reaction"].append(called - later.joined_at)

    def _take_shifts(self, day: DayRecord, window: str, shifts: Sequence[Shift]) -> None:
        plan = day.plans.get(window)
        opened = next((shift.at for shift in shifts if shift.state == WindowState.OPEN), None)
        if plan is not None and (
            opened is not None or day.until is None or day.until > plan.opens_at + GIVEN_UP_SECONDS
        ):
            self._shifts += 1
            self._absent_shifts += opened is None
        if opened is None:
            return
        if plan is not None:
            self._seconds["lateness"].append(opened - plan.opens_at)
        for before, after in pairwise(shifts):
            if before.state == WindowState.PAUSED and after.state == WindowState.OPEN:
                rest = after_pause(plan, before.at, after.at)
                self._take_pause(after.at - before.at, None if rest is plan else next_break(plan, before.at))
                plan = rest
        planned_end = min(day.closes_at, plan.closes_at) if plan else day.closes_at
        has_ended = shifts[-1].state == WindowState.CLOSED
        worked_until = shifts[-1].at if has_ended or day.until is None else day.until
        self._shift_seconds += max(0.0, worked_until - opened)
        self._early_ends += has_ended and shifts[-1].at < planned_end - LEFT_EARLY_SECONDS

    def _take_pause(self, seconds: float, planned: float | None) -> None:
        if planned:
            self._break_ratio.append(seconds / planned)
        else:
            self._pauses += 1
            self._seconds["pause"].append(seconds)


class HabitsNow:
    """What the past days teach; on an office's first day, what that day teaches as far as it has come."""

    def __init__(self) -> None:
        self._past = HabitsLearner()
        self._is_first_day = True
        self._found: Habits | None = None
        self._at = 0.0

    def take(self, day: DayRecord) -> None:
        """A finished day, the oldest first."""
        self._past.take(day)
        self._is_first_day, self._found = False, None

    def at(self, moment: float, so_far: Callable[[], DayRecord]) -> Habits:
        """At this moment of the day under way; a first day is looked at now and then."""
        is_old = self._is_first_day and not 0.0 <= moment - self._at < LOOK_AGAIN_SECONDS
        if self._found is None or is_old:
            self._found = learn_habits([so_far()]) if self._is_first_day else self._past.habits()
            self._at = moment
        return self._found


def learn_habits(days: Iterable[DayRecord]) -> Habits:
    """What these days teach, oldest first."""
    learner = HabitsLearner()
    for day in days:
        learner.take(day)
    return learner.habits()


def share_of_day(by_half_hour: Array, since: float, until: float) -> float:
    """Which part of a day's arrivals falls between two moments."""
    if until <= since:
        return 0.0
    grown = np.concatenate([[0.0], np.cumsum(by_half_hour)])
    edges = np.arange(HALF_HOURS + 1) * HALF_HOUR
    return float(np.interp(until, edges, grown) - np.interp(since, edges, grown))


def _by_window(visits: Iterable[Visit]) -> Mapping[str, list[Visit]]:
    """The visits that each window called, in order."""
    called: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        if visit.window is not None and visit.called_at is not None:
            called[visit.window].append(visit)
    for calls in called.values():
        calls.sort(key=lambda visit: visit.called_at or 0.0)
    return called
