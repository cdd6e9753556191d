"""What happened on a real day? Arrivals, calls and open windows of an office, from its two CSV files."""

import csv
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from string import ascii_uppercase
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from queue_service.rules.calendar import WEEKDAYS
from queue_service.rules.forms import UNREADABLE

ZONE = ZoneInfo("Europe/Warsaw")
NAMES = Path(__file__).parent / "real_offices.yaml"
SHORTEST_SERVICE, LONGEST_SERVICE = 45.0, 2400.0
FALLBACK_SERVICE = 300.0


@dataclass(frozen=True)
class Arrival:
    at: datetime
    queue: str
    called: datetime | None

    @property
    def wait(self) -> timedelta | None:
        return None if self.called is None else self.called - self.at


@dataclass(frozen=True)
class Day:
    """One day of one office. `windows` holds, by queue, the moments at which its number of open windows changed."""

    office: str
    date: date
    queues: dict[str, str]
    """Letter → the office's own name of the queue."""
    arrivals: list[Arrival]
    windows: dict[str, list[tuple[datetime, int]]]

    def most_windows(self, queue: str) -> int:
        return max((count for _, count in self.windows.get(queue, [])), default=1) or 1

    def open_windows(self, queue: str, at: datetime) -> int:
        changes = self.windows.get(queue, [])
        position = bisect_right([moment for moment, _ in changes], at)
        return changes[position - 1][1] if position else 0

    def shifts(self, queue: str, rank: int) -> list[tuple[datetime, datetime | None]]:
        """When the queue's window number `rank` (1, 2, …) was open; None means until the line is empty.

        The first window stays open from its first opening on: the source counts windows every few minutes only,
        and the office went on calling where it says none.
        """
        shifts: list[tuple[datetime, datetime | None]] = []
        for moment, count in self.windows.get(queue, []):
            is_open = bool(shifts) and shifts[-1][1] is None
            if count >= rank and not is_open:
                shifts.append((moment, None))
            elif count < rank and is_open and rank > 1:
                shifts[-1] = (shifts[-1][0], moment)
        if rank == 1 and not shifts:
            shifts.append((self.arrivals[0].at, None))
        return shifts


def read_day(tickets_file: Path) -> Day:
    """Read NAME-DATE-tickets.csv and the windows file beside it. Raises ValueError saying what is wrong where."""
    named = re.fullmatch(r"(.+)-(\d{4}-\d\d-\d\d)-tickets\.csv", tickets_file.name)
    if named is None:
        raise ValueError(f"{tickets_file}: the name must be OFFICE-YYYY-MM-DD-tickets.csv")
    day = date.fromisoformat(named[2])
    queues: dict[str, str] = {}
    arrivals = []
    for row in _rows(tickets_file, {"issued", "queue", "called"}):
        letter = _letter(row["queue"], queues)
        called = _moment(day, row["called"]) if row["called"] else None
        arrivals.append(Arrival(_moment(day, row["issued"]), letter, called))
    if not arrivals:
        raise ValueError(f"{tickets_file}: no arrivals")
    windows: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    windows_file = tickets_file.with_name(tickets_file.name.replace("-tickets.csv", "-windows.csv"))
    for row in _rows(windows_file, {"time", "queue", "windows_open"}):
        windows[_letter(row["queue"], queues)].append((_moment(day, row["time"]), int(row["windows_open"])))
    arrivals.sort(key=lambda arrival: arrival.at)
    return Day(named[1], day, queues, arrivals, {queue: sorted(changes) for queue, changes in windows.items()})


def mean_service_seconds(day: Day, queue: str) -> float:
    """How long a service took, seconds: the time between calls while somebody waited, times the windows open.

    The source has no finish times; while a line is never empty, windows call as often as they finish.
    """
    called = sorted((a for a in day.arrivals if a.queue == queue and a.called), key=lambda a: (a.called, a.at))
    samples = [
        (later.called - earlier.called).total_seconds() * max(1, day.open_windows(queue, earlier.called))
        for earlier, later in pairwise(called)
        if earlier.called and later.called and later.at < earlier.called
    ]
    if len(samples) < 5:
        return FALLBACK_SERVICE
    return min(max(fmean(samples), SHORTEST_SERVICE), LONGEST_SERVICE)


def office_file(day: Day) -> str:
    """The office of that day as YAML for the import: a service per queue, and as many windows as it ever had open."""
    known: Mapping[str, Any] = yaml.safe_load(NAMES.read_text("utf-8")).get(day.office, {})
    names: Mapping[str, Any] = known.get("services", {})
    prefixes = readable_prefixes(list(day.queues))
    last = max(arrival.called or arrival.at for arrival in day.arrivals)
    closes = min((last + timedelta(hours=1)).strftime("%H:00"), "23:00")
    opens = (day.arrivals[0].at - timedelta(minutes=15)).strftime("%H:%M")
    office = {
        "branch": {
            "code": re.sub(r"[^a-z0-9-]", "-", day.office.lower()),
            "name": known.get("name", {"en": day.office.capitalize()}),
            "address": {},
            "time_zone": str(ZONE),
            "languages": ["ru", "en"],
            "default_language": "en",
            "hours": {WEEKDAYS[day.date.weekday()]: [[opens, closes]]},
            "recall_pause_seconds": 30,
            "calls_before_no_show": 2,
        },
        "services": [
            {"code": letter, "prefix": prefixes[letter], "name": names.get(letter, {"en": name}), "norm_seconds": 900}
            for letter, name in day.queues.items()
        ],
        "windows": [{"code": code, "services": [queue]} for code, queue, _ in window_plan(day)],
    }
    return yaml.safe_dump(office, allow_unicode=True, sort_keys=False)


def readable_prefixes(letters: list[str]) -> dict[str, str]:
    """Each queue's own letter on its tickets, or a free one where its own would be read as a digit."""
    free = iter(sorted(set(ascii_uppercase) - set(letters) - set(UNREADABLE)))
    return {letter: next(free) if set(letter) & set(UNREADABLE) else letter for letter in letters}


def window_plan(day: Day) -> list[tuple[str, str, int]]:
    """(window code, queue, rank within the queue) for every window of the day; codes are 1, 2, 3, …"""
    places = [(queue, rank) for queue in day.queues for rank in range(1, day.most_windows(queue) + 1)]
    return [(str(position), queue, rank) for position, (queue, rank) in enumerate(places, 1)]


def _rows(file: Path, columns: set[str]) -> list[dict[str, str]]:
    if not file.exists():
        raise ValueError(f"{file}: there is no such file")
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if missing := columns - set(reader.fieldnames or []):
            raise ValueError(f"{file}: the column {sorted(missing)[0]} is missing")
        return list(reader)


def _letter(queue: str, queues: dict[str, str]) -> str:
    named = re.match(r"\s*(\w{1,3}):\s*(.*\S)", queue)
    if named is None:
        raise ValueError(f"the queue {queue!r} has no letter, as “A: …” has")
    queues.setdefault(named[1], re.sub(r"\s*\|\s*", ", ", named[2]))
    return named[1]


def _moment(day: date, clock_time: str) -> datetime:
    return datetime.combine(day, datetime.strptime(clock_time, "%H:%M:%S").time(), ZONE)  # noqa: DTZ007
