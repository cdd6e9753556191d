"""Which slots are free? Derived from the roster and from what is taken, never stored.

A slot is free when one more visit fits beside all that are booked or held (rules/matching.py), while walk-ins and the
other channels keep their share (rules/shares.py).
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import ceil

from queue_service.rules.matching import Piece, Plan
from queue_service.rules.roster import A_MINUTE, Day, fitting, minutes_between
from queue_service.rules.shares import Shares
from queue_service.rules.visit import Taken, Terms, Visit

OVERHANG = 24 * 60
"""A buffer may reach beyond the end of work, and of the date."""


@dataclass(frozen=True)
class Slot:
    starts_at: datetime
    ends_at: datetime
    free: int
    """How many more such visits can be booked at this time, at least."""


class DayBook:
    """A day with what is taken of it, given in the order in which it was taken."""

    def __init__(self, day: Day, terms: Mapping[str, Terms], taken: Iterable[Taken]) -> None:
        self.day = day
        self.unfit: list[Taken] = []
        """Bookings that the day has no room for: the roster has changed since they were made."""
        self._terms = terms
        # Windows that can do least are filled first: the others stay open for everybody.
        order = sorted(range(len(day.windows)), key=lambda w: (len(day.windows[w].services), w))
        self._plan = Plan(tuple(order))
        self._shares = Shares(day, terms)
        self._pieces: dict[Hashable, list[Piece]] = {}
        self._extra: list[tuple[str, Piece]] = []
        """Overbooked: visits without room that the service's terms allow for."""
        self._free: dict[Visit, tuple[tuple[int, int], ...]] = {}
        for one in taken:
            self._enter(one)

    def slots(self, visit: Visit, not_before: datetime) -> list[Slot]:
        """Free slots from a moment on."""
        length = visit.minutes * A_MINUTE
        at = ((self.day.moment(minute), places) for minute, places in self.free(visit))
        return [Slot(start, start + length, places) for start, places in at if start >= not_before]

    def free(self, visit: Visit) -> tuple[tuple[int, int], ...]:
        """(minute, places left) for every start that has any."""
        if visit not in self._free:
            rooms = self._rooms(visit)
            counted = ((start, self._places(visit, start, rooms)) for start in self._grid(visit))
            self._free[visit] = tuple((start, places) for start, places in counted if places > 0)
        return self._free[visit]

    def is_free(self, visit: Visit, starts_at: datetime) -> bool:
        """Whether the visit can be booked at this moment."""
        minute = self.day.minute(starts_at)
        if self.day.moment(minute) != starts_at or minute not in self._grid(visit):
            return False
        return self._places(visit, minute, self._rooms(visit)) > 0

    def has(self, key: Hashable) -> bool:
        return key in self._pieces

    def windows_of(self, key: Hashable) -> list[int | None]:
        """The ids of the windows at which a booking stands in the plan, one for each part; None without room."""
        found = (self._plan.window_of(piece) for piece in self._pieces[key])
        return [None if window is None else self.day.windows[window].id for window in found]

    def _enter(self, one: Taken) -> None:
        start = self.day.minute(one.starts_at)
        pieces = self._pieces[one.key] = self._pieces_of(one.visit, start)
        self._shares.count(one.visit, start)
        if all(piece.able for piece in pieces) and self._plan.add(pieces):
            return
        if self._extra_places(one.visit, pieces):
            self._extra.append((one.visit.parts[0].service, pieces[0]))
        else:
            self.unfit.append(one)

    def _grid(self, visit: Visit) -> tuple[int, ...]:
        first = visit.parts[0].service
        return self.day.grid(first, self._terms[first].every)

    def _places(self, visit: Visit, start: int, rooms: list[list[int]]) -> int:
        """How many more may begin at this minute; `rooms` are those of the visit."""
        direct = min(
            sum(room >> minute & 1 for room in room_of_part)
            for room_of_part, (_, minute, _) in zip(rooms, visit.laid_out(start), strict=True)
        )
        if not direct:
            pieces = self._pieces_of(visit, start)
            direct = 1 if self._can_shift(pieces) else self._extra_places(visit, pieces)
        return min(direct, self._shares.left(visit, start)) if direct else 0

    def _can_shift(self, pieces: list[Piece]) -> bool:
        """Whether others can make room; asked of the plan only where no single minute forbids it."""
        for piece in pieces:
            possible = 0
            for window, minutes in enumerate(self._shiftable):
                if piece.able >> window & 1:
                    possible |= minutes
            if piece.minutes & ~possible:
                return False
        return self._plan.can_add(pieces)

    @cached_property
    def _shiftable(self) -> list[int]:
        return self._plan.shiftable()

    def _rooms(self, visit: Visit) -> list[list[int]]:
        """For each part, by window that can serve it: the minutes at which it may begin as the plan stands."""
        whole = minutes_between(0, self.day.length + OVERHANG)
        rooms = []
        for i, part in enumerate(visit.parts):
            length = part.minutes + (visit.buffer if i == len(visit.parts) - 1 else 0)
            rooms.append(
                [
                    starts & fitting(whole & ~self._plan.busy[window], length)
                    for window, starts in self.day.places(part.service, part.minutes, visit.requires)
                ]
            )
        return rooms

    def _pieces_of(self, visit: Visit, start: int) -> list[Piece]:
        pieces = []
        for i, (service, minute, minutes) in enumerate(visit.laid_out(start)):
            able = 0
            if minute >= 0:
                for window, starts in self.day.places(service, minutes, visit.requires):
                    able |= (starts >> minute & 1) << window
            buffer = visit.buffer if i == len(visit.parts) - 1 else 0
            pieces.append(Piece(minute, minute + minutes + buffer, able))
        return pieces

    def _extra_places(self, visit: Visit, pieces: list[Piece]) -> int:
        """How many more may be booked beyond the room there is: for one service, where its terms allow it."""
        service, piece = visit.parts[0].service, pieces[0]
        factor = self._terms[service].overbooking - 1 if service in self._terms else 0.0
        if factor <= 0 or len(pieces) > 1 or not piece.able:
            return 0
        block = self._shares.block_of(piece.start)
        others = [other for of, other in self._extra if of == service]
        in_block = sum(self._shares.block_of(other.start) == block for other in others)
        at_once = sum(bool(other.minutes & piece.minutes) for other in others)
        allowed = int(factor * self._shares.bookable(block, service) / (piece.until - piece.start))
        return max(0, min(allowed - in_block, ceil(factor * piece.able.bit_count()) - at_once))
