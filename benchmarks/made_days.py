"""Days of an office that nobody has seen: arrivals, calls and services as events, for examining waiting times.

The office is drawn from a seed: what services really take, who works how fast, who comes when. The order of calls is
that of rules/next_ticket.py. Header and events have the form that `queue-service estimate` reads.
"""

import heapq
import math
from dataclasses import dataclass, field
from random import Random
from typing import Any

OPENS, CLOSES = 8 * 3600.0, 16 * 3600.0
HEAD_STARTS = {"walkin": 0.0, "priority": 5400.0, "appt": 5100.0}
GATE = 120.0


@dataclass
class Office:
    seed: int
    services: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By code: configured seconds, and what they really are on average."""
    windows: dict[str, list[str]] = field(default_factory=dict)
    pace: dict[str, float] = field(default_factory=dict)
    rosters: dict[str, dict[str, Any]] = field(default_factory=dict)
    visitors: float = 0.0


def make_office(seed: int, load: float = 0.9) -> Office:
    random = Random(seed)
    office = Office(seed)
    for code in "abcde"[: random.randint(3, 5)]:
        configured = random.choice((240.0, 360.0, 480.0, 600.0, 900.0))
        office.services[code] = (configured, configured * math.exp(random.gauss(0, 0.25)))
    codes = list(office.services)
    for number in range(1, random.randint(4, 6)):
        served = codes if number <= 2 else random.sample(codes, max(2, len(codes) - 1))
        name = f"W{number}"
        office.windows[name] = sorted(served)
        office.pace[name] = math.exp(random.gauss(0, 0.15))
        lunch = 12 * 3600.0 + 1800.0 * (number % 3)
        opens = OPENS if number < 4 else OPENS + 7200
        office.rosters[name] = {"open": opens, "close": CLOSES, "breaks": [[lunch, 1800.0]]}
    mean = sum(real for _, real in office.services.values()) / len(codes) + 60
    staffed = sum(roster["close"] - roster["open"] - 2700 for roster in office.rosters.values())
    office.visitors = load * staffed / mean
    return office


def make_day(office: Office, number: int) -> dict[str, Any]:
    """{"header": …, "events": […]} of the office's day with this number."""
    return _Day(office, number).play()


class _Day:
    def __init__(self, office: Office, number: int) -> None:
        self.office, self.random = office, Random(office.seed * 1000 + number)
        self.events: list[dict[str, Any]] = []
        self.waiting: list[dict[str, Any]] = []
        self.breaks = {window: [list(span) for span in roster["breaks"]] for window, roster in office.rosters.items()}
        self.idle: set[str] = set()
        self.booked: list[dict[str, Any]] = []
        self._agenda: list[tuple[float, int, str, Any]] = []
        self.today = math.exp(self.random.gauss(0, 0.08))
        self.number = number

    def play(self) -> dict[str, Any]:
        for visitor in self._visitors():
            self._plan(visitor["issued"], "comes", visitor)
        for window, roster in self.office.rosters.items():
            if self.random.random() > 0.04:
                self._plan(roster["open"] + self.random.uniform(-120, 300), "opens", window)
        while self._agenda:
            now, _, what, about = heapq.heappop(self._agenda)
            getattr(self, f"_{what}")(now, about)
        return {"header": self._header(), "events": self.events}

    def _header(self) -> dict[str, Any]:
        walk_in = HEAD_STARTS["priority"]
        return {
            "office": self.office.seed,
            "day": self.number,
            "open": OPENS,
            "close": CLOSES,
            "services": {code: {"conf_s": configured} for code, (configured, _) in self.office.services.items()},
            "windows": {w: {"skills": s, "roster": self.office.rosters[w]} for w, s in self.office.windows.items()},
            "policy": {"name": "duegate", "targets": {kind: walk_in - head for kind, head in HEAD_STARTS.items()}},
            "booked": self.booked,
        }

    def _visitors(self) -> list[dict[str, Any]]:
        random, found = self.random, []
        for number in range(round(self.office.visitors * math.exp(random.gauss(0, 0.1)))):
            service = random.choice(list(self.office.services))
            # Most come in the morning, fewer and fewer until the end.
            comes = OPENS - 300 + (CLOSES - OPENS - 1800) * random.betavariate(1.2, 1.6)
            visitor = {"id": f"T{number}", "service": service, "kind": "walkin", "issued": comes, "booked": None}
            if random.random() < 0.2:
                booked = 900 * round((comes + 300) / 900)
                self.booked.append({"id": visitor["id"], "service": service, "appt_t": float(booked)})
                visitor |= {"kind": "appt", "booked": float(booked)}
                if random.random() < 0.12:
                    continue
            elif random.random() < 0.07:
                visitor["kind"] = "priority"
            found.append(visitor)
        return found

    def _plan(self, at: float, what: str, about: Any) -> None:
        heapq.heappush(self._agenda, (at, len(self._agenda) + self.random.randint(0, 9999), what, about))

    def _tell(self, at: float, name: str, **facts: Any) -> None:
        self.events.append({"t": round(at, 1), "ev": name, **facts})

    def _comes(self, now: float, visitor: dict[str, Any]) -> None:
        self.waiting.append(visitor)
        about = {"service": visitor["service"], "cls": visitor["kind"], "appt_t": visitor["booked"]}
        self._tell(now, "issued", ticket=visitor["id"], **about)
        for window in sorted(self.idle):
            if visitor["service"] in self.office.windows[window]:
                self.idle.discard(window)
                return self._plan(now + self.random.uniform(4, 20), "is_free", window)
        return None

    def _opens(self, now: float, window: str) -> None:
        self._tell(now, "window_open", window=window)
        self._is_free(now, window)

    def _resumes(self, now: float, window: str) -> None:
        self._tell(now, "window_resume", window=window)
        self._is_free(now, window)

    def _is_free(self, now: float, window: str) -> None:
        if self.breaks[window] and now >= self.breaks[window][0][0]:
            length = self.breaks[window].pop(0)[1]
            self._tell(now, "window_pause", window=window)
            return self._plan(now + length * math.exp(self.random.gauss(0, 0.1)), "resumes", window)
        here = [one for one in self.waiting if one["service"] in self.office.windows[window]]
        if not here:
            return self.idle.add(window)
        visitor = min(here, key=lambda one: (_turn(one, now), one["issued"]))
        self.waiting.remove(visitor)
        self._tell(now, "called", ticket=visitor["id"], window=window)
        comes = self.random.random() > 0.03 + 0.06 * (now - visitor["issued"] > 3600)
        after = self.random.lognormvariate(3.1, 0.4) if comes else self.random.uniform(60, 120)
        return self._plan(now + after, "starts" if comes else "misses", (window, visitor))

    def _misses(self, now: float, call: tuple[str, dict[str, Any]]) -> None:
        self._tell(now, "no_show", ticket=call[1]["id"], window=call[0])
        self._plan(now + self.random.uniform(3, 12), "is_free", call[0])

    def _starts(self, now: float, call: tuple[str, dict[str, Any]]) -> None:
        window, visitor = call
        self._tell(now, "started", ticket=visitor["id"], window=window)
        mean = self.office.services[visitor["service"]][1] * self.office.pace[window] * self.today
        self._plan(now + mean * self.random.gammavariate(2.5, 1 / 2.5) + 20, "ends", call)

    def _ends(self, now: float, call: tuple[str, dict[str, Any]]) -> None:
        self._tell(now, "finished", ticket=call[1]["id"], window=call[0])
        self._plan(now + self.random.lognormvariate(2.8, 0.5), "is_free", call[0])


def _turn(visitor: dict[str, Any], now: float) -> float:
    kind, booked = visitor["kind"], visitor["booked"]
    if booked is None:
        return float(visitor["issued"] - HEAD_STARTS[kind])
    if visitor["issued"] > booked + 900:
        return float(visitor["issued"])
    return float(booked - HEAD_STARTS["appt"] if now >= booked - GATE else booked)
