"""Waiting times: what visitors are told comes of the estimator that is examined, is kept, and is scored."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.actions import tickets, windows
from queue_service.actions.estimates import estimate_table
from queue_service.actions.rosters import put_roster
from queue_service.clock import FrozenClock
from queue_service.jobs.waits import BranchWaits, forget, score
from queue_service.reports.accuracy import accuracy_report
from queue_service.rules.booking import RosterFacts
from queue_service.rules.calendar import WEEKDAYS
from queue_service.rules.day_record import Guest
from queue_service.rules.habits import learn_habits
from queue_service.rules.hall_now import At, HallNow, Rule, Waiting, WindowNow
from queue_service.rules.service_times import PastServices
from queue_service.rules.told_range import NO_WINDOW, Basis, tell, told, who_asks
from queue_service.rules.wait_estimate import NOBODY_CALLS, Range, waits_now
from queue_service.simulator.estimate_lines import NOBODY_IN_SIGHT_SECONDS, answer_lines
from queue_service.storage import boards
from queue_service.storage.database import Database
from queue_service.storage.place import Place
from queue_service.storage.rows import put_row
from tests.make import Desk, a_desk, a_ticket, an_office, on_leg

NINE = 9 * 3600


def waiting_times(database: Database) -> BranchWaits:
    return BranchWaits(database, "centre", lambda work: work())


def rostered_from_nine(database: Database, code: str) -> None:
    facts = RosterFacts(window=code, hours={day: [["09:00", "24:00"]] for day in WEEKDAYS})
    database.act("centre", lambda hall: put_roster(hall, facts, "staff:1"))


class TwiceTold:
    """A morning that happens in the database and is written down for `queue-service estimate`."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        self.database, self.clock = database, clock
        self.events: list[dict[str, Any]] = []
        self.desks: dict[str, Desk] = {}

    @property
    def seconds(self) -> float:
        return NINE + (self.clock.moment - self.clock.moment.replace(hour=8, minute=0, second=0)).total_seconds()

    def tell(self, event: str, **facts: Any) -> None:
        self.events.append({"t": self.seconds, "ev": event, **facts})

    def open(self, code: str) -> None:
        self.database.act(
            "centre", lambda hall: windows.open_window(hall, self.desks[code].window, self.desks[code].operator)
        )
        self.tell("window_open", window=code)

    def close(self, code: str) -> None:
        self.database.act(
            "centre", lambda hall: windows.close_window(hall, self.desks[code].window, self.desks[code].operator)
        )
        self.tell("window_close", window=code)

    def come(self, service: str) -> int:
        issued = a_ticket(self.database, service)
        self.tell("issued", ticket=str(issued.leg_id), service=service, cls="walkin", appt_t=None)
        return issued.leg_id

    def serve(self, code: str, *moves: str) -> None:
        """`call`, `start`, `finish`: each a little later than the one before."""
        for move in moves:
            self.clock.advance(seconds={"call": 13, "start": 21, "finish": 300}[move])
            leg = getattr(self.desks[code], "next" if move == "call" else move)()
            name = {"call": "called", "start": "started", "finish": "finished"}[move]
            self.tell(name, ticket=str(leg.id), window=code)

    def morning(self) -> list[dict[str, Any]]:
        """Twelve come, four are served to the end, one window closes for good."""
        self.events = []
        for code in self.desks:
            self.clock.advance(seconds=7)
            self.open(code)
        for place in range(12):
            self.clock.advance(seconds=40)
            self.come("AB"[place % 3 == 1])
        for code in ("1", "2", "1", "3"):
            self.serve(code, "call", "start", "finish")
        self.clock.advance(seconds=5)
        self.close("3")
        return self.events


def test_visitors_are_told_what_the_examined_estimator_says(database: Database, clock: FrozenClock) -> None:
    """The product reads its tables, `queue-service estimate` hears events: both see the same hall and say the same."""
    an_office(database, windows={"1": "AB", "2": "A", "3": "B"})
    for code in "123":
        rostered_from_nine(database, code)
    day = TwiceTold(database, clock)
    day.desks = {code: a_desk(database, code, f"at-{code}") for code in "123"}
    for code in "123":  # closed again: the day is to begin with nobody at the windows
        day.close(code)
    clock.moment += timedelta(days=1)
    first = day.morning()
    for code in "12":
        clock.advance(seconds=1)
        day.close(code)
    clock.moment = clock.moment.replace(hour=8, minute=0, second=0) + timedelta(days=1)
    second = day.morning()
    day.serve("1", "call", "start")
    day.serve("2", "call")
    clock.advance(seconds=9)

    policy = {"name": "duegate", "targets": {"priority": 0.0, "appt": 300.0, "walkin": 5400.0}, "grace": 900.0}
    roster = {"open": float(NINE), "close": 86400.0, "breaks": []}
    skills = {"1": "AB", "2": "A", "3": "B"}
    header = {
        "open": 0.0,
        "close": 86400.0,
        "policy": policy,
        "services": {code: {"conf_s": 480.0} for code in "AB"},
        "windows": {code: {"skills": list(skills[code]), "roster": roster} for code in skills},
    }
    watch = database.watch("centre")
    setup, picture, _ = watch.look(lambda work: work())
    learned = watch.learned
    here = waits_now(picture.hall(), learned.past(setup), learned.habits(picture))
    told_lines: list[dict[str, Any]] = [{"op": "fit", "days": [{"header": header, "events": first}]}]
    told_lines += [{"op": "start", "header": header}, *({"op": "event", "event": event} for event in second)]
    told_lines += [{"op": "predict", "t": day.seconds, "tickets": [str(leg) for leg in here]}]
    out = io.StringIO()
    answer_lines([json.dumps(line) for line in told_lines], out)
    there = json.loads(out.getvalue().splitlines()[-1])["pred"]
    assert len(here) == 6
    for leg, one in here.items():
        assert there[str(leg)] == pytest.approx(
            [min(at, NOBODY_IN_SIGHT_SECONDS) for at in (one.low, one.middle, one.high)]
        )


def test_a_range_is_told_kept_and_scored_when_the_call_comes(database: Database, clock: FrozenClock) -> None:
    an_office(database, windows={"1": "A"})
    desk = a_desk(database, "1", "anna")
    waits = waiting_times(database)
    first, second = (a_ticket(database) for _ in range(2))
    waits.refresh()

    def look(connection: Any) -> Any:
        return boards.ticket(connection, database.setup("centre"), clock.now(), second.ticket_id)["estimate"]

    shown = database.read(look)
    assert shown["basis"] == "configured"
    assert shown["low"] % 300 == shown["high"] % 300 == 0
    assert shown["low"] < shown["high"]
    third = a_ticket(database)  # told with the ticket, before anything is worked out again
    told_now = database.read(lambda connection: boards.services(connection, database.setup("centre"), clock.now()))
    issued = boards.visit_at(database.setup("centre"), clock.now(), [third.leg], 0, Place())
    assert issued["estimate"] == told_now[0]["estimate"]
    assert issued["estimate"]["high"] >= shown["high"]
    waits.refresh()
    assert waits.keep() == 3

    clock.advance(minutes=20)
    desk.serve()
    clock.advance(minutes=5)
    desk.serve()
    on_leg(database, third.leg_id, tickets.cancel)
    assert score(database) == 3
    assert score(database) == 0
    rows = database.read(lambda connection: connection.execute(select(estimate_table)).all())
    by_leg = {row.leg_id: row for row in rows}
    assert by_leg[first.leg_id].state == by_leg[second.leg_id].state == "called"
    assert by_leg[second.leg_id].waited == 25 * 60
    assert (by_leg[second.leg_id].low, by_leg[second.leg_id].high) == (shown["low"], shown["high"])
    assert by_leg[third.leg_id].state == "left"
    clock.advance(days=100)
    forget(database)
    assert not database.read(lambda connection: connection.execute(select(estimate_table)).all())


def test_without_a_window_nothing_is_said(database: Database, clock: FrozenClock) -> None:
    an_office(database, windows={"1": "A"})
    a_ticket(database)
    waits = waiting_times(database)
    waits.refresh()
    services = database.read(lambda connection: boards.services(connection, database.setup("centre"), clock.now()))
    assert [one["estimate"] for one in services] == [{"low": None, "high": None, "basis": "no_window"}] * 2
    assert waits.keep() == 0


def test_a_ticket_says_when_the_first_window_is_planned(database: Database, clock: FrozenClock) -> None:
    an_office(database, windows={"1": "A", "2": "A"})
    rostered_from_nine(database, "1")
    issued = a_ticket(database)

    def opens_at() -> Any:
        waiting_times(database).refresh()
        now = clock.now()
        told = database.read(lambda c: boards.ticket(c, database.setup("centre"), now, issued.ticket_id))["opens_at"]
        for_all = database.read(lambda c: boards.services(c, database.setup("centre"), now))
        assert [one["opens_at"] for one in for_all if one["code"] == "A"] == [told]  # kiosk and phone say one thing
        return told

    clock.advance(hours=-2)
    assert opens_at() == "2026-03-02T08:00:00.000Z"
    clock.advance(hours=2, minutes=5)  # late
    assert opens_at() is None


def test_before_the_office_opens_a_ticket_says_when(database: Database, clock: FrozenClock) -> None:
    """A range of hours means little without it."""
    an_office(database, windows={"1": "A", "2": "A"}, hours={day: [["08:00", "16:00"]] for day in WEEKDAYS})
    issued = a_ticket(database)

    def look(connection: Any) -> Any:
        return boards.ticket(connection, database.setup("centre"), clock.now(), issued.ticket_id)

    def opens_at() -> Any:
        return database.read(look)["opens_at"]

    assert opens_at() is None  # nine o'clock: no window is open, but the office is
    clock.advance(hours=-3)
    assert opens_at() == "2026-03-02T07:00:00.000Z"
    a_desk(database, "1", "anna")  # somebody has begun early
    assert opens_at() is None


def test_a_range_does_not_flicker_and_is_never_a_bare_number() -> None:
    before = told(Range(0.0, 590.0, 700.0, 1190.0), Basis.MEASURED)
    assert (before.low, before.high) == (300, 1200)
    for found in (Range(0.0, 620.0, 700.0, 1230.0), Range(0.0, 280.0, 700.0, 1100.0)):
        assert told(found, Basis.MEASURED, before).is_shown_as(before)
    after = told(Range(0.0, 700.0, 900.0, 1400.0), Basis.MEASURED, before)
    assert (after.low, after.high) == (600, 1500)
    assert told(Range(0.0, 0.0, 0.0, 0.0), Basis.MEASURED).high == 300
    assert told(NOBODY_CALLS, Basis.MEASURED) == NO_WINDOW


def test_figures_say_what_they_are_counted_from_and_hide_small_cells(database: Database, clock: FrozenClock) -> None:
    an_office(database, services="AB", windows={"1": "AB"})
    setup = database.setup("centre")
    issued = [a_ticket(database, "AB"[place == 11]) for place in range(12)]
    ids = {code: one.id for code, one in setup.services.items()}

    def told_and_called(connection: Any) -> None:
        for place, one in enumerate(issued):
            facts = {"branch_id": setup.branch_id, "service_day": setup.service_day(clock.now()), "at": clock.now()}
            span = {"low": 300, "high": 1200, "sooner": 200, "middle": 500, "later": 1100, "is_first": True}
            waited = 1900 if place == 0 else 600
            put_row(connection, estimate_table, **facts, **span, leg_id=one.leg_id, service_id=ids["AB"[place == 11]],
                    state="called", waited=waited)  # fmt: skip

    database.write(told_and_called)
    today = setup.service_day(clock.now())
    report = database.read(lambda connection: accuracy_report(connection, setup, today, today))
    rows = {(row["service"], row["told"]): row for row in report["rows"]}
    whole = rows[None, "with_ticket"]
    assert (whole["shown"], whole["called"], whole["left"]) == (12, 12, 0)
    assert (whole["mean_error"], whole["bias"]) == (round((1400 + 11 * 100) / 12), round((1400 + 11 * 100) / 12))
    assert whole["covered_percent"] == whole["by_the_end_percent"] == pytest.approx(91.7, abs=0.1)
    assert whole["late_percent"] == pytest.approx(8.3, abs=0.1)
    assert rows["A", "with_ticket"]["mean_error"] is not None
    assert rows["B", "with_ticket"]["called"] == 1
    assert rows["B", "with_ticket"]["mean_error"] is None
    assert set(whole) - {"service"} <= set(report["definitions"]) | {"told"}


def test_a_visitor_with_priority_is_told_their_own_range_with_the_ticket() -> None:
    here = frozenset("1")
    line = [Waiting(i, "A", Guest.WALK_IN, NINE - i, float(i), NINE - i, here) for i in range(8)]
    busy = WindowNow("1", frozenset("A"), At.FREE, NINE - 60.0)
    rule = Rule({"": 0.0, "veteran": 5400.0, "with_infant": 5400.0}, 5100.0, 900.0)
    hall = HallNow(float(NINE), 86400.0, line, [busy], rule)
    assert len({one.key for one in who_asks(hall, "A").values()}) == 2  # whose turn is the same are told the same
    past = PastServices({"A": 480.0}, "1")
    told_now = tell(hall, "A", past, learn_habits([])).services
    assert told_now["A", "veteran"] == told_now["A", "with_infant"]
    assert told_now["A", "veteran"].low == 0
    assert (told_now["A", ""].low or 0) >= 1800
