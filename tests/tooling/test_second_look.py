"""What may be looked at again, and what may not."""

from tests.second_look import MOST, deserves_it

A_PAGE, A_RULE = "tests/screens/test_kiosk.py::test_one", "tests/rules/test_slots.py::test_one"


def test_only_a_few_tests_that_lean_on_the_machine_get_a_second_look() -> None:
    assert deserves_it(1, [A_PAGE])
    assert not deserves_it(1, [A_PAGE, A_RULE])
    assert not deserves_it(1, [A_PAGE] * (MOST + 1))
    assert not deserves_it(2, [A_PAGE])
    assert not deserves_it(1, [])
