"""How are the estimates examined from outside? JSON lines: whole past days to learn from, then a day as it happens.

    {"op": "fit", "days": [{"header": …, "events": […]}, …]}    → {"ok": true}
    {"op": "start", "header": …}                                 no answer
    {"op": "event", "event": {"t": …, "ev": …, …}}               no answer
    {"op": "predict", "t": …, "tickets": […]}                    → {"pred": {ticket: [p10, p50, p90], …}}

Moments are seconds since midnight, predictions seconds until the call. What answers is what serves visitors:
rules/wait_estimate.py; here events become the values it looks at.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TextIO

from queue_service.model.branch import WindowState
from queue_service.rules.day_record import DayRecord, Plan, Served, Shift, Visit, after_pause, crowding, guest
from queue_service.rules.habits import GIVEN_UP_SECONDS, HabitsNow
from queue_service.rules.hall_now import At, Expected, HallNow, Rule, Waiting, WindowNow
from queue_service.rules.next_ticket import BEFORE_APPOINTMENT
from queue_service.rules.service_times import PastServices
from queue_service.rules.wait_estimate import waits_now

NOBODY_IN_SIGHT_SECONDS = 5 * 3600.0
SHIFT_EVENTS = {
    "window_open": WindowState.OPEN,
    "window_resume": WindowState.OPEN,
    "window_pause": WindowState.PAUSED,
    "window_close": WindowState.CLOSED,
}
CATEGORIES = {"walkin": "", "priority": "priority", "appt": ""}


class BadLine(ValueError):
    """A line that is not of the protocol; the text says why."""


class Line:
    """The order of calls as a day's header tells it: the due time, which is the turn plus a constant."""

    def __init__(self, policy: Mapping[str, Any]) -> None:
        if policy["name"] not in ("due", "duegate", "fifo"):
            raise BadLine(f"the order {policy['name']!r} is not one of due, duegate, fifo")
        patience = dict.fromkeys(("priority", "appt", "walkin"), 0.0)
        self._patience = patience if policy["name"] == "fifo" else {**patience, **policy["targets"]}
        self._is_gated = policy["name"] == "duegate"
        self._grace = float(policy.get("grace", 900.0))
        walk_in = self._patience["walkin"]
        self.rule = Rule(
            {category: walk_in - self._patience[kind] for kind, category in CATEGORIES.items() if kind != "appt"},
            walk_in - self._patience["appt"],
            self._grace,
        )

    def turns(self, kind: str, issued: float, booked: float | None) -> tuple[float, float | None, float | None]:
        """(turn, when it becomes better, the better turn)"""
        start = issued
        if booked is not None:
            on_time = issued <= booked + self._grace
            start, kind = (booked, kind) if on_time else (issued, "walkin")
        head = self._patience["walkin"] - self._patience[kind]
        works_from = start - BEFORE_APPOINTMENT.total_seconds()
        if self._is_gated and kind == "appt" and issued < works_from:
            return start, works_from, start - head
        return start - head, None, None


class ToldDay:
    """A day as its events tell it."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        self.header = header
        self._line = Line(header["policy"])
        self._plans = {code: _plan(window["roster"]) for code, window in header["windows"].items()}
        self._windows = {
            code: WindowNow(code, frozenset(window["skills"]), At.CLOSED, 0.0, plan=self._plans[code], has_opened=False)
            for code, window in header["windows"].items()
        }
        self._visits: dict[str, Visit] = {}
        self._waiting: dict[str, Waiting] = {}
        self._shifts: list[Shift] = []
        self._booked = {booked["id"]: booked for booked in header.get("booked", [])}
        self._crowding: dict[str, float] = {}
        self.served: list[Served] = []

    def take(self, event: Mapping[str, Any]) -> None:
        name, at = event["ev"], float(event["t"])
        if name == "issued":
            self._issue(at, event)
        elif name == "cancelled":
            self._waiting.pop(event["ticket"])
            self._visits[event["ticket"]] = replace(self._visits[event["ticket"]], left_at=at)
        elif name in SHIFT_EVENTS:
            self._change_shift(at, event["window"], SHIFT_EVENTS[name])
        else:
            self._serve(at, name, event["ticket"], event["window"])

    def now(self, at: float) -> HallNow:
        return HallNow(
            at,
            float(self.header["close"]),
            tuple(self._waiting.values()),
            tuple(self._windows.values()),
            self._line.rule,
            tuple(Expected(one["service"], one["appt_t"]) for one in self._booked.values()),
            self.served,
        )

    def record(self, until: float | None = None) -> DayRecord:
        """`until` is how far a day under way has come."""
        visits = list(self._visits.values())
        opens_at, closes_at = float(self.header["open"]), float(self.header["close"])
        given_up = (until is None or one["appt_t"] < until - GIVEN_UP_SECONDS for one in self._booked.values())
        absent = sum(given_up)
        return DayRecord(visits, self._shifts, opens_at, closes_at, self._plans, absent, until)

    def _issue(self, at: float, event: Mapping[str, Any]) -> None:
        ticket, kind, booked = event["ticket"], event["cls"], event.get("appt_t")
        self._booked.pop(ticket, None)
        visit = Visit(event["service"], at, CATEGORIES[kind], booked)
        turn, better_from, better_turn = self._line.turns(kind, at, booked)
        windows = frozenset(code for code, window in self._windows.items() if visit.service in window.serves)
        order = float(len(self._visits))
        self._visits[ticket] = visit
        self._waiting[ticket] = Waiting(
            ticket, visit.service, visit.guest, turn, order, at, windows, better_from, better_turn
        )

    def _serve(self, at: float, name: str, ticket: str, window: str) -> None:
        visit, here = self._visits[ticket], self._windows[window]
        if name == "called":
            waited = at - self._waiting.pop(ticket).joined_at
            visit = replace(visit, window=window, called_at=at)
            here = replace(here, at=At.CALLED, service=visit.service, guest=guest(visit.category, visit.booked_at))
            here = replace(here, waited=waited)
        elif name == "started":
            working = sum(one.at != At.CLOSED for one in self._windows.values())
            self._crowding[window] = crowding(len(self._waiting), working)
            visit, here = replace(visit, started_at=at), replace(here, at=At.SERVING)
        elif name in ("finished", "no_show"):
            visit, here = replace(visit, ended_at=at, is_missed=name == "no_show"), replace(here, at=At.FREE)
            if visit.started_at is not None:
                self.served.append(Served(visit.service, window, at - visit.started_at, self._crowding[window]))
        else:
            raise BadLine(f"the event {name!r} is not known")
        self._visits[ticket], self._windows[window] = visit, replace(here, since=at)

    def _change_shift(self, at: float, window: str, state: WindowState) -> None:
        here = self._windows[window]
        if here.at == At.PAUSED:
            here = replace(here, plan=after_pause(here.plan, here.since, at))
        doing = {WindowState.OPEN: At.FREE, WindowState.PAUSED: At.PAUSED, WindowState.CLOSED: At.CLOSED}[state]
        self._windows[window] = replace(here, at=doing, since=at, has_opened=True)
        self._shifts.append(Shift(at, window, state))


@dataclass
class Examined:
    """What has been learned, the day under way, and what each refresh took: seconds, and of the processor."""

    days: list[Mapping[str, Any]]
    habits: HabitsNow
    took: list[tuple[float, float]]
    today: ToldDay | None = None
    past: PastServices | None = None

    def fit(self, message: Mapping[str, Any]) -> dict[str, Any]:
        self.days = message["days"]
        self.habits = HabitsNow()
        for day in self.days:
            self.habits.take(_told(day).record())
        return {"ok": True}

    def start(self, message: Mapping[str, Any]) -> None:
        header = message["header"]
        self.today = ToldDay(header)
        configured = {code: float(service["conf_s"]) for code, service in header["services"].items()}
        past = [served for age, day in enumerate(reversed(self.days), 1) for served in _told(day).record().served(age)]
        self.past = PastServices(configured, header["windows"], past)

    def event(self, message: Mapping[str, Any]) -> None:
        self._day().take(message["event"])

    def predict(self, message: Mapping[str, Any]) -> dict[str, Any]:
        today, at = self._day(), float(message["t"])
        assert self.past is not None
        began, worked = time.perf_counter(), time.process_time()
        ranges = waits_now(today.now(at), self.past, self.habits.at(at, lambda: today.record(at)))
        self.took.append((time.perf_counter() - began, time.process_time() - worked))
        found = {ticket: ranges[ticket] for ticket in message["tickets"]}
        return {
            "pred": {
                ticket: [min(seconds, NOBODY_IN_SIGHT_SECONDS) for seconds in (one.low, one.middle, one.high)]
                for ticket, one in found.items()
            }
        }

    def _day(self) -> ToldDay:
        if self.today is None:
            raise BadLine("no day has been started")
        return self.today


def answer_lines(lines: Iterable[str], out: TextIO) -> list[tuple[float, float]]:
    """Answer a dialogue line by line; what each refresh of the whole office took: seconds, and of the processor."""
    examined = Examined([], HabitsNow(), [])
    ops: dict[str, Callable[[Mapping[str, Any]], dict[str, Any] | None]] = {
        "fit": examined.fit,
        "start": examined.start,
        "event": examined.event,
        "predict": examined.predict,
    }
    for number, line in enumerate(lines, 1):
        try:
            message = json.loads(line)
            answer = ops[message["op"]](message)
        except (KeyError, TypeError, AttributeError, BadLine, json.JSONDecodeError) as error:
            raise BadLine(f"line {number}: {type(error).__name__}: {error}") from error
        if answer is not None:
            out.write(json.dumps(answer) + "\n")
            out.flush()
    return examined.took


def _told(day: Mapping[str, Any]) -> ToldDay:
    told = ToldDay(day["header"])
    for event in day["events"]:
        told.take(event)
    return told


def _plan(roster: Mapping[str, Any]) -> Plan:
    breaks = tuple((float(start), float(length)) for start, length in roster["breaks"])
    return Plan(float(roster["open"]), float(roster["close"]), breaks)
