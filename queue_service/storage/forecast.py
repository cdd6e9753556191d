"""What would happen if? Ranges with another window, and which windows the promise needs; from a picture of the hall.

Pure work on what was read before: a server does it away from its event loop.
"""

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from queue_service.model.branch import WindowState
from queue_service.model.norm import NormChannel
from queue_service.rules.hall_now import At, HallNow, WindowNow
from queue_service.rules.told_range import Told, tell
from queue_service.rules.windows_needed import PROMISE, Kept, Needed, Outlook, Trial, needed, typical_hour
from queue_service.storage.boards import Board, moment
from queue_service.storage.hall_picture import Picture
from queue_service.storage.learned import Learned
from queue_service.storage.office import Setup, WindowSetup

FEWEST_PEOPLE = 0.5
AN_HOUR = 3600.0
LATE_SECONDS = 300.0
"""A window that should have opened so long ago is one to open now: nobody knows whether it will open by itself."""


@dataclass(frozen=True)
class Forecast:
    """What is asked is answered from one picture and what was learned before it."""

    setup: Setup
    picture: Picture
    learned: Learned

    def what_if(self, window: WindowSetup, services: tuple[str, ...] | None) -> Board:
        """Ranges and promises as it is, and as it would be with this window open for these services."""
        opened = replace(window, state=WindowState.OPEN, shift_services=services)
        then = self.picture.with_windows({window.id: opened}).hall()
        now = self.picture.hall()
        here = next(one for one in now.windows if one.code == window.code)
        if here.at == At.CLOSED and not _opens_soon(here, now.now):
            # The same hall, in which the window stands by: so that both are played with the same chances.
            now = replace(then, windows=[_standing_by(one, window.code) for one in then.windows])
        return {
            "window": window.code,
            "services": list(opened.serves),
            "promise_percent": round(PROMISE * 100),
            "now": self._outlook(now),
            "then": self._outlook(then),
        }

    def next_hour(self) -> Board:
        """Which windows keep the promise to all who wait now or come within an hour."""
        hall = self.picture.hall()
        at_work = {one.code for one in hall.windows if one.at != At.CLOSED or _opens_soon(one, hall.now, LATE_SECONDS)}
        away = {one.code: one for one in self.setup.windows if one.code not in at_work and one.services}
        every = {one.id: replace(one, state=WindowState.OPEN, shift_services=None) for one in away.values()}
        trial = self._trial(self.picture.with_windows(every).hall())
        return self._needed(needed(trial, at_work, ((code, (one.services, one.meets)) for code, one in away.items())))

    def usual_hour(self, since: float, before: list[str]) -> Board:
        """Which windows an hour of a day like this needs; `before` are those of the hour before."""
        windows = {one.code: frozenset(one.services) for one in self.setup.windows if one.services}
        past, habits = self.learned.past(self.setup), self.learned.habits(self.picture)
        found = typical_hour(since, self.picture.whole_day(), windows, past, habits, self._norms, before)
        ends = self.picture.moment(since + AN_HOUR)
        board = {"from": moment(self.picture.moment(since)), "to": moment(ends), **self._needed(found)}
        if found.then.all.people < FEWEST_PEOPLE:
            board |= {"needed": 0, "windows": []}
        return board

    @property
    def knows_usual_days(self) -> bool:
        """Whether a whole day has been measured here."""
        return self.learned.has_days

    @property
    def _norms(self) -> dict[tuple[str, NormChannel], float]:
        return wait_norms(self.setup, self.picture.day)

    def _trial(self, hall: HallNow) -> Trial:
        return Trial(hall, self.learned.past(self.setup), self.learned.habits(self.picture), self._norms)

    def _outlook(self, hall: HallNow) -> Board:
        past, habits = self.learned.past(self.setup), self.learned.habits(self.picture)
        waits, trial = tell(hall, self.setup.services, past, habits), self._trial(hall)
        outlook = trial.play(trial.codes)
        services = [
            {"service": code, "estimate": _range(waits.services[code, ""]), **_kept(outlook.services.get(code))}
            for code in self.setup.services
        ]
        return {**_kept(outlook.all), "services": services}

    def _needed(self, found: Needed) -> Board:
        ids = {window.code: window for window in self.setup.windows}
        opened = [{"window": code, "services": list(ids[code].services)} for code in found.add]
        return {
            **_kept(found.now.all),
            "open": self._in_order(found.now),
            "needed": len(found.then.windows),
            "windows": self._in_order(found.then),
            "add": opened,
            "spare": list(found.spare),
            "reaches_percent": _percent(found.then.all),
            "is_kept": found.is_kept,
            "services": [
                {"service": code, **_kept(one), "reaches_percent": _percent(found.then.services.get(code))}
                for code, one in found.now.services.items()
            ],
        }

    def _in_order(self, outlook: Outlook) -> list[str]:
        return [window.code for window in self.setup.windows if window.code in outlook.windows]


def wait_norms(setup: Setup, day: date) -> dict[tuple[str, NormChannel], float]:
    """How many seconds a visitor may wait on this day, with and without an appointment, by service."""
    return {
        (code, channel): float(setup.longest_waits(code, day, channel))
        for code in setup.service_codes.values()
        for channel in NormChannel
    }


def _opens_soon(window: WindowNow, now: float, most_late: float = math.inf) -> bool:
    return window.will_call and window.plan is not None and now - most_late < window.plan.opens_at <= now + AN_HOUR


def _standing_by(window: Any, code: str) -> Any:
    return replace(window, at=At.STANDBY) if window.code == code else window


def _range(told: Told) -> Board:
    return {"low": told.low, "high": told.high, "basis": told.basis.value}


def _kept(kept: Kept | None) -> Board:
    return {"people": 0.0 if kept is None else round(kept.people, 1), "within_percent": _percent(kept)}


def _percent(kept: Kept | None) -> float | None:
    return None if kept is None or not kept.people else round(kept.share * 100, 1)
