"""D4 to D6, D8: a clock that is set, servers whose clocks differ, days unlike others, a scheduler that stood still."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.actions import rosters
from queue_service.clock import FrozenClock
from queue_service.jobs.breaches import BreachWatch
from queue_service.jobs.housekeeping import move_what_is_due
from queue_service.model.norm import NormKind
from queue_service.reports.times import times_report
from queue_service.rules.norm import NormFacts
from queue_service.storage import boards, ledger
from queue_service.storage.breaches import breach_table
from queue_service.storage.database import Database
from tests.faults.installation import kind_of
from tests.make import a_desk, a_ticket, an_office, entries_of, legs_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = 60


def breaches(database: Database) -> list[Any]:
    return database.read(lambda c: list(c.execute(select(breach_table).order_by(breach_table.c.id)).all()))


@pytest.mark.parametrize("by", [HOUR, -HOUR, DAY, -DAY])
def test_a_clock_that_is_set_while_the_hall_runs_breaks_nothing(
    database: Database, clock: FrozenClock, note: Any, by: timedelta
) -> None:
    an_office(database, "A", {"1": "A", "2": "A"})
    desk, real = a_desk(database, "1", "anna"), [0.0]
    norms = [NormFacts(kind=kind, longest=600) for kind in (NormKind.IDLE_WINDOW, NormKind.UNSTAFFED)]
    for norm in norms:
        database.act("centre", lambda hall, norm=norm: rosters.put_norm(hall, norm, "system"))  # type: ignore[misc]
    watch = BreachWatch(database, lambda: real[0])

    def live(seconds: float) -> None:
        clock.advance(seconds=seconds)
        real[0] += seconds
        move_what_is_due(database)
        watch.look()

    def office_works(visitors: int) -> None:
        for _ in range(visitors):
            a_ticket(database)
            live(5)
            if desk.next() is not None:
                desk.start()
            live(5)
            desk.finish()

    office_works(PEOPLE // 2)
    for _ in range(5):
        a_ticket(database)
    live(60)
    clock.moment += by
    live(1)
    office_works(PEOPLE // 2)
    days = [leg.service_day for leg in legs_of(database)]
    labels = [(leg.service_day, leg.label) for leg in legs_of(database)]
    assert len(set(labels)) == len(labels) == PEOPLE + 5
    flagged = breaches(database)
    assert flagged == []

    def waits(connection: Any) -> Any:
        setup = database.setup("centre")
        return [
            times_report("waiting", connection, setup, clock.now(), min(days), max(days)),
            boards.services(connection, setup, clock.now()),
        ]

    report, _ = database.read(waits)
    told = [value for row in report["rows"] for name, value in row.items() if "wait" in name and value is not None]
    assert told
    assert min(told) >= 0
    assert ledger.replay_branch(database, "centre").deviations == []
    note("D4", kind_of(database), people=len(labels), numbers_twice=0, breaches=len(flagged), negative_waits=0)


def test_visitors_are_called_in_the_order_in_which_they_came_whatever_the_servers_clocks_show(
    database_url: str, open_database: Callable[[str], Database], clock: FrozenClock, note: Any
) -> None:
    """Two servers, five seconds apart: who came through the one that is ahead is not called later for it."""
    ahead, behind = open_database(database_url), open_database(database_url)
    an_office(ahead, "A", {"1": "A"})
    given = []
    for second in range(0, 60, 2):
        for database, skew in ((ahead, 2.5), (behind, -2.5)):
            database.clock = FrozenClock(clock.now() + timedelta(seconds=second + skew))
            given.append(a_ticket(database).label)
    desk = a_desk(behind, "1", "anna")
    called = [desk.serve().label for _ in given]
    assert called == given
    moments = [entry.at for entry in entries_of(ahead)]
    assert moments == sorted(moments)
    note("D5", kind_of(ahead), seconds_apart=5, calls=len(called), inversions=0)


DAYS = [
    ("00:00", "2028-02-28T23:59", date(2028, 2, 28)),
    ("00:00", "2028-02-29T00:00", date(2028, 2, 29)),
    ("00:00", "2028-02-29T23:59", date(2028, 2, 29)),
    ("00:00", "2028-03-01T00:00", date(2028, 3, 1)),
    ("00:00", "2026-12-31T23:59", date(2026, 12, 31)),  # of ISO week 53
    ("00:00", "2027-01-01T00:00", date(2027, 1, 1)),  # of ISO week 53 as well
    ("00:00", "2027-01-04T08:00", date(2027, 1, 4)),
    ("04:00", "2027-01-01T03:59", date(2026, 12, 31)),  # a night's opening belongs to the evening
    ("04:00", "2027-01-01T04:00", date(2027, 1, 1)),
    ("04:00", "2028-03-01T02:00", date(2028, 2, 29)),
]
"""When the office's day begins, what its clock shows, and the service day."""


def test_every_ticket_is_of_the_right_day(database: Database, clock: FrozenClock, note: Any) -> None:
    """29 February, the turn of the year in a week that belongs to both, an evening that lasts past midnight."""
    night = {day: [["00:00", "03:00"], ["08:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    for starts in {starts for starts, _, _ in DAYS}:
        code = f"from-{starts[:2]}"
        an_office(database, "A", {"1": "A"}, code=code, time_zone="Europe/Warsaw", day_starts=starts, hours=night)
        seen: dict[date, int] = {}
        for _, shown, day in sorted(one for one in DAYS if one[0] == starts):
            clock.moment = datetime.fromisoformat(f"{shown}+01:00").astimezone(UTC)
            if database.setup(code).opening(clock.now()).is_open:
                seen[day] = seen.get(day, 0) + 1
                label = a_ticket(database, branch=code).label
                assert (legs_of(database, code)[-1].service_day, label) == (day, f"A{seen[day]:03d}"), shown
        assert seen
    note("D6", kind_of(database), moments=len(DAYS), wrong_days=0)


def test_what_came_due_while_the_scheduler_stood_is_done_once_and_marked_late(
    database: Database, open_database: Callable[[str], Database], clock: FrozenClock, note: Any
) -> None:
    """Ten minutes without one: a return, a no-show, a wait, an idle window; then two that look at the same time."""
    an_office(database, "A", {"1": "A", "2": "A"}, calls_before_no_show=1, no_show_after_seconds=60)
    for norm in (NormFacts(kind=NormKind.IDLE_WINDOW, longest=120), NormFacts(kind=NormKind.WAIT, longest=300)):
        database.act("centre", lambda hall, norm=norm: rosters.put_norm(hall, norm, "system"))  # type: ignore[misc]
    for _ in range(3):
        a_ticket(database)
    anna, boris = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    anna.next()
    anna.hold(clock.now() + timedelta(minutes=5))
    boris.next()  # who does not come
    clock.advance(minutes=10)
    other = open_database(database.url.render_as_string(hide_password=False))
    other.clock = clock
    for _ in range(2):
        for mine in (database, other):
            move_what_is_due(mine)
            BreachWatch(mine, lambda: 0.0).look()
    moves = [entry.move for entry in entries_of(database)]
    assert (moves.count("return"), moves.count("no_show")) == (1, 1)
    found = {(one.kind, one.leg_id or one.window_id, one.is_late) for one in breaches(database)}
    assert len(found) == len(breaches(database))
    assert {kind for kind, _, _ in found} == {"wait", "idle_window"}
    assert all(is_late for _, _, is_late in found)
    note("D8", kind_of(database), minutes_stopped=10, done_once=len(found) + 2, late=len(found))
