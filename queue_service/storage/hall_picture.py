"""What does an estimate look at? A day's rows as the values of rules/hall_now.py and rules/day_record.py.

Moments become seconds since the service day's date began, in the branch's own time.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from queue_service.model.appointment import AppointmentState
from queue_service.model.branch import WindowState
from queue_service.model.ticket import LegState
from queue_service.rules.day_record import DayRecord, Plan, Shift, Visit, after_pause, guest
from queue_service.rules.hall_now import At, Expected, HallNow, Rule, Waiting, WindowNow
from queue_service.rules.next_ticket import BEFORE_APPOINTMENT, FreeWindow, Kind, WaitingLeg, may_serve
from queue_service.rules.roster import Day, expand, runs
from queue_service.storage.callers import as_waiting
from queue_service.storage.day_rows import Changed, DayRows, days_before
from queue_service.storage.office import Setup, WindowSetup

USUAL_SERVICE_SECONDS = 480.0
"""Of a service of which nobody has said how long it takes."""
A_MINUTE = 60.0


def configured_seconds(setup: Setup) -> dict[str, float]:
    """By service, past ones included: how long it should take, as far as somebody has said so."""
    services = ((code, setup.services.get(code)) for code in setup.service_codes.values())
    return {
        code: USUAL_SERVICE_SECONDS if one is None or one.booking is None else one.booking.minutes * A_MINUTE
        for code, one in services
    }


@dataclass(frozen=True)
class Picture:
    """A day of a branch at one moment. `legs` and `shifts` are its rows."""

    setup: Setup
    day: date
    legs: tuple[Any, ...]
    shifts: tuple[Changed, ...]
    appointments: tuple[Any, ...]
    now: datetime
    known: dict[int, tuple[Any, Visit]] = field(default_factory=dict, compare=False, repr=False)
    """By leg id: a row, and the visit that it was found to be. From picture to picture few legs change."""

    @classmethod
    def of(cls, rows: DayRows, setup: Setup, now: datetime) -> "Picture":
        legs, shifts, appointments = tuple(rows.legs.values()), tuple(rows.shifts), tuple(rows.appointments)
        return cls(setup, rows.day, legs, shifts, appointments, now, rows.known)

    def hall(self) -> HallNow:
        """The hall as it is now."""
        windows = [self._window(window) for window in self.setup.windows]
        waiting = [self._waiting(leg) for leg in self.legs if _waits(leg)]
        return HallNow(
            self.seconds(self.now),
            self._closes_at,
            waiting,
            windows,
            _rule(self.setup),
            self._expected(AppointmentState.BOOKED),
            self.so_far.served(),
        )

    def whole_day(self) -> HallNow:
        """The day as a whole: all its appointments, and nobody there yet."""
        hall, states = self.hall(), (AppointmentState.BOOKED, AppointmentState.ARRIVED, AppointmentState.ABSENT)
        return replace(hall, waiting=(), windows=(), served_today=(), expected=self._expected(*states))

    def all_who_came(self) -> HallNow:
        """The day as a whole: everybody who joined a line, as they stood there."""
        return replace(self.whole_day(), waiting=[self._waiting(leg) for leg in self.legs], expected=())

    def at_work_at(self, seconds: float) -> list[str]:
        """The windows that were not closed then."""
        states: dict[int, WindowState] = {}
        for shift in self.shifts:
            if self.seconds(shift.at) <= seconds:
                states[shift.window_id] = shift.state
        codes = self.setup.window_codes
        return [codes[window_id] for window_id, state in states.items() if state != WindowState.CLOSED]

    def with_windows(self, changed: dict[int, WindowSetup]) -> "Picture":
        """As if these windows, by id, were set up so; one that opens now is free from now on."""
        windows = tuple(changed.get(window.id, window) for window in self.setup.windows)
        opened = [
            Changed(window.id, self.now, WindowState.OPEN)
            for window in self.setup.windows
            if window.id in changed and window.state != WindowState.OPEN
        ]
        return replace(self, setup=replace(self.setup, windows=windows), shifts=(*self.shifts, *opened))

    def hours(self) -> list[float]:
        """When each hour of the day's opening begins."""
        starts = {minute // 60 * 60 for first, end in self._opening for minute in range(first, end, 30)}
        return [start * A_MINUTE for start in sorted(starts)]

    def moment(self, seconds: float) -> datetime:
        return self._date.begins_at + timedelta(seconds=seconds)

    def _expected(self, *states: AppointmentState) -> tuple[Expected, ...]:
        booked = (row for row in self.appointments if row.state in states and row.parts)
        return tuple(Expected(row.parts[0]["service"], self.seconds(row.starts_at)) for row in booked)

    @cached_property
    def so_far(self) -> DayRecord:
        """What the day under way teaches."""
        return self.record(until=self.seconds(self.now))

    def record(self, until: float | None = None) -> DayRecord:
        """What the day teaches; `until` is how far one that is under way has come."""
        absent = sum(row.state == AppointmentState.ABSENT for row in self.appointments)
        visits = [self._visit(leg) for leg in self.legs]
        codes = self.setup.window_codes
        shifts = [Shift(self.seconds(one.at), codes[one.window_id], one.state) for one in self.shifts]
        return DayRecord(visits, shifts, self._opens_at, self._closes_at, self._plans, absent, until)

    @cached_property
    def _date(self) -> Day:
        return expand(self.setup.timetable, self.day)

    def seconds(self, at: datetime) -> float:
        return (at - self._date.begins_at).total_seconds()

    @cached_property
    def _opening(self) -> list[tuple[int, int]]:
        minutes = 0
        for block in self._date.blocks:
            minutes |= block
        return runs(minutes)

    @cached_property
    def _opens_at(self) -> float:
        return self._opening[0][0] * A_MINUTE if self._opening else 0.0

    @cached_property
    def _closes_at(self) -> float:
        return self._opening[-1][1] * A_MINUTE if self._opening else self._date.length * A_MINUTE

    @cached_property
    def _plans(self) -> dict[str, Plan]:
        """By window that is rostered on this day."""
        staffed: dict[int, int] = {}
        for shift in self._date.shifts:
            staffed[shift.window] = staffed.get(shift.window, 0) | shift.minutes
        return {
            self.setup.window_codes[self._date.windows[place].id]: _plan(runs(minutes))
            for place, minutes in staffed.items()
        }

    def _visit(self, leg: Any) -> Visit:
        row, visit = self.known.get(leg.id, (None, None))
        if row is not leg or visit is None:
            visit = self._new_visit(leg)
            self.known[leg.id] = leg, visit
        return visit

    def _new_visit(self, leg: Any) -> Visit:
        """A leg as it teaches. One that was put aside, or came back, teaches no times: they are not of one piece."""
        service, booked = self.setup.service_codes[leg.service_id], leg.booked_at and self.seconds(leg.booked_at)
        at_window = leg.window_id is not None and leg.first_called_at is not None
        visit = Visit(service, self.seconds(leg.ready_at), leg.priority or "", booked)
        if not at_window:  # the end of the day is nobody's giving up
            given_back = leg.left_at if leg.state == LegState.CANCELLED else None
            return Visit(*_first(visit), left_at=self._or_none(given_back))
        called = self.seconds(leg.first_called_at)
        if leg.held_seconds or leg.held_at or leg.rejoins:
            return Visit(*_first(visit), called_at=called)
        ended, window = leg.finished_at or leg.left_at, self.setup.window_codes[leg.window_id]
        started, is_missed = self._or_none(leg.started_at), leg.started_at is None and leg.left_at is not None
        return Visit(*_first(visit), window, called, started, self._or_none(ended), is_missed)

    @cached_property
    def _by_window(self) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for leg in self.legs:
            if leg.window_id is not None:
                found.setdefault(leg.window_id, []).append(leg)
        return found

    def _or_none(self, at: datetime | None) -> float | None:
        return None if at is None else self.seconds(at)

    def _waiting(self, leg: Any) -> Waiting:
        rule_leg = as_waiting(leg, self.setup)
        better = leg.due_turn is not None and leg.booked_at is not None
        held_until = self.seconds(leg.due_at) if leg.state == LegState.HELD else None
        return Waiting(
            leg.id,
            rule_leg.service,
            guest(leg.priority or "", leg.booked_at and self.seconds(leg.booked_at)),
            self.seconds(leg.turn),
            float(leg.ticket_id),
            self.seconds(leg.ready_at),
            self._windows_for(rule_leg),
            self.seconds(leg.booked_at - BEFORE_APPOINTMENT) if better else None,
            self.seconds(leg.due_turn) if better else None,
            **({} if held_until is None else {"present_from": held_until}),
        )

    def _windows_for(self, leg: WaitingLeg) -> frozenset[str]:
        """The codes of those that may call it; legs that are alike to the rule are judged once."""
        kind = (leg.service, leg.requires, leg.for_window, leg.for_operator)
        if kind not in self._judged:
            self._judged[kind] = frozenset(code for code, window in self._as_free.items() if may_serve(window, leg))
        return self._judged[kind]

    @cached_property
    def _judged(self) -> dict[Any, frozenset[str]]:
        return {}

    @cached_property
    def _as_free(self) -> dict[str, FreeWindow]:
        """By code: windows that are at work as they are; those that are to open as their roster has it."""
        return {
            one.code: FreeWindow(one.id, one.operator_id, self._serves(one), one.meets) for one in self.setup.windows
        }

    def _serves(self, window: WindowSetup) -> frozenset[str]:
        if window.is_at_work:
            return frozenset(window.serves)
        rostered = (shift.services for shift in self._date.shifts if self._date.windows[shift.window].id == window.id)
        return frozenset().union(*rostered) or frozenset(window.services)

    def _window(self, window: WindowSetup) -> WindowNow:
        shifts = [one for one in self.shifts if one.window_id == window.id]
        at, since, leg = self._doing(window, shifts)
        plan = self._plan_left(window.code, shifts)
        has_opened = any(one.state == WindowState.OPEN for one in shifts) or window.is_at_work
        served: dict[str, Any] = {}
        if leg is not None:
            visit, waited = self._visit(leg), (leg.first_called_at - leg.ready_at).total_seconds()
            served = {"service": visit.service, "guest": visit.guest, "waited": waited}
        return WindowNow(window.code, self._serves(window), at, since, plan=plan, has_opened=has_opened, **served)

    def _doing(self, window: WindowSetup, shifts: list[Changed]) -> tuple[At, float, Any]:
        """(what, since when, the leg that is there)"""
        changed = self.seconds(shifts[-1].at) if shifts else 0.0
        if window.state != WindowState.OPEN:
            return (At.PAUSED if window.state == WindowState.PAUSED else At.CLOSED), changed, None
        here = self._by_window.get(window.id, [])
        for leg in here:
            if leg.state == LegState.SERVING:
                return At.SERVING, self.seconds(leg.started_at) + leg.held_seconds, leg
            if leg.state == LegState.CALLED:
                return At.CALLED, self.seconds(leg.last_called_at), leg
        ends = (leg.finished_at or leg.left_at or leg.held_at for leg in here)
        return At.FREE, max([changed, *(self.seconds(at) for at in ends if at is not None)]), None

    def _plan_left(self, code: str, shifts: list[Changed]) -> Plan | None:
        """Without the breaks that have been taken."""
        plan, paused = self._plans.get(code), None
        for one in shifts:
            at = self.seconds(one.at)
            if paused is not None:
                plan = after_pause(plan, paused, at)
            paused = at if one.state == WindowState.PAUSED else None
        return plan


def pictures_of(connection: Connection, setup: Setup, now: datetime, first: date, last: date) -> list[Picture]:
    """Of the days from first to last that had visitors."""
    found = []
    for day in days_before(connection, setup, last + timedelta(days=1), first):
        rows = DayRows(day)
        rows.catch_up(connection, setup)
        found.append(Picture.of(rows, setup, now))
    return found


def _first(visit: Visit) -> tuple[str, float, str, float | None]:
    return visit.service, visit.joined_at, visit.category, visit.booked_at


def _waits(leg: Any) -> bool:
    return leg.state == LegState.WAITING or (leg.state == LegState.HELD and leg.due_at is not None)


def _plan(stretches: list[tuple[int, int]]) -> Plan:
    """A break is what lies between two stretches of work."""
    breaks = tuple((end * A_MINUTE, (start - end) * A_MINUTE) for (_, end), (start, _) in pairwise(stretches))
    return Plan(stretches[0][0] * A_MINUTE, stretches[-1][1] * A_MINUTE, breaks)


def _rule(setup: Setup) -> Rule:
    minutes = setup.rules.head_start_minutes
    heads = {"": minutes, **{code: one.head_start_minutes for code, one in setup.categories.items()}}
    return Rule(
        {code: one.get(Kind.WALK_IN, 0) * A_MINUTE for code, one in heads.items()},
        minutes.get(Kind.APPOINTMENT, 0) * A_MINUTE,
        setup.rules.late.total_seconds(),
    )
