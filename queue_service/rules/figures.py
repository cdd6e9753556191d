"""What do a day's times say? Waits, service, leavers and no-shows of legs, each figure with what it is counted from.

A cohort is the legs of the tickets of some service days, so no ratio exceeds 100 %. Durations are in seconds.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

DEFINITIONS = {
    "issued": "Legs: a ticket's first service, each further service, each transfer.",
    "called": "Legs that were called.",
    "served": "Legs whose service began.",
    "missed": "Legs that were called and did not come, in the end.",
    "left_before_call": "Legs that ended without a call: given back, or still in line at the end of the day.",
    "waiting": "Legs that have not been called yet.",
    "mean_wait": "Sum of the waits of served legs / served. A wait runs from joining the line, or from the booked "
    "time if that is later, to the first call.",
    "mean_wait_with_leavers": "Likewise, with those who left before a call: their wait ends when they leave.",
    "median_wait": "Of served legs.",
    "p90_wait": "Of served legs: nine of ten waited no longer.",
    "p95_wait": "Of served legs.",
    "longest_wait": "Of served legs.",
    "within_norm_percent": "Called within the norm / (issued - left within the norm - still waiting within the norm).",
    "abandonment_percent": "Left before a call / issued.",
    "no_show_percent": "Missed / called.",
    "median_walk": "From the last call to the beginning of service.",
    "mean_service": "From the beginning of service to its end.",
    "median_service": "Likewise.",
    "p90_service": "Likewise.",
    "recalls": "Calls after the first of each call.",
}


@dataclass(frozen=True)
class Lived:
    """A leg as far as it has come."""

    norm: timedelta
    ready_at: datetime
    booked_at: datetime | None = None
    first_called_at: datetime | None = None
    last_called_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    left_at: datetime | None = None
    calls: int = 0

    @property
    def waits_from(self) -> datetime:
        return self.ready_at if self.booked_at is None else max(self.ready_at, self.booked_at)

    @property
    def has_left_uncalled(self) -> bool:
        return self.first_called_at is None and self.left_at is not None

    @property
    def is_missed(self) -> bool:
        return self.first_called_at is not None and self.started_at is None and self.left_at is not None

    def waited(self, now: datetime) -> float:
        """Seconds in line until the first call, until leaving, or until now. Who is called early has waited 0."""
        end = self.first_called_at or self.left_at or now
        return max(0.0, (end - self.waits_from).total_seconds())


def figures(legs: Sequence[Lived], now: datetime) -> dict[str, Any]:
    """All of `DEFINITIONS`; None where there is nothing to count from."""
    called = [leg for leg in legs if leg.first_called_at is not None]
    served = [leg for leg in legs if leg.started_at is not None]
    leavers = [leg for leg in legs if leg.has_left_uncalled]
    waiting = [leg for leg in legs if leg.first_called_at is None and leg.left_at is None]
    missed = [leg for leg in legs if leg.is_missed]
    waits = [leg.waited(now) for leg in served]
    return {
        "issued": len(legs),
        "called": len(called),
        "served": len(served),
        "missed": len(missed),
        "left_before_call": len(leavers),
        "waiting": len(waiting),
        "mean_wait": _mean(waits),
        "mean_wait_with_leavers": _mean([*waits, *(leg.waited(now) for leg in leavers)]),
        "median_wait": quantile(waits, 0.5),
        "p90_wait": quantile(waits, 0.9),
        "p95_wait": quantile(waits, 0.95),
        "longest_wait": round(max(waits)) if waits else None,
        "within_norm_percent": _within_norm(legs, now),
        "abandonment_percent": percent(len(leavers), len(legs)),
        "no_show_percent": percent(len(missed), len(called)),
        "median_walk": quantile(_walks(served), 0.5),
        **_service(served),
        "recalls": sum(max(0, leg.calls - 1) for leg in legs),
    }


def quantile(values: Iterable[float], share: float) -> int | None:
    """The smallest value that at least this share of the values does not exceed; None of none."""
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)]) if ordered else None


def percent(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _within_norm(legs: Sequence[Lived], now: datetime) -> float | None:
    """Leavers after the norm, and whoever waits longer than it, count as breaches."""
    in_time = [leg for leg in legs if leg.waited(now) <= leg.norm.total_seconds()]
    undecided = sum(leg.first_called_at is None for leg in in_time)
    return percent(len(in_time) - undecided, len(legs) - undecided)


def _walks(served: Sequence[Lived]) -> list[float]:
    # Who is called again after a hold has walked before.
    pairs = ((leg.last_called_at, leg.started_at) for leg in served)
    return [(start - call).total_seconds() for call, start in pairs if call and start and call <= start]


def _service(served: Sequence[Lived]) -> dict[str, int | None]:
    times = [(leg.finished_at - leg.started_at).total_seconds() for leg in served if leg.finished_at and leg.started_at]
    return {
        "mean_service": _mean(times),
        "median_service": quantile(times, 0.5),
        "p90_service": quantile(times, 0.9),
    }


def _mean(values: Sequence[float]) -> int | None:
    return round(sum(values) / len(values)) if values else None
