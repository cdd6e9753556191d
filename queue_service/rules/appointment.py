"""What can become of an appointment? Which change is allowed in which state, and how a visitor arrives: early, on
time or late."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from queue_service.model.appointment import AppointmentState
from queue_service.rules.booking import BookingFacts
from queue_service.rules.errors import Refused
from queue_service.rules.next_ticket import BEFORE_APPOINTMENT

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""What a code is made of: nothing that is read as something else."""
CODE_LENGTH = 6
DRAWING = timedelta(minutes=2)
"""After signing up has ended: until then, what is drawn cannot be snatched."""
_AS_TYPED = str.maketrans("АВЕКМНРСТУХ", "ABEKMHPCTYX", " -–—\t\n")
"""Cyrillic letters that look like Latin ones, and what people put between."""


class Change(StrEnum):
    MOVE = "move"
    CANCEL = "cancel"
    CHECK_IN = "check_in"
    MISS = "miss"


CHANGES: Mapping[Change, tuple[frozenset[AppointmentState], AppointmentState]] = {
    Change.MOVE: (frozenset({AppointmentState.BOOKED}), AppointmentState.BOOKED),
    Change.CANCEL: (frozenset({AppointmentState.BOOKED}), AppointmentState.CANCELLED),
    # Whoever comes after the slot was given up may still come: as a walk-in from then on.
    Change.CHECK_IN: (frozenset({AppointmentState.BOOKED, AppointmentState.ABSENT}), AppointmentState.ARRIVED),
    Change.MISS: (frozenset({AppointmentState.BOOKED}), AppointmentState.ABSENT),
}


class Arrival(StrEnum):
    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"


def after(change: Change, state: str) -> AppointmentState:
    """The state after a change; raises Refused(appointment_<state>) when it is not allowed."""
    before, then = CHANGES[change]
    if state not in before:
        raise Refused(f"appointment_{state}")
    return then


def arrival(booked_at: datetime, now: datetime, late: timedelta) -> Arrival:
    """How somebody comes who checks in now (rules/next_ticket.py says what follows from it)."""
    if now > booked_at + late:
        return Arrival.LATE
    return Arrival.ON_TIME if now >= booked_at - BEFORE_APPOINTMENT else Arrival.EARLY


def last_bookable_day(facts: BookingFacts, now: datetime, time_zone: str) -> date:
    """The furthest day that can be booked now: one more every day, from the hour at which it opens."""
    local = now.astimezone(ZoneInfo(time_zone))
    opened = local.strftime("%H:%M") >= facts.opens_at
    return local.date() + timedelta(days=facts.horizon_days - (not opened))


def day_to_draw(facts: BookingFacts, now: datetime, time_zone: str) -> date | None:
    """The new day for whose slots people sign up now, instead of booking them; None when there is none."""
    newest = last_bookable_day(facts, now, time_zone)
    return newest if newest > last_drawn_day(facts, now, time_zone) else None


def draw_ends_at(facts: BookingFacts, now: datetime, time_zone: str) -> datetime:
    """When signing up for the day to draw is over."""
    local = now.astimezone(ZoneInfo(time_zone))
    hour, minute = (int(part) for part in facts.opens_at.split(":"))
    opened = local.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
    if opened > local:
        opened = opened - timedelta(days=1)
    return opened.astimezone(UTC) + timedelta(minutes=facts.protections.draw_minutes)


def last_drawn_day(facts: BookingFacts, now: datetime, time_zone: str) -> date:
    """The furthest day for which signing up is over."""
    return last_bookable_day(facts, now - timedelta(minutes=facts.protections.draw_minutes), time_zone)


def last_public_day(facts: BookingFacts, now: datetime, time_zone: str) -> date:
    """The furthest day that everybody can book: where slots are drawn, once they have been."""
    return last_drawn_day(facts, now - (DRAWING if facts.protections.draw_minutes else timedelta(0)), time_zone)


def as_code(typed: str) -> str:
    """A code as somebody typed it: in whatever case, spacing and keyboard."""
    return typed.upper().translate(_AS_TYPED)
