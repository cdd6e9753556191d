"""The rules of the hall, as values in and values out."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_service.model.ticket import LegState
from queue_service.rules.calendar import opening, service_day
from queue_service.rules.errors import Refused
from queue_service.rules.next_ticket import FreeWindow, WaitingLeg, first, order_key, place_in_line
from queue_service.rules.replay import replay
from queue_service.rules.ticket import MOVES, Move, after, label

ALLOWED = {
    (Move.CALL, "waiting"): "called",
    (Move.CALL, "held"): "called",
    (Move.RECALL, "called"): "called",
    (Move.START, "called"): "serving",
    (Move.HOLD, "called"): "held",
    (Move.HOLD, "serving"): "held",
    (Move.DEFER, "waiting"): "held",
    (Move.RETURN, "held"): "waiting",
    (Move.NO_SHOW, "called"): "missed",
    (Move.REJOIN, "missed"): "waiting",
    (Move.FINISH, "serving"): "done",
    (Move.TRANSFER, "called"): "transferred",
    (Move.TRANSFER, "serving"): "transferred",
    (Move.CANCEL, "waiting"): "cancelled",
    (Move.CANCEL, "held"): "cancelled",
    (Move.CANCEL, "missed"): "cancelled",
    (Move.CLOSE_DAY, "waiting"): "left",
    (Move.CLOSE_DAY, "held"): "left",
    (Move.CLOSE_DAY, "called"): "left",
    (Move.CLOSE_DAY, "missed"): "left",
}


@pytest.mark.parametrize("move", list(Move))
@pytest.mark.parametrize("state", list(LegState))
def test_every_move_from_every_state_is_as_in_the_table(move: Move, state: LegState) -> None:
    if expected := ALLOWED.get((move, state.value)):
        assert after(move, state) == expected
    else:
        with pytest.raises(Refused, match="move_not_allowed"):
            after(move, state)


def test_issue_makes_a_waiting_leg_from_nothing() -> None:
    assert MOVES[Move.ISSUE].before == frozenset()
    assert MOVES[Move.ISSUE].after == LegState.WAITING


MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
legs = st.lists(
    st.builds(
        WaitingLeg,
        leg_id=st.integers(1, 99),
        ticket_id=st.integers(1, 99),
        service=st.sampled_from("ABC"),
        turn=st.integers(0, 5).map(lambda minutes: MOMENT + timedelta(minutes=minutes)),
    ),
    unique_by=lambda leg: leg.ticket_id,
)


@given(legs, st.sets(st.sampled_from("ABC")))
def test_the_first_is_served_and_nobody_before_it_could_have_been(waiting: list[WaitingLeg], serves: set[str]) -> None:
    chosen = first(waiting, FreeWindow(1, 1, serves, ()))
    able = [leg for leg in waiting if leg.service in serves]
    if chosen is None:
        assert not able
    else:
        assert chosen in able
        assert all(order_key(chosen) <= order_key(leg) for leg in able)


@given(st.integers(0, 200), st.integers(0, 90))
def test_nobody_who_came_more_than_the_head_start_later_is_called_before(later: int, head_start: int) -> None:
    came_first = place_in_line(MOMENT, {"walk_in": 0}).turn
    came_later = place_in_line(MOMENT + timedelta(minutes=later), {"walk_in": head_start}).turn
    assert (came_later < came_first) == (later < head_start)


def test_numbers_are_printed_with_three_digits_and_more_when_needed() -> None:
    assert [label("A", 7), label("A", 999), label("K", 1000)] == ["A007", "A999", "K1000"]


def test_the_service_day_is_the_local_one() -> None:
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert service_day(at, "Europe/Berlin") == date(2026, 3, 2)
    assert service_day(at, "America/New_York") == date(2026, 3, 1)


def test_opening_names_the_span_under_way_or_the_next_one() -> None:
    hours = {"mon": [["08:00", "12:00"], ["13:00", "18:00"]], "wed": [["10:00", "24:00"]]}

    def at(day: int, hour: int) -> tuple[bool, str, str]:
        zone = ZoneInfo("Europe/Berlin")
        found = opening(hours, datetime(2026, 3, day, hour, tzinfo=zone), "Europe/Berlin")
        assert found.opens_at
        assert found.closes_at
        return found.is_open, f"{found.opens_at.astimezone(zone):%a %H}", f"{found.closes_at.astimezone(zone):%a %H}"

    assert at(2, 9) == (True, "Mon 08", "Mon 12")
    assert at(2, 12) == (False, "Mon 13", "Mon 18")
    assert at(2, 18) == (False, "Wed 10", "Thu 00")
    assert at(4, 23) == (True, "Wed 10", "Thu 00")
    assert at(5, 9) == (False, "Mon 08", "Mon 12")
    assert opening({}, MOMENT, "Europe/Berlin").opens_at is None


@pytest.mark.parametrize(
    ("day", "hours_open"), [(date(2026, 3, 29), 9), (date(2026, 10, 25), 11), (date(2026, 3, 30), 10)]
)
def test_opening_hours_are_local_on_the_days_the_clocks_change(day: date, hours_open: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    span = [["00:00", "10:00"]]
    found = opening({"sun": span, "mon": span}, datetime(day.year, day.month, day.day, 1, tzinfo=zone), "Europe/Berlin")
    assert found.opens_at
    assert found.closes_at
    assert (found.closes_at - found.opens_at) == timedelta(hours=hours_open)


def entry(
    seq: int, move: str, leg: int, window: int | None = None, **facts: object
) -> tuple[dict[str, object], dict[str, object]]:
    row = {"seq": seq, "move": move, "ticket_id": leg, "leg_id": leg, "window_id": window, "actor": "staff:1"}
    return {**row, "reason": facts.pop("reason", None)}, {"number": f"A{leg:03d}", "meets": [], **facts}


def issued(seq: int, leg: int, minute: int) -> tuple[dict[str, object], dict[str, object]]:
    return entry(seq, "issue", leg, service="A", turn=(MOMENT + timedelta(minutes=minute)).isoformat())


def test_a_replay_finds_a_jump_a_double_call_and_a_busy_window() -> None:
    line = [issued(1, 1, 1), issued(2, 2, 2), issued(3, 3, 3)]
    fair = [entry(4, "call", 1, 7, serves=["A"]), entry(5, "finish", 1, 7), entry(6, "call", 2, 7, serves=["A"])]
    assert replay(line + fair).deviations == []
    jump = replay([*line, entry(4, "call", 2, 7, serves=["A"])])
    assert [deviation.what for deviation in jump.deviations] == ["A002 was called before its turn"]
    double = replay([*line, entry(4, "call", 1, 7, serves=["A"]), entry(5, "call", 1, 8, serves=["A"])])
    assert [deviation.what for deviation in double.deviations] == [
        "A001 was called without waiting",
        "A001 was called while at another window",
    ]
    busy = replay([*line, entry(4, "call", 1, 7, serves=["A"]), entry(5, "call", 2, 7, serves=["A"])])
    assert [deviation.what for deviation in busy.deviations] == ["A002 was called to a window with a visitor"]
    chosen = replay([*line, entry(4, "call", 2, 7, serves=["A"], reason="unwell")])
    assert chosen.deviations == []
    assert [exception.what for exception in chosen.exceptions] == ["A002 was called out of turn: unwell"]
    foreign = replay([*line, entry(4, "call", 1, 7, serves=["B"])])
    assert [deviation.what for deviation in foreign.deviations] == ["A001 was called to a window that may not serve it"]
