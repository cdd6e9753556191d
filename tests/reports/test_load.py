"""How busy windows were, and how long the line: a morning counted by hand, and a ledger against the legs' own times."""

from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import update

from queue_service.actions import rosters, tickets, windows
from queue_service.clock import FrozenClock
from queue_service.reports.load import load_report
from queue_service.rules.booking import RosterFacts
from queue_service.rules.ticket import AT_WINDOW
from queue_service.storage.database import Database
from queue_service.storage.lookup import leg_table
from tests.make import Desk, a_desk, a_ticket, an_office, legs_of, on_leg

EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MORNING = {day: [["09:00", "13:00"]] for day in EVERY_DAY}  # the clock shows 9:00 in Warsaw when a test begins


def report_of(database: Database) -> list[dict[str, Any]]:
    setup, now = database.setup("centre"), database.clock.now()
    today = setup.service_day(now)
    rows = database.read(lambda connection: load_report(connection, setup, now, today, today))["rows"]
    return list(rows)


def test_a_morning_counted_by_hand(database: Database, clock: FrozenClock) -> None:
    """Window 1: free 10 min, walking 2, serving 8, free 5, paused 15. Window 2 stays closed, and is rostered."""
    an_office(database, "A", {"1": "A", "2": "A"}, hours=MORNING)
    for window in "12":
        roster = RosterFacts(window=window, hours={"mon": [["09:00", "10:00"]]})
        database.act("centre", partial(rosters.put_roster, facts=roster, actor="test"))
    anna = a_desk(database, "1", "anna")
    clock.advance(minutes=4)
    a_ticket(database)
    a_ticket(database)
    clock.advance(minutes=6)
    anna.next()
    clock.advance(minutes=2)
    anna.start()
    clock.advance(minutes=8)
    anna.finish()
    clock.advance(minutes=5)
    database.act("centre", lambda hall: windows.pause_window(hall, anna.window, anna.operator, "lunch"))
    clock.advance(minutes=15)
    [whole, one, two] = report_of(database)
    assert (one["serving"], one["walking"], one["free"], one["paused"]) == (480, 120, 900, 900)
    assert (one["rostered"], one["occupancy_percent"], one["utilisation_percent"]) == (2400, 34.8, 20.0)
    assert (two["free"], two["rostered"], two["occupancy_percent"], two["utilisation_percent"]) == (0, 2400, None, 0.0)
    assert (whole["serving"], whole["rostered"], whole["utilisation_percent"]) == (480, 4800, 10.0)
    assert whole["issued"] == 2
    assert whole["mean_time_in_line"] == (360 + 36 * 60) / 2  # one called after 6 minutes, one waits since 36
    assert whole["little_percent"] == 100.0


def test_a_window_left_open_overnight_is_free_only_in_opening_hours(database: Database, clock: FrozenClock) -> None:
    an_office(database, "A", {"1": "A"}, hours=MORNING)
    a_desk(database, "1", "anna")
    clock.advance(days=1, hours=1)
    assert report_of(database)[1]["free"] == 3600
    clock.advance(hours=12)
    assert report_of(database)[1]["free"] == 4 * 3600


def test_the_ledger_and_the_legs_agree_whatever_is_done(database: Database, clock: FrozenClock) -> None:
    """Little's law as a check of the data: calls taken back, holds, leavers and second stops change nothing."""
    an_office(database, "AB", {"1": "AB", "2": "AB"}, calls_before_no_show=1)
    chance = Random(7)
    desks = [a_desk(database, code, name) for code, name in (("1", "anna"), ("2", "boris"))]
    for turn in range(60):
        clock.advance(seconds=chance.randrange(5, 90))
        desk = chance.choice(desks)
        waiting = [leg for leg in legs_of(database) if leg.state == "waiting"]
        if len(waiting) < 3:
            a_ticket(database, chance.choice("AB"))
        elif turn % 7 == 0:
            on_leg(database, waiting[-1].id, tickets.cancel)
        elif not any(leg.window_id == desk.window and leg.state in AT_WINDOW for leg in legs_of(database)):
            desk.next()
            if turn % 3 == 0:
                desk.undo()
        else:
            _aside(desk) if turn % 2 else _served(desk)
    clock.advance(seconds=1)
    whole = report_of(database)[0]
    assert whole["issued"] == len(legs_of(database))
    assert whole["little_percent"] == 100.0
    late = leg_table.c.first_called_at.is_not(None)
    wrong = update(leg_table).where(late).values(first_called_at=clock.now() + timedelta(hours=1))
    database.write(lambda connection: connection.execute(wrong))
    assert report_of(database)[0]["little_percent"] > 110


def _here(desk: Desk) -> Any:
    return next(leg for leg in legs_of(desk.database) if leg.window_id == desk.window and leg.state in AT_WINDOW)


def _served(desk: Desk) -> None:
    leg = _here(desk)
    if leg.state == "called":
        desk.start()
    desk.transfer("B") if leg.id % 2 else desk.finish()


def _aside(desk: Desk) -> None:
    leg = _here(desk)
    desk.no_show() if leg.state == "called" and leg.id % 2 else desk.hold()
