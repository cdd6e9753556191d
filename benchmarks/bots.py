"""How much do bots get? Fifty of them against 200 people for 50 slots, with each protection on and off."""

import json
import random
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.market import Market, bot, person
from benchmarks.tables import say, table
from queue_service.actions.due import catch_up
from queue_service.actions.setup import import_office
from queue_service.app import create_app
from queue_service.clock import FrozenClock
from queue_service.jobs.waiting import serve_waiting
from queue_service.model.appointment import AppointmentState
from queue_service.settings import Settings
from queue_service.storage.appointments import appointment_table, contact_table
from queue_service.storage.database import Database
from queue_service.storage.schema import migrate

OPENS = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = "2026-03-09"
LASTS = timedelta(hours=4)
FIRST_LOOK = 20 * 60.0
WINDOWS = 5
HOURS, SLOTS_AT_A_WINDOW = [["09:00", "14:00"]], 10
MEAN_ARRIVAL = 360.0
"""Seconds after the day opens; people know when it does."""
OFF: dict[str, Any] = {"one_hold": False}
PROTECTIONS: dict[str, dict[str, Any]] = {
    "none": OFF,
    "proof of work": {**OFF, "proof_of_work": 2000},
    "one hold": {"one_hold": True},
    "2 holds per address": {**OFF, "holds_per_address": 2},
    "1 booking per contact": {**OFF, "bookings_per_contact": 1},
    "2 bookings per address": {**OFF, "bookings_per_address": 2},
    "name fixed": {**OFF, "name_fixed": True},
    "delayed release": {**OFF, "delayed_release": True},
    "waiting list": {**OFF, "waiting_list": True},
    "2 holds and 2 bookings per address": {**OFF, "holds_per_address": 2, "bookings_per_address": 2},
    "name fixed, delayed release": {**OFF, "name_fixed": True, "delayed_release": True},
    "name fixed, waiting list": {**OFF, "name_fixed": True, "waiting_list": True},
    "draw": {**OFF, "draw_minutes": 30},
    "all but the draw": {
        "one_hold": True,
        "proof_of_work": 2000,
        "holds_per_address": 2,
        "bookings_per_contact": 1,
        "bookings_per_address": 2,
        "name_fixed": True,
        "delayed_release": True,
        "waiting_list": True,
    },
}
PROTECTIONS["all"] = {**PROTECTIONS["all but the draw"], "draw_minutes": 30}


def measure(
    bots: int = 50, people: int = 200, seeds: tuple[int, ...] = (1, 2, 3), only: tuple[str, ...] = ()
) -> dict[str, Any]:
    """By protection, medians over the seeds: slots that bots have after the rush, what they sold, and who has the
    slots in the end. `spread %` is how far the runs lie apart in what people have.
    """
    found = {}
    for name in only or tuple(PROTECTIONS):
        say(f"bots: {name} …")
        found[name] = medians([play(PROTECTIONS[name], bots, people, seed) for seed in seeds])
    first = next(iter(found.values()))
    heads = ("protection", *first)
    rows = [(name, *figures.values()) for name, figures in found.items()]
    table(f"{bots} bots and {people} people for {first['slots']} slots, {len(seeds)} seeds", heads, rows)
    return found


def medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each figure; where one run could not say, none is said."""
    columns = {name: [run[name] for run in runs] for name in runs[0]}
    found = {name: "-" if "-" in column else median(column) for name, column in columns.items()}
    inside = columns["people in the end %"]
    return {**found, "spread %": max(inside) - min(inside)}


def play(protections: dict[str, Any], bots: int, people: int, seed: int, windows: int = WINDOWS) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="queue-service-") as folder:
        clock = FrozenClock(OPENS - timedelta(minutes=1))
        database = Database(f"sqlite:///{folder}/queue.db", clock, b"a secret of the bots' benchmark....", catch_up)
        migrate(database)
        import_office(database, json.dumps(office(protections, windows)))
        client = create_app(database, Settings(data=Path(folder))).test_client()
        market = Market(client, clock, random.Random(seed), DAY, OPENS, OPENS + LASTS)
        for number in range(people):
            market.enter(market.chance.expovariate(1 / MEAN_ARRIVAL), person(market, number))
        for number in range(bots):
            market.enter(-1 + number / 1000, bot(market, number))
        seen: list[int] = []
        draw_seconds = 60.0 * protections.get("draw_minutes", 0)

        def tick() -> None:
            serve_waiting(database)
            if not seen and market.seconds >= FIRST_LOOK + draw_seconds:
                seen.append(holders(database)["Bot"])

        has_line = protections.get("waiting_list") or protections.get("draw_minutes")
        market.run(60.0 if has_line else 300.0, tick)
        found = figures(market, seen[0], holders(database), windows * SLOTS_AT_A_WINDOW)
        database.close()
    return found


def figures(market: Market, taken_first: int, at_the_end: Counter[str], slots: int) -> dict[str, Any]:
    held, booked = market.held_by_people, market.booked_by_people
    return {
        "slots": slots,
        "bots after the rush %": round(100 * taken_first / slots),
        "sold %": round(100 * market.resold / slots),
        "bots and buyers in the end %": round(100 * (at_the_end["Bot"] + at_the_end["Buyer"]) / slots),
        "people in the end %": round(100 * at_the_end["Person"] / slots),
        "people's forms finished %": round(100 * booked / held) if held else "-",
        "bots' thousand hashes": round(market.hashes_of_bots / 1000),
    }


def holders(database: Database) -> Counter[str]:
    """Of the appointments to come, how many are under the name of each kind."""
    whose = appointment_table.join(contact_table, contact_table.c.id == appointment_table.c.contact_id)
    booked = appointment_table.c.state == AppointmentState.BOOKED.value
    query = contact_table.select().with_only_columns(contact_table.c.name).select_from(whose).where(booked)
    return Counter(
        name.split()[0] for name in database.read(lambda connection: connection.execute(query).scalars().all())
    )


def office(protections: dict[str, Any], windows: int) -> dict[str, Any]:
    terms = {"minutes": 30, "horizon_days": 7, "opens_at": "08:00", "protections": protections}
    codes = [str(number) for number in range(1, windows + 1)]
    return {
        "branch": {
            "code": "market",
            "name": {"en": "Market"},
            "time_zone": "UTC",
            "languages": ["en"],
            "default_language": "en",
            "hours": {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
        },
        "services": [{"code": "A", "prefix": "A", "name": {"en": "Passport"}, "booking": terms}],
        "windows": [{"code": code, "services": ["A"]} for code in codes],
        "rosters": [{"window": code, "first": DAY, "last": DAY, "hours": {"mon": HOURS}} for code in codes],
    }
