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

    def search(self, service: str, days: int) -> float:
        """Milliseconds of one search."""
        first = today(self.database)
        last = first + timedelta(days=days - 1)
        path = f"/api/v1/branches/slots/slots?service={service}&from={first}&to={last}"
        began = time.perf_counter()
        answer = self.client.get(path)
        ended = time.perf_counter()
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert len(answer.get_data()) > 1000
        return 1000 * (ended - began)

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
    names = ("cold", "p50", "p95", "longest")
    table(f"Search for slots over 30 days, ms, {kind}", names, [tuple(found[name] for name in names)])
    table(f"By days searched, median ms, {kind}", tuple(map(str, found["days"])), [tuple(found["days"].values())])
    heads = tuple(f"{size:,} past bookings" for size in found["past"])
    table(f"With a past, median ms, {kind}", heads, [tuple(found["past"].values())])
    return found


def _figures(kind: str, rounds: int) -> dict[str, Any]:
    chance = random.Random(7)
    with fresh_databases(kind) as make:
        url, data, _ = make()
        booth = open_booth(url, data, chance)
        cold = booth.search(CODES[0], 30)
        figures: dict[str, Any] = {"cold": cold, **warm(booth, chance, 30, 10 * rounds * SERVICES)}
        figures["days"] = {days: warm(booth, chance, days, rounds * SERVICES)["p50"] for days in DAYS}
        figures["past"] = {}
        for size in PAST:
            add_past(booth.database, booth.setup, size)
            figures["past"][size] = warm(booth, chance, 30, rounds * SERVICES)["p50"]
        booth.database.close()
    return figures


def warm(booth: Booth, chance: random.Random, days: int, searches: int) -> dict[str, float]:
    seconds = []
    services = itertools.cycle(CODES)
    for service in CODES:
        booth.search(service, days)
    for _ in range(searches):
        booth.hold_something(chance)
        seconds.append(booth.search(next(services), days))
    seconds.sort()
    return {"p50": statistics.median(seconds), "p95": seconds[int(0.95 * len(seconds))], "longest": seconds[-1]}


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
        present = connection.execute(
            text("SELECT count(*) FROM appointment WHERE starts_at < :now"), {"now": "2025-01-01"}
        ).scalar_one()
        moment = datetime(2024, 12, 31, 9, tzinfo=UTC)
        for start in range(present, count, 20_000):
            rows = [
                _appointment(setup, CODES[0], 10, moment - timedelta(minutes=2 * i), "arrived")
                for i in range(start, min(count, start + 20_000))
            ]
            connection.execute(insert(appointment_table), rows)
        if not database.is_sqlite:
            return
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
