"""Lines too long, services that nobody serves, idle windows: flagged at their moment, once, over when it ends."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.actions import rosters
from queue_service.actions.setup import change_window
from queue_service.actions.tickets import Order, bring_back, cancel, issue
from queue_service.actions.windows import close_window, pause_window
from queue_service.clock import FrozenClock
from queue_service.jobs.breaches import BreachWatch
from queue_service.model.ticket import Channel
from queue_service.reports.norms import norms_report
from queue_service.rules.norm import NormFacts
from queue_service.rules.office import WindowFacts
from queue_service.storage import breaches
from queue_service.storage.breaches import breach_table
from queue_service.storage.database import Database
from queue_service.storage.risks import at_risk
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


# --- since when: by the hall's own facts, whenever somebody looks


def test_a_service_is_unstaffed_since_its_window_stopped_or_its_first_visitor_came(
    database: Database, clock: FrozenClock
) -> None:
    """Nobody looks for a while: the count has begun all the same, and what is found then is marked late."""
    an_office(database, "AB", {"1": "AB", "2": "B"})
    a_norm(database, kind="unstaffed", longest=120)
    anna, _ = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    a_ticket(database, "A")
    clock.advance(minutes=5)
    closed = clock.now()
    database.act("centre", lambda hall: close_window(hall, anna.window, anna.operator))
    clock.advance(minutes=3)
    assert a_watch(database, clock).look() == 1
    assert [(one.at, one.is_late) for one in rows(database)] == [(closed + timedelta(minutes=2), True)]

    anna = a_desk(database, "1", "vera")
    anna.next()
    database.act("centre", lambda hall: pause_window(hall, anna.window, anna.operator, "break"))
    a_watch(database, clock).look()
    clock.advance(minutes=10)
    a_ticket(database, "A")
    came = clock.now()
    clock.advance(seconds=125)
    assert a_watch(database, clock).look() == 1
    assert [(one.at, one.is_late) for one in rows(database)][1:] == [(came + timedelta(minutes=2), False)]


def test_a_window_is_idle_since_it_was_free_or_somebody_stood_in_its_line(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, "A", {"1": "A"})
    a_norm(database, kind="idle_window", longest=60)
    for _ in range(2):
        a_ticket(database, "A")
    anna = a_desk(database, "1", "anna")
    anna.next()
    held = anna.hold()
    clock.advance(minutes=10)
    anna.serve()
    clock.advance(seconds=100)
    assert a_watch(database, clock).look() == 0  # nobody stands in line
    on_leg(database, held.id, bring_back, "staff")
    back = clock.now()
    clock.advance(seconds=59)
    assert a_watch(database, clock).look() == 0
    clock.advance(seconds=1)
    assert a_watch(database, clock).look() == 1
    assert [one.at for one in rows(database)] == [back + timedelta(seconds=60)]


def test_what_was_in_order_while_nobody_looked_begins_anew(
    database: Database, clock: FrozenClock, watch: BreachWatch
) -> None:
    a_norm(database, kind="unstaffed", service="A", longest=300)
    a_ticket(database, "A")
    watch.look()
    clock.advance(minutes=2)
    anna = a_desk(database, "1", "anna")
    clock.advance(minutes=2)
    database.act("centre", lambda hall: close_window(hall, anna.window, anna.operator))
    clock.advance(minutes=4)
    assert a_watch(database, clock).look() == 0
    clock.advance(minutes=1)
    assert watch.look() == 1
    assert [one.at for one in rows(database)] == [clock.now()]


def test_a_service_that_an_admin_takes_from_an_open_window_is_unstaffed_from_then_on(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, "AB", {"1": "AB", "2": "A"})
    watch = a_watch(database, clock)
    a_norm(database, kind="unstaffed", service="A", longest=120)
    a_ticket(database, "A")
    a_desk(database, "1", "anna")
    clock.advance(hours=1)
    watch.look()
    facts = WindowFacts.model_validate({"code": "1", "services": ["B"]})
    database.act("centre", lambda hall: change_window(hall, "1", facts, "system"))
    found = []
    for _ in range(5):
        found.append(watch.look())
        clock.advance(seconds=30)
    assert found == [0, 0, 0, 0, 1]


def test_a_line_or_a_window_is_at_risk_before_it_is_a_breach(
    database: Database, clock: FrozenClock, watch: BreachWatch
) -> None:
    a_norm(database, kind="queue_length", longest=5)
    a_norm(database, kind="unstaffed", longest=100)

    def risks() -> list[tuple[Any, ...]]:
        found = database.read(lambda c: at_risk(c, database.setup("centre"), clock.now()))
        return [(one["kind"], one["service"], one["waiting"], one["used_percent"]) for one in found]

    for _ in range(3):
        a_ticket(database, "A")
    watch.look()
    assert risks() == []
    a_ticket(database, "A")
    assert risks() == [("queue_length", "A", 4, 80)]
    clock.advance(seconds=79)
    assert len(risks()) == 1
    clock.advance(seconds=1)
    assert risks() == [("unstaffed", "A", None, 80), ("queue_length", "A", 4, 80)]
    for _ in range(2):
        a_ticket(database, "A")
    clock.advance(seconds=20)
    assert (watch.look(), risks()) == (2, [])
