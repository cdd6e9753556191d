"""What is a booked visit? Services one after the other, each with its minutes; and how a service may be booked."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Terms:
    """How a service may be booked."""

    minutes: int
    every: int
    """Minutes between one start and the next."""
    buffer: int = 0
    """Minutes that a window needs after a visit."""
    walk_in_share: float = 0.0
    """The part of the windows' time that is never booked."""
    quotas: Mapping[str, float] = field(default_factory=dict)
    """By channel: the largest part of the bookable time that it may take."""
    overbooking: float = 1.0
    """Bookings for each place; above 1 only where no-shows have been measured."""
    lead: timedelta = timedelta(0)
    horizon_days: int = 30


@dataclass(frozen=True)
class Part:
    """One service of a visit."""

    service: str
    minutes: int


@dataclass(frozen=True)
class Visit:
    """What somebody books: services one after the other, without a pause."""

    parts: tuple[Part, ...]
    buffer: int = 0
    requires: frozenset[str] = frozenset()
    channel: str = "web"

    @property
    def minutes(self) -> int:
        return sum(part.minutes for part in self.parts)

    def laid_out(self, start: int) -> Iterator[tuple[str, int, int]]:
        """(service, minute, minutes) of each part, the first beginning at `start`."""
        for part in self.parts:
            yield part.service, start, part.minutes
            start += part.minutes


@dataclass(frozen=True)
class Taken:
    """A visit at its time: a booking, or a hold."""

    key: Hashable
    starts_at: datetime
    visit: Visit


def visit_of(
    services: Sequence[str], terms: Mapping[str, Terms], requires: frozenset[str] = frozenset(), channel: str = "web"
) -> Visit:
    """A visit for these services as they are booked now."""
    parts = tuple(Part(code, terms[code].minutes) for code in services)
    return Visit(parts, max(terms[code].buffer for code in services), requires, channel)
