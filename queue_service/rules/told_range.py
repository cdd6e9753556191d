"""Which range is a visitor told? From the middle to the late end of what the rollouts say, in steps of 5 minutes."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from queue_service.rules.day_record import Guest
from queue_service.rules.habits import Habits
from queue_service.rules.hall_now import HallNow, Waiting
from queue_service.rules.service_times import PastServices
from queue_service.rules.wait_estimate import Range, waits_now

STEP_SECONDS = 300.0
SLACK_SECONDS = 75.0
"""By so much the rollouts may disagree with what was told before it is told otherwise: else it would flicker."""
ENOUGH_MEASURED = 30.0


class Basis(StrEnum):
    """What a range rests on."""

    MEASURED = "measured"
    CONFIGURED = "configured"
    """What somebody said how long services take, and today's first services: with wide doubt."""
    NO_WINDOW = "no_window"
    """No range: no window is in sight that would call."""
    NOT_YET = "not_yet"
    """No range: nothing has been worked out, or too much is open."""


@dataclass(frozen=True)
class Told:
    """Seconds from `Waits.at`; `low` and `high` are what people see, None when nothing can be said."""

    low: int | None
    high: int | None
    basis: Basis
    found: Range | None = None

    @property
    def is_range(self) -> bool:
        return self.high is not None

    def is_shown_as(self, other: "Told") -> bool:
        return (self.low, self.high, self.basis) == (other.low, other.high, other.basis)


NOTHING_YET = Told(None, None, Basis.NOT_YET)
NO_WINDOW = Told(None, None, Basis.NO_WINDOW)


@dataclass(frozen=True)
class Waits:
    """What everybody is told: by leg id, and by service who would come now."""

    legs: Mapping[int, Told]
    services: Mapping[str, Told]


NOBODY = Waits({}, {})


def tell(hall: HallNow, services: Iterable[str], past: PastServices, habits: Habits, before: Waits = NOBODY) -> Waits:
    """What is told in this hall; `before` is what was told last."""
    asking = who_asks(hall, services)
    basis = Basis.MEASURED if past.count + len(hall.served_today) >= ENOUGH_MEASURED else Basis.CONFIGURED
    ranges = waits_now(replace(hall, asking=list({one.key: one for one in asking.values()}.values())), past, habits)
    return Waits(
        {one.key: told(ranges[one.key], basis, before.legs.get(one.key)) for one in hall.waiting},  # type: ignore[arg-type,misc]
        {code: told(ranges[one.key], basis, before.services.get(code)) for code, one in asking.items()},
    )


def told(found: Range, basis: Basis, before: Told | None = None) -> Told:
    """The range in whole steps; the one before as long as it is still nearly right."""
    if not math.isfinite(found.high):
        return NOTHING_YET if math.isfinite(found.middle) else NO_WINDOW
    if before is not None and before.basis == basis and _is_nearly(found, before):
        return replace(before, found=found)
    low = math.floor(found.middle / STEP_SECONDS) * STEP_SECONDS
    high = max(math.ceil(found.high / STEP_SECONDS) * STEP_SECONDS, low + STEP_SECONDS)
    return Told(int(low), int(high), basis, found)


def who_asks(hall: HallNow, services: Iterable[str]) -> dict[str, Waiting]:
    """By service, somebody who would take a ticket for it now; one stands for all services of the same windows."""
    stands: dict[frozenset[str], Waiting] = {}
    asking = {}
    for service in services:
        windows = frozenset(window.code for window in hall.windows if service in window.serves and window.will_call)
        if windows not in stands:
            turn = hall.now - hall.rule.head_starts.get("", 0.0)
            stands[windows] = Waiting(service, service, Guest.WALK_IN, turn, math.inf, hall.now, windows)
        asking[service] = stands[windows]
    return asking


def _is_nearly(found: Range, before: Told) -> bool:
    if before.low is None or before.high is None:
        return False
    is_low = before.low - SLACK_SECONDS <= found.middle < before.low + STEP_SECONDS + SLACK_SECONDS
    return is_low and before.high - STEP_SECONDS - SLACK_SECONDS < found.high <= before.high + SLACK_SECONDS
