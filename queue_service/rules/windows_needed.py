"""Which windows keep the promise? The rule played forward with more windows, or fewer, by the same chances.

A hall is drawn once, with every window that could be at work; then it is played with some of them alone. So what
differs between two plays is the windows and nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from queue_service.model.norm import NormChannel
from queue_service.rules.chance import NEVER, Array, Chance
from queue_service.rules.day_record import Guest
from queue_service.rules.habits import Habits
from queue_service.rules.hall_draws import draw_hall
from queue_service.rules.hall_now import At, HallNow, WindowNow
from queue_service.rules.hall_rollout import Rollout
from queue_service.rules.line_draws import Line, draw_line
from queue_service.rules.patience import GUESTS
from queue_service.rules.service_times import PastServices
from queue_service.rules.window_draws import draw_windows

ROLLOUTS = 60
PROMISE = 0.95
"""The share of visitors who are to be called within the norm."""
LOOK_SECONDS = 3600.0
WORTH_IT = 0.01
"""A window that takes away less than this part of the lateness changes nothing."""
Norms = Mapping[tuple[str, NormChannel], float]
"""How many seconds somebody may wait, with and without an appointment, by service."""


@dataclass(frozen=True)
class Kept:
    """How many of the visitors are called within their norm."""

    within: float
    people: float
    """Expected number, mean over the rollouts; those who have waited longer than the norm already are not counted."""

    @property
    def share(self) -> float:
        return self.within / self.people if self.people else 1.0


@dataclass(frozen=True)
class Outlook:
    windows: frozenset[str]
    """At work."""
    all: Kept
    services: Mapping[str, Kept]
    late_seconds: float = 0.0
    """By how much the norm is passed, all visitors together: it tells two plays apart where both keep little."""


@dataclass(frozen=True)
class Needed:
    now: Outlook
    """As it would go with the windows that are at work."""
    then: Outlook
    """With `add`, and without `spare`."""
    add: tuple[str, ...] = ()
    """Windows to open, the most useful first."""
    spare: tuple[str, ...] = ()
    """Windows without which the promise would still be kept."""

    @property
    def is_kept(self) -> bool:
        return self.then.all.share >= PROMISE


class Trial:
    """A hall, drawn once and played with any of its windows."""

    def __init__(
        self,
        hall: HallNow,
        past: PastServices,
        habits: Habits,
        norms: Norms,
        look_from: float | None = None,
        rollouts: int = ROLLOUTS,
    ) -> None:
        """Whoever waits now, and comes within the next hour; or, with `look_from`, within the hour after that."""
        times, since = past.with_today(hall.served_today), hall.now if look_from is None else look_from
        until = since + LOOK_SECONDS
        self.codes = [window.code for window in hall.windows if window.will_call]
        self._unserved = 0.0 if self.codes else float(len(hall.waiting))
        self._is_empty = not self.codes
        if self._is_empty:
            return
        drawn = draw_hall(hall, times, habits, Chance(np.random.default_rng(round(hall.now)), rollouts), until)
        self._line, self._windows = draw_line(drawn), draw_windows(drawn)
        self._is_empty = not self._line.person.size
        self._services = list(times.places)
        self._norm = _promised(norms, self._services, self._line)
        self._until = until + float(self._norm.max(initial=0.0)) + 1.0
        waits_from = self._line.waits_from
        self._counts = (waits_from < until) & (waits_from + self._norm >= hall.now)
        if look_from is not None:
            self._counts &= waits_from >= look_from
        self._latest = np.where(self._counts, waits_from + self._norm, 0.0)

    def play(self, windows: Iterable[str]) -> Outlook:
        at_work = frozenset(windows)
        if self._is_empty:  # nobody comes, or nobody could call
            return Outlook(at_work, Kept(0.0, self._unserved), {})
        is_away = np.array([code not in at_work for code in self.codes], bool)
        free_at = np.where(is_away[None, :], NEVER, self._windows.free_at)
        rollout = Rollout(self._line, replace(self._windows, free_at=free_at), self._norm.size, self._until)
        late = np.minimum(rollout.play(), self._until) - self._latest
        is_within = late <= 0.0
        late_seconds = float(np.where(self._counts, np.maximum(late, 0.0), 0.0).sum()) / len(late)
        return Outlook(
            at_work, _kept(is_within & self._counts, self._counts), self._by_service(is_within), late_seconds
        )

    def _by_service(self, is_within: NDArray[np.bool_]) -> dict[str, Kept]:
        found = {}
        for place, code in enumerate(self._services):
            of_service = self._line.service == place
            counts = self._counts[:, of_service]
            kept = _kept(is_within[:, of_service] & counts, counts)
            if kept.people:
                found[code] = kept
        return found


def needed(trial: Trial, at_work: Iterable[str], more: Iterable[tuple[str, object]]) -> Needed:
    """Which windows to open, or which could close; `more` are those that could open, with what makes them alike."""
    now = trial.play(at_work)
    if now.all.share < PROMISE:
        then, added = _open_more(trial, now, dict(more))
        return Needed(now, then, add=tuple(added))
    return _close_some(trial, now)


def _open_more(trial: Trial, now: Outlook, more: dict[str, object]) -> tuple[Outlook, list[str]]:
    """The most useful window first, until the promise is kept or nothing helps."""
    then, added = now, list[str]()
    while then.all.share < PROMISE and more:
        one_of_each = {kind: code for code, kind in reversed(more.items())}.values()
        tried = [trial.play({*then.windows, code}) for code in sorted(one_of_each)]
        best = min(tried, key=lambda one: one.late_seconds)
        if best.late_seconds > then.late_seconds * (1 - WORTH_IT):
            break
        (code,) = best.windows - then.windows
        del more[code]
        then, added = best, [*added, code]
    return then, added


def _close_some(trial: Trial, now: Outlook) -> Needed:
    then, spare = now, list[str]()
    while len(then.windows) > 1:
        tried = [trial.play(then.windows - {code}) for code in sorted(then.windows)]
        best = min(tried, key=lambda one: one.late_seconds)
        if best.all.share < PROMISE or _deserts_somebody(best, then):
            break
        spare += then.windows - best.windows
        then = best
    return Needed(now, then, spare=tuple(spare))


def _deserts_somebody(then: Outlook, now: Outlook) -> bool:
    """Whether a service would be left without a window: the few who want it weigh little in the whole."""
    return any(one.within > 0 and then.services[code].within == 0 for code, one in now.services.items())


def typical_hour(
    since: float,
    hall: HallNow,
    windows: Mapping[str, frozenset[str]],
    past: PastServices,
    habits: Habits,
    norms: Norms,
    before: Iterable[str] = (),
) -> Needed:
    """The windows (of those named, by what they serve) that an hour of a usual day needs; half an hour before it is
    played as well. `before` are those of the hour before: the search begins with them."""
    return _hour(since, replace(hall, waiting=()), windows, past, habits, norms, before)


def past_hour(
    since: float,
    hall: HallNow,
    windows: Mapping[str, frozenset[str]],
    past: PastServices,
    habits: Habits,
    norms: Norms,
    at_work: Iterable[str],
) -> Needed:
    """The windows that an hour that is over would have needed; `hall.waiting` are all who came on that day, and
    nobody else comes."""
    begins, ends = since - LOOK_SECONDS / 2, since + LOOK_SECONDS
    came = [replace(one, present_from=one.joined_at) for one in hall.waiting if begins <= one.joined_at < ends]
    alone = replace(habits, arrivals_per_day={})
    return _hour(since, replace(hall, waiting=came, expected=()), windows, past, alone, norms, at_work)


def _hour(
    since: float,
    hall: HallNow,
    windows: Mapping[str, frozenset[str]],
    past: PastServices,
    habits: Habits,
    norms: Norms,
    before: Iterable[str],
) -> Needed:
    begins = max(since - LOOK_SECONDS / 2, 0.0)
    free = [WindowNow(code, serves, At.FREE, begins) for code, serves in windows.items()]
    calls = [replace(one, windows=frozenset(c for c, s in windows.items() if one.service in s)) for one in hall.waiting]
    then = replace(hall, now=begins, waiting=calls, windows=free, served_today=(), asking=())
    trial = Trial(then, past, habits, norms, look_from=since, rollouts=ROLLOUTS // 2)
    at_work = [code for code in before if code in windows]
    return needed(trial, at_work, ((code, serves) for code, serves in windows.items() if code not in at_work))


def _promised(norms: Norms, services: list[str], line: Line) -> Array:
    """Of each person of the line."""

    def of(channel: NormChannel) -> Array:
        return np.array([norms[code, channel] for code in services])[line.service]

    has_appointment = line.guest == GUESTS[Guest.APPOINTMENT]
    return np.where(has_appointment, of(NormChannel.APPOINTMENT), of(NormChannel.WALK_IN))


def _kept(is_within: NDArray[np.bool_], counts: NDArray[np.bool_]) -> Kept:
    rollouts = max(len(counts), 1)
    return Kept(float(is_within.sum()) / rollouts, float(counts.sum()) / rollouts)
