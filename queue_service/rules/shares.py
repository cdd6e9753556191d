"""How much of a day may be booked, and through which channel? Walk-ins and the other channels keep their share.

Counted in each opening span (the long ones halved), so that what is kept for walk-ins is spread over the day. What
counts against a service's windows are all bookings that nobody but these windows can serve.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from queue_service.rules.roster import Day
from queue_service.rules.visit import Terms, Visit

NO_LIMIT = 1_000_000


@dataclass
class Shares:
    day: Day
    terms: Mapping[str, Terms]
    _used: dict[int, Counter[tuple[str, str]]] = field(default_factory=dict)
    """By block: minutes by service and channel. A part counts in the block in which it begins."""
    _counting: dict[str, frozenset[str]] = field(default_factory=dict)

    def count(self, visit: Visit, start: int) -> None:
        """A visit that begins at this minute is booked or held."""
        for service, minute, minutes in visit.laid_out(start):
            block = self.block_of(minute)
            if block not in self._used:
                self._used[block] = Counter()
            self._used[block][service, visit.channel] += minutes

    def left(self, visit: Visit, start: int) -> int:
        """How many more such visits may begin at this minute."""
        if not any(self._is_limited(part.service, visit.channel) for part in visit.parts):
            return NO_LIMIT
        own: Counter[tuple[int, str]] = Counter()
        for service, minute, minutes in visit.laid_out(start):
            own[self.block_of(minute), service] += minutes
        return min(self._left(block, service, visit.channel, own) for block, service in own)

    def bookable(self, block: int, service: str) -> float:
        """Minutes of the service's windows in this block that may be booked, by whatever channel."""
        in_block = self.day.blocks[block] if block >= 0 else 0
        staffed = sum((minutes & in_block).bit_count() for minutes in self.day.staffed(service))
        return staffed * (1 - self.terms[service].walk_in_share)

    def _left(self, block: int, service: str, channel: str, own: Mapping[tuple[int, str], int]) -> int:
        terms = self.terms[service]
        quota = terms.quotas.get(channel)
        if not self._is_limited(service, channel):
            return NO_LIMIT
        counting = self._counting_against(service)
        wanted = sum(minutes for (where, other), minutes in own.items() if where == block and other in counting)
        used = self._used.get(block, Counter())
        limit = self.bookable(block, service) * terms.overbooking
        taken = sum(minutes for (other, _), minutes in used.items() if other in counting)
        left = int((limit - taken) // wanted) if terms.walk_in_share else NO_LIMIT
        if quota is None:
            return left
        by_channel = sum(minutes for (other, by), minutes in used.items() if other in counting and by == channel)
        return min(left, int((limit * quota - by_channel) // wanted))

    def _is_limited(self, service: str, channel: str) -> bool:
        terms = self.terms[service]
        return bool(terms.walk_in_share) or channel in terms.quotas

    def _counting_against(self, service: str) -> frozenset[str]:
        """The services that can be served by none but this one's windows."""
        if service not in self._counting:
            windows = self._windows(service)
            self._counting[service] = frozenset(other for other in self.terms if not self._windows(other) & ~windows)
        return self._counting[service]

    def _windows(self, service: str) -> int:
        return sum(1 << window for window, minutes in enumerate(self.day.staffed(service)) if minutes)

    def block_of(self, minute: int) -> int:
        return next((i for i, block in enumerate(self.day.blocks) if minute >= 0 and block >> minute & 1), -1)
