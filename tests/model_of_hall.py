"""The rules of the hall said a second time, as plainly as possible: what the product must do, step by step.

Nothing here comes from queue_service. Every method answers whether the move is allowed, and makes it if so.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

ROUTED = {"wheelchair", "interpreter", "hearing_loop"}


@dataclass
class Visit:
    number: str
    came: int
    issued: datetime
    service: str
    turn: datetime
    requires: set[str]
    language: str
    booked: datetime | None = None
    state: str = "waiting"
    route: list[tuple[str, str | None]] = field(default_factory=list)
    for_window: str | None = None
    for_operator: str | None = None
    window: str | None = None
    better_from: datetime | None = None
    better_turn: datetime | None = None
    returns: datetime | None = None
    is_late: bool = False
    calls: int = 0
    called_at: datetime | None = None
    missed_at: datetime | None = None
    rejoined: bool = False
    deferrals: int = 0
    touched: int = 0


@dataclass
class Window:
    code: str
    services: set[str]
    meets: set[str]
    state: str = "closed"
    operator: str | None = None
    shift: set[str] | None = None

    @property
    def serves(self) -> set[str]:
        return self.services if self.shift is None else self.services & self.shift


@dataclass
class Last:
    number: str
    before: Visit
    touched: int
    at: datetime
    window: str


@dataclass
class ModelHall:
    windows: dict[str, Window]
    heads: dict[str | None, tuple[int, int]]
    """Minutes of head start for a walk-in and an appointment, by priority category."""
    zone: str
    now: datetime
    starts_on_call: bool = False
    no_show_after: timedelta | None = None
    visits: dict[str, Visit] = field(default_factory=dict)
    """Today's, by number."""
    given: dict[str, int] = field(default_factory=dict)
    last: dict[str, Last] = field(default_factory=dict)
    came: int = 0
    day: date = date.min

    def __post_init__(self) -> None:
        self.day = self._today()

    # --- time

    def tick(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def catch_up(self) -> None:
        """What every accepted action finds done already."""
        if self._today() > self.day:
            # Who is being served is served to the end; everybody else has left.
            self.visits = {f"-{number}": v for number, v in self.visits.items() if v.state == "serving"}
            for last in self.last.values():
                last.number = f"-{last.number}"
            self.day, self.given = self._today(), {}
        for visit in self.visits.values():
            self._miss_by_itself(visit)
            if visit.state == "held" and visit.returns is not None and visit.returns <= self.now:
                self._back(visit)
            if visit.state == "waiting" and visit.better_from is not None and visit.better_from <= self.now:
                assert visit.better_turn is not None
                visit.turn, visit.better_from, visit.better_turn = visit.better_turn, None, None
                visit.touched += 1

    # --- visitors and reception

    def issue(
        self, services: list[str], needs: set[str], language: str, priority: str | None, booked: datetime | None = None
    ) -> Visit | None:
        self.catch_up()
        requires = needs & ROUTED | ({f"language:{language}"} if "language" in needs else set())
        if len(set(services)) < len(services) or not all(self._can_be_met(s, requires) for s in services):
            return None
        series = services[0]
        self.given[series] = self.given.get(series, 0) + 1
        self.came += 1
        number = f"{series}{self.given[series]:03d}"
        visit = Visit(number, self.came, self.now, series, self.now, requires, language, booked)
        visit.route = [(service, None) for service in services[1:]]
        self._place(visit, self.now, priority)
        self.visits[visit.number] = visit
        return visit

    def cancel(self, visit: Visit) -> bool:
        return self._leave(visit, {"waiting", "held", "missed"}, "cancelled")

    def defer(self, visit: Visit, minutes: int) -> bool:
        if minutes == 0:
            return visit.state == "held" and visit.is_late and self._back(visit)
        if visit.state != "waiting" or visit.deferrals >= 2 or minutes > 15:
            return False
        visit.state, visit.is_late, visit.returns = "held", True, self.now + timedelta(minutes=minutes)
        visit.deferrals += 1
        visit.touched += 1
        return True

    def bring_back(self, visit: Visit) -> bool:
        return visit.state == "held" and self._back(visit)

    def rejoin(self, visit: Visit) -> bool:
        if visit.state != "missed" or visit.rejoined:
            return False
        assert visit.missed_at is not None
        if self.now > visit.missed_at + timedelta(minutes=30):
            return False
        visit.rejoined = True
        return self._back(visit)

    def add_service(self, visit: Visit, service: str) -> bool:
        present = [visit.service, *(code for code, _ in visit.route)]
        if visit.state not in ("waiting", "called", "serving", "held", "missed") or service in present:
            return False
        if not self._can_be_met(service, visit.requires):
            return False
        visit.route.append((service, None))
        visit.touched += 1
        return True

    def grant(self, visit: Visit, priority: str) -> bool:
        if visit.state not in ("waiting", "held", "missed"):
            return False
        self._place(visit, visit.issued, priority)
        if visit.better_from is not None and visit.better_from <= self.now:
            assert visit.better_turn is not None
            visit.turn, visit.better_from, visit.better_turn = visit.better_turn, None, None
        visit.touched += 1
        return True

    def close_day(self) -> bool:
        if any(visit.state == "serving" for visit in self.visits.values()):
            return False
        for visit in self.visits.values():
            self._leave(visit, {"waiting", "called", "held", "missed"}, "left")
        return True

    # --- operators

    def open(self, window: Window, operator: str, services: set[str] | None = None) -> bool:
        if window.operator not in (None, operator):
            return False
        if any(other.operator == operator for other in self.windows.values() if other is not window):
            return False
        if services is not None and not services <= window.services:
            return False
        window.state, window.operator, window.shift = "open", operator, services
        self._release()
        return True

    def close(self, window: Window, operator: str) -> bool:
        if window.operator != operator or self.at(window) is not None:
            return False
        window.state, window.operator, window.shift = "closed", None, None
        self._release()
        return True

    def pause(self, window: Window, operator: str) -> bool:
        if window.operator != operator:
            return False
        window.state = "paused"
        return True

    def resume(self, window: Window, operator: str) -> bool:
        if window.operator != operator:
            return False
        window.state = "open"
        return True

    def roster(self, window: Window, services: set[str]) -> bool:
        here = [v for v in self.visits.values() if v.state in ("waiting", "called", "serving", "held", "missed")]
        needed = [(v.service, v.requires) for v in here]
        needed += [(stop, v.requires) for v in here for stop, _ in v.route]
        could = [need for need in needed if self._can_be_met(*need)]
        before, window.services = window.services, services
        if not all(self._can_be_met(*need) for need in could):
            window.services = before
            return False
        self._release()
        return True

    def may_call(self, window: Window, operator: str) -> bool:
        return window.operator == operator and window.state == "open" and self.at(window) is None

    def first(self, window: Window) -> Visit | None:
        able = [v for v in self.visits.values() if v.state == "waiting" and self._may_serve(window, v)]
        return min(able, key=lambda visit: (visit.turn, visit.came), default=None)

    def call(self, window: Window, visit: Visit) -> None:
        assert window.operator is not None
        self._remember(window, window.operator, visit)
        visit.state, visit.window, visit.calls, visit.called_at = "called", window.code, 1, self.now
        visit.returns = None
        if self.starts_on_call:
            visit.state = "serving"

    def may_call_chosen(self, window: Window, visit: Visit) -> bool:
        return visit.state in ("waiting", "held") and self._may_serve(window, visit)

    def recall(self, window: Window, operator: str) -> bool:
        visit = self._mine(window, operator, {"called"})
        if visit is None or visit.called_at is None or self.now < visit.called_at + timedelta(seconds=15):
            return False
        self._remember(window, operator, visit)
        visit.calls, visit.called_at = visit.calls + 1, self.now
        return True

    def start(self, window: Window, operator: str) -> bool:
        return self._step(window, operator, {"called"}, "serving")

    def hold(self, window: Window, operator: str, minutes: int | None) -> bool:
        returns = None if minutes is None else self.now + timedelta(minutes=minutes)
        if returns is not None and self._day(returns) != self._today():
            return False
        if (visit := self._mine(window, operator, {"called", "serving"})) is None:
            return False
        self._remember(window, operator, visit)
        visit.state, visit.is_late, visit.returns = "held", False, returns
        self._aside(operator, visit)
        return True

    def no_show(self, window: Window, operator: str) -> bool:
        visit = self._mine(window, operator, {"called"})
        if visit is None or visit.calls < 2:
            return False
        self._remember(window, operator, visit)
        visit.state, visit.missed_at = "missed", self.now
        self._aside(operator, visit)
        return True

    def finish(self, window: Window, operator: str) -> bool:
        if not self._step(window, operator, {"serving"}, "done"):
            return False
        visit = self.visits[self.last[operator].number]
        if visit.route:
            service, back_to = visit.route.pop(0)
            place = self.windows.get(back_to or "")
            is_there = place is not None and place.operator is not None and service in place.serves
            self._send(visit, service, back_to if is_there else None, None)
        return True

    def transfer(
        self, window: Window, operator: str, service: str | None, to: str | None, colleague: str | None, back: bool
    ) -> bool:
        visit = self._mine(window, operator, {"called", "serving"})
        if visit is None or (service is None and to is None and colleague is None):
            return False
        wanted = service or visit.service
        places = [place for place in self.windows.values() if wanted in place.services]
        if to is not None:
            places = [self.windows[to]]
        if colleague is not None:
            theirs = [place for place in self.windows.values() if place.operator == colleague]
            if not theirs or to not in (None, theirs[0].code):
                return False
            places = theirs
        if to is not None and places[0].operator is None:
            return False
        if places == [window] and wanted == visit.service:
            return False
        directed = to is not None or colleague is not None
        if not any(wanted in (place.serves if directed else place.services) for place in places):
            return False
        if not any(visit.requires <= place.meets for place in places):
            return False
        self._remember(window, operator, visit)
        if back:
            visit.route.insert(0, (visit.service, window.code))
        self._send(visit, wanted, to, colleague)
        return True

    def undo(self, window: Window, operator: str) -> bool:
        last = self.last.get(operator)
        if window.operator != operator or last is None or last.window != window.code:
            return False
        visit = self.visits.get(last.number)
        if visit is None or visit.touched != last.touched or self.now > last.at + timedelta(seconds=10):
            return False
        if not self._can_be_met(last.before.service, last.before.requires):
            return False
        busy = self.at(window)
        if last.before.state in ("called", "serving") and busy is not None and busy is not visit:
            return False
        self.visits[last.number] = last.before
        last.before.touched = visit.touched + 1
        del self.last[operator]
        self._release()
        return True

    # --- what can be seen

    def at(self, window: Window) -> Visit | None:
        return next(
            (v for v in self.visits.values() if v.window == window.code and v.state in ("called", "serving")), None
        )

    def line(self) -> list[str]:
        waiting = [visit for visit in self.visits.values() if visit.state == "waiting"]
        return [visit.number for visit in sorted(waiting, key=lambda visit: (visit.turn, visit.came))]

    def in_state(self, state: str) -> set[str]:
        return {visit.number for visit in self.visits.values() if visit.state == state}

    # --- inside

    def _place(self, visit: Visit, arrival: datetime, priority: str | None) -> None:
        walk_in, appointment = (timedelta(minutes=minutes) for minutes in self.heads[priority])
        visit.turn, visit.better_from, visit.better_turn = arrival - walk_in, None, None
        if visit.booked is None or arrival > visit.booked + timedelta(minutes=15):
            return
        booked_turn = visit.booked - appointment
        starts = visit.booked - timedelta(minutes=2)
        if arrival >= starts:
            visit.turn = booked_turn
        elif booked_turn < visit.turn:
            visit.better_from, visit.better_turn = starts, booked_turn

    def _may_serve(self, window: Window, visit: Visit) -> bool:
        return (
            visit.service in window.serves
            and visit.requires <= window.meets
            and visit.for_window in (None, window.code)
            and visit.for_operator in (None, window.operator)
        )

    def _can_be_met(self, service: str, requires: set[str]) -> bool:
        return any(service in w.services and requires <= w.meets for w in self.windows.values())

    def _mine(self, window: Window, operator: str, states: set[str]) -> Visit | None:
        visit = self.at(window)
        return visit if window.operator == operator and visit is not None and visit.state in states else None

    def _step(self, window: Window, operator: str, states: set[str], state: str) -> bool:
        if (visit := self._mine(window, operator, states)) is None:
            return False
        self._remember(window, operator, visit)
        visit.state = state
        return True

    def _remember(self, window: Window, operator: str, visit: Visit) -> None:
        before = deepcopy(visit)
        visit.touched += 1
        key = next(number for number, one in self.visits.items() if one is visit)
        self.last[operator] = Last(key, before, visit.touched, self.now, window.code)

    def _aside(self, operator: str, visit: Visit) -> None:
        self._release()
        self.last[operator].touched = visit.touched

    def _send(self, visit: Visit, service: str, window: str | None, operator: str | None) -> None:
        visit.service, visit.state, visit.for_window, visit.for_operator = service, "waiting", window, operator
        visit.window, visit.calls, visit.rejoined = None, 0, False

    def _miss_by_itself(self, visit: Visit) -> None:
        if visit.state != "called" or visit.called_at is None or self.no_show_after is None or visit.calls < 2:
            return
        if visit.called_at + self.no_show_after <= self.now:
            visit.state, visit.missed_at = "missed", self.now
            visit.touched += 1
            self._release()

    def _back(self, visit: Visit) -> bool:
        visit.state, visit.returns, visit.missed_at, visit.is_late = "waiting", None, None, False
        visit.touched += 1
        return True

    def _leave(self, visit: Visit, states: set[str], state: str) -> bool:
        if visit.state not in states:
            return False
        visit.state = state
        visit.touched += 1
        return True

    def _release(self) -> None:
        for visit in self.visits.values():
            if visit.state not in ("waiting", "held", "missed") or (visit.for_window, visit.for_operator) == (
                None,
                None,
            ):
                continue
            places = [w for w in self.windows.values() if w.operator is not None]
            if visit.for_window is not None:
                named = [w for w in places if w.code == visit.for_window]
            else:
                named = [w for w in places if w.operator == visit.for_operator]
            if not named or visit.service not in named[0].serves:
                visit.for_window = visit.for_operator = None
                visit.touched += 1

    def _today(self) -> date:
        return self._day(self.now)

    def _day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()
