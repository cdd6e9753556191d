"""How may a service be booked, and when are windows staffed for it? As an admin says it."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from queue_service.rules.forms import (
    CalendarDay,
    Code,
    Day,
    DayStart,
    Facts,
    ShortText,
    WeeklyHours,
    WindowCode,
    not_before,
)
from queue_service.rules.visit import Terms

Percent = Annotated[int, Field(ge=0, le=100)]
Hours = Annotated[list[Annotated[int, Field(ge=1, le=336)]], Field(max_length=5)]


def _listed(hours: Any) -> Any:
    """One number stands for one reminder, and 0 for none: so it was written before there could be several."""
    if isinstance(hours, (int, str)):
        return [] if str(hours) == "0" else [hours]
    return hours


def _once_each(hours: list[int]) -> list[int]:
    return sorted(set(hours), reverse=True)


class ProtectionFacts(Facts):
    """Against hoarding and resale of slots; each can be switched on alone."""

    proof_of_work: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """How many hashes a browser tries at most before it may look for slots; 0 asks for none."""
    one_hold: bool = True
    """Whether a visitor who chooses another slot lets go of the one before."""
    holds_per_address: Annotated[int, Field(ge=0, le=1000)] = 0
    """Slots that may be kept at once from one network address; 0 sets no limit."""
    bookings_per_contact: Annotated[int, Field(ge=0, le=100)] = 0
    """Bookings still to come under one phone number or e-mail address; 0 sets no limit."""
    bookings_per_address: Annotated[int, Field(ge=0, le=1000)] = 0
    """Bookings still to come that were made from one network address; 0 sets no limit."""
    name_fixed: bool = False
    """Whether the name stays: another name is a cancellation and a new booking."""
    delayed_release: bool = False
    """Whether a cancelled slot comes back only after a random 5 to 60 minutes."""
    waiting_list: bool = False
    """Whether a cancelled slot is first offered to those who wait for one."""
    draw_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    """How long people sign up for a new day before its slots are drawn among them; 0 draws none."""


class BookingFacts(Facts):
    """How a service may be booked."""

    bookable: bool = True
    minutes: Annotated[int, Field(ge=1, le=480)] = 15
    every_minutes: Annotated[int, Field(ge=1, le=480)] | None = None
    """Between one start and the next; none means the visit's own length."""
    buffer_minutes: Annotated[int, Field(ge=0, le=120)] = 0
    """What a window needs between two visits."""
    walk_in_percent: Percent = 0
    """The part of the windows' time that is kept for people without an appointment."""
    lead_minutes: Annotated[int, Field(ge=0, le=43_200)] = 0
    horizon_days: Annotated[int, Field(ge=0, le=366)] = 30
    opens_at: DayStart = "00:00"
    """Local time at which one more day can be booked."""
    quotas: dict[Literal["web", "phone", "reception"], Percent] = {}
    """The largest part of the bookable time that a channel may take; one that is not named has no limit."""
    overbooking_percent: Percent = 0
    hold_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    """How long a slot is kept while the form is filled in."""
    reminder_hours: Annotated[Hours, BeforeValidator(_listed), AfterValidator(_once_each)] = [24, 2]
    """How long before the visit reminders are sent; none named sends none."""
    offer_minutes: Annotated[int, Field(ge=10, le=1440)] = 60
    """How long a slot that has become free is kept for the first on the waiting list."""
    protections: ProtectionFacts = ProtectionFacts()

    @property
    def draw(self) -> dict[str, Any] | None:
        """When people sign up for a new day, where its slots are drawn: from a local time, for so many minutes."""
        minutes = self.protections.draw_minutes
        return {"opens_at": self.opens_at, "minutes": minutes} if minutes else None

    @property
    def terms(self) -> Terms:
        return Terms(
            self.minutes,
            self.every_minutes or self.minutes,
            self.buffer_minutes,
            self.walk_in_percent / 100,
            {channel: percent / 100 for channel, percent in self.quotas.items()},
            1 + self.overbooking_percent / 100,
            timedelta(minutes=self.lead_minutes),
            self.horizon_days,
        )


class Dated(Facts):
    first: CalendarDay
    last: CalendarDay

    @field_validator("last")
    @classmethod
    def _ends_after_it_begins(cls, last: date | None, info: ValidationInfo) -> date | None:
        return not_before(info.data.get("first"), last)


class RosterFacts(Dated):
    """When a window is staffed, week by week; a break is what lies between two spans."""

    window: WindowCode
    hours: WeeklyHours = {}
    services: Annotated[list[Code], Field(max_length=200)] | None = None
    """What is served then; none means all that the window is set up for."""
    first: CalendarDay | None = None  # type: ignore[assignment]
    last: CalendarDay | None = None  # type: ignore[assignment]

    @property
    def served(self) -> frozenset[str] | None:
        return None if self.services is None else frozenset(self.services)


class SpecialDaysFacts(Dated):
    """Days on which the office keeps other hours than usual; none at all on a holiday."""

    name: ShortText = {}
    hours: Day = []


class ClosureFacts(Dated):
    """Windows that are not staffed although the roster says so."""

    windows: Annotated[list[WindowCode], Field(max_length=300)] | None = None
    """None means all of them."""
    hours: Day = []
    """None named means the whole day."""
    reason: ShortText = {}
