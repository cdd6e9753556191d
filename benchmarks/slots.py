"""How long does a search for free slots take? An office of 20 windows and 15 services, more than half booked.

Over HTTP without a socket (Flask's test client): reading, working out, writing JSON. `cold` is the first search after
a start, `warm` what visitors see all day, with one more booking between any two searches.
"""

import itertools
import json
import random
import secrets
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from sqlalchemy import Connection, insert, text

from benchmarks.office import fresh_databases
from benchmarks.tables import say, table
from queue_service.actions import holds
from queue_service.actions.setup import import_office
from queue_service.app import create_app, open_database
from queue_service.model.ticket import Channel
from queue_service.settings import load_settings
from queue_service.storage.appointments import appointment_table
from queue_service.storage.database import Database
from queue_service.storage.day_books import day_table
from queue_service.storage.office import Setup
from queue_service.storage.slots import Wish, free_slots

WINDOWS, SERVICES, AT_A_WINDOW = 20, 15, 6
MINUTES = (10, 15, 15, 20, 20, 30, 30, 30, 45, 60, 15, 20, 10, 30, 20)
BOOKED = 0.6
"""The part of the windows' time that is booked."""
DAYS = (10, 20, 30, 60, 90)
PAST = (0, 100_000, 1_000_000)
ZONE = "Europe/Berlin"
HOURS = {day: [["08:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
CODES = [f"S{number}" for number in range(SERVICES)]


@dataclass
class Booth:
    """The office on a database of its own, with its web application."""

    database: Database
    client: FlaskClient
    setup: Setup

    def search(self, service: str, days: int) -> tuple[float, float]:
        """Milliseconds of one search: how many passed, and how many of them the processor worked."""
        first = today(self.database)
        last = first + timedelta(days=days - 1)
        path = f"/api/v1/branches/slots/slots?service={service}&from={first}&to={last}"
        began, worked = time.perf_counter(), time.process_time()
        answer = self.client.get(path)
        passed, worked = time.perf_counter() - began, time.process_time() - worked
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert len(answer.get_data()) > 1000
        return 1000 * passed, 1000 * worked

    def hold_something(self, chance: random.Random) -> None:
        """One more slot is taken, somewhere in the next month."""
        wish = Wish((chance.choice(CODES),), Channel.WEB)
        now = self.database.clock.now()
        day = today(self.database) + timedelta(days=chance.randint(1, 29))
        slots = self.database.read(lambda connection: free_slots(connection, self.setup, now, wish, day, day))
        if slots:
            self.database.act("slots", lambda hall: holds.hold(hall, wish, chance.choice(slots).starts_at))


def measure(kind: str, rounds: int) -> dict[str, Any]:
    """Searches of every service over 30 days, over more and fewer days, and with a past. Milliseconds."""
    say(f"{kind}: searching for slots …")
    found = _figures(kind, rounds)
    names = ("cold", "p50", "p95", "p95 of work", "longest")
    table(f"Search for slots over 30 days, ms, {kind}", names, [tuple(found[name] for name in names)])
    rows = [(days, *(figures[name] for name in names[1:])) for days, figures in found["days"].items()]
    table(f"By days searched, ms, {kind}", ("days", *names[1:]), rows)
    rows = [(f"{size:,}", *(figures[name] for name in names[1:])) for size, figures in found["past"].items()]
    table(f"With a past, 30 days, ms, {kind}", ("past bookings", *names[1:]), rows)
    return found


def _figures(kind: str, rounds: int) -> dict[str, Any]:
    """Each comparison takes turns, search by search: a busy machine slows all of its sides alike."""
    searches = 3 * rounds * SERVICES
    with fresh_databases(kind) as make:
        booths = {size: with_past(make, size) for size in PAST}
        cold = booths[0].search(CODES[0], 30)[0]
        past = in_turns([(size, booth, 30) for size, booth in booths.items()], searches)
        days = in_turns([(days, booths[0], days) for days in DAYS], searches)
        for booth in booths.values():
            booth.database.close()
    return {"cold": cold, **past[0], "days": days, "past": past}


def with_past(make: Callable[[], Any], size: int) -> Booth:
    url, data, _ = make()
    booth = open_booth(url, data, random.Random(7))
    add_past(booth.database, booth.setup, size)
    return booth


def in_turns(sides: list[tuple[int, Booth, int]], searches: int) -> dict[int, dict[str, float]]:
    """Figures of each side: (its name, where, how many days). In each office a slot is taken before each turn."""
    found: dict[int, list[tuple[float, float]]] = {name: [] for name, _, _ in sides}
    booths = {id(booth): (booth, random.Random(11)) for _, booth, _ in sides}
    for service in CODES:
        for _, booth, days in sides:
            booth.search(service, days)
    for _, service in zip(range(searches), itertools.cycle(CODES), strict=False):
        for booth, chance in booths.values():
            booth.hold_something(chance)
        for name, booth, days in sides:
            found[name].append(booth.search(service, days))
    return {name: summary(times) for name, times in found.items()}


def summary(times: list[tuple[float, float]]) -> dict[str, float]:
    """Of milliseconds that passed, and that the processor worked."""
    passed, worked = (sorted(column) for column in zip(*times, strict=True))
    at = int(0.95 * len(times))
    figures = {"p50": statistics.median(passed), "p95": passed[at], "p95 of work": worked[at], "longest": passed[-1]}
    return {name: round(value, 1) for name, value in figures.items()}


def open_booth(url: str, data: Any, chance: random.Random) -> Booth:
    settings = load_settings(data=data, database=url)
    database = open_database(settings)
    import_office(database, office_file(chance))
    setup = database.setup("slots")
    first = today(database)
    database.write(lambda connection: fill(connection, setup, chance, first, max(DAYS)))
    return Booth(database, create_app(database, settings).test_client(), setup)


def today(database: Database) -> date:
    return database.clock.now().astimezone(ZoneInfo(ZONE)).date()


def office_file(chance: random.Random) -> str:
    booking = [{"minutes": minutes, "horizon_days": 120} for minutes in MINUTES]
    windows = [{"code": str(i), "services": chance.sample(CODES, AT_A_WINDOW)} for i in range(1, WINDOWS + 1)]
    office = {
        "branch": {
            "code": "slots",
            "name": {"en": "Slots"},
            "time_zone": ZONE,
            "languages": ["en"],
            "default_language": "en",
            "hours": HOURS,
        },
        "services": [
            {"code": code, "prefix": "A", "name": {"en": code}, "booking": booking[i]} for i, code in enumerate(CODES)
        ],
        "windows": windows,
        "rosters": [{"window": window["code"], "hours": HOURS} for window in windows],
    }
    return json.dumps(office)  # JSON is YAML without anchors


def fill(connection: Connection, setup: Setup, chance: random.Random, first: date, days: int) -> None:
    """Book the windows as if one after the other, with gaps, so that about `BOOKED` of their time is taken."""
    zone = ZoneInfo(ZONE)
    for day in (first + timedelta(days=offset) for offset in range(days)):
        rows = []
        for window in setup.windows:
            for begin, end in ((8, 12), (13, 18)):
                at = datetime(day.year, day.month, day.day, begin, tzinfo=zone)
                closes = datetime(day.year, day.month, day.day, end, tzinfo=zone)
                while at < closes:
                    service = chance.choice(window.services)
                    minutes = setup.terms[service].minutes
                    if at + timedelta(minutes=minutes) <= closes and chance.random() < BOOKED:
                        rows.append(_appointment(setup, service, minutes, at))
                    at += timedelta(minutes=minutes)
        connection.execute(insert(appointment_table), rows)
        stamp = {"branch_id": setup.branch_id, "day": day, "stamp": secrets.token_hex(8)}
        connection.execute(insert(day_table).values(stamp))


def add_past(database: Database, setup: Setup, count: int) -> None:
    """So many appointments of the last years, checked in and done with."""

    def insert_past(connection: Connection) -> None:
        moment = datetime(2024, 12, 31, 9, tzinfo=UTC)
        for start in range(0, count, 20_000):
            rows = [
                _appointment(setup, CODES[0], 10, moment - timedelta(minutes=2 * i), "arrived")
                for i in range(start, min(count, start + 20_000))
            ]
            connection.execute(insert(appointment_table), rows)
        connection.execute(text("ANALYZE"))

    database.write(insert_past)


def _appointment(setup: Setup, service: str, minutes: int, at: datetime, state: str = "booked") -> dict[str, Any]:
    return {
        "branch_id": setup.branch_id,
        "code": secrets.token_hex(6),
        "token_hash": secrets.token_hex(32),
        "sealed_token": b"",
        "state": state,
        "parts": [{"service": service, "minutes": minutes}],
        "buffer_minutes": 0,
        "starts_at": at,
        "ends_at": at + timedelta(minutes=minutes),
        "taken_at": at - timedelta(days=7),
        "channel": "web",
        "language": "en",
        "needs": [],
        "requires": "",
        "created_at": at,
        "sequence": 0,
    }
