"""Reports over HTTP: who may read them, for which days, in which form."""

import csv
import io
from typing import Any

import pytest

from tests.make import a_ticket
from tests.web.test_bad_input import problem_of


def test_reports_are_for_the_hall_and_the_reviewer_and_name_their_definitions(
    visitor: Any, known: Any, office: str, database: Any, clock: Any
) -> None:
    a_ticket(database)
    path = f"/branches/{office}/reports"
    for name in ("waiting", "service", "no-show", "load", "norms", "jumps"):
        problem_of(visitor.get(f"{path}/{name}"), 401)
    helen, rita, anna = known("helen", "hall"), known("rita", "reviewer"), known("anna")
    problem_of(anna.get(f"{path}/waiting"), 403)
    board = rita.get(f"{path}/waiting").get_json()
    assert [(row["service"], row["issued"], row["waiting"]) for row in board["rows"]] == [(None, 1, 1), ("A", 1, 1)]
    assert set(board["rows"][0]) == {"service", *board["definitions"]}
    assert (board["from"], board["to"]) == ("2026-03-02", "2026-03-02")
    assert helen.get(f"{path}/no-show").get_json()["rows"][0]["booked"] == 0
    assert [row["window"] for row in helen.get(f"{path}/load").get_json()["rows"]] == [None, "1", "2"]
    assert helen.get(f"{path}/load?format=xlsx").get_data()[:2] == b"PK"
    answer = helen.get(f"{path}/service?format=csv&from=2026-02-01&to=2026-03-02")
    assert answer.mimetype == "text/csv"
    assert [row["service"] for row in csv.DictReader(io.StringIO(answer.get_data(as_text=True)))] == ["", "A"]


@pytest.mark.parametrize("name", ["waiting", "service", "no-show", "load", "norms", "jumps", "windows-needed"])
def test_a_report_is_read_apart_from_those_who_call_and_wait(
    known: Any, office: str, database: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Last year's report of a large office takes many seconds: the hall must not stand still meanwhile."""
    helen, apart, read_apart = known("helen", "hall"), [False], []
    read = database.read

    def offload(work: Any) -> Any:
        apart[0] = True
        try:
            return work()
        finally:
            apart[0] = False

    def watched(query: Any) -> Any:
        read_apart.append(apart[0])
        return read(query)

    monkeypatch.setattr(database, "offload", offload)
    monkeypatch.setattr(database, "read", watched)
    assert helen.get(f"/branches/{office}/reports/{name}").status_code == 200
    assert read_apart[-1] is True


def test_a_bad_question_names_what_is_wrong(known: Any, office: str) -> None:
    helen, path = known("helen", "hall"), f"/branches/{office}/reports"
    assert problem_of(helen.get(f"{path}/gossip"), 404)["code"] == "not_found"
    problem_of(helen.get(f"{path}/waiting?from=2026-03-02&to=2026-03-01"), 422, "to")
    problem_of(helen.get(f"{path}/waiting?from=soon"), 422, "from")
    problem_of(known("ole", "hall").get("/branches/nowhere/reports/waiting"), 404)
