"""What is known of a day at an office? Its visits, shifts and plans; every moment in seconds since local midnight."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from queue_service.model.branch import WindowState

BREAK_TOLERANCE = 300.0
"""A pause that begins at most so long before a planned break is that break."""


class Guest(StrEnum):
    """What a visitor's chance of not coming depends on."""

    WALK_IN = "walk_in"
    PRIORITY = "priority"
    APPOINTMENT = "appointment"


def guest(category: str, booked_at: float | None) -> Guest:
    """The kind of a visitor of a priority category ("" is none), with or without an appointment."""
    if booked_at is not None:
        return Guest.APPOINTMENT
    return Guest.PRIORITY if category else Guest.WALK_IN


@dataclass(frozen=True)
class Plan:
    """When a window is to be staffed on a day, and its breaks that are still to come: (start, length)."""

    opens_at: float
    closes_at: float
    breaks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Visit:
    """One leg as far as it went: joined, called, started, ended at a window; or it left the line before a call."""

    service: str
    joined_at: float
    category: str = ""
    booked_at: float | None = None
    window: str | None = None
    called_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    """When the window was free of it again, served or not."""
    is_missed: bool = False
    """Called, and did not come."""
    left_at: float | None = None
    """Gave the ticket back without being called."""

    @property
    def guest(self) -> Guest:
        return guest(self.category, self.booked_at)


@dataclass(frozen=True)
class Shift:
    """A window changed its state."""

    at: float
    window: str
    state: WindowState


@dataclass(frozen=True)
class Served:
    """How long one service took at a window."""

    service: str
    window: str
    seconds: float
    crowding: float
    """When it began."""
    days_ago: int = 0


Steps = tuple[list[float], list[int]]
"""Moments in order, and how many there are from each of them on."""


@dataclass(frozen=True)
class DayRecord:
    visits: Sequence[Visit]
    shifts: Sequence[Shift]
    """In order of time."""
    opens_at: float
    closes_at: float
    """When the office takes new visitors."""
    plans: Mapping[str, Plan] = field(default_factory=dict)
    absent: int = 0
    """Appointments whose visitor did not check in."""
    until: float | None = None
    """Of a day that is still under way: how far it has come."""

    def served(self, days_ago: int = 0) -> list[Served]:
        waiting, working = self._steps_of_waiting(), self._steps_of_working()
        return [
            Served(
                visit.service,
                visit.window,
                visit.ended_at - visit.started_at,
                crowding(_level(waiting, visit.started_at), _level(working, visit.started_at)),
                days_ago,
            )
            for visit in self.visits
            if visit.window is not None and visit.started_at is not None and visit.ended_at is not None
        ]

    def _steps_of_waiting(self) -> Steps:
        joined = [(visit.joined_at, 1) for visit in self.visits]
        gone = [(visit.called_at or visit.left_at, -1) for visit in self.visits]
        return _steps([*joined, *((at, step) for at, step in gone if at is not None)])

    def _steps_of_working(self) -> Steps:
        """How many windows were not closed."""
        steps = []
        working: set[str] = set()
        for shift in self.shifts:
            is_working = shift.state != WindowState.CLOSED
            if is_working != (shift.window in working):
                steps.append((shift.at, 1 if is_working else -1))
                working ^= {shift.window}
        return _steps(steps)


def next_break(plan: Plan | None, at: float) -> float | None:
    """The planned length of the break that a pause beginning at `at` would be; None when none is due."""
    if plan is None or not plan.breaks or at < plan.breaks[0][0] - BREAK_TOLERANCE:
        return None
    return plan.breaks[0][1]


def after_pause(plan: Plan | None, began_at: float, ended_at: float) -> Plan | None:
    """What is left of a plan after a pause: a much shorter one was not the break, which is still to come."""
    planned = next_break(plan, began_at)
    if plan is None or planned is None or ended_at - began_at < planned / 2:
        return plan
    return replace(plan, breaks=plan.breaks[1:])


def crowding(waiting: int, working: int) -> float:
    """How crowded a hall is, from 0 to 1: half when three people wait for each window that is not closed."""
    return waiting / (waiting + 3 * max(working, 1))


def waiting_per_window(crowding: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many people wait for each window in halls that crowded."""
    return 3 * crowding / (1 - crowding)


def _steps(changes: list[tuple[float, int]]) -> Steps:
    ordered = sorted(changes)
    return [at for at, _ in ordered], list(accumulate(change for _, change in ordered))


def _level(steps: Steps, at: float) -> int:
    position = bisect_right(steps[0], at)
    return steps[1][position - 1] if position else 0
