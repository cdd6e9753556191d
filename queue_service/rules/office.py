"""What may an office look like? Its shape, one and the same for the HTTP API and the YAML file."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Literal, LiteralString
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from queue_service.model.branch import NumbersRestart
from queue_service.rules.calendar import WEEKDAYS


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


def _apart(spans: list[list[str]]) -> list[list[str]]:
    moments = [moment for span in sorted(spans) for moment in span]
    if any(later <= earlier for earlier, later in pairwise(moments)):
        raise PydanticCustomError("hours_overlap", "spans must end after they start, and not overlap")
    return sorted(spans)


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
Prefix = Annotated[str, Form(r"[^\W\d_]{1,3}", "invalid_prefix", "a prefix has one to three letters")]
ClockTime = Annotated[
    str, Form(r"([01]\d|2[0-3]):[0-5]\d|24:00", "invalid_clock_time", "a time is written as 08:00, up to 24:00")
]
# PostgreSQL keeps the parts of a document in an order of its own: one order makes files comparable.
Ordered = AfterValidator(lambda texts: dict(sorted(texts.items())))
ShortText = Annotated[dict[Language, Annotated[str, Field(max_length=200)]], Ordered]
LongText = Annotated[dict[Language, Annotated[str, Field(max_length=2000)]], Ordered]
HeadStarts = dict[Literal["walk_in", "appointment"], Annotated[int, Field(ge=0, le=1440)]]
DayStart = Annotated[
    str, Form(r"([01]\d|2[0-3]):[0-5]\d", "invalid_clock_time", "a time is written as 08:00, up to 23:59")
]
Span = Annotated[list[ClockTime], Field(min_length=2, max_length=2)]
Day = Annotated[list[Span], Field(max_length=6), AfterValidator(_apart)]


class Facts(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DocumentFacts(Facts):
    """A paper that a visitor brings."""

    name: ShortText
    required: bool = True
    note: ShortText = {}
    source: Annotated[str, Field(max_length=300)] = ""


class ServiceFacts(Facts):
    code: Code
    prefix: Prefix
    """One to three letters before the number."""
    name: ShortText
    description: LongText = {}
    documents: Annotated[list[DocumentFacts], Field(max_length=30)] = []
    fee: ShortText = {}
    norm_seconds: Annotated[int, Field(ge=60, le=86_400)] = 900
    group: Code | None = None
    open: bool = True


class WindowFacts(Facts):
    code: WindowCode
    services: Annotated[list[Code], Field(max_length=200)] = []
    languages: Annotated[list[Language], Field(max_length=20)] = []
    """Spoken here; none named means all of the branch's."""
    needs: Annotated[list[Literal["wheelchair", "interpreter", "hearing_loop"]], Field(max_length=10)] = []


class GroupFacts(Facts):
    code: Code
    name: ShortText


class CategoryFacts(Facts):
    """Visitors who may come earlier."""

    code: Code
    name: ShortText
    head_start_minutes: HeadStarts = {"walk_in": 90, "appointment": 90}
    legal_basis: Annotated[str, Field(max_length=300)] = ""
    proof: ShortText = {}
    is_self_declared: bool = False


class ChoiceFacts(Facts):
    """One entry of a list that operators choose from."""

    code: Code
    name: Annotated[ShortText, Field(min_length=1)]
    needs_note: bool = False


def _choice(code: str, ru: str, en: str, *, needs_note: bool = False) -> ChoiceFacts:
    return ChoiceFacts(code=code, name={"en": en, "ru": ru}, needs_note=needs_note)


Choices = Annotated[list[ChoiceFacts], Field(min_length=1, max_length=20)]


class ChoicesFacts(Facts):
    """What operators choose from: how a visit ended, why it is put aside, why somebody is called first, why a break."""

    outcome: Choices = [
        _choice("solved", "Решено", "Solved"),
        _choice("documents_missing", "Не хватило документов", "Documents missing"),
        _choice("to_be_continued", "Будет продолжение", "To be continued"),
        _choice("wrong_service", "Не та услуга", "Wrong service"),
        _choice("refused", "Отказано", "Refused", needs_note=True),
    ]
    hold: Choices = [
        _choice("form", "Заполняет бланк", "Filling in a form"),
        _choice("copies", "Делает копии", "Making copies"),
        _choice("payment", "Оплачивает", "Paying"),
        _choice("document", "Ждём документ", "Waiting for a document"),
    ]
    call: Choices = [
        _choice("unwell", "Плохо себя чувствует", "Feels unwell"),
        _choice("small_child", "С маленьким ребёнком", "With a small child"),
        _choice("returned", "Вернулся с недостающим документом", "Came back with what was missing"),
        _choice("hall_administrator", "По указанию администратора зала", "Told by the hall administrator"),
    ]
    pause: Choices = [
        _choice("break", "Короткий перерыв", "Short break"),
        _choice("lunch", "Обед", "Lunch"),
        _choice("back_office", "Работа без посетителей", "Back office"),
        _choice("technical", "Техническая причина", "Technical reason"),
    ]


class BranchFacts(Facts):
    code: BranchCode
    name: ShortText
    address: ShortText = {}
    time_zone: str
    languages: Annotated[list[Language], Field(min_length=1, max_length=20)]
    default_language: Language
    hours: dict[str, Day] = {}
    recall_pause_seconds: Annotated[int, Field(ge=0, le=600)] = 15
    calls_before_no_show: Annotated[int, Field(ge=1, le=10)] = 2
    no_show_after_seconds: Annotated[int, Field(ge=5, le=3600)] | None = None
    starts_on_call: bool = False
    undo_seconds: Annotated[int, Field(ge=0, le=60)] = 10
    rejoin_minutes: Annotated[int, Field(ge=0, le=480)] = 30
    defer_limit: Annotated[int, Field(ge=0, le=10)] = 2
    longest_defer_minutes: Annotated[int, Field(ge=1, le=120)] = 15
    late_minutes: Annotated[int, Field(ge=0, le=240)] = 15
    head_start_minutes: HeadStarts = {"walk_in": 0, "appointment": 85}
    day_starts: DayStart = "00:00"
    first_number: Annotated[int, Field(ge=1, le=99_999)] = 1
    last_number: Annotated[int, Field(ge=1, le=99_999)] = 999
    numbers_restart: NumbersRestart = NumbersRestart.DAILY
    choices: ChoicesFacts = ChoicesFacts()

    @field_validator("last_number")
    @classmethod
    def _range_is_not_empty(cls, last: int, info: ValidationInfo) -> int:
        if last < info.data.get("first_number", 1):
            raise PydanticCustomError("empty_range", "the last number comes before the first")
        return last

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise PydanticCustomError("unknown_time_zone", "{value} is not a time zone", {"value": zone[:60]})
        return zone

    @field_validator("hours")
    @classmethod
    def _days_of_the_week(cls, hours: dict[str, list[list[str]]]) -> dict[str, list[list[str]]]:
        for day in hours:
            if day not in WEEKDAYS:
                raise PydanticCustomError("unknown_weekday", "{value} is not one of mon, tue, …", {"value": day[:20]})
        return {day: hours[day] for day in WEEKDAYS if hours.get(day)}


class OfficeFacts(Facts):
    """A whole office, as in its YAML file."""

    branch: BranchFacts
    groups: Annotated[list[GroupFacts], Field(max_length=50)] = []
    categories: Annotated[list[CategoryFacts], Field(max_length=30)] = []
    services: Annotated[list[ServiceFacts], Field(max_length=300)] = []
    windows: Annotated[list[WindowFacts], Field(max_length=300)] = []


Fault = tuple[str, str, dict[str, Any]]
"""A refusal code, the dotted field at fault, and the parameters of its words."""


def branch_faults(branch: BranchFacts) -> list[Fault]:
    """What is wrong with the branch beyond its shape."""
    faults = _missing_text("branch.name", branch.name, branch.default_language)
    for kind in ChoicesFacts.model_fields:
        choices: list[ChoiceFacts] = getattr(branch.choices, kind)
        codes = [choice.code for choice in choices]
        twice = (i for i, code in enumerate(codes) if code in codes[:i])
        faults += [("code_taken", f"branch.choices.{kind}.{i}.code", {"value": codes[i]}) for i in twice]
    if branch.default_language not in branch.languages:
        listed = ", ".join(branch.languages)
        faults.append(("unknown_language", "branch.default_language", {"languages": listed}))
    return faults


def service_faults(service: ServiceFacts, field: str, default_language: str, groups: set[str]) -> list[Fault]:
    """What is wrong with a service beyond its shape; `field` is its dotted place, empty or ending with a dot."""
    faults = _missing_text(f"{field}name", service.name, default_language)
    for position, document in enumerate(service.documents):
        faults += _missing_text(f"{field}documents.{position}.name", document.name, default_language)
    if service.group is not None and service.group not in groups:
        faults.append(("unknown_group", f"{field}group", {"value": service.group}))
    return faults


def office_faults(office: OfficeFacts) -> list[Fault]:
    """Everything wrong with an office beyond its shape: missing texts, codes used twice, names of what is not there."""
    language = office.branch.default_language
    groups, services = {group.code for group in office.groups}, {service.code for service in office.services}
    faults = branch_faults(office.branch)
    for kind in ("groups", "categories", "services", "windows"):
        codes = [part.code for part in getattr(office, kind)]
        twice = (i for i, code in enumerate(codes) if code in codes[:i])
        faults += [("code_taken", f"{kind}.{i}.code", {"value": codes[i]}) for i in twice]
    for i, group in enumerate(office.groups):
        faults += _missing_text(f"groups.{i}.name", group.name, language)
    for i, category in enumerate(office.categories):
        faults += _missing_text(f"categories.{i}.name", category.name, language)
    for i, service in enumerate(office.services):
        faults += service_faults(service, f"services.{i}.", language, groups)
    for i, window in enumerate(office.windows):
        unknown = ((j, code) for j, code in enumerate(window.services) if code not in services)
        faults += [("unknown_service", f"windows.{i}.services.{j}", {"value": code}) for j, code in unknown]
    return faults


def _missing_text(field: str, texts: dict[str, str], language: str) -> list[Fault]:
    return (
        []
        if texts.get(language, "").strip()
        else [("default_language_missing", f"{field}.{language}", {"language": language})]
    )
