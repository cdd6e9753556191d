"""Slots as rules.md §3 has them: what is shown can be booked, what is cancelled comes back, no clock is fooled."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_service.rules.calendar import SpecialDays
from queue_service.rules.roster import A_MINUTE, Closure, Day, Roster, RosteredWindow, Timetable, expand
from queue_service.rules.slots import DayBook
from queue_service.rules.visit import Taken, Terms, Visit, visit_of

MONDAY = date(2026, 3, 2)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def days(*spans: tuple[str, str]) -> dict[str, list[list[str]]]:
    return {day: [list(span) for span in spans] for day in EVERY_DAY}


def timetable(windows: dict[int, str], *spans: tuple[str, str], zone: str = "Europe/Berlin", **more: Any) -> Timetable:
    """Windows by id with the letters they serve, all staffed in the spans."""
    rostered = tuple(RosteredWindow(window, frozenset(letters), frozenset()) for window, letters in windows.items())
    rosters = tuple(Roster(window, days(*spans)) for window in windows)
    return Timetable(zone, days(("00:00", "24:00")), rostered, rosters, **more)


def book(day: Day, terms: dict[str, Terms], taken: Sequence[Taken] = ()) -> DayBook:
    return DayBook(day, terms, taken)


def clock(day: Day, minute: int, zone: str = "Europe/Berlin") -> str:
    return day.moment(minute).astimezone(ZoneInfo(zone)).strftime("%H:%M")


def starts(day: Day, book: DayBook, visit: Visit) -> list[str]:
    return [clock(day, minute) for minute, _ in book.free(visit)]


# ── the oracle: every way of giving bookings to windows, tried out ──


def can_all_be_served(
    day: Day,
    staffed: dict[int, dict[str, set[int]]],
    visits: Sequence[tuple[int, Visit]],
    at: int = 0,
    used: Any = None,
) -> bool:
    """Whether all parts of all visits can be given to windows, each whole to one, no window to two at once.

    `staffed` names, by window and service, the minutes in which it is served.
    """
    used = {window: set() for window in staffed} if used is None else used
    pieces = [
        (set(range(minute, minute + part.minutes)), part.service, part is visit.parts[-1], visit)
        for start, visit in visits
        for part, minute in zip(visit.parts, _minutes(start, visit), strict=True)
    ]
    if at == len(pieces):
        return True
    minutes, service, is_last, visit = pieces[at]
    occupied = minutes | set(range(max(minutes) + 1, max(minutes) + 1 + (visit.buffer if is_last else 0)))
    for window, by_service in staffed.items():
        if minutes <= by_service.get(service, set()) and not occupied & used[window]:
            rest = {**used, window: used[window] | occupied}
            if can_all_be_served(day, staffed, visits, at + 1, rest):
                return True
    return False


def _minutes(start: int, visit: Visit) -> list[int]:
    return [start + sum(part.minutes for part in visit.parts[:i]) for i in range(len(visit.parts))]


def staffed_by_the_clock(table: Timetable, day: Day) -> dict[int, dict[str, set[int]]]:
    """Minute by minute: what the wall clock shows, and whether the window's pattern has it."""
    zone = ZoneInfo(table.time_zone)
    shown = [(minute, day.moment(minute).astimezone(zone).strftime("%H:%M")) for minute in range(day.length)]
    found: dict[int, dict[str, set[int]]] = {window.id: {} for window in table.windows}
    for roster in table.rosters:
        spans = roster.hours[EVERY_DAY[day.date.weekday()]]
        minutes = {minute for minute, time in shown if any(start <= time < end for start, end in spans)}
        for service in next(window.services for window in table.windows if window.id == roster.window):
            found[roster.window].setdefault(service, set()).update(minutes)
    return found


TERMS = {"A": Terms(20, 20), "B": Terms(30, 15), "C": Terms(15, 15, buffer=5)}
small_offices = st.lists(st.sampled_from(["A", "B", "AB", "AC", "BC", "ABC"]), min_size=1, max_size=3)
visits = st.sampled_from([("A",), ("B",), ("C",), ("A", "B"), ("C", "A")])
wishes = st.lists(st.tuples(visits, st.integers(0, 40)), max_size=9)


def fill(table: Timetable, day: Day, wanted: Sequence[tuple[tuple[str, ...], int]]) -> list[Taken]:
    """Book what is wished for, one after the other, as far as it is shown as free."""
    taken: list[Taken] = []
    for services, choice in wanted:
        if not all(any(service in window.services for window in table.windows) for service in services):
            continue
        visit = visit_of(services, TERMS)
        free = book(day, TERMS, taken).free(visit)
        if free:
            taken.append(Taken(len(taken), day.moment(free[choice % len(free)][0]), visit))
    return taken


@settings(max_examples=120, deadline=None)
@given(small_offices, wishes, visits)
def test_a_slot_is_shown_exactly_when_all_bookings_and_one_more_can_be_served(
    letters: list[str], wanted: list[Any], services: tuple[str, ...]
) -> None:
    table = timetable(dict(enumerate(letters)), ("09:00", "10:30"), ("11:00", "12:00"))
    day = expand(table, MONDAY)
    staffed = staffed_by_the_clock(table, day)
    taken = fill(table, day, wanted)
    present = [(day.minute(one.starts_at), one.visit) for one in taken]
    assert can_all_be_served(day, staffed, present)
    visit, full = visit_of(services, TERMS), book(day, TERMS, taken)
    shown = {minute for minute, _ in full.free(visit)}
    possible = {
        minute
        for minute in day.grid(services[0], TERMS[services[0]].every)
        if can_all_be_served(day, staffed, [*present, (minute, visit)])
    }
    assert shown == possible
    assert all(full.is_free(visit, day.moment(minute)) == (minute in shown) for minute in range(720))


@settings(max_examples=80, deadline=None)
@given(small_offices, wishes, st.tuples(visits, st.integers(0, 40)))
def test_cancelling_brings_back_exactly_what_was_free(letters: list[str], wanted: list[Any], one_more: Any) -> None:
    table = timetable(dict(enumerate(letters)), ("09:00", "10:30"), ("11:00", "12:00"))
    day = expand(table, MONDAY)
    taken = fill(table, day, wanted)
    with_it = fill(table, day, [*wanted, one_more])
    before, after = book(day, TERMS, taken), book(day, TERMS, with_it[: len(taken)])
    for services in ("A", "B", "C", "AB"):
        assert before.free(visit_of(services, TERMS)) == after.free(visit_of(services, TERMS))


@settings(max_examples=60, deadline=None)
@given(small_offices, wishes, visits)
def test_as_many_as_are_promised_can_be_booked_at_one_time(
    letters: list[str], wanted: list[Any], services: tuple[str, ...]
) -> None:
    table = timetable(dict(enumerate(letters)), ("09:00", "10:30"), ("11:00", "12:00"))
    day = expand(table, MONDAY)
    taken = fill(table, day, wanted)
    visit = visit_of(services, TERMS)
    for minute, places in book(day, TERMS, taken).free(visit)[:4]:
        more = list(taken)
        for _ in range(places):
            assert book(day, TERMS, more).is_free(visit, day.moment(minute))
            more.append(Taken(len(more), day.moment(minute), visit))
        assert book(day, TERMS, more).unfit == []


def test_partial_skills_are_matched_not_counted() -> None:
    table = timetable({1: "AB", 2: "A"}, ("09:00", "09:30"))
    day, terms = expand(table, MONDAY), {"A": Terms(30, 30), "B": Terms(30, 30)}
    a, b = visit_of("A", terms), visit_of("B", terms)
    nine = day.moment(9 * 60)
    with_a = book(day, terms, [Taken(1, nine, a)])
    assert with_a.is_free(b, nine)  # A goes to window 2, which can do nothing else
    with_both = book(day, terms, [Taken(1, nine, a), Taken(2, nine, b)])
    assert with_both.windows_of(1) == [2]
    assert not with_both.is_free(a, nine)


def test_bookings_move_in_the_plan_to_make_room() -> None:
    """The window that can do least is not always the one to fill: here the first A has to give way to C."""
    table = timetable({1: "AC", 2: "ABD"}, ("09:00", "10:00"))
    day, terms = expand(table, MONDAY), {code: Terms(60, 60) for code in "ABCD"}
    nine = day.moment(9 * 60)
    taken = [Taken(1, nine, visit_of("A", terms))]
    assert book(day, terms, taken).windows_of(1) == [1]
    with_c = book(day, terms, [*taken, Taken(2, nine, visit_of("C", terms))])
    assert (with_c.unfit, with_c.windows_of(1), with_c.windows_of(2)) == ([], [2], [1])


def test_no_visit_straddles_a_break_and_none_is_outside_hours_holidays_and_closures() -> None:
    table = timetable(
        {1: "A", 2: "A"},
        ("08:00", "12:00"),
        ("13:00", "17:00"),
        special_days=(
            SpecialDays(MONDAY + timedelta(days=1), MONDAY + timedelta(days=1), []),
            SpecialDays(MONDAY + timedelta(days=2), MONDAY + timedelta(days=2), [["10:00", "11:00"]]),
        ),
        closures=(
            Closure(MONDAY, MONDAY, [["08:00", "11:00"]]),
            Closure(MONDAY, MONDAY, [["13:00", "24:00"]], frozenset({2})),
            Closure(MONDAY + timedelta(days=3), MONDAY + timedelta(days=9)),
        ),
    )
    terms = {"A": Terms(45, 45)}
    visit = visit_of("A", terms)

    def free(offset: int) -> list[tuple[str, int]]:
        day = expand(table, MONDAY + timedelta(days=offset))
        return [(clock(day, minute), places) for minute, places in book(day, terms).free(visit)]

    # From 11 to 12 there is room for one visit; in the afternoon window 2 is closed.
    assert free(0) == [
        ("11:00", 2), ("13:00", 1), ("13:45", 1), ("14:30", 1), ("15:15", 1), ("16:00", 1)
    ]  # fmt: skip
    assert free(1) == []
    assert free(2) == [("10:00", 2)]
    assert free(3) == free(9) == []
    assert free(10) != []


def test_a_roster_counts_between_its_dates_and_for_its_services() -> None:
    base = timetable({1: "AB"}, ("09:00", "10:00"))
    rosters = (
        Roster(1, days(("09:00", "10:00")), frozenset("A"), None, MONDAY),
        Roster(1, days(("14:00", "15:00")), None, MONDAY + timedelta(days=1), None),
    )
    table = replace(base, rosters=rosters)
    terms = {"A": Terms(30, 30), "B": Terms(30, 30)}

    def free(offset: int, service: str) -> list[str]:
        day = expand(table, MONDAY + timedelta(days=offset))
        return starts(day, book(day, terms), visit_of(service, terms))

    assert free(0, "A") == ["09:00", "09:30"]
    assert free(0, "B") == []
    assert free(1, "A") == free(1, "B") == ["14:00", "14:30"]


@pytest.mark.parametrize(
    ("zone", "day", "length", "shown"),
    [
        # Clocks go from 02:00 to 03:00: nothing begins between, and work of an hour and a half ends at 05:00.
        ("Europe/Berlin", date(2026, 3, 29), 23 * 60, "01:00 01:30 03:00 03:30 04:00 04:30"),
        ("Europe/Berlin", date(2026, 10, 25), 25 * 60, "01:00 01:30 02:00 02:30 02:00 02:30 03:00 03:30 04:00 04:30"),
        ("America/New_York", date(2026, 3, 8), 23 * 60, "01:00 01:30 03:00 03:30 04:00 04:30"),
        ("America/New_York", date(2026, 11, 1), 25 * 60, "01:00 01:30 01:00 01:30 02:00 02:30 03:00 03:30 04:00 04:30"),
        # Half an hour: from 02:00 to 02:30, and back.
        ("Australia/Lord_Howe", date(2026, 10, 4), 23 * 60 + 30, "01:00 01:30 02:30 03:00 03:30 04:00 04:30"),
        (
            "Australia/Lord_Howe",
            date(2026, 4, 5),
            24 * 60 + 30,
            "01:00 01:30 01:30 02:00 02:30 03:00 03:30 04:00 04:30",
        ),
        # At midnight: the day begins at 01:00, and the one before has 23:00 twice.
        ("America/Santiago", date(2026, 9, 6), 23 * 60, "01:00 01:30 02:00 02:30 03:00 03:30 04:00 04:30"),
        ("America/Santiago", date(2026, 4, 4), 25 * 60, "01:00 01:30 02:00 02:30 03:00 03:30 04:00 04:30"),
    ],
)
def test_days_on_which_clocks_change(zone: str, day: date, length: int, shown: str) -> None:
    terms = {"A": Terms(30, 30)}
    expanded = expand(timetable({1: "A"}, ("01:00", "05:00"), zone=zone), day)
    free = book(expanded, terms).slots(visit_of("A", terms), LONG_AGO)
    assert expanded.length == length
    assert [slot.starts_at.astimezone(ZoneInfo(zone)).strftime("%H:%M") for slot in free] == shown.split()
    assert len({slot.starts_at for slot in free}) == len(free)
    for slot in free:
        assert slot.ends_at - slot.starts_at == timedelta(minutes=30)
        assert _is_real(slot.starts_at, zone)
        assert slot.starts_at.astimezone(ZoneInfo(zone)).date() == day


def test_the_last_hour_of_a_day_that_has_it_twice_can_be_booked_twice() -> None:
    terms = {"A": Terms(30, 30)}
    day = expand(timetable({1: "A"}, ("22:00", "24:00"), zone="America/Santiago"), date(2026, 4, 4))
    shown = [clock(day, minute, "America/Santiago") for minute, _ in book(day, terms).free(visit_of("A", terms))]
    assert shown == ["22:00", "22:30", "23:00", "23:30", "23:00", "23:30"]


def test_work_that_begins_or_ends_in_an_hour_that_is_missing_or_comes_twice() -> None:
    terms = {"A": Terms(30, 30)}

    def shown(day: date, start: str, end: str) -> list[str]:
        expanded = expand(timetable({1: "A"}, (start, end)), day)
        return starts(expanded, book(expanded, terms), visit_of("A", terms))

    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert shown(spring, "02:15", "04:00") == ["03:00", "03:30"]
    assert shown(spring, "01:00", "02:45") == ["01:00", "01:30"]
    assert shown(spring, "02:15", "02:45") == []
    assert shown(autumn, "01:30", "02:30") == ["01:30", "02:00", "02:30", "02:00"]


def _is_real(moment: datetime, zone: str) -> bool:
    local = moment.astimezone(ZoneInfo(zone))
    return local.astimezone(UTC) == moment


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Beirut"]),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.tuples(st.integers(0, 7), st.integers(8, 15), st.integers(16, 24)),
)
def test_a_day_is_expanded_as_the_wall_clock_reads(zone: str, day: date, hours: tuple[int, int, int]) -> None:
    early, noon, evening = (f"{hour:02d}:00" for hour in hours)
    table = timetable({1: "A"}, (early, noon), (noon, evening), zone=zone)
    expanded = expand(table, day)
    assert sum(1 << minute for minute in staffed_by_the_clock(table, expanded)[1]["A"]) == expanded.staffed("A")[0]
    following = expand(table, day + timedelta(days=1))
    assert expanded.moment(expanded.length) == following.begins_at


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 0.9), st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 60)), max_size=60))
def test_walk_ins_keep_their_share_of_every_opening_span(share: float, wanted: list[tuple[str, int]]) -> None:
    table = timetable({1: "AB", 2: "AB", 3: "B"}, ("08:00", "12:00"), ("13:00", "17:00"))
    table = replace(table, hours=days(("08:00", "12:00"), ("13:00", "17:00")))
    day = expand(table, MONDAY)
    terms = {"A": Terms(30, 30, walk_in_share=share), "B": Terms(20, 20, walk_in_share=share)}
    taken: list[Taken] = []
    for service, choice in wanted:
        free = book(day, terms, taken).free(visit_of(service, terms))
        if free:
            taken.append(Taken(len(taken), day.moment(free[choice % len(free)][0]), visit_of(service, terms)))
    for begins in (8, 13):
        of_span = [one for one in taken if begins <= (one.starts_at - day.begins_at) // A_MINUTE / 60 < begins + 4]
        a, b = (sum(one.visit.minutes for one in of_span if one.visit.parts[0].service == s) for s in "AB")
        assert a <= 2 * 240 * (1 - share)
        assert b <= 3 * 240 * (1 - share)  # and A counts too while B is booked: A's windows serve B


def test_a_third_for_walk_ins_leaves_two_of_three_places() -> None:
    terms = {"A": Terms(20, 20, walk_in_share=1 / 3)}
    day = expand(timetable({1: "A"}, ("09:00", "12:00")), MONDAY)
    taken: list[Taken] = []
    while free := book(day, terms, taken).free(visit_of("A", terms)):
        taken.append(Taken(len(taken), day.moment(free[0][0]), visit_of("A", terms)))
    assert len(taken) == 6


def test_each_channel_has_its_quota() -> None:
    terms = {"A": Terms(30, 30, quotas={"web": 0.5, "phone": 0.75})}
    day = expand(timetable({1: "A"}, ("08:00", "12:00")), MONDAY)

    def booked(channel: str, taken: list[Taken]) -> int:
        visit, before = visit_of("A", terms, channel=channel), len(taken)
        while free := book(day, terms, taken).free(visit):
            taken.append(Taken(len(taken), day.moment(free[0][0]), visit))
        return len(taken) - before

    taken: list[Taken] = []
    assert [booked(channel, taken) for channel in ("web", "phone", "reception")] == [4, 4, 0]
    taken = []
    assert [booked(channel, taken) for channel in ("phone", "web", "reception")] == [6, 2, 0]


def test_overbooking_is_off_unless_asked_for_and_spread() -> None:
    def most_at_once(factor: float) -> tuple[int, int]:
        terms = {"A": Terms(30, 30, overbooking=factor)}
        day = expand(timetable({1: "A", 2: "A"}, ("08:00", "12:00")), MONDAY)
        taken: list[Taken] = []
        while free := book(day, terms, taken).free(visit_of("A", terms)):
            taken.append(Taken(len(taken), day.moment(free[0][0]), visit_of("A", terms)))
        assert book(day, terms, taken).unfit == []
        times = [one.starts_at for one in taken]
        return len(times), max(times.count(time) for time in times)

    assert most_at_once(1.0) == (16, 2)
    assert most_at_once(1.25) == (20, 3)


def test_requirements_are_met_by_the_windows_that_can() -> None:
    windows = (
        RosteredWindow(1, frozenset("A"), frozenset({"wheelchair"})),
        RosteredWindow(2, frozenset("A"), frozenset()),
    )
    hours = days(("09:00", "09:30"))
    table = Timetable("Europe/Berlin", days(("00:00", "24:00")), windows, (Roster(1, hours), Roster(2, hours)))
    terms = {"A": Terms(30, 30)}
    day = expand(table, MONDAY)
    usual, wheelchair = visit_of("A", terms), visit_of("A", terms, frozenset({"wheelchair"}))
    nine = day.moment(9 * 60)
    assert book(day, terms).free(wheelchair) == ((540, 1),)
    assert book(day, terms, [Taken(1, nine, usual)]).is_free(wheelchair, nine)
    assert not book(day, terms, [Taken(1, nine, wheelchair)]).is_free(wheelchair, nine)


def test_bookings_that_no_longer_fit_are_named_and_the_earlier_booked_keep_their_place() -> None:
    terms = {"A": Terms(30, 30)}
    visit = visit_of("A", terms)
    two, one = timetable({1: "A", 2: "A"}, ("09:00", "10:00")), timetable({1: "A"}, ("09:00", "10:00"))
    nine = expand(two, MONDAY).moment(9 * 60)
    taken = [Taken(7, nine, visit), Taken(3, nine, visit), Taken(5, nine + timedelta(minutes=30), visit)]
    assert book(expand(two, MONDAY), terms, taken).unfit == []
    assert [other.key for other in book(expand(one, MONDAY), terms, taken).unfit] == [3]


def test_a_large_day_is_filled_to_the_last_place() -> None:
    """Sixty windows of three kinds, every half hour: as many bookings as there are windows at each time."""
    kinds = ["AB", "BC", "AC"]
    table = timetable({window: kinds[window % 3] for window in range(60)}, ("09:00", "12:00"))
    day, terms = expand(table, MONDAY), {code: Terms(30, 30) for code in "ABC"}
    taken: list[Taken] = []
    for service, minute in product("ABC", range(540, 720, 30)):
        for _ in range(20):
            taken.append(Taken(len(taken), day.moment(minute), visit_of(service, terms)))
    full = book(day, terms, taken)
    assert full.unfit == []
    assert [full.free(visit_of(code, terms)) for code in "ABC"] == [(), (), ()]
