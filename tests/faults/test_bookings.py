"""A10 to A13: the last slot, a hold that ends while it is confirmed, visits of several services, any window.

Nobody is ever booked without a place, and nobody who loses gets an error.
"""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from benchmarks.load import Connection
from queue_service.actions import rosters
from queue_service.rules.booking import RosterFacts
from queue_service.storage.appointments import appointment_table
from queue_service.storage.calendar import unfit
from queue_service.storage.day_books import hold_table, touch
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import token_hash
from tests.booking import WEEK, bookable
from tests.faults.installation import ZONE, Installation

ROUNDS = int(os.environ.get("QS_ROUNDS", "5"))
"""200 for a release; four times as many for the shorter ones."""
CLIENTS = 32
ALL_DAY = {day: [["08:00", "20:00"]] for day in WEEK}
PERSON = {"name": "Ada Lovelace", "phone": "+44 20 7946 0001", "language": "ru"}

Answer = tuple[int, dict[str, Any]]


class Client:
    """Somebody with one keep-alive connection."""

    def __init__(self, connection: Connection, branch: str) -> None:
        self.connection, self.branch = connection, branch

    async def post(self, path: str, body: Any) -> Answer:
        status, text = await self.connection.post(f"/api/v1{path}", body, {})
        return status, json.loads(text) if text else {}

    async def hold(self, starts_at: datetime, services: str = "A") -> Answer:
        order = {"services": list(services), "starts_at": starts_at.isoformat()}
        return await self.post(f"/branches/{self.branch}/slot-holds", order)

    async def book(self, hold: str) -> Answer:
        return await self.post("/appointments", {"hold": hold, **PERSON})

    async def hold_and_book(self, starts_at: datetime, services: str = "A") -> Answer:
        status, answer = await self.hold(starts_at, services)
        return (status, answer) if status != 201 else await self.book(answer["hold"])


def open_for_booking(running: Installation, branch: str, services: str, windows: int, **terms: Any) -> None:
    running.office(branch, services, windows)

    def set_up(hall: Hall) -> None:
        for letter in services:
            bookable(hall, letter, **terms)
        for window in hall.setup.windows:
            rosters.put_roster(hall, RosterFacts(window=window.code, hours=ALL_DAY), "test")

    running.database.act(branch, set_up)


async def clients(stack: AsyncExitStack, running: Installation, branch: str, count: int) -> list[Client]:
    """So many, spread over the servers."""
    ports = [running.ports[i % len(running.ports)] for i in range(count)]
    return [Client(await stack.enter_async_context(Connection(port)), branch) for port in ports]


def slot_times(count: int, minutes: int = 30) -> list[datetime]:
    """Slots of the days to come, from tomorrow morning on."""
    today = datetime.now(ZoneInfo(ZONE)).date()
    first = [
        datetime.combine(today + timedelta(days=1 + day), datetime.min.time(), ZoneInfo(ZONE)) for day in range(28)
    ]
    times = [day + timedelta(hours=8, minutes=i) for day in first for i in range(0, 12 * 60, minutes)]
    return times[:count]


def booked(running: Installation, branch: str) -> list[Any]:
    branch_id = running.database.setup(branch).branch_id
    query = select(appointment_table).where(
        appointment_table.c.branch_id == branch_id, appointment_table.c.state == "booked"
    )
    return list(running.database.read(lambda connection: connection.execute(query).all()))


def without_room(running: Installation, branch: str) -> int:
    """How many bookings the windows cannot serve."""
    database = running.database

    def look(connection: Any) -> int:
        return len(unfit(connection, database.setups.read(connection, branch), database.clock.now()))

    return database.read(look)


def is_clean_refusal(answer: Answer) -> bool:
    status, body = answer
    return status == 409 and body["code"] == "slot_taken" and len(body["alternatives"]) > 0 and bool(body["detail"])


def test_of_thirty_two_who_want_the_last_slot_one_gets_it(running: Installation, note: Any) -> None:
    open_for_booking(running, "last-slot", "A", windows=1, minutes=30)
    statuses: Counter[int] = Counter()
    slots = slot_times(ROUNDS)

    async def play() -> None:
        async with AsyncExitStack() as stack:
            people = await clients(stack, running, "last-slot", CLIENTS)
            for slot in slots:
                answers = await asyncio.gather(*(person.hold_and_book(slot) for person in people))
                statuses.update(status for status, _ in answers)
                assert sum(status == 201 for status, _ in answers) == 1
                assert sum(is_clean_refusal(answer) for answer in answers) == CLIENTS - 1

    asyncio.run(play())
    per_slot = Counter(row.starts_at for row in booked(running, "last-slot"))
    note(
        "A10",
        running.kind,
        rounds=ROUNDS,
        bookings=len(per_slot),
        most_per_slot=max(per_slot.values()),
        **told(statuses),
    )
    assert per_slot == dict.fromkeys(slots, 1)
    assert set(statuses) == {201, 409}


def test_a_hold_that_ends_while_it_is_confirmed_books_one_or_nobody(running: Installation, note: Any) -> None:
    open_for_booking(running, "hold-ends", "A", windows=1, minutes=15)
    outcomes: Counter[str] = Counter()

    def ends_in(hold: str, seconds: float) -> None:
        """The hold shall end then: what it would do by itself after minutes."""

        def change(hall: Hall) -> None:
            here = hold_table.c.token_hash == token_hash(hold)
            row = hall.connection.execute(select(hold_table).where(here)).one()
            ends = datetime.now(UTC) + timedelta(seconds=seconds)
            hall.connection.execute(update(hold_table).where(here).values(expires_at=ends))
            touch(hall, row.starts_at)

        running.database.act("hold-ends", change)

    async def after(seconds: float, action: Coroutine[Any, Any, Answer]) -> Answer:
        await asyncio.sleep(max(0.0, seconds))
        return await action

    async def one_round(slow: Client, quick: Client, slot: datetime) -> None:
        _, held = await slow.hold(slot)
        ends_in(held["hold"], 0.06)
        confirmed, other = await asyncio.gather(
            after(0.06 + random.uniform(-0.05, 0.05), slow.book(held["hold"])),
            after(0.06 + random.uniform(-0.05, 0.05), quick.hold_and_book(slot)),
        )
        there = [row for row in booked(running, "hold-ends") if row.starts_at == slot]
        assert len(there) == (confirmed[0] == 201) + (other[0] == 201) <= 1
        if confirmed[0] != 201:
            assert (confirmed[0], confirmed[1]["code"]) == (409, "hold_expired")
            assert confirmed[1]["alternatives"]
        if other[0] != 201:
            assert is_clean_refusal(other)
        outcomes["confirmed" if confirmed[0] == 201 else "taken by another" if other[0] == 201 else "nobody"] += 1

    async def play() -> None:
        async with AsyncExitStack() as stack:
            slow, quick = await clients(stack, running, "hold-ends", 2)
            for slot in slot_times(4 * ROUNDS, 15):
                await one_round(slow, quick, slot)

    asyncio.run(play())
    note("A11", running.kind, rounds=4 * ROUNDS, **dict(outcomes))
    assert without_room(running, "hold-ends") == 0


def test_visits_of_several_services_are_booked_whole_or_not_at_all(running: Installation, note: Any) -> None:
    open_for_booking(running, "several", "ABC", windows=3, minutes=20, every_minutes=10)
    orders = ["A", "B", "C", "AB", "BC", "CA", "ABC", "CBA"]
    slots = slot_times(18, 10)
    statuses: Counter[int] = Counter()

    async def book_some(person: Client) -> None:
        for _ in range(2 * ROUNDS):
            answer = await person.hold_and_book(random.choice(slots), random.choice(orders))
            statuses[answer[0]] += 1
            assert answer[0] == 201 or is_clean_refusal(answer), answer

    async def play() -> None:
        async with AsyncExitStack() as stack:
            people = await clients(stack, running, "several", CLIENTS)
            await asyncio.gather(*(book_some(person) for person in people))

    asyncio.run(play())
    rows = booked(running, "several")
    at_once = most_at_once(rows)
    note("A12", running.kind, requests=sum(statuses.values()), at_once=at_once, **told(statuses))
    assert len(rows) == statuses[201]
    assert all(row.ends_at - row.starts_at == timedelta(minutes=20 * len(row.parts)) for row in rows)
    assert at_once <= 3
    assert without_room(running, "several") == 0


def test_any_window_takes_a_booking_and_none_two_at_once(running: Installation, note: Any) -> None:
    open_for_booking(running, "any-window", "AB", windows=4, minutes=30)
    slots = slot_times(6)
    statuses: Counter[int] = Counter()

    async def book_some(person: Client) -> None:
        for slot in random.sample(slots, len(slots)):
            answer = await person.hold_and_book(slot, random.choice("AB"))
            statuses[answer[0]] += 1
            assert answer[0] == 201 or is_clean_refusal(answer), answer

    async def play() -> None:
        async with AsyncExitStack() as stack:
            people = await clients(stack, running, "any-window", CLIENTS)
            await asyncio.gather(*(book_some(person) for person in people))

    asyncio.run(play())
    rows = booked(running, "any-window")
    note("A13", running.kind, requests=sum(statuses.values()), at_once=most_at_once(rows), **told(statuses))
    assert Counter(row.starts_at for row in rows) == dict.fromkeys(slots, 4)
    assert without_room(running, "any-window") == 0


def told(statuses: Counter[int]) -> dict[str, int]:
    return {f"http_{status}": count for status, count in sorted(statuses.items())}


def most_at_once(rows: list[Any]) -> int:
    edges = sorted([(row.starts_at, 1) for row in rows] + [(row.ends_at, -1) for row in rows])
    now = most = 0
    for _, change in edges:
        now += change
        most = max(most, now)
    return most
