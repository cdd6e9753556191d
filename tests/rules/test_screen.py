"""How large must a hall screen's letters be? The figures of the trade's table, and what does not fit."""

from typing import Any

import pytest
from pydantic import ValidationError

from queue_service.rules.screen import (
    DIGIT_HEIGHT,
    DisplaySettings,
    Orientation,
    display_faults,
    settings_from_query,
    wanted_heights_mm,
)

FHD = 1080


def shown(orientation: Orientation = "landscape", **given: Any) -> Any:
    return DisplaySettings(**given).sizes[orientation]


@pytest.mark.parametrize(
    ("distance", "newest_mm", "earlier_mm"), [(5, 61, 25), (8, 98, 40), (10, 122, 50), (15, 183, 75)]
)
def test_wanted_heights_are_those_of_the_table(distance: float, newest_mm: int, earlier_mm: int) -> None:
    newest, earlier = wanted_heights_mm(distance)
    assert (round(newest), round(earlier)) == (newest_mm, earlier_mm)


def test_ten_metres_and_55_inches_give_four_rows_of_79_pixels_and_a_newest_call_of_192() -> None:
    sizes = shown()
    assert sizes.rows == 4
    assert sizes.is_enough
    assert sizes.newest / 100 * FHD * DIGIT_HEIGHT >= 192
    assert sizes.earlier / 100 * FHD * DIGIT_HEIGHT >= 79


@pytest.mark.parametrize("layout", ["all", "zone", "media"])
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("distance", [3, 8, 10, 15, 30])
def test_rows_are_left_out_before_letters_become_too_small(layout: str, orientation: Any, distance: float) -> None:
    sizes = shown(orientation, layout=layout, windows=["1"], distance_m=distance, rows=5)
    assert 1 <= sizes.rows <= 5
    assert sizes.is_enough == (
        sizes.newest_mm >= sizes.wanted_newest_mm and sizes.earlier_mm >= sizes.wanted_earlier_mm
    )
    assert sizes.is_enough == (sizes.reads_to_m >= distance)


def test_a_screen_that_is_too_small_says_which_would_do() -> None:
    small = shown(distance_m=15, diagonal_inches=55)
    assert not small.is_enough
    assert small.reads_to_m < 15
    assert shown(distance_m=15, diagonal_inches=small.needs_inches).is_enough
    assert not shown(distance_m=15, diagonal_inches=small.needs_inches - 2).is_enough


def test_settings_that_were_read_can_be_sent_back() -> None:
    settings = DisplaySettings(layout="zone", windows=["1", "2"], quiet_hours=[["07:00", "09:00"]])
    assert DisplaySettings.model_validate(settings.model_dump(mode="json")) == settings


def test_settings_stand_in_the_address_of_a_page() -> None:
    query = {"layout": "zone", "windows": "1,2", "motion": "false", "distance_m": "7.5", "lang": "ru"}
    settings = settings_from_query(query)
    assert (settings.layout, settings.windows, settings.motion, settings.distance_m) == ("zone", ["1", "2"], False, 7.5)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"layout": "zone"}, "windows"),
        ({"layout": "window", "windows": ["1", "2"]}, "windows"),
        ({"rows": 6}, "rows"),
        ({"media": ["../secret.key"]}, "media"),
        ({"languages": ["ru", "en", "kk"]}, "languages"),
        ({"quiet_hours": [["09:00", "07:00"]]}, "quiet_hours"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_settings_are_refused_by_name(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        DisplaySettings.model_validate(wrong)
    assert {error["loc"][0] for error in refusal.value.errors()} == {field}


def test_windows_and_languages_that_the_branch_does_not_have_are_named() -> None:
    settings = DisplaySettings(layout="zone", windows=["1", "9"], languages=["ru", "kk"], second_language="de")
    faults = display_faults(settings, {"1", "2"}, ["ru", "en"])
    assert [field for _, field, _ in faults] == ["windows.1", "languages.1", "second_language"]
