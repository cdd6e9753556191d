"""What is learned from past days: how long services take, and how people behave."""

import numpy as np
import pytest

from queue_service.model.branch import WindowState
from queue_service.rules.day_record import DayRecord, Guest, Plan, Served, Shift, Visit
from queue_service.rules.habits import HabitsNow, learn_habits
from queue_service.rules.service_times import PastServices

CONFIGURED = {"id-card": 600.0, "passport": 600.0}
OPENS, CLOSES = 8 * 3600.0, 17 * 3600.0


def seconds(past: list[Served], today: list[Served] | None = None, service: str = "id-card", at: str = "1") -> float:
    times = PastServices(CONFIGURED, ["1", "2"], past).with_today(today or [])
    return float(np.exp(times.log_seconds[times.places[service]] + times.window[times.window_places[at]]))


def served(minutes: float, times: int, service: str = "id-card", window: str = "1", days_ago: int = 1) -> list[Served]:
    return [Served(service, window, minutes * 60, 0.5, days_ago)] * times


def test_nothing_measured_means_as_configured() -> None:
    assert seconds([]) == pytest.approx(600)


def test_one_long_service_is_no_evidence_and_two_hundred_are() -> None:
    assert seconds(served(20, 1)) < 750
    assert seconds(served(20, 200)) == pytest.approx(1200, rel=0.06)


def test_a_service_nobody_has_had_yet_follows_the_office() -> None:
    assert seconds(served(20, 200), service="passport") == pytest.approx(1200, rel=0.1)


def test_a_slow_window_is_told_from_a_long_service() -> None:
    past = [*served(10, 100, window="1"), *served(15, 100, window="2")]
    assert seconds(past, at="2") / seconds(past, at="1") == pytest.approx(1.5, rel=0.12)


def test_a_slow_day_shows_as_the_day_goes_on() -> None:
    past = served(10, 200)
    morning, noon = seconds(past, served(15, 5, days_ago=0)), seconds(past, served(15, 60, days_ago=0))
    assert 600 < morning < 690 < noon < 900


def test_what_was_measured_long_ago_counts_less() -> None:
    old, new = served(20, 100, days_ago=60), served(10, 100, days_ago=1)
    assert seconds([*old, *new]) < 660


def test_doubt_shrinks_with_what_is_measured() -> None:
    known = PastServices(CONFIGURED, ["1", "2"], served(10, 300)).with_today([])
    unknown = PastServices(CONFIGURED, ["1", "2"]).with_today([])
    assert known.office_doubt < 0.5 * unknown.office_doubt
    assert known.service_doubt[known.places["id-card"]] < 0.2 * unknown.service_doubt[0]
    assert known.spread[0] < 0.4 * unknown.spread[0]


def test_people_who_work_faster_when_many_wait_are_known_for_it() -> None:
    past = [Served("id-card", "1", 600.0 - 300 * crowd, crowd, 1) for crowd in (0.0, 0.2, 0.4, 0.6, 0.8) * 400]
    assert PastServices(CONFIGURED, ["1"], past).with_today([]).pace == pytest.approx(-0.6, abs=0.15)


def test_services_and_windows_that_are_gone_teach_nothing() -> None:
    past = [*served(30, 50, service="abolished"), *served(30, 50, window="9")]
    assert seconds(past) == pytest.approx(600)


# Habits


def visit(joined: float, **changes: object) -> Visit:
    given: dict[str, object] = {"service": "id-card", "joined_at": joined, "window": "1"}
    return Visit(**{**given, **changes})  # type: ignore[arg-type]


def day(visits: list[Visit], shifts: list[Shift] | None = None, **changes: object) -> DayRecord:
    return DayRecord(visits, shifts or [], OPENS, CLOSES, **changes)  # type: ignore[arg-type]


NINE = 9 * 3600.0
USUAL = learn_habits([])


def added(name: str, record: DayRecord) -> list[float]:
    """What a day adds to a list of habits."""
    left = list(getattr(learn_habits([record]), name))
    for usual in getattr(USUAL, name):
        left.remove(usual)
    return left


def test_walks_and_gaps_between_visitors_are_measured() -> None:
    first = visit(NINE, called_at=NINE + 10, started_at=NINE + 27, ended_at=NINE + 300)
    second = visit(NINE + 60, called_at=NINE + 319, started_at=NINE + 340, ended_at=NINE + 500)
    later = visit(NINE + 900, called_at=NINE + 907, started_at=NINE + 930, ended_at=NINE + 999)
    record = day([first, second, later])
    assert sorted(added("walk", record)) == [17, 21, 23]
    assert added("next_call", record) == [19]
    assert added("reaction", record) == [7]


def test_a_pause_between_two_calls_is_no_slow_call() -> None:
    first = visit(NINE, called_at=NINE, started_at=NINE + 20, ended_at=NINE + 300)
    second = visit(NINE, called_at=NINE + 900, started_at=NINE + 910, ended_at=NINE + 999)
    pause = [Shift(NINE - 60, "1", WindowState.OPEN), Shift(NINE + 305, "1", WindowState.PAUSED)]
    record = day([first, second], [*pause, Shift(NINE + 890, "1", WindowState.OPEN)])
    assert added("next_call", record) == []
    assert added("pause", record) == [585]


def test_a_short_pause_at_the_time_of_a_break_is_not_the_break() -> None:
    plan = {"1": Plan(OPENS, CLOSES, ((NINE, 1800.0),))}
    moves = [
        (OPENS, "OPEN"),
        (NINE + 60, "PAUSED"),
        (NINE + 260, "OPEN"),
        (NINE + 300, "PAUSED"),
        (NINE + 2280, "OPEN"),
    ]
    record = day([], [Shift(at, "1", WindowState[state]) for at, state in moves], plans=plan)
    assert added("pause", record) == [200]
    assert added("break_ratio", record) == [pytest.approx(1.1)]


def test_who_waits_longer_comes_less() -> None:
    def called(after: float, comes: bool) -> Visit:
        at = NINE + after
        times = {"started_at": at + 20} if comes else {"is_missed": True}
        return visit(NINE, called_at=at, ended_at=at + 90, **times)

    soon = [called(60, comes=True)] * 95 + [called(60, comes=False)] * 5
    late = [called(5000, comes=True)] * 60 + [called(5000, comes=False)] * 40
    patience = learn_habits([day([*soon, *late])]).patience
    assert patience.misses(Guest.WALK_IN, 60) == pytest.approx(0.05, abs=0.03)
    assert patience.misses(Guest.WALK_IN, 5000) == pytest.approx(0.38, abs=0.05)
    assert patience.misses(Guest.WALK_IN, 10_000) > 0.5  # though nobody has waited so long


def test_a_new_office_expects_most_to_come_and_one_day_is_little_evidence_of_the_rare() -> None:
    assert USUAL.patience.misses(Guest.APPOINTMENT, 0) == pytest.approx(0.05, abs=0.02)
    assert USUAL.patience.misses(Guest.WALK_IN, 7200) < 0.5
    plans = {str(window): Plan(OPENS, CLOSES) for window in range(8)}
    opened = [Shift(OPENS, window, WindowState.OPEN) for window in plans]
    one_day = learn_habits([day([], opened, plans=plans)])
    all_came = learn_habits([day([], opened, plans=plans)] * 30)
    assert one_day.absent_shift == pytest.approx(0.05, rel=0.4)
    assert all_came.absent_shift < 0.01


def test_priority_visitors_are_expected_as_often_as_they_came_even_on_the_first_day() -> None:
    came = [visit(OPENS + 900 * i, category="disability", window=None) for i in range(36)]
    whole = learn_habits([day(came)] * 5)
    assert sum(whole.expected_arrivals(NINE, NINE + 3600).values()) == pytest.approx(4, rel=0.1)
    noon = 12 * 3600.0
    so_far = learn_habits([day([one for one in came if one.joined_at < noon], until=noon)])
    assert sum(so_far.expected_arrivals(noon, noon + 3600).values()) == pytest.approx(4, rel=0.15)
    assert USUAL.expected_arrivals(NINE, noon) == {}


def test_on_the_first_day_only_what_has_had_its_time_is_counted() -> None:
    noon = 12 * 3600.0
    plans = {"1": Plan(OPENS, CLOSES), "2": Plan(OPENS, CLOSES), "3": Plan(noon + 60, CLOSES)}
    early = [visit(noon - 60, window=None, booked_at=noon + 3000.0 - i) for i in range(20)]
    punctual = [visit(NINE, window=None, booked_at=NINE + 30)] * 20
    opened = [Shift(OPENS, "1", WindowState.OPEN)]
    so_far = day([*early, *punctual], opened, plans=plans, until=noon)
    habits = HabitsNow()
    found = habits.at(noon, lambda: so_far)
    assert found.earliness.tolist().count(30.0) == 20  # those who come for later are the early ones of their kind
    assert found.earliness.max() == 900.0
    assert found.absent_shift == pytest.approx(2 / 22)  # window 2 is hours late, window 3 has a minute left
    assert found.early_ends_per_second < USUAL.early_ends_per_second  # window 1 is still at work
    assert habits.at(noon + 200, lambda: day([])) is found
    assert habits.at(noon + 301, lambda: day([])) is not found
    habits.take(so_far)
    assert habits.at(noon, lambda: day([])) is habits.at(noon + 9000, lambda: day([]))
