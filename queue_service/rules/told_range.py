"""Which range is a visitor told? From half to the late end of what the rollouts say, in steps of 5 minutes."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from queue_service.rules.day_record import guest
from queue_service.rules.habits import Habits
from queue_service.rules.hall_now import At, HallNow, Waiting
from queue_service.rules.service_times import PastServices
from queue_service.rules.wait_estimate import NOBODY_CALLS, Range, waits_now

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


Line = tuple[str, str]
"""A service and a priority category."""


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
    """What everybody is told: by leg id; and by service and priority category ("" is none), who would come now."""

    legs: Mapping[int, Told]
    services: Mapping[Line, Told]
    opens_in: Mapping[str, float] = field(default_factory=dict)
    """By service that no window serves yet: seconds until the first that is planned."""


NOBODY = Waits({}, {})


def tell(hall: HallNow, services: Iterable[str], past: PastServices, habits: Habits, before: Waits = NOBODY) -> Waits:
    """What is told in this hall; `before` is what was told last."""
    asking = who_asks(hall, services)
    basis = Basis.MEASURED if past.count + len(hall.served_today) >= ENOUGH_MEASURED else Basis.CONFIGURED
    called = {one.key: one for one in asking.values() if one.windows}  # of the others there is nothing to play
    ranges = waits_now(replace(hall, asking=list(called.values())), past, habits)
    return Waits(
        {one.key: told(ranges[one.key], basis, before.legs.get(one.key)) for one in hall.waiting},  # type: ignore[arg-type,misc]
        {
            line: told(ranges.get(one.key, NOBODY_CALLS), basis, before.services.get(line))
            for line, one in asking.items()
        },
        _opens_in(hall, {service for service, _ in asking}),
    )


def told(found: Range, basis: Basis, before: Told | None = None) -> Told:
    """The range in whole steps; the one before as long as it is still nearly right."""
    if not math.isfinite(found.high):
        return NOTHING_YET if math.isfinite(found.half) else NO_WINDOW
    if before is not None and before.basis == basis and _is_nearly(found, before):
        return replace(before, found=found)
    low = math.floor(found.half / STEP_SECONDS) * STEP_SECONDS
    high = max(math.ceil(found.high / STEP_SECONDS) * STEP_SECONDS, low + STEP_SECONDS)
    return Told(int(low), int(high), basis, found)


def who_asks(hall: HallNow, services: Iterable[str]) -> dict[Line, Waiting]:
    """Somebody who would take a ticket now, in each line; one stands for all with the same windows and turn."""
    stands: dict[tuple[frozenset[str], float], Waiting] = {}
    asking = {}
    for service in services:
        windows = frozenset(window.code for window in hall.windows if service in window.serves and window.will_call)
        for category, head in hall.rule.head_starts.items():
            kind = (windows, head)
            if kind not in stands:
                who, key = guest(category, None), f"{service} {category}"
                stands[kind] = Waiting(key, service, who, hall.now - head, math.inf, hall.now, windows)
            asking[service, category] = stands[kind]
    return asking


def _opens_in(hall: HallNow, services: Iterable[str]) -> dict[str, float]:
    found = {}
    for service in services:
        serving = [window for window in hall.windows if service in window.serves and window.will_call]
        planned = [window.plan.opens_at - hall.now for window in serving if window.at == At.CLOSED and window.plan]
        if planned and len(planned) == len(serving) and min(planned) > 0:
            found[service] = min(planned)
    return found


def _is_nearly(found: Range, before: Told) -> bool:
    if before.low is None or before.high is None:
        return False
    is_low = before.low - SLACK_SECONDS <= found.half < before.low + STEP_SECONDS + SLACK_SECONDS
    return is_low and before.high - STEP_SECONDS - SLACK_SECONDS < found.high <= before.high + SLACK_SECONDS
