"""The list of broken builds is up to date; `python -m tests.faults.broken_builds` takes it at its word."""

import pytest

from tests.faults.broken_builds import BREAKS, Break, is_found


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name.replace(" ", "-"))
def test_the_place_to_break_and_the_test_are_still_there(one: Break) -> None:
    assert one.original != one.broken
    assert is_found(one), f"{one.original!r} no longer stands once in {one.file}, or {one.test} is gone"
