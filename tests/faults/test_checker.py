"""The checker of the fault tests sees every kind of fault, and none in a history without one."""

from pathlib import Path
from typing import Any

import pytest

from tests.faults.checker import check
from tests.faults.history import Event, History

DAY = "2026-03-02"
Line = tuple[float, str, str, str, Any]


def ticket(number: str, version: int, http: int = 200, **more: Any) -> dict[str, Any]:
    return {"http": http, "number": number, "day": DAY, "version": version, **more}


def op(op: str, key: str, began: float, ended: float, answer: dict[str, Any]) -> list[Event]:
    type_: Any = "ok" if answer["http"] < 300 else "fail"
    return [Event(began, "somebody", op, key, "invoke"), Event(ended, "somebody", op, key, type_, answer)]


GIVEN = [*op("issue", "i1", 0, 1, ticket("A001", 1, 201)), *op("issue", "i2", 2, 3, ticket("A002", 2, 201))]
CALLED = [*op("next", "n1", 4, 5, ticket("A001", 3)), *op("next", "n2", 6, 7, ticket("A002", 4))]
NOBODY = op("next", "n3", 8, 9, {"http": 204})
KEPT = {(DAY, "A001"): "called", (DAY, "A002"): "called"}


def faults(events: list[Event], kept: dict[tuple[str, str], str] = KEPT) -> dict[str, int]:
    """The columns that are not 0, of those that should be."""
    found = check(sorted(events, key=lambda event: event.t), kept)
    clean = {"issued", "acked", "recovered", "remarks"}
    wrong = {name: value for name, value in vars(found).items() if name not in clean and value}
    assert found.faults == sum(wrong.values())
    return wrong


def test_a_sound_history_has_no_fault_and_survives_the_file(tmp_path: Path) -> None:
    assert faults(GIVEN + CALLED + NOBODY) == {}
    history = History(tmp_path / "history.jsonl")
    history.note("kiosk", "issue", "k", "invoke")
    history.note("kiosk", "issue", "k", "ok", ticket("A001", 1, 201))
    found = check(history.events(), {(DAY, "A001"): "waiting"})
    assert (found.issued, found.acked, found.faults) == (1, 1, 0)
    assert found.table().split()[:2] == ["issued", "acked"]
    history.close()


@pytest.mark.parametrize(
    ("events", "kept", "expected"),
    [
        (GIVEN, {(DAY, "A001"): "waiting"}, {"lost": 1}),
        ([*GIVEN, *op("cancel", "c", 4, 5, ticket("A002", 3))], KEPT, {"lost": 1}),
        ([*GIVEN, *CALLED, *op("finish", "f", 8, 9, ticket("A002", 5))], KEPT, {"lost": 1}),
        ([*GIVEN, *op("issue", "i3", 4, 5, ticket("A002", 3, 201))], KEPT, {"duplicated": 1}),
        ([*GIVEN, *op("issue", "i2", 4, 5, ticket("A002", 3, 201))], KEPT, {"duplicated": 1}),
        (GIVEN, {**KEPT, (DAY, "A003"): "waiting"}, {"duplicated": 1}),
        ([*GIVEN, *CALLED, *op("next", "n4", 8, 9, ticket("A002", 5))], KEPT, {"double_calls": 1}),
        ([*GIVEN, *op("next", "n", 4, 5, {"http": 204})], KEPT, {"false_empty": 1}),
        ([*GIVEN, *op("next", "n", 4, 5, ticket("A002", 3))], KEPT, {"order_inversions": 1}),
        (
            [*GIVEN, *op("next", "n", 4, 5, ticket("A002", 3)), *op("next", "m", 6, 7, ticket("A001", 4))],
            KEPT,
            {"order_inversions": 1},
        ),
        ([*GIVEN, *op("start", "s", 4, 5, {"http": 500})], KEPT, {"unexpected": 1}),
        ([*GIVEN, Event(4, "somebody", "start", "s", "invoke")], KEPT, {"unexpected": 1}),
        ([*GIVEN, *op("hall", "h", 4, 5, {"http": 200, "version": 1})], KEPT, {"unexpected": 1}),
        ([*GIVEN, *op("start", "s", 4, 5, ticket("A001", 2))], KEPT, {"unexpected": 1}),
    ],
)
def test_every_fault_is_seen(events: list[Event], kept: dict[tuple[str, str], str], expected: dict[str, int]) -> None:
    assert faults(events, kept) == expected


def test_what_overlaps_is_not_blamed() -> None:
    """Nobody waited during the whole of the question: the only one was being called meanwhile, or gave up."""
    one = GIVEN[:2]
    kept = {(DAY, "A001"): "called"}
    during = op("next", "n", 2, 6, {"http": 204})
    assert faults([*one, *during, *op("next", "m", 3, 4, ticket("A001", 2))], kept) == {}
    gone = {(DAY, "A001"): "cancelled"}
    assert faults([*one, *during, *op("cancel", "c", 3, 4, ticket("A001", 2))], gone) == {}
    assert faults([*during, *op("issue", "i1", 3, 4, ticket("A001", 1, 201))], kept) == {}


def test_a_lost_answer_that_is_given_again_is_one_operation() -> None:
    cut = [Event(0.0, "kiosk", "issue", "i1", "invoke"), Event(0.1, "kiosk", "issue", "i1", "info", "cut")]
    found = check([*cut, *op("issue", "i1", 0.2, 1, ticket("A001", 1, 201))], {(DAY, "A001"): "waiting"})
    assert (found.issued, found.acked, found.recovered, found.faults) == (1, 1, 1, 0)
