"""Which norms of lines and windows are in question now? A line too long, a service nobody serves, an idle window."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from queue_service.model.norm import NormChannel, NormKind
from queue_service.rules.norm import NormFacts, applying


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


def standing(
    norms: Iterable[NormFacts], lines: Iterable[Line], windows: Iterable[IdleWindow], day: date
) -> dict[str, Standing]:
    """What holds now, by its mark."""
    norms, found = list(norms), []

    def norm_of(kind: NormKind, service: str) -> NormFacts | None:
        return applying(norms, kind, service, NormChannel.WALK_IN, day)

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
