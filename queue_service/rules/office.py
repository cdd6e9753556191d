"""What may an office look like? Its shape, one and the same for the HTTP API and the YAML file."""

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from queue_service.model.branch import NumbersRestart, Purpose
from queue_service.rules.booking import BookingFacts, ClosureFacts, RosterFacts, SpecialDaysFacts
from queue_service.rules.escalation import EscalationFacts
from queue_service.rules.forms import (
    BranchCode,
    Code,
    DayStart,
    Facts,
    Fault,
    HeadStarts,
    Language,
    LongText,
    NoticeText,
    Prefix,
    ShortText,
    WeeklyHours,
    WindowCode,
    missing_text,
)
from queue_service.rules.norm import NormFacts


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
    purpose: Purpose = Purpose.SUBMIT
    """What brings visitors to it; norms are measured for each purpose."""
    norm_seconds: Annotated[int, Field(ge=60, le=86_400)] = 900
    group: Code | None = None
    open: bool = True
    booking: BookingFacts | None = None
    """How it may be booked; none means that nobody has thought of it yet."""


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
    hours: WeeklyHours = {}
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
    emergency: NoticeText = {}
    """Takes every hall screen whole while there is one."""
    news: Annotated[list[ShortText], Field(max_length=20)] = []
    """What hall screens say besides calls, in turn."""

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


class OfficeFacts(Facts):
    """A whole office, as in its YAML file."""

    branch: BranchFacts
    groups: Annotated[list[GroupFacts], Field(max_length=50)] = []
    categories: Annotated[list[CategoryFacts], Field(max_length=30)] = []
    services: Annotated[list[ServiceFacts], Field(max_length=300)] = []
    windows: Annotated[list[WindowFacts], Field(max_length=300)] = []
    rosters: Annotated[list[RosterFacts], Field(max_length=2000)] = []
    special_days: Annotated[list[SpecialDaysFacts], Field(max_length=500)] = []
    closures: Annotated[list[ClosureFacts], Field(max_length=500)] = []
    norms: Annotated[list[NormFacts], Field(max_length=500)] = []
    escalations: Annotated[list[EscalationFacts], Field(max_length=50)] = []


def branch_faults(branch: BranchFacts) -> list[Fault]:
    """What is wrong with the branch beyond its shape."""
    faults = missing_text("branch.name", branch.name, branch.default_language)
    if any(branch.emergency.values()):
        faults += missing_text("branch.emergency", branch.emergency, branch.default_language)
    for i, piece in enumerate(branch.news):
        faults += missing_text(f"branch.news.{i}", piece, branch.default_language)
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
    faults = missing_text(f"{field}name", service.name, default_language)
    for position, document in enumerate(service.documents):
        faults += missing_text(f"{field}documents.{position}.name", document.name, default_language)
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
        faults += missing_text(f"groups.{i}.name", group.name, language)
    for i, category in enumerate(office.categories):
        faults += missing_text(f"categories.{i}.name", category.name, language)
    for i, service in enumerate(office.services):
        faults += service_faults(service, f"services.{i}.", language, groups)
    for i, window in enumerate(office.windows):
        faults += _unknown("service", f"windows.{i}.services", window.services, services)
    windows = {window.code for window in office.windows}
    for i, roster in enumerate(office.rosters):
        faults += _unknown("window", f"rosters.{i}.window", [roster.window], windows, is_list=False)
        faults += _unknown("service", f"rosters.{i}.services", roster.services or [], services)
    for i, closure in enumerate(office.closures):
        faults += _unknown("window", f"closures.{i}.windows", closure.windows or [], windows)
    for i, norm in enumerate(office.norms):
        named = [] if norm.service is None else [norm.service]
        faults += _unknown("service", f"norms.{i}.service", named, services, is_list=False)
    for i, rule in enumerate(office.escalations):
        if rule.language is not None and rule.language not in office.branch.languages:
            listed = ", ".join(office.branch.languages)
            faults.append(("unknown_language", f"escalations.{i}.language", {"languages": listed}))
    return faults


def _unknown(what: str, field: str, codes: list[str], known: set[str], *, is_list: bool = True) -> list[Fault]:
    return [
        (f"unknown_{what}", f"{field}.{i}" if is_list else field, {"value": code})
        for i, code in enumerate(codes)
        if code not in known
    ]
