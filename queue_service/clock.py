"""What time is it? The only place that reads the machine's clock; everything else is handed one of these."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, timezone-aware, UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FrozenClock:
    """A clock for tests: it stands still until told to move."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)


@dataclass
class ScaledClock:
    """A clock for simulated days: starts at `start` and runs `speed` times as fast as the wall clock."""

    start: datetime
    speed: float
    _began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(time.monotonic() - self._began) * self.speed)


def parse_clock(spec: str | None) -> Clock:
    """Read `2020-01-13T07:55:00+01:00@600` (start@speed); without a text, the machine's clock.

    Raises ValueError when the text is not of that form or the start has no time zone.
    """
    if not spec:
        return SystemClock()
    start_text, _, speed_text = spec.partition("@")
    start = datetime.fromisoformat(start_text)
    if start.tzinfo is None:
        raise ValueError("the start of a scaled clock needs a time zone, as in 2020-01-13T07:55:00+01:00@600")
    return ScaledClock(start.astimezone(UTC), float(speed_text or 1))
