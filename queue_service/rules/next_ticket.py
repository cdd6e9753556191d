"""Who is next? The smallest turn among the legs the window may serve; ties go to the earlier ticket."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

BEFORE_APPOINTMENT = timedelta(minutes=2)
"""From then on an appointment's head start works."""

ROUTED_NEEDS = ("wheelchair", "interpreter", "hearing_loop")
"""Needs that only some windows can meet."""
NEEDS = (*ROUTED_NEEDS, "language", "more_time", "companion")
"""All that a visitor may ask for; `language` asks for an operator who speaks the ticket's, the last two inform."""


class Kind(StrEnum):
    """How a visitor comes: the head starts of a branch and of its categories are given by kind."""

    WALK_IN = "walk_in"
    APPOINTMENT = "appointment"


class Why(StrEnum):
    """Why somebody who came later was called earlier: told to who waits, by kind and never by person."""

    CHOSEN = "chosen"
    PRIORITY = "priority"
    APPOINTMENT = "appointment"
    RETURNED = "returned"
    OTHER_WINDOW = "other_window"


@dataclass(frozen=True)
class Place:
    """A place in line: fixed when a leg starts waiting. An early appointment's improves once, at `better_from`."""

    counting_start: datetime
    turn: datetime
    better_from: datetime | None = None
    better_turn: datetime | None = None


@dataclass(frozen=True)
class WaitingLeg:
    """What the rule needs to know of a leg in the line."""

    leg_id: int
    ticket_id: int
    service: str
    turn: datetime
    requires: frozenset[str] = frozenset()
    for_window: int | None = None
    for_operator: int | None = None


@dataclass(frozen=True)
class FreeWindow:
    """What the rule needs to know of the window that calls."""

    window_id: int
    operator_id: int | None
    serves: Collection[str]
    meets: Collection[str]


def place_in_line(
    arrival: datetime,
    head_start_minutes: Mapping[str, int],
    booked_at: datetime | None = None,
    late: timedelta = timedelta(0),
) -> Place:
    """Where somebody who arrives at `arrival` stands; `head_start_minutes` is by kind.

    An appointment that is more than `late` behind its time counts as a walk-in from its arrival; one that is
    early counts as a walk-in until two minutes before its time.
    """
    walk_in = arrival - timedelta(minutes=head_start_minutes.get(Kind.WALK_IN, 0))
    if booked_at is None or arrival > booked_at + late:
        return Place(arrival, walk_in)
    booked = booked_at - timedelta(minutes=head_start_minutes.get(Kind.APPOINTMENT, 0))
    works_from = booked_at - BEFORE_APPOINTMENT
    if arrival >= works_from:
        return Place(booked_at, booked)
    if walk_in <= booked:  # so early that it gains nothing
        return Place(arrival, walk_in)
    return Place(arrival, walk_in, works_from, booked)


def place_at(place: Place, now: datetime) -> Place:
    """A place as it stands now: that of an early appointment has come due, or not yet."""
    if place.better_from is None or place.better_turn is None or now < place.better_from:
        return place
    return Place(place.better_from + BEFORE_APPOINTMENT, place.better_turn)


def requirements(needs: Iterable[str], language: str) -> frozenset[str]:
    """What a window must meet to serve a visitor with these needs."""
    asked = set(needs)
    spoken = {spoken_here(language)} if "language" in asked else set()
    return frozenset(asked & set(ROUTED_NEEDS) | spoken)


def spoken_here(language: str) -> str:
    """The word for "a window where this language is spoken" among requirements."""
    return f"language:{language}"


def order_key(leg: WaitingLeg) -> tuple[datetime, int]:
    """Legs are called in ascending order of this key. Ticket ids rise with the printed numbers of a series."""
    return (leg.turn, leg.ticket_id)


def may_serve(window: FreeWindow, leg: WaitingLeg) -> bool:
    """Whether the window's roster has the service, it meets the needs, and the leg is not directed elsewhere."""
    return (
        leg.service in window.serves
        and leg.requires.issubset(window.meets)
        and leg.for_window in (None, window.window_id)
        and leg.for_operator in (None, window.operator_id)
    )


def first(legs: Iterable[WaitingLeg], window: FreeWindow) -> WaitingLeg | None:
    """The leg that this free window calls next; None when nobody it may serve waits."""
    return min((leg for leg in legs if may_serve(window, leg)), key=order_key, default=None)


def why_earlier(
    *, came_later: bool, joined_later: bool, is_chosen: bool, has_priority: bool, has_appointment: bool
) -> Why | None:
    """Why another visitor was called before one who still waits; None when it was simply their turn.

    `came_later`: their ticket is the later one; `joined_later`: they came (back) into the line later.
    """
    if not came_later:
        return Why.RETURNED if joined_later else None
    if is_chosen:
        return Why.CHOSEN
    if has_priority:
        return Why.PRIORITY
    return Why.APPOINTMENT if has_appointment else Why.OTHER_WINDOW
