"""Waiting times: the rule is played forward, over measured times, from the hall as it is."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import ciw
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_service.rules.chance import NEVER, Chance
from queue_service.rules.day_record import Guest, Plan, Served
from queue_service.rules.habits import learn_habits
from queue_service.rules.hall_draws import draw_hall
from queue_service.rules.hall_now import At, Expected, HallNow, Rule, Waiting, WindowNow
from queue_service.rules.hall_rollout import Rollout
from queue_service.rules.line_draws import Line, draw_line
from queue_service.rules.next_ticket import FreeWindow, WaitingLeg, first, place_in_line
from queue_service.rules.service_times import PastServices
from queue_service.rules.wait_estimate import Range, estimate
from queue_service.rules.window_draws import Windows

NEW_OFFICE = learn_habits([])
DAY = datetime(2026, 3, 2, tzinfo=UTC)
NINE = 9 * 3600.0


def hall(**changes: Any) -> HallNow:
    """Nine o'clock, one free window for the service `a`, nobody there."""
    given: dict[str, Any] = {
        "now": NINE,
        "closes_at": 17 * 3600.0,
        "waiting": (),
        "windows": (window(),),
        "rule": Rule({"": 0.0, "disability": 5400.0}, 5100.0, 900.0),
    }
    return HallNow(**{**given, **changes})


def window(code: str = "1", at: At = At.FREE, since: float = NINE - 60, **changes: Any) -> WindowNow:
    return WindowNow(code, frozenset({"a"}), at, since, **changes)


def waiting(key: int, joined_at: float = NINE, **changes: Any) -> Waiting:
    given: dict[str, Any] = {"turn": joined_at, "order": float(key), "windows": frozenset({"1"})}
    return Waiting(key, "a", Guest.WALK_IN, joined_at=joined_at, **{**given, **changes})


def measured(minutes: float, count: int = 200) -> PastServices:
    """An office whose services took so long, give or take a little."""
    spread = np.exp(np.random.default_rng(3).normal(0, 0.1, count))
    past = [Served("a", "1", float(minutes * 60 * factor), 0.3, 1) for factor in spread]
    return PastServices({"a": 600.0}, ["1", "2"], past)


def ranges(now: HallNow, past: PastServices | None = None) -> dict[int | str, Range]:
    times = (past or measured(10)).with_today(now.served_today)
    return dict(estimate(now, times, NEW_OFFICE, np.random.default_rng(1)))


# The rule


@st.composite
def small_halls(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[float]]:
    """Persons with their own places and times, and when each window is free; no two moments are equal."""
    windows = draw(st.integers(1, 3))
    count = draw(st.integers(1, 8))
    moments = draw(st.lists(st.integers(1, 20_000), min_size=5 * count, max_size=5 * count, unique=True))
    persons = []
    for i in range(count):
        present, turn, sooner, service, better = moments[5 * i : 5 * i + 5]
        persons.append(
            {
                "present": float(present if draw(st.booleans()) else 0),
                "turn": float(turn),
                "better": (float(better), float(turn - sooner) - 0.5) if draw(st.booleans()) else None,
                "seconds": service + i / 100,
                "windows": draw(st.sets(st.integers(0, windows - 1), min_size=1)),
            }
        )
    return persons, [w / 1000 for w in range(windows)]


def played_plainly(persons: list[dict[str, Any]], free_at: list[float]) -> list[float]:
    """The same hall with rules/next_ticket.py itself, one call after the other."""
    free, called = list(free_at), [NEVER] * len(persons)
    while True:
        window = free.index(min(free))
        now = free[window]
        left = [i for i, at in enumerate(called) if at == NEVER and window in persons[i]["windows"]]
        if now == NEVER:
            return called
        turns = {i: persons[i]["turn"] for i in left}
        for i in left:
            if persons[i]["better"] and persons[i]["better"][0] <= now:
                turns[i] = min(turns[i], persons[i]["better"][1])
        here = [
            WaitingLeg(i, i, str(i), DAY + timedelta(seconds=turns[i])) for i in left if persons[i]["present"] <= now
        ]
        chosen = first(here, FreeWindow(window, None, {leg.service for leg in here}, set()))
        if chosen is None:
            free[window] = min((persons[i]["present"] for i in left), default=NEVER)
        else:
            called[chosen.leg_id] = now
            free[window] = now + persons[chosen.leg_id]["seconds"]


def played_side_by_side(persons: list[dict[str, Any]], free_at: list[float], rollouts: int = 3) -> list[float]:
    entries = [(i, person["present"], person["turn"]) for i, person in enumerate(persons)]
    entries += [
        (i, max(person["present"], person["better"][0]), person["better"][1])
        for i, person in enumerate(persons)
        if person["better"]
    ]
    who = np.array([entry[0] for entry in entries])
    shape = (rollouts, len(persons))
    line = Line(
        who,
        np.tile([entry[1] for entry in entries], (rollouts, 1)),
        np.tile([entry[2] for entry in entries], (rollouts, 1)),
        np.array([[w in persons[i]["windows"] for i in who] for w in range(len(free_at))]),
        np.tile([person["seconds"] for person in persons], (rollouts, 1)),
        np.zeros(shape),
        np.full(shape, NEVER),
        np.zeros(shape),
        np.zeros(shape),
        service=np.zeros(len(persons), np.intp),
        guest=np.zeros(len(persons), np.intp),
    )
    called = Rollout(line, plain_windows(np.tile(free_at, (rollouts, 1))), len(persons), NEVER).play()
    assert (called == called[0]).all()
    return [float(at) for at in called[0]]


def plain_windows(free_at: Any) -> Windows:
    """Windows without breaks or ends."""
    never = np.full(free_at.shape, NEVER)
    nothing = np.zeros(free_at.shape)
    return Windows(free_at, nothing + 1, never, nothing, nothing, np.full((free_at.shape[1], 1), NEVER))


@settings(max_examples=80, deadline=None)
@given(small_halls())
def test_rollouts_call_whom_the_rule_calls(drawn: tuple[list[dict[str, Any]], list[float]]) -> None:
    persons, free_at = drawn
    assert played_side_by_side(persons, free_at) == played_plainly(persons, free_at)


def test_who_is_expected_gets_the_place_that_the_rule_gives() -> None:
    now = hall(waiting=[waiting(1)], expected=[Expected("a", NINE + minutes * 60) for minutes in (-10, 5, 40)])
    draws = draw_hall(now, measured(10).with_today([]), NEW_OFFICE, Chance(np.random.default_rng(4), 60))
    line = draw_line(draws)
    seen = set()
    for i, one in enumerate(now.expected, 1):
        as_walk_in, as_booked = np.flatnonzero(line.person == i)
        for row in np.flatnonzero(np.isfinite(line.present_from[:, as_walk_in])):
            arrives = line.present_from[row, as_walk_in]
            place = place_in_line(
                DAY + timedelta(seconds=arrives),
                {"walk_in": 0, "appointment": 85},
                DAY + timedelta(seconds=one.booked_at),
                timedelta(minutes=15),
            )
            at_first = min(line.turn[row, k] for k in (as_walk_in, as_booked) if line.present_from[row, k] <= arrives)
            assert at_first == pytest.approx((place.turn - DAY).total_seconds())
            seen.add(place.better_from is not None)
            if place.better_from is not None and place.better_turn is not None:
                later = (place.better_from - DAY).total_seconds()
                assert line.present_from[row, as_booked] == pytest.approx(later)
                assert line.turn[row, as_booked] == pytest.approx((place.better_turn - DAY).total_seconds())
    assert seen == {True, False}


# Against a library that simulates queues


def waits_of_ours(arrivals: Any, servers: int, head_starts: Any, seconds: Any) -> Any:
    """(rollouts × persons)"""
    rollouts, persons = arrivals.shape
    line = Line(
        np.arange(persons),
        arrivals,
        arrivals - head_starts,
        np.ones((servers, persons), bool),
        seconds,
        np.zeros(arrivals.shape),
        np.full(arrivals.shape, NEVER),
        np.zeros(arrivals.shape),
        arrivals,
        service=np.zeros(persons, np.intp),
        guest=np.zeros(persons, np.intp),
    )
    windows = plain_windows(np.tile(np.arange(servers) / 1000, (rollouts, 1)))
    return Rollout(line, windows, persons, NEVER).play() - arrivals


def waits_of_ciw(rates: dict[str, float], mean_service: float, servers: int, horizon: float, trials: int) -> Any:
    """Mean wait by class of all who came before `horizon`, one row per trial."""
    network = ciw.create_network(
        arrival_distributions={name: [ciw.dists.Exponential(rate)] for name, rate in rates.items()},
        service_distributions={name: [ciw.dists.Exponential(1 / mean_service)] for name in rates},
        number_of_servers=[servers],
        priority_classes={name: i for i, name in enumerate(rates)},
    )
    rows = []
    for trial in range(trials):
        ciw.seed(trial)
        simulation = ciw.Simulation(network)
        simulation.simulate_until_max_time(horizon + 40 * mean_service)
        records = [record for record in simulation.get_all_records() if record.arrival_date < horizon]
        rows.append([np.mean([r.waiting_time for r in records if r.customer_class == name]) for name in rates])
    return np.array(rows)


@pytest.mark.parametrize("rates", [{"everybody": 1 / 75}, {"first": 1 / 250, "others": 1 / 110}])
def test_the_simulator_agrees_with_ciw(rates: dict[str, float]) -> None:
    """M/M/3 at 80 % load from an empty start; with two classes the first has a head start that nobody outlives."""
    mean_service, servers, horizon, rollouts = 180.0, 3, 6 * 3600.0, 150
    generator = np.random.default_rng(11)
    arrivals, heads, classes = [], [], []
    for i, rate in enumerate(rates.values()):
        most = int(horizon * rate * 2)
        moments = np.cumsum(generator.exponential(1 / rate, (rollouts, most)), axis=1)
        arrivals.append(np.where(moments < horizon, moments, NEVER))
        heads.append(np.full(most, 0.0 if i else 1e6))
        classes.append(np.full(most, i))
    came = np.concatenate(arrivals, axis=1)
    seconds = generator.exponential(mean_service, came.shape)
    with np.errstate(invalid="ignore"):
        waits = waits_of_ours(came, servers, np.concatenate(heads), seconds)
    theirs = waits_of_ciw(rates, mean_service, servers, horizon, trials=60)
    for i in range(len(rates)):
        ours = np.nanmean(np.where(np.isfinite(came), waits, np.nan)[:, np.concatenate(classes) == i], axis=1)
        error = math.hypot(ours.std() / math.sqrt(len(ours)), theirs[:, i].std() / math.sqrt(len(theirs)))
        assert abs(ours.mean() - theirs[:, i].mean()) < 4 * error
        assert error < 0.12 * theirs[:, i].mean()


# What a range says


def test_everybody_waiting_is_answered_at_once_and_in_order() -> None:
    found = ranges(hall(waiting=[waiting(i, NINE - 600 + i) for i in range(5)]))
    middles = [found[i].middle for i in range(5)]
    assert middles == sorted(middles)
    assert all(found[i].low <= found[i].half <= found[i].middle <= found[i].high for i in range(5))
    assert middles[4] == pytest.approx(4 * 640, rel=0.2)


def test_the_middle_of_a_range_errs_late_and_stays_a_number_when_some_rollouts_never_call() -> None:
    uneven = PastServices({"a": 600.0}, ["1"], [Served("a", "1", minutes * 60.0, 0.3, 1) for minutes in (2, 18)] * 100)
    serving = window(at=At.SERVING, since=NINE - 1, service="a")
    found = ranges(hall(waiting=[waiting(1)], windows=[serving]), uneven)[1]
    assert found.half + 60 < found.middle < found.high
    closing = window(plan=Plan(NINE - 3600, NINE + 3600))  # the last in line may find the window closed
    last = ranges(hall(waiting=[waiting(i) for i in range(6)], windows=[closing]))[5]
    assert last.half < math.inf
    assert last.high == math.inf
    assert last.half < last.middle < 6 * 3600


def test_a_late_call_weighs_more_on_a_day_when_many_wait() -> None:
    def middle(crowding: float) -> float:
        past = [Served("a", "1", minutes * 60.0, crowding, 1) for minutes in range(1, 21)] * 10
        line = [waiting(i) for i in range(3)]
        return ranges(hall(waiting=line), PastServices({"a": 600.0}, ["1"], past))[2].middle

    assert middle(0.1) + 60 < middle(0.6)


def test_draws_are_spread_evenly_over_the_rollouts() -> None:
    chance = Chance(np.random.default_rng(2), 40)
    parts = np.sort(np.floor(chance.shares(3) * 40), axis=0)
    assert (parts == np.arange(40)[:, None]).all()
    assert sorted(chance.measured(np.arange(40.0), 1)[:, 0]) == list(range(40))
    assert abs(chance.deviations(np.array([2.0])).mean()) < 1e-9


def test_the_same_hall_is_answered_the_same() -> None:
    now = hall(waiting=[waiting(i) for i in range(4)], expected=[Expected("a", NINE + 600)])
    assert ranges(now) == ranges(now)


def test_a_service_that_lasts_long_is_not_expected_to_end_at_its_mean() -> None:
    """Half of the services take 5 minutes, half 30: after 10 minutes it must be one of the long ones."""
    past = [Served("a", "1", seconds, 0.3, 1) for seconds in (300.0, 1800.0) for _ in range(100)]
    times = PastServices({"a": 600.0}, ["1"], past)
    for elapsed, low, high in ((60.0, 150, 2400), (600.0, 900, 1600)):
        serving = window(at=At.SERVING, since=NINE - elapsed, service="a")
        found = ranges(hall(waiting=[waiting(1)], windows=[serving]), times)[1]
        assert low < found.half < high, elapsed
        assert (found.low > 600) == (elapsed > 300)


def test_a_planned_break_is_waited_out() -> None:
    lunch = Plan(8 * 3600.0, 17 * 3600.0, ((NINE + 300, 1800.0),))
    line = [waiting(1, NINE - 30), waiting(2, NINE - 20)]
    straight = ranges(hall(waiting=line))[2]
    through_lunch = ranges(hall(waiting=line, windows=[window(plan=lunch)]))[2]
    assert through_lunch.middle - straight.middle == pytest.approx(1800, abs=300)
    on_break = ranges(
        hall(waiting=line, windows=[window(at=At.PAUSED, since=NINE - 900, plan=Plan(0, 1e6, ((NINE - 900, 1800.0),)))])
    )
    assert 500 < on_break[1].middle < 1400


def test_a_window_that_opens_later_by_its_roster_is_counted_in() -> None:
    line = [waiting(i, windows=frozenset({"1", "2"})) for i in range(7)]
    alone = ranges(hall(waiting=line))[6]
    soon = WindowNow("2", frozenset({"a"}), At.CLOSED, 0.0, plan=Plan(NINE + 600, 17 * 3600.0), has_opened=False)
    both = ranges(hall(waiting=line, windows=[window(), soon]))[6]
    assert both.middle < 0.75 * alone.middle


def test_when_no_window_will_call_there_is_no_end_in_sight() -> None:
    closed = window(at=At.CLOSED)
    assert ranges(hall(waiting=[waiting(1)], windows=[closed]))[1].middle == math.inf
    elsewhere = ranges(hall(waiting=[waiting(1, windows=frozenset()), waiting(2)]))
    assert elsewhere[1].middle == math.inf
    assert elsewhere[2].middle < 120


def test_appointments_and_priority_that_may_still_come_lengthen_the_wait() -> None:
    line = [waiting(i, NINE - 60 + i) for i in range(3)]
    alone = ranges(hall(waiting=line))[2]
    booked = ranges(hall(waiting=line, expected=[Expected("a", NINE + 300 * i) for i in range(1, 6)]))[2]
    assert booked.middle > alone.middle + 600


def test_on_its_first_day_an_office_gets_a_wide_but_sensible_range() -> None:
    """Nothing measured, ten minutes configured, the third in line behind a service under way."""
    serving = window(at=At.SERVING, since=NINE - 120, service="a")
    found = ranges(hall(waiting=[waiting(i) for i in range(3)], windows=[serving]), PastServices({"a": 600.0}, ["1"]))[
        2
    ]
    assert 10 * 60 < found.low < found.middle < found.high < 80 * 60
    assert found.high > 1.6 * found.middle
    known = ranges(hall(waiting=[waiting(i) for i in range(3)], windows=[serving]), measured(10))[2]
    assert known.high - known.low < 0.6 * (found.high - found.low)
