"""What the desk is told: who waits for whom, what can be taken back, notes of colleagues; visits by number."""

from typing import Any

import pytest

from queue_service.actions import serving, staff, tickets, windows
from queue_service.model import PriorityCategory, Window, table
from queue_service.model.ticket import Channel
from queue_service.storage.hall import Hall
from queue_service.storage.rows import change_row, put_row
from tests.make import Desk, a_desk, a_ticket, an_office, on_leg
from tests.web.test_bad_input import problem_of
from tests.web.test_tickets import ORDER


@pytest.fixture
def anna(database: Any, office: str) -> Desk:
    return a_desk(database, "1", "anna")


@pytest.fixture
def boris(database: Any, office: str) -> Desk:
    return a_desk(database, "2", "boris")


@pytest.fixture
def board(known: Any, office: str) -> Any:
    """board("1") is window 1 as the desk shows it, board() the whole picture."""
    helen = known("helen", "hall")

    def look(window: str | None = None) -> Any:
        picture = helen.get(f"/branches/{office}/desk").get_json()
        return picture if window is None else next(one for one in picture["windows"] if one["code"] == window)

    return look


def change_set_up(database: Any, change: Any) -> None:
    def act(hall: Hall) -> None:
        change(hall)
        hall.set_up_again()
        hall.record("set_up", "system")

    database.act("centre", act)


def test_the_line_says_which_windows_may_call_whom(database: Any, anna: Desk, boris: Desk, board: Any) -> None:
    a_ticket(database)
    a_ticket(database)
    anna.next()
    anna.transfer(window=boris.window)
    assert [(leg["number"], leg["windows"]) for leg in board()["waiting"]] == [("A001", ["2"]), ("A002", ["1", "2"])]
    assert (board("1")["waiting"], board("2")["waiting"]) == (1, 2)


def test_a_window_counts_only_visitors_whose_needs_it_meets(database: Any, anna: Desk, boris: Desk, board: Any) -> None:
    change_set_up(database, lambda hall: change_row(hall.connection, table(Window), boris.window, needs=["wheelchair"]))
    order = tickets.Order(("A",), "ru", Channel.KIOSK, needs=("wheelchair",))
    database.act("centre", lambda hall: tickets.issue(hall, order))
    assert (board("1")["waiting"], board("2")["waiting"]) == (0, 1)


def test_a_rare_service_is_seen_behind_a_long_line(database: Any, anna: Desk, board: Any) -> None:
    for _ in range(60):
        a_ticket(database)
    a_ticket(database, "B")
    numbers = [leg["number"] for leg in board()["waiting"]]
    assert (len(numbers), numbers[0], numbers[-1]) == (51, "A001", "B001")


def test_the_last_move_is_offered_for_taking_back_until_its_time_is_over(
    database: Any, anna: Desk, boris: Desk, board: Any, clock: Any
) -> None:
    a_ticket(database)
    assert board("1")["undo"] is None
    anna.next()
    anna.start()
    offered = board("1")["undo"]
    assert (offered["move"], offered["number"]) == ("start", "A001")
    assert board("2")["undo"] is None
    clock.advance(seconds=11)
    assert board("1")["undo"] is None


def test_nothing_is_offered_once_it_was_taken_back(database: Any, anna: Desk, board: Any) -> None:
    a_ticket(database)
    anna.next()
    anna.undo()
    assert board("1")["undo"] is None


def test_a_break_has_a_beginning(database: Any, anna: Desk, board: Any, clock: Any) -> None:
    def pause(hall: Hall) -> None:
        windows.pause_window(hall, anna.window, anna.operator, "lunch")

    assert board("1")["paused_at"] is None
    database.act("centre", pause)
    began = board("1")["paused_at"]
    clock.advance(minutes=5)
    assert (began, board("1")["paused_at"]) == ("2026-03-02T08:00:00.000Z",) * 2


def test_who_takes_over_reads_what_was_done_and_the_note(
    database: Any, anna: Desk, boris: Desk, board: Any, known: Any, office: str
) -> None:
    a_ticket(database)
    anna.next()
    target = serving.Target("B", boris.window)
    database.act(office, lambda hall: serving.transfer(hall, anna.window, anna.operator, target, "photo is missing"))
    boris.next()
    (stop,) = board("2")["leg"]["earlier"]
    assert (stop["window"], stop["state"], stop["note"]) == ("1", "transferred", "photo is missing")
    found = known("clara").get(f"/branches/{office}/tickets?number=a001").get_json()
    assert [(leg["window"], leg["state"]) for leg in found["legs"]] == [("1", "transferred"), ("2", "called")]


def test_a_visit_is_found_by_its_number_with_what_may_be_done(
    database: Any, anna: Desk, known: Any, office: str, clock: Any
) -> None:
    reception = known("rita", "reception")
    leg = a_ticket(database).leg_id

    def find() -> Any:
        return reception.get(f"/branches/{office}/tickets?number=A001").get_json()

    assert (find()["state"], find()["people_ahead"], find()["may"]) == ("waiting", 0, ["cancel", "priority"])
    anna.next()
    assert find()["may"] == []
    anna.hold()
    assert find()["may"] == ["cancel", "priority", "return"]
    on_leg(database, leg, tickets.bring_back, "staff:1")
    anna.next()
    clock.advance(seconds=30)
    anna.recall()
    anna.no_show()
    assert find()["may"] == ["cancel", "priority", "rejoin"]
    clock.advance(minutes=31)
    assert find()["may"] == ["cancel", "priority"]
    problem_of(reception.get(f"/branches/{office}/tickets?number=A777"), 404, "number")
    an_office(database, code="elsewhere")
    problem_of(known("eve", "operator", "elsewhere").get(f"/branches/{office}/tickets?number=A001"), 403)


def test_an_operator_gives_tickets_to_walk_ins_but_grants_nothing(database: Any, known: Any, office: str) -> None:
    category = {"code": "veteran", "name": {"ru": "Ветеран"}, "head_start_minutes": {}, "proof": {}}
    category["branch_id"] = database.setup(office).branch_id
    change_set_up(database, lambda hall: put_row(hall.connection, table(PriorityCategory), **category))
    order = {**ORDER, "channel": "reception"}
    operator, reception = known("otto"), known("rita", "reception")
    assert operator.post(f"/branches/{office}/tickets", order).get_json()["number"] == "A001"
    refusal = operator.post(f"/branches/{office}/tickets", {**order, "priority": "veteran"})
    assert problem_of(refusal, 403, "priority")["code"] == "priority_needs_proof"
    granted = reception.post(f"/branches/{office}/tickets", {**order, "priority": "veteran"}).get_json()
    assert (granted["number"], granted["priority"]) == ("A002", "veteran")


def test_everybody_sees_their_own_day_and_no_colleagues(
    database: Any, known: Any, office: str, clock: Any, anna: Desk, boris: Desk
) -> None:
    token = database.write(lambda connection: staff.create_token(connection, "anna", clock.now()))
    for minutes in (2, 4, 9):
        a_ticket(database)
        anna.next()
        anna.start()
        clock.advance(minutes=minutes)
        anna.finish()
    a_ticket(database)
    boris.next()
    path = f"/branches/{office}/my-day"
    own = known("clara").send("GET", path, Authorization=f"Bearer {token}").get_json()
    assert own == {"done": 3, "transferred": 0, "missed": 0, "median_service_seconds": 240}
    assert known("dora").get(path).get_json() == {**own, "done": 0, "median_service_seconds": None}
