"""What is promised to whom, when is it passed, and how much of it is used? A norm is data; this is what it means.

The service's own `norm_seconds` is its norm of waiting; a norm of the branch that says more exactly whom it is for
(service before channel) takes its place, for the days on which it is valid.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from queue_service.model.norm import NormChannel, NormKind
from queue_service.model.ticket import LegState
from queue_service.rules.forms import CalendarDay, Code, Facts, not_before

AT_RISK = 0.8
"""From this share of a norm on, it is at risk."""
LATE_AFTER = timedelta(seconds=10)
"""A breach that is noticed longer than this after its moment is noticed late."""
OF_LEGS = (NormKind.WAIT, NormKind.SERVICE_TIME, NormKind.TOTAL_TIME, NormKind.HOLD_TIME)
OF_HALLS = (NormKind.QUEUE_LENGTH, NormKind.UNSTAFFED, NormKind.IDLE_WINDOW)
"""Those of lines and windows, whoever is in them."""


class NormFacts(Facts):
    """The promised longest of something, as an admin says it."""

    kind: NormKind
    service: Code | None = None
    """None means every service."""
    channel: NormChannel | None = None
    longest: Annotated[int, Field(ge=1, le=86_400)]
    """Seconds; people, for a line's length."""
    source: Annotated[str, Field(max_length=300)] = ""
    """The law that says so."""
    valid_from: CalendarDay | None = None
    valid_to: CalendarDay | None = None

    @field_validator("channel")
    @classmethod
    def _is_told_apart(cls, channel: NormChannel | None, info: ValidationInfo) -> NormChannel | None:
        if channel is not None and info.data.get("kind") in OF_HALLS:
            raise PydanticCustomError("norm_without_channel", "a norm of lines and windows has no channel")
        return channel

    @field_validator("valid_to")
    @classmethod
    def _ends_after_it_begins(cls, last: date | None, info: ValidationInfo) -> date | None:
        return not_before(info.data.get("valid_from"), last)

    def is_for(self, kind: NormKind, service: str, channel: NormChannel, day: date) -> bool:
        if self.kind != kind or self.service not in (None, service) or self.channel not in (None, channel):
            return False
        return (self.valid_from or day) <= day <= (self.valid_to or day)


@dataclass(frozen=True)
class Course:
    """A leg as far as it has come."""

    leg_id: int
    service: str
    day: date
    state: str
    ready_at: datetime
    issued_at: datetime
    booked_at: datetime | None = None
    first_called_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    left_at: datetime | None = None
    held_at: datetime | None = None
    held_seconds: int = 0

    @property
    def channel(self) -> NormChannel:
        return channel_of(self.booked_at)

    @property
    def ended_at(self) -> datetime | None:
        return self.finished_at or self.left_at


@dataclass(frozen=True)
class Jump:
    """The clock was set by so much; legs up to this one were there before."""

    before: datetime
    by: timedelta
    last_leg_id: int


@dataclass(frozen=True)
class Term:
    """One norm of one leg: from when, until when at the latest, and when it ended (None while it runs)."""

    norm: NormFacts
    begins_at: datetime
    due_at: datetime
    ended_at: datetime | None

    def is_passed(self, now: datetime) -> bool:
        return self.due_at <= now and (self.ended_at is None or self.ended_at > self.due_at)

    def is_running(self, now: datetime) -> bool:
        return self.ended_at is None and self.due_at > now

    def used(self, now: datetime) -> float:
        """Which share of the norm is used; 1 when it is passed."""
        return max(0.0, 1 - (self.due_at - now).total_seconds() / self.norm.longest)

    def is_at_risk(self, now: datetime) -> bool:
        return self.is_running(now) and self.used(now) >= AT_RISK


def applying(
    norms: Iterable[NormFacts], kind: NormKind, service: str, channel: NormChannel, day: date
) -> NormFacts | None:
    """The norm that holds: one for the service before one for all, then one for the channel before one for both."""
    found = [norm for norm in norms if norm.is_for(kind, service, channel, day)]
    return max(found, key=lambda norm: (norm.service is not None, norm.channel is not None), default=None)


def channel_of(booked_at: datetime | None) -> NormChannel:
    return NormChannel.WALK_IN if booked_at is None else NormChannel.APPOINTMENT


def norm_of_waiting(
    norms: Iterable[NormFacts], service: str, channel: NormChannel, day: date, own: timedelta
) -> NormFacts:
    """What is promised to who waits; `own` is the service's own norm, which holds when no other does."""
    found = applying(norms, NormKind.WAIT, service, channel, day)
    return found or NormFacts(kind=NormKind.WAIT, longest=max(1, int(own.total_seconds())))


def terms(course: Course, norms: Iterable[NormFacts], own: timedelta, jumps: Iterable[Jump] = ()) -> list[Term]:
    """The norms of a leg whose moments are known: waiting always, the others once they have begun.

    `own` is the service's own norm of waiting.
    """
    found, norms, jumps = [], list(norms), list(jumps)
    for kind in OF_LEGS:
        whose = (course.service, course.channel, course.day)
        is_wait = kind == NormKind.WAIT
        norm = norm_of_waiting(norms, *whose, own) if is_wait else applying(norms, kind, *whose)
        span = None if norm is None else _span(kind, course)
        if norm is not None and span is not None:
            due = _after_jumps(span[0] + timedelta(seconds=norm.longest), span[0], kind, course, jumps)
            found.append(Term(norm, span[0], due, span[1]))
    return found


def next_look(course: Course, found: Iterable[Term], norms: Iterable[NormFacts], now: datetime) -> datetime | None:
    """When this leg has to be looked at again: at the next moment known, or when one not begun could come at the
    earliest. None when nothing can be passed any more.
    """
    moments = [term.due_at for term in found if term.is_running(now)]
    if course.ended_at is None:
        begun = {term.norm.kind for term in found}
        for kind in (NormKind.SERVICE_TIME, NormKind.HOLD_TIME):
            norm = applying(norms, kind, course.service, course.channel, course.day)
            if norm is not None and kind not in begun:
                moments.append(now + timedelta(seconds=norm.longest))
    return min(moments, default=None)


def first_look(norms: Iterable[NormFacts], service: str, own: timedelta) -> timedelta:
    """How long after joining the line any norm of a leg may be passed at the earliest."""
    may_hold = [n.longest for n in norms if n.kind in OF_LEGS and n.service in (None, service)]
    return min([own, *(timedelta(seconds=longest) for longest in may_hold)])


def _span(kind: NormKind, course: Course) -> tuple[datetime, datetime | None] | None:
    """From when a norm of this kind counts for the leg, and when it ended; None when it has not begun."""
    match kind:
        case NormKind.WAIT:
            begins = course.ready_at if course.booked_at is None else max(course.ready_at, course.booked_at)
            return begins, course.first_called_at or course.ended_at
        case NormKind.TOTAL_TIME:
            begins = course.issued_at if course.booked_at is None else max(course.issued_at, course.booked_at)
            return begins, course.ended_at
        case NormKind.SERVICE_TIME if course.started_at is not None:
            return course.started_at + timedelta(seconds=course.held_seconds), course.ended_at
        case NormKind.HOLD_TIME if course.held_at is not None and course.state == LegState.HELD:
            return course.held_at, course.ended_at
        case _:
            return None


def _after_jumps(due: datetime, begins: datetime, kind: NormKind, course: Course, jumps: Iterable[Jump]) -> datetime:
    """The moment as the clock shows it that was set meanwhile: nobody waits an hour because a clock was put forward.

    What began at a booked time stays: that is a time of day.
    """
    for jump in jumps:
        was_there = course.leg_id <= jump.last_leg_id and begins != course.booked_at
        is_certain = kind == NormKind.WAIT or jump.by > timedelta()
        if was_there and is_certain and begins <= jump.before < due:
            due += jump.by
    return due
