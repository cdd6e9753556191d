"""The codes that machines show, as people type them."""

import pytest

from queue_service.model.device import DeviceRole
from queue_service.rules.device import ALPHABET, clean_code, present_settings


@pytest.mark.parametrize(
    "typed", ["BCDFHKMT", "bcdf-hkmt", " BC DF HK MT ", "bcdf–hkmt", "ВСDF-НКМТ", "всdfнкмт", "BCDF\u00a0HKMT"]
)
def test_a_code_is_understood_however_it_is_typed(typed: str) -> None:
    assert clean_code(typed) == "BCDFHKMT"


@pytest.mark.parametrize("typed", ["", "BCDF", "BCDFHKMTB", "BCDFHKMA", "BCDF0KMT", "BCDF/HKMT", "ЖЖЖЖЖЖЖЖ"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert clean_code(typed) is None


def test_the_alphabet_makes_no_words_and_has_no_look_alikes() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 20
    assert not set(ALPHABET) & set("AEIOUY0123456789")


def test_settings_of_another_version_are_read_as_far_as_they_are_known() -> None:
    stored = {"prints": False, "of_a_later_version": 1}
    assert present_settings(DeviceRole.KIOSK, stored) == {"idle_seconds": 30, "is_accessible": False, "prints": False}
