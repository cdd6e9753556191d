"""D1, D2: a service day ends once, at its moment, whatever clocks do; numbers and statistics are of the right day."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from queue_service.actions import tickets
from queue_service.actions.day import close_day
from queue_service.clock import FrozenClock
from queue_service.jobs.housekeeping import move_what_is_due
from queue_service.storage import ledger
from queue_service.storage.database import Database
from tests.faults.installation import kind_of
from tests.make import a_desk, a_ticket, an_office, entries_of, legs_of, line_of, on_leg, refused


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def closed_days(database: Database, branch: str = "centre") -> list[tuple[str, dict[str, int]]]:
    """The service days that the ledger says were closed, and by state how many left."""
    closed = (entry.facts for entry in entries_of(database, branch) if entry.move == "day_closed")
    return [(facts["service_day"], facts["left"]) for facts in closed]


@pytest.mark.parametrize(("zone", "starts"), [("Asia/Almaty", "00:00"), ("America/St_Johns", "04:30")])
def test_numbers_begin_anew_with_the_local_day_under_load(
    database: Database, clock: FrozenClock, note: Any, zone: str, starts: str
) -> None:
    an_office(database, time_zone=zone, day_starts=starts)
    clock.moment = at(f"2026-03-02T{starts}", zone) - timedelta(seconds=10)
    given = []
    for _ in range(20):
        given.append(a_ticket(database, "A").label)
        clock.advance(seconds=1)
    assert given == [f"A{number:03d}" for number in (*range(1, 11), *range(1, 11))]
    assert Counter(leg.service_day for leg in legs_of(database)) == {date(2026, 3, 1): 10, date(2026, 3, 2): 10}
    assert closed_days(database) == [("2026-03-01", {"waiting": 10})]
    assert line_of(database) == given[10:]
    note("D1", kind_of(database), tickets_around_the_change_of_day=len(given))


def test_who_waits_at_midnight_has_left_and_who_is_served_is_served_to_the_end(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, "A", {"1": "A", "2": "A", "3": "A"}, calls_before_no_show=1)
    for _ in range(5):
        a_ticket(database)
    serving, called, aside = (a_desk(database, code, f"operator-{code}") for code in "123")
    aside.next()
    aside.no_show()
    aside.next()
    aside.hold()
    serving.next()
    serving.start()
    called.next()
    clock.advance(days=1)
    assert move_what_is_due(database) == 1
    states = {leg.label: leg.state for leg in legs_of(database)}
    assert states == {"A001": "left", "A002": "left", "A003": "serving", "A004": "left", "A005": "left"}
    assert closed_days(database) == [("2026-03-02", {"missed": 1, "held": 1, "called": 1, "waiting": 1})]
    assert move_what_is_due(database) == 0
    assert a_ticket(database).label == "A001"
    assert called.next().issued_at == clock.now()
    with refused("undo_too_late"):
        aside.undo()
    leg = serving.finish()
    assert (leg.label, leg.service_day) == ("A003", date(2026, 3, 2))
    assert ledger.replay_branch(database, "centre").deviations == []


def test_who_is_put_aside_after_midnight_comes_back_into_todays_line(database: Database, clock: FrozenClock) -> None:
    an_office(database, "AB", {"1": "AB"})
    for _ in range(2):
        a_ticket(database)
    on_leg(database, legs_of(database)[1].id, tickets.cancel)
    ticket = a_ticket(database)
    anna = a_desk(database, "1", "anna")
    anna.next()
    anna.hold()
    anna.next()
    anna.start()
    clock.moment = at("2026-03-03T00:01", "Europe/Warsaw")
    was = legs_of(database)
    held = anna.hold()
    anna.undo()
    assert [leg for leg in legs_of(database) if leg.id == held.id] == [leg for leg in was if leg.id == held.id]
    anna.hold()
    a_ticket(database)
    assert anna.call("A003").id == ticket.leg_id  # today has no A003 yet
    anna.hold()
    on_leg(database, held.id, tickets.bring_back, "staff")
    assert line_of(database) == ["A003", "A001"]
    assert anna.serve().ticket_id == ticket.ticket_id
    assert anna.serve().label == "A001"
    assert ledger.replay_branch(database, "centre").deviations == []


def test_a_process_whose_clock_is_behind_does_not_go_back_to_a_day_that_is_closed(
    database_url: str, open_database: Callable[[str], Database], clock: FrozenClock
) -> None:
    ahead = open_database(database_url)
    behind = open_database(database_url)
    an_office(ahead, "A", {"1": "A"})
    anna = a_desk(ahead, "1", "anna")
    midnight = at("2026-03-03T00:00", "Europe/Warsaw")
    given = []
    for second in range(-10, 12, 2):
        for database, shift in ((behind, -5), (ahead, 0)):
            database.clock = FrozenClock(midnight + timedelta(seconds=second + shift))
            given.append(a_ticket(database).label)
    assert given == [f"A{number:03d}" for number in (*range(1, 12), *range(1, 12))]
    assert [day for day, _ in closed_days(ahead)] == ["2026-03-02"]
    while anna.serve() is not None:
        pass
    assert {leg.state for leg in legs_of(ahead) if leg.service_day == date(2026, 3, 3)} == {"done"}
    assert {leg.state for leg in legs_of(ahead) if leg.service_day == date(2026, 3, 2)} == {"left"}


def test_a_clock_that_was_a_day_ahead_leaves_nobody_behind(database: Database, clock: FrozenClock) -> None:
    an_office(database, "A", {"1": "A"})
    numbers = defaultdict(list)
    for jump in (0, 1, -1, 1):
        clock.advance(days=jump)
        for _ in range(2):
            a_ticket(database)
    for leg in legs_of(database):
        numbers[leg.service_day].append(leg.label)
    assert list(numbers.values()) == [["A001", "A002", "A003", "A004"]] * 2
    clock.advance(days=1)
    move_what_is_due(database)
    assert {leg.state for leg in legs_of(database)} == {"left"}


def test_the_day_can_be_closed_by_hand_and_says_how_many_left_of_which_day(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, "A", {"1": "A"})
    anna = a_desk(database, "1", "anna")
    a_ticket(database)
    anna.next()
    anna.start()
    with refused("still_serving"):
        database.act("centre", close_day)
    anna.finish()
    for _ in range(3):
        a_ticket(database)
    anna.next()
    assert database.act("centre", lambda hall: close_day(hall, "staff:7")) == {date(2026, 3, 2): 3}
    assert closed_days(database) == [("2026-03-02", {"called": 1, "waiting": 2})]
    assert entries_of(database)[-1].actor == "staff:7"
    assert [leg.state for leg in legs_of(database)] == ["done", "left", "left", "left"]
    assert a_ticket(database).label == "A005"


# --- days on which clocks change


BRANCHES = {
    "berlin": ("Europe/Berlin", "02:30"),  # a time that is jumped over in March and comes twice in October
    "new-york": ("America/New_York", "00:00"),
    "santiago": ("America/Santiago", "00:00"),  # clocks change at midnight
    "beirut": ("Asia/Beirut", "00:00"),  # at midnight as well
    "lord-howe": ("Australia/Lord_Howe", "02:00"),  # by half an hour
}
FIRST_DAYS = ("03-07", "03-28", "04-04", "09-05", "10-03", "10-24", "10-31")
"""Four days from each of these: every change of these zones in 2026, the day before it and the day after."""


def every_hour() -> Iterator[datetime]:
    for day in FIRST_DAYS:
        first = datetime.fromisoformat(f"2026-{day}T00:10+00:00")
        for hour in range(4 * 24):
            yield first + timedelta(hours=hour)
            if hour % 24 == 0:  # in Berlin's repeated hour
                yield first + timedelta(hours=hour, minutes=30)


def test_on_days_when_clocks_change_every_day_ends_once_and_numbers_begin_once(
    database: Database, clock: FrozenClock, note: Any
) -> None:
    for branch, (zone, starts) in BRANCHES.items():
        an_office(database, "A", {"1": "A"}, code=branch, time_zone=zone, day_starts=starts)
    days: dict[str, date] = dict.fromkeys(BRANCHES, date.min)
    seen: dict[str, list[date]] = defaultdict(list)
    numbers: dict[tuple[str, date], list[str]] = defaultdict(list)
    for step, moment in enumerate(every_hour()):
        clock.moment = moment
        move_what_is_due(database)
        for branch, (zone, starts) in BRANCHES.items():
            hours, minutes = map(int, starts.split(":"))
            shown = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - timedelta(hours=hours, minutes=minutes)
            if shown.date() > days[branch]:
                days[branch] = shown.date()
                seen[branch].append(shown.date())
            if step % 7 == 0:
                numbers[branch, days[branch]].append(a_ticket(database, branch=branch).label)
    for branch in BRANCHES:
        assert [date.fromisoformat(day) for day, _ in closed_days(database, branch)] == seen[branch][:-1]
        by_day = defaultdict(list)
        for leg in legs_of(database, branch):
            by_day[branch, leg.service_day].append(leg.label)
        assert by_day == {key: given for key, given in numbers.items() if key[0] == branch}
    assert all(given == [f"A{n:03d}" for n in range(1, len(given) + 1)] for given in numbers.values())
    assert {branch: len(days) for branch, days in seen.items() if len(days) < 4 * len(FIRST_DAYS)} == {}
    figures = {"days_ended_once": sum(map(len, seen.values())), "tickets": sum(map(len, numbers.values()))}
    note("D2", kind_of(database), zones=len(BRANCHES), **figures)
