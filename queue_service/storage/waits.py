"""How long has everybody been told to wait? Kept in memory by each process for each branch; boards read it here."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from queue_service.rules.told_range import NOBODY, NOTHING_YET, Told, Waits

GOOD_FOR_SECONDS = 90.0
"""What has not been worked out again for so long is told no more."""
MOST_REMEMBERED = 5000

Listener = Callable[[str], None]


@dataclass(frozen=True)
class Shown:
    """What somebody was shown, and when."""

    leg_id: int
    at: datetime
    told: Told


@dataclass
class WaitBoard:
    """Of one branch. A set-up carries it, so that every board finds it; jobs/waits.py fills it."""

    waits: Waits = NOBODY
    version: int = -1
    """The hall that was looked at."""
    at: datetime | None = None
    _worked_out: float = field(default=-GOOD_FOR_SECONDS)
    _at_issue: dict[int, Shown] = field(default_factory=dict)

    def put(self, waits: Waits, version: int, at: datetime) -> bool:
        """Keep what is told from now on; whether anybody sees a difference."""
        is_same = self._is_good and _shown(self.waits) == _shown(waits)
        self.waits, self.version, self.at, self._worked_out = waits, version, at, time.monotonic()
        return not is_same

    def of_service(self, service: str) -> dict[str, Any]:
        """For somebody who would take a ticket for it now."""
        return _board(self._told(self.waits.services.get((service, ""))))

    def of_leg(self, leg: Any, service: str, now: datetime) -> dict[str, Any]:
        """For somebody who waits. One who has just come is told what the service's next visitor was to be told."""
        told = self._told(self.waits.legs.get(leg.id))
        is_new = self.at is not None and leg.ready_at >= self.at and leg.id not in self.waits.legs
        if is_new and not _is_special(leg):
            told = self._told(self.waits.services.get((service, leg.priority or "")))
            if told.is_range and len(self._at_issue) < MOST_REMEMBERED:
                self._at_issue.setdefault(leg.id, Shown(leg.id, now, told))
        return _board(told)

    def opens_at(self, service: str) -> datetime | None:
        """When the first window is planned for a service that none serves yet."""
        seconds = self.waits.opens_in.get(service)
        if seconds is None or self.at is None or not self._is_good:
            return None
        return self.at + timedelta(seconds=seconds)

    def told_at_issue(self, leg_id: int) -> Shown | None:
        """What the visitor was told with the ticket; once."""
        return self._at_issue.pop(leg_id, None)

    def forget_issued(self, before: datetime) -> None:
        """What was told with tickets that did not come about."""
        self._at_issue = {key: shown for key, shown in self._at_issue.items() if shown.at >= before}

    @property
    def _is_good(self) -> bool:
        return time.monotonic() - self._worked_out < GOOD_FOR_SECONDS

    def _told(self, told: Told | None) -> Told:
        return told if told is not None and self._is_good else NOTHING_YET


def _board(told: Told) -> dict[str, Any]:
    return {"low": told.low, "high": told.high, "basis": told.basis.value}


def _shown(waits: Waits) -> Any:
    return [{key: (one.low, one.high, one.basis) for key, one in some.items()} for some in (waits.legs, waits.services)]


def _is_special(leg: Any) -> bool:
    """Whether it stands elsewhere than where a visitor of its service and category comes in."""
    return bool(leg.booked_at or leg.requires or leg.for_window_id or leg.for_staff_id)


NO_ESTIMATE = _board(NOTHING_YET)
