"""Figures of waiting and service: counted by hand for a small morning, and sound for any legs at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from queue_service.actions import tickets
from queue_service.actions.rosters import put_norm
from queue_service.actions.tickets import Order, issue
from queue_service.clock import FrozenClock
from queue_service.model.ticket import Channel
from queue_service.reports.sheet import as_csv, sheet_of
from queue_service.reports.times import times_report
from queue_service.rules.figures import DEFINITIONS, Lived, figures, quantile
from queue_service.rules.norm import NormFacts
from queue_service.storage.boards import services
from queue_service.storage.database import Database
from queue_service.storage.staff_boards import desk
from tests.make import a_desk, a_ticket, an_office, on_leg

EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
NORM = timedelta(minutes=15)


def minute(number: float | None) -> datetime | None:
    return None if number is None else EIGHT + timedelta(minutes=number)


def report_of(database: Database, name: str, days: int = 1) -> list[dict[str, Any]]:
    setup, now = database.setup("centre"), database.clock.now()
    last = setup.service_day(now)
    first = last - timedelta(days=days - 1)
    report = database.read(lambda connection: times_report(name, connection, setup, now, first, last))
    assert set(report["rows"][0]) == {"service", *report["definitions"]}
    assert as_csv(sheet_of(report)).count("\n") == len(report["rows"]) + 1
    return list(report["rows"])


def test_a_morning_counted_by_hand(database: Database, clock: FrozenClock) -> None:
    """A norm of 15 minutes. Called after 10, 20 and (booked for 8:40) 5; one left after 5, one after 30, one waits."""
    an_office(database, "AB", {"1": "A"}, calls_before_no_show=1)
    anna = a_desk(database, "1", "anna")
    first, second, in_time, too_late = (a_ticket(database) for _ in range(4))
    booked = Order(("A",), "ru", Channel.WEB, booked_at=clock.now() + timedelta(minutes=40))
    clock.advance(minutes=5)
    on_leg(database, in_time.leg_id, tickets.cancel)
    clock.advance(minutes=5)
    assert anna.next().label == first.label
    clock.advance(minutes=2)
    anna.start()
    clock.advance(minutes=8)
    anna.finish()
    assert anna.next().label == second.label
    anna.no_show()
    clock.advance(minutes=10)
    on_leg(database, too_late.leg_id, tickets.cancel)
    database.act("centre", lambda hall: issue(hall, booked))
    clock.advance(minutes=15)
    assert anna.next().booked_at is not None
    clock.advance(minutes=1)
    anna.start()
    clock.advance(minutes=4)
    anna.finish()
    a_ticket(database)
    clock.advance(minutes=1)
    [row, of_a] = report_of(database, "waiting")
    assert {**row, "service": "A"} == of_a
    counted = {name: row[name] for name in ("issued", "called", "served", "left_before_call", "waiting")}
    assert counted == {"issued": 6, "called": 3, "served": 2, "left_before_call": 2, "waiting": 1}
    assert (row["mean_wait"], row["longest_wait"]) == (450, 600)  # of 10 and 5 minutes
    assert row["mean_wait_with_leavers"] == 750  # of 10, 5, 5 and 30
    assert row["within_norm_percent"] == 50.0  # 10 and 5 of 10, 20, 5, and who left after 30
    assert row["abandonment_percent"] == 33.3
    [service, _] = report_of(database, "service")
    assert (service["median_walk"], service["mean_service"], service["p90_service"]) == (60, 360, 480)
    [no_show, _] = report_of(database, "no-show")
    assert (no_show["missed"], no_show["no_show_percent"], no_show["booked"]) == (1, 33.3, 0)
    clock.advance(days=1)
    assert report_of(database, "waiting")[0]["issued"] == 0
    database.act("centre", lambda hall: None)  # the day ends: who waited has left
    [yesterday, _] = report_of(database, "waiting", days=2)
    assert (yesterday["issued"], yesterday["waiting"], yesterday["left_before_call"]) == (6, 0, 3)


def test_a_quantile_is_the_smallest_value_that_enough_do_not_exceed() -> None:
    assert [quantile(range(1, 11), share) for share in (0.5, 0.9, 0.95)] == [5, 9, 10]
    assert (quantile([7], 0.9), quantile([], 0.5)) == (7, None)


minutes = st.integers(0, 90)


@st.composite
def lived(draw: Any) -> Lived:
    """A leg that went as far as one can go."""
    at = sorted(draw(st.lists(minutes, min_size=5, max_size=5)))
    how = draw(st.sampled_from(["waits", "left", "missed", "called", "served", "done"]))
    first, last, start, end = at[1:]
    times = {
        "waits": {},
        "left": {"left_at": first},
        "missed": {"first_called_at": first, "last_called_at": last, "left_at": start},
        "called": {"first_called_at": first, "last_called_at": last},
        "served": {"first_called_at": first, "last_called_at": last, "started_at": start},
        "done": {"first_called_at": first, "last_called_at": last, "started_at": start, "finished_at": end},
    }[how]
    booked = draw(st.none() | minutes)
    moments: dict[str, Any] = {name: minute(value) for name, value in times.items()}
    ready = minute(at[0])
    assert ready is not None
    return Lived(NORM, ready, minute(booked), calls=draw(st.integers(0, 3)), **moments)


@given(st.lists(lived(), max_size=12))
def test_every_leg_is_counted_once_and_no_ratio_exceeds_the_whole(legs: list[Lived]) -> None:
    now = minute(120)
    assert now is not None
    found = figures(legs, now)
    assert list(found) == list(DEFINITIONS)
    assert found["called"] + found["left_before_call"] + found["waiting"] == found["issued"] == len(legs)
    assert found["served"] + found["missed"] <= found["called"]
    for name in ("within_norm_percent", "abandonment_percent", "no_show_percent"):
        assert found[name] is None or 0 <= found[name] <= 100, name
    if found["served"]:
        ordered = [found[name] for name in ("median_wait", "p90_wait", "p95_wait", "longest_wait")]
        assert ordered == sorted(ordered)
        assert 0 <= found["mean_wait"] <= found["longest_wait"]


def test_a_norm_of_the_branch_is_the_norm_everywhere(database: Database, clock: FrozenClock) -> None:
    """Of walk-ins 20 minutes, of appointments 5: the reports, the public page and the desk say the same."""
    an_office(database, "A", {"1": "A"}, calls_before_no_show=1)

    def promise(norm: NormFacts) -> None:
        database.act("centre", lambda hall: put_norm(hall, norm, "system"))

    for channel, longest in (("walk_in", 1200), ("appointment", 300)):
        norm = NormFacts.model_validate({"kind": "wait", "channel": channel, "longest": longest})
        promise(norm)
    anna = a_desk(database, "1", "anna")
    a_ticket(database)
    order = Order(("A",), "ru", Channel.WEB, booked_at=clock.now())
    database.act("centre", lambda hall: issue(hall, order))
    clock.advance(minutes=18)
    setup = database.setup("centre")
    board = database.read(lambda connection: desk(connection, setup, clock.now()))
    assert {leg["booked_at"] is None: leg["norm"] for leg in board["waiting"]} == {True: 1200, False: 300}
    assert [line["norm"] for line in board["services"]] == [1200]
    assert [one["norm"] for one in database.read(lambda c: services(c, setup, clock.now()))] == [1200]
    called = anna.next()
    leg = database.read(lambda connection: desk(connection, setup, clock.now()))["windows"][0]["leg"]
    assert leg["norm"] == (1200 if called.booked_at is None else 300)
    anna.no_show()
    anna.next()
    [row, _] = report_of(database, "waiting")
    assert row["within_norm_percent"] == 50.0  # 18 minutes of 20, and of 5
