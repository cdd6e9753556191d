"""What does an estimate look at? A hall at one moment, as values; every moment in seconds since local midnight."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from queue_service.rules.day_record import Guest, Plan, Served


class At(StrEnum):
    """What a window is doing."""

    CLOSED = "closed"
    PAUSED = "paused"
    FREE = "free"
    CALLED = "called"
    SERVING = "serving"
    STANDBY = "standby"
    """Could call and does not: what it would be like without this window, by the same chances."""


@dataclass(frozen=True)
class Waiting:
    """Somebody in the line, or put aside until `present_from`."""

    key: int | str
    service: str
    guest: Guest
    turn: float
    order: float
    """Decides between equal turns."""
    joined_at: float
    windows: frozenset[str]
    """Where the rule lets this visitor be called."""
    better_from: float | None = None
    better_turn: float | None = None
    """An early appointment's head start."""
    present_from: float = -math.inf


@dataclass(frozen=True)
class WindowNow:
    code: str
    serves: frozenset[str]
    at: At
    since: float
    """When that began."""
    service: str | None = None
    """Of the visitor who is called or served."""
    guest: Guest = Guest.WALK_IN
    waited: float = 0.0
    plan: Plan | None = None
    """With the breaks that are still to come, one under way included; none when nobody planned."""
    has_opened: bool = True
    """Today already; a planned window that has not is expected."""

    @property
    def will_call(self) -> bool:
        """Now, or later today."""
        return self.at != At.CLOSED or (self.plan is not None and not self.has_opened)


@dataclass(frozen=True)
class Expected:
    """An appointment whose visitor has not checked in."""

    service: str
    booked_at: float


@dataclass(frozen=True)
class Rule:
    """What the rule of next_ticket.py says of visitors who have yet to come; seconds."""

    head_starts: Mapping[str, float]
    """Of visitors without appointment, by priority category; "" is everybody else."""
    appointment_head_start: float
    late_after: float


@dataclass(frozen=True)
class HallNow:
    now: float
    closes_at: float
    waiting: Sequence[Waiting]
    windows: Sequence[WindowNow]
    rule: Rule
    expected: Sequence[Expected] = ()
    served_today: Sequence[Served] = field(default_factory=tuple)
    asking: Sequence[Waiting] = ()
    """Nobody who is there: who would come now, last of all. Each is called as they would be, and takes no time."""
