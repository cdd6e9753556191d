"""How is a call said, in words and in recorded fragments?"""

import json

import pytest

from queue_service.rules.spoken import Words, fragments, needed_fragments, parts, sentence, words_of
from queue_service.settings import pages_root


def words(language: str) -> Words:
    texts = json.loads((pages_root() / "common" / "languages" / f"{language}.json").read_text("utf-8"))
    return words_of(texts["speech"])


@pytest.mark.parametrize(
    ("language", "number", "window", "said"),
    [
        ("ru", "A017", "3", "Талон а 17, окно 3"),
        ("ru", "Б005", "12", "Талон бэ 5, окно 12"),
        ("ru", "W100", "2-B", "Талон дубль вэ 100, окно 2 бэ"),
        ("en", "A017", "3", "Ticket eh 17, window 3"),
        ("en", "KM345", "12", "Ticket K M 345, window 12"),
        ("en", "A000", "07", "Ticket eh 0, window 7"),
    ],
)
def test_letters_are_said_apart_and_leading_zeros_not_at_all(
    language: str, number: str, window: str, said: str
) -> None:
    assert sentence(words(language), number, window) == said


@pytest.mark.parametrize(
    ("number", "names"),
    [
        ("A001", ["A", "1"]),
        ("A020", ["A", "20"]),
        ("A021", ["A", "20", "1"]),
        ("A100", ["A", "100"]),
        ("AB345", ["A", "B", "300", "40", "5"]),
        ("A7013", ["A", "7000", "13"]),
        ("A000", ["A", "0"]),
    ],
)
def test_a_call_is_put_together_from_fragments(number: str, names: list[str]) -> None:
    assert fragments(number, "3") == ["ticket", *names, "window", "3"]


def test_a_number_larger_than_anybody_records_is_left_to_a_voice() -> None:
    assert fragments("A12345", "3") is None


def test_every_call_of_an_office_is_covered_by_the_fragments_it_is_asked_for() -> None:
    needed = set(needed_fragments(["A", "KM", "1", "12", "2-B"], 1999))
    for number in range(2000):
        for prefix in ("A", "KM"):
            assert set(fragments(f"{prefix}{number:03d}", "12") or ["?"]) <= needed
    assert "2000" not in needed


def test_every_letter_a_prefix_may_have_is_a_part_of_its_own() -> None:
    assert parts("щA017") == ["Щ", "A", "17"]
