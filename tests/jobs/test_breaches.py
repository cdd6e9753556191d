"""Norms that are passed: flagged at their moment, once, also of those who left; not because a clock was set."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.actions import rosters
from queue_service.actions.breaches import acknowledge
from queue_service.actions.tickets import Order, cancel, issue
from queue_service.clock import FrozenClock
from queue_service.jobs.breaches import BreachWatch
from queue_service.model.norm import NormKind
from queue_service.model.ticket import Channel
from queue_service.rules.errors import Refused
from queue_service.rules.norm import NormFacts
from queue_service.storage.breaches import breach_table
from queue_service.storage.database import Database
from queue_service.storage.risks import at_risk
from tests.conftest import MONDAY_MORNING
from tests.make import a_desk, a_ticket, an_office, an_operator, on_leg

QUARTER = timedelta(minutes=15)


class Machine:
    """The machine's own seconds, which go with the clock unless that is set."""

    def __init__(self, clock: FrozenClock) -> None:
        self._clock, self._began, self.set_by = clock, clock.now(), timedelta()

    def __call__(self) -> float:
        return (self._clock.now() - self._began - self.set_by).total_seconds()

    def set_clock(self, **by: float) -> None:
        self._clock.advance(**by)
        self.set_by += timedelta(**by)


@pytest.fixture
def machine(clock: FrozenClock) -> Machine:
    return Machine(clock)


@pytest.fixture
def watch(database: Database, machine: Machine) -> BreachWatch:
    an_office(database, "AB", {"1": "AB", "2": "AB"})
    found = BreachWatch(database, machine)
    found.look()
    return found


def rows(database: Database) -> list[Any]:
    return database.read(lambda c: list(c.execute(select(breach_table).order_by(breach_table.c.id))))


def a_norm(database: Database, **facts: Any) -> None:
    norm = NormFacts.model_validate(facts)
    database.act("centre", lambda hall: rosters.put_norm(hall, norm, "system"))


def a_crowd(database: Database, count: int) -> None:
    def come(hall: Any) -> None:
        for number in range(count):
            issue(hall, Order(("AB"[number % 2],), "ru", Channel.KIOSK))

    database.act("centre", come)


def test_a_wait_is_flagged_at_its_moment_and_over_when_the_call_comes(
    database: Database, clock: FrozenClock, watch: BreachWatch
) -> None:
    a_ticket(database)
    clock.advance(minutes=14, seconds=59)
    assert watch.look() == 0
    risks = database.read(lambda c: at_risk(c, database.setup("centre"), clock.now()))
    assert [(risk["number"], risk["used_percent"]) for risk in risks] == [("A001", 99)]
    clock.advance(seconds=1)
    assert (watch.look(), watch.look()) == (1, 0)
    [found] = rows(database)
    assert (found.kind, found.at, found.is_late) == ("wait", MONDAY_MORNING + QUARTER, False)
    assert found.resolved_at is None
    clock.advance(minutes=3)
    anna = a_desk(database, "1", "anna")
    anna.next()
    assert watch.look() == 0
    [found] = rows(database)
    assert found.resolved_at == MONDAY_MORNING + timedelta(minutes=18)
    clock.advance(seconds=5)
    anna.undo()  # the call never was: the promise is still broken
    watch.look()
    assert [row.resolved_at for row in rows(database)] == [None]


def test_who_is_called_in_time_is_no_breach_but_who_leaves_after_the_norm_is(
    database: Database, clock: FrozenClock, watch: BreachWatch
) -> None:
    a_ticket(database)
    leaver = a_ticket(database)
    clock.advance(minutes=14, seconds=59)
    anna = a_desk(database, "1", "anna")
    anna.next()
    clock.advance(seconds=1, milliseconds=400)
    on_leg(database, leaver.leg_id, cancel)  # between the moment and the look
    clock.advance(milliseconds=300)
    assert watch.look() == 1
    [found] = rows(database)
    assert (found.leg_id, found.at) == (leaver.leg_id, MONDAY_MORNING + QUARTER)
    assert found.resolved_at == MONDAY_MORNING + QUARTER + timedelta(milliseconds=400)
    anna.undo()
    watch.look()
    assert len(rows(database)) == 2  # the one who was called in time waits again, past the norm


def test_what_came_due_while_no_scheduler_ran_is_flagged_once_and_marked_late(
    database: Database, clock: FrozenClock, watch: BreachWatch, machine: Machine
) -> None:
    a_crowd(database, 20)
    clock.advance(minutes=25)
    again = BreachWatch(database, machine)  # the one before has died
    assert (again.look(), again.look(), watch.look()) == (20, 0, 0)
    assert {(row.is_late, row.at) for row in rows(database)} == {(True, MONDAY_MORNING + QUARTER)}


@pytest.mark.parametrize("by", [{"hours": 1}, {"hours": -1}, {"days": 1}, {"days": -1}], ids=str)
def test_a_clock_that_is_set_breaks_no_promise(
    database: Database, clock: FrozenClock, watch: BreachWatch, machine: Machine, by: dict[str, float]
) -> None:
    a_crowd(database, 50)
    clock.advance(minutes=5)
    watch.look()
    machine.set_clock(**by)
    assert (watch.look(), BreachWatch(database, machine).look()) == (0, 0)
    late_comer = a_ticket(database)
    clock.advance(minutes=9, seconds=59)
    assert watch.look() == 0
    clock.advance(seconds=1)
    flagged = watch.look()
    # A day later everybody of the day before is gone.
    assert flagged == (0 if "days" in by and by["days"] > 0 else 50)
    assert late_comer.leg_id not in [row.leg_id for row in rows(database)]
    assert all(row.resolved_at is None or row.resolved_at >= row.at for row in rows(database))


def test_two_schedulers_flag_a_thousand_once_each(
    database: Database, open_database: Callable[[str], Database], clock: FrozenClock, watch: BreachWatch
) -> None:
    a_crowd(database, 1000)
    clock.advance(minutes=15)
    ready, counts = threading.Barrier(2), list[int]()

    def one_scheduler(mine: Database) -> None:
        look = BreachWatch(mine, lambda: 0.0).look
        ready.wait(30)
        counts.append(look())

    others = [open_database(database.url.render_as_string(hide_password=False)) for _ in range(2)]
    threads = [threading.Thread(target=one_scheduler, args=[other]) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = rows(database)
    assert (len(found), len({row.leg_id for row in found}), sum(counts)) == (1000, 1000, 1000)


def test_norms_are_data_and_the_most_exact_one_holds(
    database: Database, clock: FrozenClock, watch: BreachWatch
) -> None:
    a_norm(database, kind="wait", longest=600, source="Order 12")
    a_norm(database, kind="wait", service="B", longest=1200)
    a_norm(database, kind="wait", service="B", longest=60, valid_to=date(2026, 3, 1))  # ended yesterday
    a_norm(database, kind="service_time", longest=300)
    a_norm(database, kind="total_time", longest=1500)
    a_ticket(database, "A")
    a_ticket(database, "B")
    clock.advance(minutes=10)
    assert watch.look() == 1
    anna = a_desk(database, "1", "anna")
    anna.next()
    anna.start()
    clock.advance(minutes=5)
    assert watch.look() == 1
    clock.advance(minutes=10)
    watch.look()
    found = [(row.kind, row.at - MONDAY_MORNING, row.source) for row in rows(database)]
    assert sorted(found, key=lambda one: one[1]) == [
        (NormKind.WAIT, timedelta(minutes=10), "Order 12"),
        (NormKind.SERVICE_TIME, timedelta(minutes=15), ""),
        (NormKind.WAIT, timedelta(minutes=20), ""),
        (NormKind.TOTAL_TIME, timedelta(minutes=25), ""),
        (NormKind.TOTAL_TIME, timedelta(minutes=25), ""),
    ]


def test_somebody_takes_note_once(database: Database, clock: FrozenClock, watch: BreachWatch) -> None:
    a_ticket(database)
    clock.advance(minutes=16)
    watch.look()
    helen = an_operator(database, "helen")
    [found] = rows(database)

    def see(hall: Any) -> Any:
        return acknowledge(hall, found.id, helen.id, "Window 3 opens", helen.actor)

    database.act("centre", see)
    with pytest.raises(Refused, match="seen_already"):
        database.act("centre", see)
    [found] = rows(database)
    assert (found.acknowledged_at, found.acknowledged_by, found.note) == (clock.now(), helen.id, "Window 3 opens")
