"""Which norms of lines and windows are in question now? A line too long, a service nobody serves, an idle window."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from queue_service.model.norm import NormChannel, NormKind
from queue_service.rules.norm import AT_RISK, Jump, NormFacts, applying


@dataclass(frozen=True)
class Line:
    service: str
    waiting: int
    open_windows: int


@dataclass(frozen=True)
class IdleWindow:
    """An open window with nobody at it, and the services of those who wait and whom it may call."""

    code: str
    could_serve: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """What holds now and may not last, or may not be at all."""

    norm: NormFacts
    service: str | None = None
    window: str | None = None

    @property
    def mark(self) -> str:
        """What it is about: the same as long as it holds."""
        return f"{self.norm.kind}:{self.window or self.service}"

    def due_at(self, since: datetime) -> datetime:
        """The moment of the breach when it holds since then; a line is too long at once."""
        may_last = 0 if self.norm.kind == NormKind.QUEUE_LENGTH else self.norm.longest
        return since + timedelta(seconds=may_last)

    def used(self, since: datetime, now: datetime) -> float:
        """Which share of the norm is used; 1 when it is passed."""
        return 1 - max(0.0, (self.due_at(since) - now).total_seconds()) / self.norm.longest


@dataclass(frozen=True)
class LongLine:
    """A line that is not too long yet, but soon may be."""

    norm: NormFacts
    service: str
    waiting: int

    @property
    def used(self) -> float:
        return self.waiting / self.norm.longest


@dataclass(frozen=True)
class ShiftMove:
    """A window began to call, or stopped: from then on for these services."""

    at: datetime
    window_id: int
    is_open: bool
    serves: tuple[str, ...]


def standing(
    norms: Iterable[NormFacts], lines: Iterable[Line], windows: Iterable[IdleWindow], day: date
) -> dict[str, Standing]:
    """What holds now, by its mark."""
    norms, found = list(norms), []

    def norm_of(kind: NormKind, service: str) -> NormFacts | None:
        return _norm_of(norms, kind, service, day)

    for line in lines:
        length = norm_of(NormKind.QUEUE_LENGTH, line.service)
        if length is not None and line.waiting > length.longest:
            found.append(Standing(length, line.service))
        unstaffed = norm_of(NormKind.UNSTAFFED, line.service)
        if unstaffed is not None and line.waiting and not line.open_windows:
            found.append(Standing(unstaffed, line.service))
    for window in windows:
        idle = [one for one in (norm_of(NormKind.IDLE_WINDOW, code) for code in window.could_serve) if one is not None]
        if idle:
            found.append(Standing(min(idle, key=lambda one: one.longest), window=window.code))
    return {one.mark: one for one in found}


def long_lines(norms: Iterable[NormFacts], lines: Iterable[Line], day: date) -> list[LongLine]:
    """The lines at risk of becoming too long."""
    norms, found = list(norms), []
    for line in lines:
        norm = _norm_of(norms, NormKind.QUEUE_LENGTH, line.service, day)
        if norm is not None and AT_RISK * norm.longest <= line.waiting <= norm.longest:
            found.append(LongLine(norm, line.service, line.waiting))
    return found


def unserved_since(service: str, moves: Iterable[ShiftMove], unknown: datetime) -> datetime | None:
    """When the last open window with a service stopped, by the day's moves; None when none has been open.

    `unknown` when they say that one is open still: something else took the service from it.
    """
    calls: dict[int, bool] = {}
    since = None
    for move in moves:
        does = service in move.serves
        did, calls[move.window_id] = calls.get(move.window_id, does), does and move.is_open
        if did and not any(calls.values()):
            since = move.at
    return unknown if any(calls.values()) else since


def as_clocks_show(moment: datetime, jumps: Iterable[Jump], now: datetime) -> datetime:
    """A moment of the past as the clock shows it that was put forward meanwhile; never one to come."""
    for jump in jumps:
        if jump.by > timedelta() and moment <= jump.before:
            moment += jump.by
    return min(moment, now)


def _norm_of(norms: Iterable[NormFacts], kind: NormKind, service: str, day: date) -> NormFacts | None:
    return applying(norms, kind, service, NormChannel.WALK_IN, day)
