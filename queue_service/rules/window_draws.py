"""When is each window free for its next call, and what does its shift still hold?"""

from dataclasses import dataclass

import numpy as np

from queue_service.rules.chance import NEVER, SHORTEST_TAIL_SECONDS, Array
from queue_service.rules.day_record import next_break
from queue_service.rules.hall_draws import HallDraws
from queue_service.rules.hall_now import At, WindowNow

UNKNOWN_SERVICE_SECONDS = 300.0
OVERTIME_SECONDS = 900.0
FEWEST_LONGER = 5


@dataclass(frozen=True)
class Windows:
    """(rollouts × working windows)"""

    free_at: Array
    slowness: Array
    """Factor on service times."""
    closes_at: Array
    break_seconds: Array
    reaction_seconds: Array
    break_starts: Array
    """(windows × breaks to come, and then never)"""


def draw_windows(draws: HallDraws) -> Windows:
    working, chance, habits = draws.working, draws.chance, draws.habits
    breaks = [_breaks_to_come(window) for window in working]
    starts = np.full((len(working), 1 + max(map(len, breaks))), NEVER)
    for i, spans in enumerate(breaks):
        starts[i, : len(spans)] = [start for start, _ in spans]
    planned_seconds = np.array([spans[0][1] if spans else 0.0 for spans in breaks])
    free_after = [_free_after(draws, window, draws.log_slowness[:, i]) for i, window in enumerate(working)]
    return Windows(
        draws.hall.now + np.stack(free_after, axis=1),
        np.exp(draws.log_slowness),
        np.stack([_closes_at(draws, window) for window in working], axis=1),
        planned_seconds * chance.measured(habits.break_ratio, len(working)),
        chance.measured(habits.reaction, len(working)),
        starts,
    )


def _free_after(draws: HallDraws, window: WindowNow, log_slowness: Array) -> Array:
    """Seconds from now."""
    since = draws.hall.now - window.since
    match window.at:
        case At.FREE:
            return _until_next_call(draws, window)
        case At.PAUSED:
            planned = next_break(window.plan, window.since)
            usual = draws.habits.pause if planned is None else planned * draws.habits.break_ratio
            return draws.chance.rest(usual, since)
        case At.CALLED:
            return _until_done_with_called(draws, window, log_slowness)
        case At.SERVING:
            rest = _rest_of_service(draws, window, log_slowness, since)
            return rest + draws.after_service(rest + since)
        case At.CLOSED:
            return _until_opening(draws, window)
        case At.STANDBY:  # draws what it would if it called, so that all else is drawn alike
            return np.full_like(_until_next_call(draws, window), NEVER)


def _until_next_call(draws: HallDraws, window: WindowNow) -> Array:
    """A free window calls soon when somebody waits; how soon depends on how long it has not."""
    joined = min((one.joined_at for one in draws.waiting if window.code in one.windows), default=None)
    if joined is None:
        return np.zeros(draws.chance.rollouts)
    usual = draws.habits.reaction if joined > window.since else draws.habits.next_call
    return draws.chance.rest(usual, draws.hall.now - max(window.since, joined))


def _until_done_with_called(draws: HallDraws, window: WindowNow, log_slowness: Array) -> Array:
    """The longer nobody has come to a call, the likelier nobody will."""
    chance, habits, since = draws.chance, draws.habits, draws.hall.now - window.since
    missing = habits.patience.misses(window.guest, window.waited) * _still_lasting(habits.give_up, since)
    walking = (1 - missing) * _still_lasting(habits.walk, since)
    service = _rest_of_service(draws, window, log_slowness, 0.0)
    comes = chance.rest(habits.walk, since) + service + draws.after_service(service)
    misses = chance.rest(habits.give_up, since) + chance.one(habits.call_after_no_show)
    return np.where(chance.happens(missing / (missing + walking)), misses, comes)


def _rest_of_service(draws: HallDraws, window: WindowNow, log_slowness: Array, since: float) -> Array:
    """What is left of a service that has lasted `since` seconds: longer than that, as measured ones are."""
    chance = draws.chance
    if window.service is None or window.service not in draws.times.places:  # a service that is no longer offered
        return chance.exponential(UNKNOWN_SERVICE_SECONDS)
    service = draws.service(window.service)
    residuals, spread = draws.times.residuals, draws.times.spread[service]
    middle = draws.log_seconds[:, service] + log_slowness
    first = np.searchsorted(residuals, (np.log(max(since, 1e-9)) - middle) / spread, "right")
    longer = len(residuals) - first
    drawn = np.minimum(first + (chance.shares(1)[:, 0] * longer).astype(np.intp), len(residuals) - 1)
    rest = np.maximum(np.exp(middle + spread * residuals[drawn]) - since, 1.0)
    # Longer than nearly everything measured: such services last a good part of that time again.
    tail = chance.exponential(max(SHORTEST_TAIL_SECONDS, 0.35 * since))
    return np.where(longer < FEWEST_LONGER, tail, rest)


def _until_opening(draws: HallDraws, window: WindowNow) -> Array:
    """A planned window that has not opened yet is late or, the longer the likelier, stays closed today."""
    assert window.plan is not None
    late = draws.hall.now - window.plan.opens_at
    stays_closed = draws.habits.absent_shift
    opens = (1 - stays_closed) * _still_lasting(draws.habits.lateness, late)
    is_closed = draws.chance.happens(stays_closed / (stays_closed + opens))
    return np.where(is_closed, NEVER, draws.chance.rest(draws.habits.lateness, late))


def _closes_at(draws: HallDraws, window: WindowNow) -> Array:
    """Now and then somebody ends a shift early. At the office's own end, the line is served to its last."""
    closes = draws.hall.now + draws.chance.exponential(1 / draws.habits.early_ends_per_second)
    if window.plan is None or draws.hall.now > window.plan.closes_at + OVERTIME_SECONDS:
        return closes  # whoever has stayed that long stays
    if window.plan.closes_at < draws.hall.closes_at:
        return np.minimum(closes, window.plan.closes_at)
    return closes


def _still_lasting(measured: Array, since: float) -> float:
    """Which share of the measured lasted longer than `since`; never quite none."""
    longer = len(measured) - int(np.searchsorted(measured, since, "right"))
    return max(longer, 0.5) / len(measured)


def _breaks_to_come(window: WindowNow) -> tuple[tuple[float, float], ...]:
    if window.plan is None:
        return ()
    is_on_break = window.at == At.PAUSED and next_break(window.plan, window.since) is not None
    return window.plan.breaks[1:] if is_on_break else window.plan.breaks
