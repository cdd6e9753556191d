"""In which words is it told? The language files, read once; pages, messages and calendars have the same texts."""

import json
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from queue_service.settings import pages_root

FALLBACK = "en"
LONG_MINUTES = 120
"""From then on a wait is told in hours."""
WIDE_MINUTES, WIDE_TIMES = 30, 3
"""A range that is so wide helps nobody: its end alone is said. Pages say the same: common/words.js."""


@cache
def languages() -> dict[str, dict[str, Any]]:
    """Texts by language code; adding a file to common/languages adds a language."""
    files = sorted((pages_root() / "common" / "languages").glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def words(language: str, section: str, key: str, **params: object) -> str:
    """A text of a section, with its placeholders filled in; another language is better than a key."""
    for texts in (language, FALLBACK):
        found = tree(texts, section, key)
        if isinstance(found, str):
            return fill(found, params)
    return ""


def tree(language: str, section: str, key: str) -> Any:
    """Whatever stands under a key: a text, or forms of it; None when there is nothing."""
    found: Any = languages().get(language, {}).get(section, {})
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def fill(text: str, params: dict[str, object]) -> str:
    for name, value in params.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def plural(forms: dict[str, str], n: int) -> str:
    """The plural form for `n` (English and Slavic rules), with {n} filled in."""
    if "few" not in forms:
        form = "one" if n == 1 else "other"
    elif n % 10 == 1 and n % 100 != 11:
        form = "one"
    else:
        form = "few" if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else "many"
    return forms.get(form, forms["other"]).replace("{n}", str(n))


def wait_words(estimate: dict[str, Any], language: str) -> str | None:
    """A range of waiting time, as "Your wait: about 10–25 minutes"; None when nobody can say."""
    if estimate["high"] is None:
        return None
    low, high = (round(estimate[end] / 60) for end in ("low", "high"))
    is_wide = high - low >= WIDE_MINUTES and high >= WIDE_TIMES * low
    usual = "wait_up_to" if not low else "wait_about" if high < LONG_MINUTES else "wait_long"
    key = "wait_at_most" if is_wide else usual
    is_span = key in ("wait_at_most", "wait_long")
    ends = (_span_words(low, language), _span_words(high, language)) if is_span else (low, high)
    said = words(language, "common", key, low=ends[0], high=ends[1])
    return words(language, "kiosk", "estimate", range=said)


def _span_words(minutes: int, language: str) -> str:
    hours, rest = divmod(minutes, 60)
    key = "hours_and_minutes" if hours and rest else "hours_only" if hours else "minutes_only"
    return words(language, "common", key, hours=hours, minutes=rest, n=rest)


def text_of(by_language: dict[str, str], language: str, default: str) -> str:
    """A text that an admin entered: in this language, else the branch's own, else whatever there is."""
    return by_language.get(language) or by_language.get(default) or next(iter(by_language.values()), "")


def day_words(at: datetime, time_zone: str, language: str) -> str:
    """The local date of a moment, as "Monday, 2 March 2026"."""
    local = at.astimezone(ZoneInfo(time_zone))
    weekday = words(language, "messages", f"weekdays.{local.isoweekday()}")
    month = words(language, "messages", f"months.{local.month}")
    return words(language, "messages", "date", weekday=weekday, day=local.day, month=month, year=local.year)


def clock_words(at: datetime, time_zone: str) -> str:
    """The local time of a moment, as 09:05."""
    return at.astimezone(ZoneInfo(time_zone)).strftime("%H:%M")
