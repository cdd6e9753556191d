"""Lines too long, services that nobody serves, idle windows: flagged at their moment, once, over when it ends."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.actions import rosters
from queue_service.actions.tickets import Order, cancel, issue
from queue_service.clock import FrozenClock
from queue_service.jobs.breaches import BreachWatch
from queue_service.model.ticket import Channel
from queue_service.reports.norms import norms_report
from queue_service.rules.norm import NormFacts
from queue_service.storage import breaches
from queue_service.storage.breaches import breach_table
from queue_service.storage.database import Database
from tests.make import a_desk, a_ticket, an_office, on_leg


@pytest.fixture
def watch(database: Database, clock: FrozenClock) -> BreachWatch:
    an_office(database, "AB", {"1": "A", "2": "B"})
    return a_watch(database, clock)


def a_watch(database: Database, clock: FrozenClock) -> BreachWatch:
    began = clock.now()
    return BreachWatch(database, lambda: (clock.now() - began).total_seconds())


def a_norm(database: Database, **facts: Any) -> None:
    norm = NormFacts.model_validate(facts)
    database.act("centre", lambda hall: rosters.put_norm(hall, norm, "system"))


def rows(database: Database) -> list[Any]:
    return list(database.read(lambda c: c.execute(select(breach_table).order_by(breach_table.c.id)).all()))


def test_a_line_that_is_too_long_is_flagged_once_until_it_is_not(
    database: Database, clock: FrozenClock, watch: BreachWatch
) -> None:
    a_norm(database, kind="queue_length", longest=3, source="Order 12")
    legs = [a_ticket(database, "A").leg_id for _ in range(3)]
    a_ticket(database, "B")
    assert watch.look() == 0
    legs.append(a_ticket(database, "A").leg_id)
    other = a_watch(database, clock)
    assert (watch.look(), other.look(), watch.look()) == (1, 0, 0)
    [found] = rows(database)
    assert (found.kind, found.longest, found.source, found.at) == ("queue_length", 3, "Order 12", clock.now())
    clock.advance(seconds=30)
    on_leg(database, legs[0], cancel)
    watch.look()
    assert rows(database)[0].resolved_at == clock.now()
    clock.advance(seconds=30)
    a_ticket(database, "A")
    assert watch.look() == 1
    [again] = database.read(lambda c: breaches.open_breaches(c, database.setup("centre")))
    assert (again["service"], again["number"], again["window"]) == ("A", None, None)
    report = database.read(lambda c: norms_report(c, database.setup("centre"), clock.now(), TODAY, TODAY))
    counted = [row for row in report["rows"] if row["kind"] == "queue_length"]
    assert [(row["purpose"], row["service"], row["breaches"], row["begun"]) for row in counted] == [
        (None, None, 2, None),
        ("submit", None, 2, None),
        ("submit", "A", 2, None),
    ]


TODAY = date(2026, 3, 2)


def test_a_service_that_nobody_serves_while_people_wait(
    database: Database, clock: FrozenClock, watch: BreachWatch
) -> None:
    a_norm(database, kind="unstaffed", service="A", longest=120)
    began = clock.now()
    clock.advance(minutes=5)
    assert watch.look() == 0  # nobody waits
    a_ticket(database, "A")
    a_ticket(database, "B")
    watch.look()
    clock.advance(seconds=119)
    assert watch.look() == 0
    clock.advance(seconds=1)
    assert (watch.look(), watch.look()) == (1, 0)
    [found] = rows(database)
    assert (found.kind, found.at) == ("unstaffed", began + timedelta(minutes=7))
    a_desk(database, "1", "anna")  # opens the window
    watch.look()
    assert rows(database)[0].resolved_at == clock.now()


def test_a_window_that_is_free_while_somebody_waits_whom_it_may_call(
    database: Database, clock: FrozenClock, watch: BreachWatch
) -> None:
    a_norm(database, kind="idle_window", longest=60)
    anna, boris = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    a_ticket(database, "A")
    watch.look()
    clock.advance(seconds=60)
    assert (watch.look(), watch.look()) == (1, 0)
    [found] = database.read(lambda c: breaches.open_breaches(c, database.setup("centre")))
    assert (found["kind"], found["window"], found["service"]) == ("idle_window", "1", None)
    anna.next()
    watch.look()
    assert rows(database)[0].resolved_at == clock.now()
    assert boris.next() is None
    a_ticket(database, "A")  # the only window for it is at work
    watch.look()
    clock.advance(minutes=2)
    assert watch.look() == 0


def test_a_clock_that_is_set_makes_nothing_last_longer(database: Database, clock: FrozenClock) -> None:
    an_office(database, "A", {"1": "A"})
    real = [0.0]
    watch = BreachWatch(database, lambda: real[0])
    a_norm(database, kind="unstaffed", longest=600)
    database.act("centre", lambda hall: issue(hall, Order(("A",), "ru", Channel.KIOSK)))
    watch.look()
    clock.advance(hours=1)
    real[0] += 1
    assert watch.look() == 0
    clock.advance(seconds=600)
    real[0] += 600
    assert watch.look() == 1
