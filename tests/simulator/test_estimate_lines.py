"""`queue-service estimate`: what serves visitors, examined from outside line by line."""

import io
import json
from itertools import chain
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.estimates import Scores, examine
from benchmarks.made_days import make_day, make_office
from queue_service.cli import main
from queue_service.simulator.estimate_lines import BadLine, answer_lines

PARTS = ("errors", "naive_errors", "covered", "late")


def answers(*messages: dict[str, Any]) -> list[Any]:
    out = io.StringIO()
    answer_lines([json.dumps(message) for message in messages], out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_on_days_of_offices_never_seen_it_errs_less_than_half_as_much_as_usual() -> None:
    exams = [examine(seed, days=5) for seed in (11, 12, 14)]
    for name, most in (("at_issue", 0.5), ("later", 0.55)):
        scores: list[Scores] = [getattr(exam, name) for exam in exams]
        together = Scores(*(list(chain.from_iterable(getattr(one, part) for one in scores)) for part in PARTS))
        assert together.of_naive < most
        assert together.coverage > 0.75
        assert together.late_share < 0.2


def test_an_office_on_its_first_day_is_answered_with_ranges_in_order() -> None:
    day = make_day(make_office(5), 0)
    first = next(event for event in day["events"] if event["ev"] == "issued")
    seen = day["events"][: day["events"].index(first) + 1]
    told = [{"op": "event", "event": event} for event in seen]
    question = {"op": "predict", "t": first["t"], "tickets": [first["ticket"]]}
    fitted, answer = answers({"op": "fit", "days": []}, {"op": "start", "header": day["header"]}, *told, question)
    assert fitted == {"ok": True}
    low, middle, high = answer["pred"][first["ticket"]]
    assert 0 <= low <= middle <= high < 3 * 3600


def test_a_line_that_is_not_of_the_protocol_is_named() -> None:
    with pytest.raises(BadLine, match="line 2"):
        answer_lines(['{"op": "fit", "days": []}', '{"op": "dance"}'], io.StringIO())
    with pytest.raises(BadLine, match="line 1"):
        answer_lines(["no json"], io.StringIO())
    ended = CliRunner().invoke(main, ["estimate"], input="no json\n")
    assert ended.exit_code == 65
