"""Can the visits of a day still be matched to its windows? A plan: who could be served where, without overlap.

Nobody is promised a window. The plan proves that all visits fit at once; when one more comes, others may change their
windows in it to make room. It follows from the visits alone and the order in which they came, so a cancelled one
leaves no trace.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from queue_service.rules.roster import minutes_between

FEWEST_TRIES, TRIES_TOGETHER = 40, 4000
"""Placements tried for one more visit: on small days all there are, on full ones the few that mostly suffice."""
TRIES_ON_REBUILD = 800
"""What was fitted in once is sought longer when the plan is made anew."""


class Piece:
    """A stretch of one window's time. `able` is the set of windows that may take it, as bits."""

    __slots__ = ("able", "minutes", "start", "until")

    def __init__(self, start: int, until: int, able: int) -> None:
        self.start = start
        self.until = until
        self.able = able
        self.minutes = minutes_between(start, until)


class Plan:
    """Pieces at windows; `preferred` lists the windows in the order in which they are filled."""

    def __init__(self, preferred: Sequence[int]) -> None:
        self.preferred = preferred
        self.busy = [0 for _ in preferred]
        """By window: the minutes taken."""
        self._at: list[list[Piece]] = [[] for _ in preferred]
        self._starts: list[list[int]] = [[] for _ in preferred]
        self._count = 0

    def add(self, pieces: Sequence[Piece]) -> bool:
        """Find room for all these pieces, moving others if need be; False, and nothing changed, when there is none."""
        if self._add_directly(pieces):
            return True
        if any(self._is_hopeless(piece) for piece in pieces):
            return False
        search = _Search(self, TRIES_ON_REBUILD)
        return search.place(list(pieces)) or search.give_up()

    def can_add(self, pieces: Sequence[Piece]) -> bool:
        """Whether there is room for one more visit, others moving if need be. The plan stays as it is."""
        search = _Search(self, FEWEST_TRIES + TRIES_TOGETHER // (1 + self._count))
        found = search.place(list(pieces))
        search.give_up()
        return found

    def shiftable(self) -> list[int]:
        """By window: the minutes that are free, or could be if others moved, each minute looked at alone."""
        found = [~busy for busy in self.busy]
        pieces = [(window, piece) for window, at in enumerate(self._at) for piece in at]
        has_grown = True
        while has_grown:
            has_grown = False
            for window, piece in pieces:
                elsewhere = 0
                for other in _bits(piece.able & ~(1 << window)):
                    elsewhere |= found[other]
                if gained := piece.minutes & elsewhere & ~found[window]:
                    found[window] |= gained
                    has_grown = True
            pieces = [(window, piece) for window, piece in pieces if piece.minutes & ~found[window]]
        return found

    def window_of(self, piece: Piece) -> int | None:
        """Where the piece stands now; None when it has no room."""
        for window in _bits(piece.able):
            at = bisect_right(self._starts[window], piece.start) - 1
            if at >= 0 and self._at[window][at] is piece:
                return window
        return None

    def put(self, window: int, piece: Piece) -> None:
        at = bisect_right(self._starts[window], piece.start)
        self._starts[window].insert(at, piece.start)
        self._at[window].insert(at, piece)
        self.busy[window] |= piece.minutes
        self._count += 1

    def take(self, window: int, piece: Piece) -> None:
        at = bisect_right(self._starts[window], piece.start) - 1
        del self._starts[window][at], self._at[window][at]
        self.busy[window] &= ~piece.minutes
        self._count -= 1

    def overlapping(self, window: int, piece: Piece) -> list[Piece]:
        """What stands at the window in the piece's time."""
        if not self.busy[window] & piece.minutes:
            return []
        first = max(0, bisect_right(self._starts[window], piece.start) - 1)
        last = bisect_right(self._starts[window], piece.until - 1)
        return [other for other in self._at[window][first:last] if other.until > piece.start]

    def _add_directly(self, pieces: Sequence[Piece]) -> bool:
        put: list[tuple[int, Piece]] = []
        for piece in pieces:
            # A visit of several services stays where it began, if it can.
            order = [put[-1][0], *self.preferred] if put else self.preferred
            free = (w for w in order if piece.able >> w & 1 and not self.busy[w] & piece.minutes)
            window = next(free, None)
            if window is None:
                for other, placed in put:
                    self.take(other, placed)
                return False
            self.put(window, piece)
            put.append((window, piece))
        return True

    def _is_hopeless(self, piece: Piece) -> bool:
        """Whether at some moment more visits are under way than can be matched to windows, whoever moves."""
        moments = {piece.start}
        for window in _bits(piece.able):
            moments.update(other.start for other in self.overlapping(window, piece) if other.start > piece.start)
        return not all(self._can_shift(piece, moment) for moment in moments)

    def _can_shift(self, piece: Piece, moment: int) -> bool:
        """Whether a chain of moves at this moment ends at a free window."""
        reached, frontier = 0, piece.able
        while frontier:
            window = (frontier & -frontier).bit_length() - 1
            reached |= 1 << window
            if not self.busy[window] >> moment & 1:
                return True
            at = bisect_right(self._starts[window], moment) - 1
            frontier = (frontier | self._at[window][at].able) & ~reached
        return False


class _Search:
    """A search for room in which pieces give way to each other; each moves at most once on a path.

    Were there an arrangement for all, following it would place every piece where it has it: the search finds one
    unless its limit ends it.
    """

    def __init__(self, plan: Plan, tries: int) -> None:
        self.plan = plan
        self.tries = tries
        self._settled = [0 for _ in plan.busy]
        """By window: the minutes of the pieces that have found their place on this path."""
        self._done: list[tuple[int, Piece, list[Piece]]] = []
        """Windows, what was put there, what gave way."""

    def place(self, homeless: list[Piece]) -> bool:
        if not homeless:
            return True
        piece, plan = homeless.pop(), self.plan
        open_to = (w for w in plan.preferred if piece.able >> w & 1 and not self._settled[w] & piece.minutes)
        choices = [(len(displaced), w, displaced) for w in open_to for displaced in [plan.overlapping(w, piece)]]
        for _, window, displaced in sorted(choices, key=lambda choice: choice[0]):
            self.tries -= 1
            if self.tries < 0:
                return False
            before = len(self._done)
            self._put(window, piece, displaced)
            if self.place([*homeless, *displaced]):
                return True
            self._undo_to(before)
        return False

    def give_up(self) -> bool:
        """Put everything back; False."""
        self._undo_to(0)
        return False

    def _put(self, window: int, piece: Piece, displaced: list[Piece]) -> None:
        for other in displaced:
            self.plan.take(window, other)
        self.plan.put(window, piece)
        self._settled[window] |= piece.minutes
        self._done.append((window, piece, displaced))

    def _undo_to(self, length: int) -> None:
        while len(self._done) > length:
            window, piece, displaced = self._done.pop()
            self.plan.take(window, piece)
            for other in displaced:
                self.plan.put(window, other)
            self._settled[window] &= ~piece.minutes


def _bits(windows: int) -> Iterator[int]:
    while windows:
        yield (windows & -windows).bit_length() - 1
        windows &= windows - 1
