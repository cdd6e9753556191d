"""How is the office set up right now? Values; storage/setups.py reads them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from queue_service.model.branch import Purpose, Text, WindowState
from queue_service.model.norm import NormChannel
from queue_service.rules.booking import BookingFacts, ClosureFacts, RosterFacts, SpecialDaysFacts
from queue_service.rules.calendar import Opening, SpecialDays, day_begins, opening, service_day
from queue_service.rules.errors import Kind, Refused, invalid, not_found
from queue_service.rules.escalation import EscalationFacts
from queue_service.rules.next_ticket import FreeWindow
from queue_service.rules.norm import NormFacts, channel_of, first_look, norm_of_waiting
from queue_service.rules.roster import Closure, Roster, RosteredWindow, Timetable
from queue_service.rules.ticket import NumberRange
from queue_service.rules.visit import Terms
from queue_service.storage.timetable import Entry
from queue_service.storage.waits import WaitBoard

STANDARD_WAIT = timedelta(minutes=15)
"""The norm of services that have been removed."""


@dataclass(frozen=True)
class ServiceSetup:
    id: int
    code: str
    prefix: str
    name: Text
    description: Text
    documents: list[dict[str, Any]]
    fee: Text
    purpose: Purpose
    norm_seconds: int
    group: str | None
    is_open: bool
    booking: BookingFacts | None

    @property
    def is_bookable(self) -> bool:
        return self.booking is not None and self.booking.bookable

    @property
    def norm(self) -> timedelta:
        return timedelta(seconds=self.norm_seconds)


@dataclass(frozen=True)
class WindowSetup:
    id: int
    code: str
    state: WindowState
    pause_reason: str | None
    operator_id: int | None
    opened_at: datetime | None
    services: tuple[str, ...]
    """Codes the window is set up for."""
    shift_services: tuple[str, ...] | None
    languages: tuple[str, ...]
    """As set up; none named means all of the branch's."""
    needs: tuple[str, ...]
    meets: frozenset[str]
    """Every requirement that a visitor may have and that is met here."""

    @property
    def is_at_work(self) -> bool:
        return self.state != WindowState.CLOSED

    @property
    def as_free(self) -> FreeWindow:
        """The window as the rule of who is next sees it."""
        return FreeWindow(self.id, self.operator_id, self.serves, self.meets)

    @property
    def serves(self) -> tuple[str, ...]:
        """Codes it serves in this shift: what the operator chose, as far as the window is still set up for it."""
        if self.shift_services is None:
            return self.services
        return tuple(code for code in self.services if code in self.shift_services)


@dataclass(frozen=True)
class GroupSetup:
    id: int
    code: str
    name: Text


@dataclass(frozen=True)
class CategorySetup:
    id: int
    code: str
    name: Text
    head_start_minutes: dict[str, int]
    legal_basis: str
    proof: Text
    is_self_declared: bool


@dataclass(frozen=True)
class CallingRules:
    """What an admin decides about numbers, turns and limits; the same names as in the branch's facts."""

    day_starts: str
    numbers: NumberRange
    recall_pause: timedelta
    calls_before_no_show: int
    no_show_after: timedelta | None
    starts_on_call: bool
    undo: timedelta
    rejoin: timedelta
    defer_limit: int
    longest_defer_minutes: int
    late: timedelta
    head_start_minutes: dict[str, int]


@dataclass(frozen=True)
class Setup:
    """A branch as an admin left it and its windows as operators left them; a value, never changed in place."""

    version: int
    branch_id: int
    code: str
    name: Text
    address: Text
    time_zone: str
    languages: list[str]
    default_language: str
    hours: dict[str, list[list[str]]]
    rules: CallingRules
    choices: dict[str, list[dict[str, Any]]]
    emergency: Text
    news: list[Text]
    categories: dict[str, CategorySetup]
    groups: tuple[GroupSetup, ...]
    services: dict[str, ServiceSetup]
    windows: tuple[WindowSetup, ...]
    rosters: tuple[Entry[RosterFacts], ...]
    special_days: tuple[Entry[SpecialDaysFacts], ...]
    closures: tuple[Entry[ClosureFacts], ...]
    norms: tuple[Entry[NormFacts], ...]
    escalations: tuple[Entry[EscalationFacts], ...] = ()
    service_codes: dict[int, str] = field(default_factory=dict)
    """Code by id, removed services included: past legs still name them."""
    purposes: dict[str, Purpose] = field(default_factory=dict)
    """By code, of removed services as well."""
    window_codes: dict[int, str] = field(default_factory=dict)
    kept_days: dict[date, Any] = field(default_factory=dict, compare=False, repr=False)
    """What storage/day_books.py has worked out from this timetable."""
    waits: WaitBoard = field(default_factory=WaitBoard, compare=False, repr=False)
    """How long people are told to wait; the same for every version of a branch's set-up."""

    @cached_property
    def bookable(self) -> frozenset[str]:
        """The services that can be booked at all: set up for it, with a window that is ever staffed for them."""
        served = {window.id: window.services for window in self.timetable.windows}
        staffed = [served[r.window] if r.services is None else r.services for r in self.timetable.rosters]
        return frozenset(code for code, one in self.services.items() if one.is_bookable) & frozenset().union(*staffed)

    def service(self, code: str, field_name: str | None = None) -> ServiceSetup:
        """The service with this code; raises Refused(unknown_service) naming `field_name`."""
        if code not in self.services:
            raise not_found("service", code, field_name)
        return self.services[code]

    def require_language(self, language: str) -> None:
        """Raises Refused(unknown_language) for one that is not spoken here."""
        if language not in self.languages:
            raise invalid("unknown_language", "language", languages=", ".join(self.languages))

    def window(self, window_id: int) -> WindowSetup:
        """The window with this id; raises Refused(unknown_window)."""
        for window in self.windows:
            if window.id == window_id:
                return window
        raise not_found("window", str(window_id))

    def head_start_minutes(self, priority: str | None) -> dict[str, int]:
        """Head starts by kind, for a priority category or for everybody else."""
        category = self.categories.get(priority or "")
        return self.rules.head_start_minutes if category is None else category.head_start_minutes

    def choice(self, kind: str, code: str, field_name: str) -> dict[str, Any]:
        """The entry of a list that operators choose from; raises Refused(unknown_choice) naming `field_name`."""
        for choice in self.choices[kind]:
            if choice["code"] == code:
                return choice
        known = ", ".join(choice["code"] for choice in self.choices[kind])
        raise Refused("unknown_choice", Kind.INVALID, field=field_name, value=code[:40], known=known)

    def service_day(self, now: datetime) -> date:
        return service_day(now, self.time_zone, self.rules.day_starts)

    def day_begins(self, day: date) -> datetime:
        return day_begins(day, self.time_zone, self.rules.day_starts)

    def opening(self, now: datetime) -> Opening:
        return opening(self.hours, now, self.time_zone, self.timetable.special_days)

    @cached_property
    def first_looks(self) -> dict[str, timedelta]:
        """By service: how long after joining its line a norm may be passed at the earliest."""
        norms = [entry.facts for entry in self.norms]
        return {code: first_look(norms, code, service.norm) for code, service in self.services.items()}

    def longest_wait(self, service: str, day: date, booked_at: datetime | None = None) -> int:
        """How many seconds somebody may wait for a service on a day at the longest: what every page and report says."""
        return self.longest_waits(service, day, channel_of(booked_at))

    @cached_property
    def longest_waits(self) -> Callable[[str, date, NormChannel], int]:
        """By service, day and channel."""
        norms = [entry.facts for entry in self.norms]

        @cache
        def longest(code: str, day: date, channel: NormChannel) -> int:
            own = self.services[code].norm if code in self.services else STANDARD_WAIT
            return norm_of_waiting(norms, code, channel, day, own).longest

        return longest

    @cached_property
    def timetable(self) -> Timetable:
        """When which window is staffed for what, as the rules see it."""
        ids = {window.code: window.id for window in self.windows}
        rosters = ((ids[entry.facts.window], entry.facts) for entry in self.rosters)
        return Timetable(
            self.time_zone,
            self.hours,
            tuple(RosteredWindow(w.id, frozenset(w.services), w.meets) for w in self.windows),
            tuple(Roster(window, r.hours, r.served, r.first, r.last) for window, r in rosters),
            tuple(SpecialDays(one.facts.first, one.facts.last, one.facts.hours) for one in self.special_days),
            tuple(_closure(entry.facts, ids) for entry in self.closures),
        )

    @cached_property
    def terms(self) -> dict[str, Terms]:
        """How each service may be booked; one that is not bookable any more still has bookings."""
        return {code: one.booking.terms for code, one in self.services.items() if one.booking is not None}

    def closed_reason(self, service: ServiceSetup, now: datetime) -> str | None:
        """Why no ticket is given for the service now (a refusal code), or None when it takes tickets."""
        if not self.opening(now).is_open:
            return "branch_closed"
        if not service.is_open:
            return "service_closed"
        if not any(service.code in window.services for window in self.windows):
            return "no_window"
        return None

    def is_met(self, service: str, requires: frozenset[str]) -> bool:
        """Whether some window that is set up for the service meets these requirements."""
        return any(service in window.services and requires <= window.meets for window in self.windows)

    def rivals(self, service: str) -> frozenset[str]:
        """The services whose visitors may be called before one who waits for `service`: those that share a window.

        Open windows count; while none of them is open, the windows that are set up for the service.
        """
        open_ones = [w for w in self.windows if w.state == WindowState.OPEN and service in w.serves]
        sharing = [w.serves for w in open_ones] or [w.services for w in self.windows if service in w.services]
        return frozenset({service}.union(*sharing))

    def open_windows(self, service: str) -> int:
        return sum(1 for w in self.windows if w.state == WindowState.OPEN and service in w.serves)


def _closure(facts: ClosureFacts, ids: dict[str, int]) -> Closure:
    windows = None if facts.windows is None else frozenset(ids[code] for code in facts.windows)
    return Closure(facts.first, facts.last, facts.hours, windows)
