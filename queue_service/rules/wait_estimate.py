"""How long will everybody wait? The hall is played forward many times over; the quantiles answer for all at once."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from queue_service.rules.chance import Chance
from queue_service.rules.habits import Habits
from queue_service.rules.hall_draws import draw_hall
from queue_service.rules.hall_now import HallNow
from queue_service.rules.hall_rollout import Rollout
from queue_service.rules.line_draws import draw_line
from queue_service.rules.service_times import PastServices, ServiceTimes
from queue_service.rules.window_draws import draw_windows

ROLLOUTS = 80
MARKS = (0.1, 0.55, 0.9)
"""Which shares of the rollouts call sooner. The middle errs a little on the late side: to be called later than told
is worse than to be called earlier (docs/decisions/005)."""
LONGEST_SECONDS = 6 * 3600.0
"""How far a hall is played."""


@dataclass(frozen=True)
class Range:
    """Seconds until the call; infinite when no window is in sight that would call."""

    low: float
    """One in ten is called sooner."""
    middle: float
    high: float
    """One in ten is called later."""


NOBODY_CALLS = Range(math.inf, math.inf, math.inf)


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
    marks = [waits[round(share * (rollouts - 1))].tolist() for share in MARKS]
    return {one.key: Range(*found) for one, *found in zip(draws.waiting, *marks, strict=True)}
