"""How are the parts of an office written? The forms of codes, texts, times and hours, checked whoever sends them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Annotated, Any, Literal, LiteralString

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from queue_service.rules.calendar import WEEKDAYS

Fault = tuple[str, str, dict[str, Any]]
"""A refusal code, the dotted field at fault, and the parameters of its words."""


@dataclass(frozen=True)
class Form:
    """The form of a text; any other is refused under a code that has its words in every language."""

    pattern: str
    refusal: LiteralString
    told: LiteralString

    def check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise PydanticCustomError(self.refusal, self.told)
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


def not_before(first: date | None, last: date | None) -> date | None:
    """The last day of a span; refused as ends_before_it_begins."""
    if first is not None and last is not None and last < first:
        raise PydanticCustomError("ends_before_it_begins", "the last day comes before the first")
    return last


def _apart(spans: list[list[str]]) -> list[list[str]]:
    moments = [moment for span in sorted(spans) for moment in span]
    if any(later <= earlier for earlier, later in pairwise(moments)):
        raise PydanticCustomError("hours_overlap", "spans must end after they start, and not overlap")
    return sorted(spans)


CalendarDay = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))]
"""Days that calendars and time zones can be reckoned with."""
CalendarMoment = Annotated[
    AwareDatetime, Field(ge=datetime(1990, 1, 1, tzinfo=UTC), le=datetime(2199, 12, 31, tzinfo=UTC))
]
"""Moments likewise, with their offset."""
Language = Annotated[
    str, Form(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", "invalid_language", "a language is written as en, ru, kk")
]
Code = Annotated[
    str, Form(r"[\w.-]{1,40}", "invalid_code", "a code has 1 to 40 letters, digits, dots, hyphens, underscores")
]
BranchCode = Annotated[
    str, Form(r"[a-z0-9][a-z0-9-]{0,39}", "invalid_branch_code", "a branch's code has a-z, 0-9 and hyphens")
]
WindowCode = Annotated[
    str, Form(r"[\w-]{1,8}", "invalid_window_code", "a window's code has 1 to 8 letters, digits or hyphens")
]
UNREADABLE = "IiOoQqlОоЗзІіΙιΟο"
"""Latin, Cyrillic and Greek letters that a hall reads as 1, 0 or 3: “O17” on a screen may be “017”."""
Prefix = Annotated[
    str,
    Form(r"[^\W\d_]{1,3}", "invalid_prefix", "a prefix has one to three letters"),
    Form(
        rf"[^\W\d_{UNREADABLE}]{{1,3}}",
        "unreadable_prefix",
        "I, O, Q, a small l and the Cyrillic О, З, І are read as digits: take another letter",
    ),
]
ClockTime = Annotated[
    str, Form(r"([01]\d|2[0-3]):[0-5]\d|24:00", "invalid_clock_time", "a time is written as 08:00, up to 24:00")
]
# PostgreSQL keeps the parts of a document in an order of its own: one order makes files comparable.
Ordered = AfterValidator(lambda texts: dict(sorted(texts.items())))
ShortText = Annotated[dict[Language, Annotated[str, Field(max_length=200)]], Ordered]
NoticeText = Annotated[dict[Language, Annotated[str, Field(max_length=300)]], Ordered]
LongText = Annotated[dict[Language, Annotated[str, Field(max_length=2000)]], Ordered]
HeadStarts = dict[Literal["walk_in", "appointment"], Annotated[int, Field(ge=0, le=1440)]]
DayStart = Annotated[
    str, Form(r"([01]\d|2[0-3]):[0-5]\d", "invalid_clock_time", "a time is written as 08:00, up to 23:59")
]
Span = Annotated[list[ClockTime], Field(min_length=2, max_length=2)]
Day = Annotated[list[Span], Field(max_length=6), AfterValidator(_apart)]


def _in_order(hours: dict[str, list[list[str]]]) -> dict[str, list[list[str]]]:
    for day in hours:
        if day not in WEEKDAYS:
            raise PydanticCustomError("unknown_weekday", "{value} is not one of mon, tue, …", {"value": day[:20]})
    return {day: hours[day] for day in WEEKDAYS if hours.get(day)}


WeeklyHours = Annotated[dict[str, Day], AfterValidator(_in_order)]


class Facts(BaseModel):
    model_config = ConfigDict(extra="forbid")


def missing_text(field: str, texts: dict[str, str], language: str) -> list[Fault]:
    return (
        []
        if texts.get(language, "").strip()
        else [("default_language_missing", f"{field}.{language}", {"language": language})]
    )
