"""Which windows keep the promise? Played with more and with fewer windows, by the same chances."""

from dataclasses import replace

from queue_service.model.norm import NormChannel
from queue_service.rules.day_record import Guest
from queue_service.rules.habits import learn_habits
from queue_service.rules.hall_now import At, Expected, HallNow, Rule, Waiting, WindowNow
from queue_service.rules.service_times import PastServices
from queue_service.rules.told_range import tell
from queue_service.rules.windows_needed import Trial, needed, typical_hour

NINE = 9 * 3600.0
HABITS = learn_habits([])
PAST = PastServices({"a": 300.0, "b": 300.0}, ["1", "2", "3", "4"])
NORMS = {(service, channel): 1200.0 for service in "ab" for channel in NormChannel}


def a_hall(people: int, *windows: WindowNow) -> HallNow:
    here = frozenset(window.code for window in windows if "a" in window.serves)
    line = [Waiting(i, "a", Guest.WALK_IN, NINE - i, float(i), NINE - i, here) for i in range(people)]
    return HallNow(NINE, 17 * 3600.0, line, windows, Rule({"": 0.0}, 5100.0, 900.0))


def window(code: str, serves: str = "a", at: At = At.FREE) -> WindowNow:
    return WindowNow(code, frozenset(serves), at, NINE - 60)


def test_a_window_that_stands_by_changes_no_chance() -> None:
    """Two answers differ by the window that opens and by nothing else: whom it cannot help sees no difference."""
    opened = a_hall(12, window("1"), window("2"), window("4", "b"))
    other = [Waiting(f"b{i}", "b", Guest.WALK_IN, NINE - i, 50.0 + i, NINE - i, frozenset("4")) for i in range(6)]
    helped = replace(opened, waiting=[*opened.waiting, *other])
    alone = replace(helped, windows=[window("1"), window("2", at=At.STANDBY), window("4", "b")])
    before, then = tell(alone, "a", PAST, HABITS).legs, tell(helped, "a", PAST, HABITS).legs
    for one in other:
        assert then[one.key] == before[one.key]  # type: ignore[index]
    assert all(then[leg].found.middle <= before[leg].found.middle for leg in before)  # type: ignore[union-attr]
    assert then[0].found.middle < before[0].found.middle / 1.5  # type: ignore[union-attr]


def test_the_windows_that_help_are_opened_and_no_more_than_needed() -> None:
    hall = a_hall(8, window("1"), window("2"), window("3"), window("4", "b"))
    found = needed(Trial(hall, PAST, HABITS, NORMS), ["1"], [("2", "a"), ("3", "a"), ("4", "b")])
    assert found.now.all.people == 8
    assert found.now.all.share < 0.7
    assert found.add == ("2", "3")
    assert found.is_kept
    assert found.then.services["a"].share >= 0.95


def test_where_nothing_helps_nothing_is_suggested() -> None:
    hall = a_hall(10, window("1"), window("4", "b"))
    found = needed(Trial(hall, PAST, HABITS, NORMS), ["1"], [("4", "b")])
    assert (found.add, found.is_kept) == ((), False)


def test_windows_without_which_the_promise_is_kept_are_named() -> None:
    hall = a_hall(2, window("1"), window("2"), window("3"))
    found = needed(Trial(hall, PAST, HABITS, NORMS), ["1", "2", "3"], [])
    assert len(found.spare) == 2
    assert found.is_kept


def test_who_has_an_appointment_is_promised_something_else() -> None:
    hall = a_hall(4, window("1"))
    booked = replace(hall, waiting=[replace(one, guest=Guest.APPOINTMENT) for one in hall.waiting])
    norms = {**NORMS, ("a", NormChannel.APPOINTMENT): 300.0}
    alone = Trial(hall, PAST, HABITS, norms).play(["1"])
    assert alone.all.share > 0.8
    assert Trial(booked, PAST, HABITS, norms).play(["1"]).all.share < alone.all.share / 1.5


def test_who_is_expected_with_an_appointment_is_promised_what_appointments_are() -> None:
    hall = replace(a_hall(4, window("1")), expected=[Expected("a", NINE + 600.0 * i) for i in range(1, 5)])
    strict = {**NORMS, ("a", NormChannel.APPOINTMENT): 1.0}
    alike, stricter = (Trial(hall, PAST, HABITS, norms).play(["1"]).all for norms in (NORMS, strict))
    assert stricter.share < alike.share - 0.05


def test_an_hour_of_a_usual_day_needs_what_its_visitors_need() -> None:
    many = replace(
        HABITS, arrivals_per_day={("a", ""): 96.0, ("b", ""): 8.0}, by_half_hour=HABITS.by_half_hour + 1 / 48 * 3
    )
    windows = {"1": frozenset("a"), "2": frozenset("a"), "3": frozenset("a"), "4": frozenset("b")}
    busy = typical_hour(NINE, a_hall(0), windows, PAST, many, NORMS)
    assert {"1", "2", "4"} <= set(busy.add)  # alike windows are opened in their order
    assert busy.is_kept
    quiet = typical_hour(NINE, a_hall(0), windows, PAST, HABITS, NORMS, before=busy.then.windows)
    assert quiet.now.all.people == 0
    assert len(quiet.then.windows) == 1
