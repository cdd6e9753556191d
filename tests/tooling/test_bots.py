"""Bots get all there is when nothing stands in their way, and cannot sell what is protected."""

from benchmarks.bots import OFF, PROTECTIONS, medians, play
from queue_service.rules.booking import ProtectionFacts

FEW = {"bots": 3, "people": 5, "seed": 3, "windows": 1}


def test_without_protection_bots_take_and_sell_everything() -> None:
    found = play(PROTECTIONS["none"], **FEW)
    assert (found["slots"], found["bots after the rush %"], found["sold %"]) == (10, 100, 100)
    assert found["people in the end %"] == 0


def test_a_fixed_name_and_a_waiting_list_leave_nothing_to_sell() -> None:
    found = play(PROTECTIONS["name fixed, waiting list"], **FEW)
    assert (found["bots after the rush %"], found["sold %"]) == (100, 0)


def test_every_protection_is_measured_strictly_alone() -> None:
    nothing = ProtectionFacts.model_validate(OFF).model_dump()
    wholly_on = [ProtectionFacts.model_validate(given).model_dump() for given in PROTECTIONS.values()]
    switched = [{name for name in nothing if given[name] != nothing[name]} for given in wholly_on]
    assert {next(iter(names)) for names in switched if len(names) == 1} == set(nothing)


def test_runs_come_to_their_median_and_how_far_they_lie_apart() -> None:
    runs = [{"sold %": sold, "people in the end %": people} for sold, people in ((0, 60), (100, 40), (20, 52))]
    assert medians(runs) == {"sold %": 20, "people in the end %": 52, "spread %": 20}
