"""How is a call said? Letters apart, numbers as people say them, leading zeros silent."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

TICKET, WINDOW = "ticket", "window"
LARGEST_RECORDED = 9999


@dataclass(frozen=True)
class Words:
    """What a language says around letters and numbers."""

    ticket: str
    window: str
    letters: Mapping[str, str]
    """How a letter is called; one that is missing is left to the voice."""


def words_of(texts: Mapping[str, str]) -> Words:
    """Words as a language file has them; the letters are one text: `A=eh Й=short_ee`."""
    letters = dict(pair.replace("_", " ").split("=", 1) for pair in texts["letters"].split())
    return Words(texts["ticket"], texts["window"], letters)


def parts(code: str) -> list[str]:
    """`A017` is A, 17; `2-B` is 2, B."""
    found = re.findall(r"[^\W\d_]|\d+", code)
    return [str(int(part)) if part.isdigit() else part.upper() for part in found]


def sentence(words: Words, number: str, window: str) -> str:
    """The whole call, for a voice that can read numbers."""
    ticket, place = (" ".join(words.letters.get(part, part) for part in parts(code)) for code in (number, window))
    return f"{words.ticket} {ticket}, {words.window} {place}"


def fragments(number: str, window: str) -> list[str] | None:
    """The call as names of recordings, in order; None when a number is larger than people record."""
    names = [TICKET, *_recorded(parts(number)), WINDOW, *_recorded(parts(window))]
    return None if "" in names else names


def needed_fragments(codes: Iterable[str], largest: int) -> list[str]:
    """Names of all recordings that an office needs: prefixes and windows are `codes`, numbers go up to `largest`."""
    letters = {part for code in codes for part in parts(code) if not part.isdigit()}
    largest = min(largest, LARGEST_RECORDED)
    numbers = [*range(21), *range(30, 100, 10), *range(100, 1000, 100), *range(1000, 10_000, 1000)]
    return [TICKET, WINDOW, *sorted(letters), *(str(number) for number in numbers if number <= max(20, largest))]


def _recorded(said: list[str]) -> Iterator[str]:
    for part in said:
        if not part.isdigit():
            yield part
        elif int(part) > LARGEST_RECORDED:
            yield ""
        else:
            yield from _number(int(part))


def _number(number: int) -> Iterator[str]:
    """345 is 300, 40, 5."""
    if number == 0:
        yield "0"
    for step in (1000, 100):
        if number >= step:
            yield str(number - number % step)
            number %= step
    if number > 20 and number % 10:
        yield str(number - number % 10)
        number %= 10
    if number:
        yield str(number)
