"""How busy were the windows, and how long was the line? A ledger read as time, entry by entry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from queue_service.rules.replay import LEAVES_WINDOW
from queue_service.rules.ticket import Move

Span = tuple[datetime, datetime]


class Spent(StrEnum):
    """What a window's time went into."""

    SERVING = "serving"
    WALKING = "walking"
    FREE = "free"
    PAUSED = "paused"


SHIFTS = {"window_open": Spent.FREE, "window_resume": Spent.FREE, "window_pause": Spent.PAUSED, "window_close": None}
"""What a window without a visitor is after each of these moves."""
ENDS_WAIT = {Move.CALL, Move.CANCEL, Move.CLOSE_DAY}
VISITORS = {Move.CALL: Spent.WALKING, Move.START: Spent.SERVING}
BACK = {"called": Spent.WALKING, "serving": Spent.SERVING}
"""What a window is when a move was taken back, by the state of its visitor."""


@dataclass
class _Window:
    since: datetime
    shift: Spent | None = None
    visitor: Spent | None = None
    leg: int | None = None
    spans: dict[Spent, list[Span]] = field(default_factory=lambda: {kind: [] for kind in Spent})

    def turns(self, at: datetime, **changes: Any) -> None:
        """The time until now is spent; from now on it is this."""
        kind = self.visitor or self.shift
        if kind is not None and at > self.since:
            self.spans[kind].append((self.since, at))
        self.since = max(self.since, at)
        for name, value in changes.items():
            setattr(self, name, value)


class Load:
    """Windows and the line from `start` on; `shifts` is what each window was then (a move of `SHIFTS`)."""

    def __init__(self, start: datetime, shifts: Mapping[int, str]) -> None:
        self._start = start
        self._windows = {window: _Window(start, SHIFTS[move]) for window, move in shifts.items()}
        self._joined: dict[int, datetime] = {}
        self._ended: dict[int, list[datetime]] = {}
        """By leg: its calls, and its leaving."""

    def take(self, entry: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """One more entry, in order of `seq`."""
        move, at, leg = entry["move"], entry["at"], entry["leg_id"]
        if move in SHIFTS:
            self._window(entry["window_id"]).turns(at, shift=SHIFTS[move])
        elif move in VISITORS:
            self._window(entry["window_id"]).turns(at, visitor=VISITORS[move], leg=leg)
        elif move == "undo":
            self._undo(entry, facts)
        elif move in LEAVES_WINDOW:
            self._leave(at, leg)
        if move == Move.ISSUE:
            self._joined[leg] = at
        elif move in ENDS_WAIT:
            self._ended.setdefault(leg, []).append(at)

    def spent(self, end: datetime, opening: Sequence[Span]) -> dict[int, dict[Spent, float]]:
        """Seconds by window and kind until `end`. Without a visitor only time within `opening` counts."""
        found = {}
        for number, window in self._windows.items():
            window.turns(end)
            bounds = {kind: opening if kind in (Spent.FREE, Spent.PAUSED) else [(self._start, end)] for kind in Spent}
            found[number] = {kind: overlap(window.spans[kind], bounds[kind]) for kind in Spent}
        return found

    def waited(self, end: datetime) -> float:
        """Seconds that all legs together spent between joining the line and their first call, or leaving."""
        ends = ((joined, (self._ended.get(leg) or [end])[0]) for leg, joined in self._joined.items())
        return sum((ended - joined).total_seconds() for joined, ended in ends)

    def _undo(self, entry: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        window, state = self._window(entry["window_id"]), BACK.get(facts["state"])
        window.turns(entry["at"], visitor=state, leg=entry["leg_id"] if state else None)
        self._joined.pop(facts.get("taken_back") or 0, None)
        if facts["undone"] == Move.CALL and (calls := self._ended.get(entry["leg_id"])):
            calls.pop()

    def _leave(self, at: datetime, leg: int) -> None:
        for window in self._windows.values():
            if window.leg == leg:
                window.turns(at, visitor=None, leg=None)

    def _window(self, number: int) -> _Window:
        return self._windows.setdefault(number, _Window(self._start))


def overlap(spans: Iterable[Span], bounds: Sequence[Span]) -> float:
    """Seconds of `spans` that lie within `bounds`, which do not overlap one another."""
    both = ((max(start, first), min(end, last)) for start, end in spans for first, last in bounds)
    return sum((end - start).total_seconds() for start, end in both if end > start)
