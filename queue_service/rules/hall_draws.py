"""What do all rollouts of a hall start from? Its state, and what each rollout takes the true service times to be."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queue_service.rules.chance import Array, Chance
from queue_service.rules.day_record import crowding
from queue_service.rules.habits import Habits
from queue_service.rules.hall_now import At, HallNow, Waiting, WindowNow
from queue_service.rules.service_times import ServiceTimes


@dataclass(frozen=True)
class HallDraws:
    hall: HallNow
    times: ServiceTimes
    habits: Habits
    chance: Chance
    waiting: list[Waiting]
    """In the order that decides between equal turns; those who only ask are the last."""
    working: list[WindowNow]
    """Windows that call, or will."""
    log_seconds: Array
    """(rollouts × services): the middle of the logarithm."""
    log_slowness: Array
    """(rollouts × working windows)"""
    look_until: float = -math.inf
    """Whoever comes until then is thought of, even if nobody who waits now could be called later."""

    def service(self, code: str) -> int:
        """Where a service stands in these arrays."""
        return self.times.places[code]

    def serving(self, services: list[str]) -> NDArray[np.bool_]:
        """(windows × visitors): who, asking for these services, may be called where."""
        able = [[service in window.serves for service in services] for window in self.working]
        return np.array(able, bool).reshape(len(self.working), len(services))

    def after_service(self, seconds: Array) -> Array:
        """From the end of such services to the next call: the longer the service, the likelier a pause."""
        chance, habits = self.chance, self.habits
        columns = seconds[0].size
        after = chance.measured(habits.next_call, columns).reshape(seconds.shape)
        pauses = chance.shares(columns).reshape(seconds.shape) < seconds * habits.pauses_per_second
        after[pauses] += habits.pause[chance.generator.integers(0, len(habits.pause), int(pauses.sum()))]
        return after


def draw_hall(
    hall: HallNow, times: ServiceTimes, habits: Habits, chance: Chance, look_until: float = -math.inf
) -> HallDraws:
    """The state of a hall, and for each rollout how long services really take at each of its windows."""
    working = [window for window in hall.windows if window.will_call]
    here = [times.window_places[window.code] for window in working]
    present = sum(one.joined_at <= hall.now for one in hall.waiting)
    crowd = crowding(present, sum(window.at not in (At.CLOSED, At.STANDBY) for window in working))
    if look_until > hall.now and not present:  # who comes later finds it as crowded as usual
        crowd = times.usual_crowding
    pace = times.pace * (crowd - times.usual_crowding)  # who waits now is served while it is as crowded
    office = chance.deviations(np.array([times.office_doubt]))
    return HallDraws(
        hall,
        times,
        habits,
        chance,
        [*sorted(hall.waiting, key=lambda waiting: waiting.order), *hall.asking],
        working,
        times.log_seconds + pace + office + chance.deviations(times.service_doubt),
        times.window[here] + chance.deviations(times.window_doubt[here]),
        look_until,
    )
