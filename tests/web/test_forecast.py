"""What if this window opened, and which windows are needed: for the hall administrator, in seconds."""

from typing import Any

from queue_service.actions.rosters import put_roster
from queue_service.model import Norm, table
from queue_service.rules.booking import RosterFacts
from queue_service.storage.forecast import Forecast
from queue_service.storage.rows import put_row
from tests.make import a_desk, a_ticket, window_id
from tests.web.test_bad_input import problem_of


def test_a_window_is_tried_before_it_is_opened(
    visitor: Any, known: Any, office: str, database: Any, clock: Any
) -> None:
    a_desk(database, "1", "olga")
    for _ in range(8):
        a_ticket(database)
    path = f"/branches/{office}/what-if"
    problem_of(visitor.get(f"{path}?open=2"), 401)
    problem_of(known("anna").get(f"{path}?open=2"), 403)
    helen = known("helen", "hall")
    tried = helen.get(f"{path}?open=2&services=A").get_json()
    assert (tried["window"], tried["services"], tried["promise_percent"]) == ("2", ["A"], 95)
    now, then = tried["now"], tried["then"]
    assert now["people"] == then["people"] >= 8
    assert then["within_percent"] > now["within_percent"]
    a_now, a_then = now["services"][0], then["services"][0]
    assert (a_now["service"], a_then["service"]) == ("A", "A")
    assert a_then["estimate"]["high"] < a_now["estimate"]["high"]
    assert database.setup(office).window(window_id(database, "2")).state == "closed"
    problem_of(helen.get(f"{path}?open=9"), 404, "open")
    problem_of(helen.get(f"{path}?open=2&services=Z"), 404, "services")
    problem_of(helen.get(f"{path}?open=2&services="), 422, "services")
    problem_of(helen.get(path), 422, "open")


def test_the_windows_needed_are_named(known: Any, office: str, database: Any) -> None:
    a_desk(database, "1", "olga")
    for _ in range(4):
        a_ticket(database)
    path = f"/branches/{office}/windows-needed"
    problem_of(known("anna").get(path), 403)
    board = known("helen", "hall").get(path).get_json()
    hour = board["next_hour"]
    assert hour["open"] == ["1"]
    assert hour["within_percent"] < 95
    assert [one["window"] for one in hour["add"]] == ["2"]
    assert hour["reaches_percent"] > hour["within_percent"]
    assert board["day"] is None  # nothing has been measured yet


def test_a_window_that_its_roster_opens_is_one_to_open_when_it_is_late(office: str, database: Any, clock: Any) -> None:
    nine = RosterFacts(window="2", hours={"mon": [["09:00", "18:00"]]})
    database.act(office, lambda hall: put_roster(hall, nine, "staff:1"))
    a_desk(database, "1", "olga")
    for _ in range(4):
        a_ticket(database)
    watch = database.watch(office)

    def to_open(minutes: int) -> list[str]:
        clock.advance(minutes=minutes)
        setup, picture, _ = watch.look(lambda work: work())
        return [one["window"] for one in Forecast(setup, picture, watch.learned).next_hour()["add"]]

    assert to_open(0) == []  # 09:00 here
    assert to_open(4) == []
    assert to_open(2) == ["2"]


def test_the_report_of_windows_needed_is_for_at_most_a_week(known: Any, office: str, database: Any) -> None:
    a_ticket(database)
    helen, path = known("helen", "hall"), f"/branches/{office}/reports/windows-needed"
    problem_of(known("anna").get(path), 403)
    assert helen.get(path).get_json()["rows"] == []
    assert helen.get(f"{path}?format=csv").get_data(as_text=True).startswith("from,joined,late,")
    problem_of(helen.get(f"{path}?from=2026-01-01&to=2026-03-02"), 422, "to")


def test_the_norm_that_holds_is_the_measure(known: Any, office: str, database: Any) -> None:
    """A norm of the branch takes the place of the service's own."""
    a_desk(database, "1", "olga")
    for _ in range(4):
        a_ticket(database)
    norm = {"kind": "wait", "service_id": None, "channel": "walk_in", "longest": 4 * 3600, "source": ""}

    def promise(hall: Any) -> None:
        put_row(hall.connection, table(Norm), branch_id=hall.setup.branch_id, valid_from=None, valid_to=None, **norm)
        hall.record("setup", "system")
        hall.set_up_again()

    helen, path = known("helen", "hall"), f"/branches/{office}/what-if?open=2"
    before = helen.get(path).get_json()["now"]["within_percent"]
    database.act(office, promise)
    assert before < 95 < helen.get(path).get_json()["now"]["within_percent"]
