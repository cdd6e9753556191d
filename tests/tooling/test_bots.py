"""Bots get all there is when nothing stands in their way, and cannot sell what is protected."""

from benchmarks.bots import PROTECTIONS, play

FEW = {"bots": 3, "people": 5, "seed": 3, "windows": 1}


def test_without_protection_bots_take_and_sell_everything() -> None:
    found = play(PROTECTIONS["none"], **FEW)
    assert (found["slots"], found["bots after the rush %"], found["sold %"]) == (10, 100, 100)
    assert found["people in the end %"] == 0


def test_a_fixed_name_and_a_waiting_list_leave_nothing_to_sell() -> None:
    found = play(PROTECTIONS["name fixed, waiting list"], **FEW)
    assert (found["bots after the rush %"], found["sold %"]) == (100, 0)
