"""How long will everybody wait? The hall is played forward many times over; the quantiles answer for all at once."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from queue_service.rules.chance import NEVER, Array, Chance
from queue_service.rules.habits import Habits
from queue_service.rules.hall_draws import draw_hall
from queue_service.rules.hall_now import HallNow
from queue_service.rules.hall_rollout import Rollout
from queue_service.rules.line_draws import draw_line
from queue_service.rules.service_times import PastServices, ServiceTimes
from queue_service.rules.window_draws import draw_windows

ROLLOUTS = 80
MARKS = (0.1, 0.5, 0.9)
"""Which shares of the rollouts call sooner."""
MIDDLE = (0.5, 0.8)
"""Between which shares the middle lies."""
LATE_SECONDS, LATE_COSTS = 300.0, 750.0
"""To be called so much later than the middle is as bad as so many seconds of error on a day when one person waits for
each window, and more in the measure that more wait: there a minute of error is little (docs/decisions/005)."""
LATE_FADES = 450.0
"""The rollouts are few: late is not a step among them, but a slope so wide."""
LONGEST_SECONDS = 6 * 3600.0
"""How far a hall is played."""


@dataclass(frozen=True)
class Range:
    """Seconds until the call; infinite when no window is in sight that would call."""

    low: float
    """One in ten is called sooner."""
    half: float
    """One in two is called sooner."""
    middle: float
    """The one number, where one is asked for."""
    high: float
    """One in ten is called later."""


NOBODY_CALLS = Range(math.inf, math.inf, math.inf, math.inf)


def waits_now(hall: HallNow, past: PastServices, habits: Habits) -> Mapping[int | str, Range]:
    """What everybody in this hall is told, and the examiner of `queue-service estimate`: the same for both."""
    chance = np.random.default_rng(round(hall.now))
    return estimate(hall, past.with_today(hall.served_today), habits, chance)


def estimate(
    hall: HallNow, times: ServiceTimes, habits: Habits, generator: np.random.Generator, rollouts: int = ROLLOUTS
) -> Mapping[int | str, Range]:
    """How long everybody in this hall still waits, by their keys."""
    draws = draw_hall(hall, times, habits, Chance(generator, rollouts))
    if not draws.waiting or not draws.working:
        return {one.key: NOBODY_CALLS for one in draws.waiting}
    waiting = len(draws.waiting)
    rollout = Rollout(draw_line(draws), draw_windows(draws), waiting, hall.now + LONGEST_SECONDS)
    waits = np.sort(np.maximum(rollout.play()[:, :waiting] - hall.now, 0.0), axis=0)
    low, half, high = (waits[_place(share, rollouts)] for share in MARKS)
    marks = [found.tolist() for found in (low, half, _middle(waits, LATE_COSTS * times.queue), high)]
    return {one.key: Range(*found) for one, *found in zip(draws.waiting, *marks, strict=True)}


def _middle(waits: Array, late_costs: float) -> Array:
    """The one number that costs least: the mean distance to the rollouts, and what being called late costs."""
    rollouts = len(waits)
    first, last = (_place(share, rollouts) for share in MIDDLE)
    waits = np.minimum(waits, LONGEST_SECONDS)
    said, later = waits[first : last + 1], waits[first:]
    sums = waits.cumsum(axis=0)
    sooner = np.arange(first + 1, last + 2)[:, None]
    distance = said * (2 * sooner - rollouts) + sums[-1] - 2 * sums[first : last + 1]
    late = (later[None, :, :] - said[:, None, :] - LATE_SECONDS) / LATE_FADES + 0.5
    best = (distance + late_costs * late.clip(0.0, 1.0).sum(axis=1)).argmin(axis=0)
    chosen: Array = np.where(waits[first] < LONGEST_SECONDS, said[best, np.arange(waits.shape[1])], NEVER)
    return chosen


def _place(share: float, rollouts: int) -> int:
    return round(share * (rollouts - 1))
