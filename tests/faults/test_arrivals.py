"""A17: a morning with people who come early, on time, late or never, among walk-ins; every call is the model's."""

import os
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queue_service.actions import check_in, serving, tickets
from queue_service.actions.tickets import Order
from queue_service.clock import FrozenClock
from queue_service.jobs.appointments import give_up_absent
from queue_service.model.ticket import Channel
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from tests.booking import a_bookable_office, an_appointment
from tests.faults.installation import kind_of
from tests.make import an_open_window, an_operator
from tests.model_of_hall import ModelHall, Visit
from tests.model_of_hall import Window as ModelWindow

MORNINGS = int(os.environ.get("QS_ROUNDS", "3"))
mornings_at: dict[str, Counter[str]] = defaultdict(Counter)
"""By kind of database: what was played so far."""
WALK_INS = 20
"""So many that there is a line all the morning, and every visitor's turn matters."""
BEGIN = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
MEETS = {"language:ru", "language:en"}

Arrival = tuple[int, str, Any]
"""Minute, service, and the appointment of who comes; None for a walk-in."""


class Morning:
    """The product and the model side by side: one window, an operator who calls every seven minutes."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        self.database, self.clock = database, clock
        a_bookable_office(database, "AB", {"1": "AB"}, booking={"minutes": 15})
        self.operator = an_operator(database, "anna")
        self.window = an_open_window(database, "1", self.operator)
        windows = {"1": ModelWindow("1", {"A", "B"}, MEETS, "open", "anna")}
        self.model = ModelHall(windows, {None: (0, 85)}, "Europe/Warsaw", clock.now())

    def act(self, action: Any) -> Any:
        return self.database.act("centre", action)

    def at(self, minute: int) -> None:
        self.clock.moment = self.model.now = BEGIN + timedelta(minutes=minute)
        give_up_absent(self.database)

    def arrive(self, service: str, appointment: Any) -> None:
        def come(hall: Hall) -> str:
            if appointment is not None:
                return check_in.check_in(hall, appointment.code).issued.label
            return tickets.issue(hall, Order((service,), "ru", Channel.KIOSK)).label

        number = self.act(come)
        booked_at = None if appointment is None else appointment.starts_at
        visit = self.model.issue([service], set(), "ru", None, booked_at)
        assert visit is not None
        assert number == visit.number

    def call(self) -> str | None:
        """The number that product and model call; the visitor is served at once."""
        self.model.catch_up()
        expected: Visit | None = self.model.first(self.model.windows["1"])
        called = self.act(lambda hall: serving.call_next(hall, self.window, self.operator))
        assert (called and called.label) == (expected and expected.number)
        if expected is None:
            return None
        expected.state = "done"
        self.act(lambda hall: serving.start(hall, self.window, self.operator))
        self.act(lambda hall: serving.finish(hall, self.window, self.operator, "solved"))
        return expected.number


@pytest.mark.parametrize("seed", range(MORNINGS))
def test_appointments_and_walk_ins_are_called_as_in_the_model(
    database: Database, clock: FrozenClock, note: Any, seed: int
) -> None:
    chance, morning = random.Random(seed), Morning(database, clock)
    arrivals: list[Arrival] = [(chance.randint(-20, 120), chance.choice("AB"), None) for _ in range(WALK_INS)]
    for minute in chance.sample(range(0, 120, 15), 6):
        service = chance.choice("AB")
        row, _ = an_appointment(database, BEGIN + timedelta(minutes=minute), service)
        if chance.random() < 0.85:  # the others never come
            arrivals.append((minute + chance.randint(-40, 30), service, row))
    arrivals.sort(key=lambda arrival: arrival[0])
    called = []
    for minute in range(-29, 200):
        morning.at(minute)
        while arrivals and arrivals[0][0] <= minute:
            _, service, row = arrivals.pop(0)
            morning.arrive(service, row)
        if minute % 7 == 0:
            called.append(morning.call())
    assert arrivals == []
    assert sum(number is not None for number in called) >= WALK_INS
    mornings_at[kind := kind_of(database)].update(mornings=1, calls=len(called) - called.count(None))
    note("A17", kind, **mornings_at[kind])
