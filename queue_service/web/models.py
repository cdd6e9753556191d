"""What may be sent to the API, field by field. Unknown fields are refused, so that a typing error is not lost."""

from datetime import date
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from queue_service.model.ticket import Channel
from queue_service.rules.errors import not_found
from queue_service.rules.forms import CalendarDay, CalendarMoment, not_before

Code = Annotated[str, Field(min_length=1, max_length=40)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
        """The plain one is worked out once: flask-openapi3 asks for it at every request that has a query."""
        if arguments or options:
            return super().model_json_schema(*arguments, **options)
        return _plain_schema(cls)


@cache
def _plain_schema(model: type[BaseModel]) -> dict[str, Any]:
    schema: dict[str, Any] = BaseModel.model_json_schema.__func__(model)  # type: ignore[attr-defined]
    return schema


class TicketOrder(Body):
    services: Annotated[list[Code], Field(min_length=1, max_length=10)]
    language: Annotated[str, Field(min_length=2, max_length=16)] = "en"
    channel: Channel = Channel.WEB
    priority: Code | None = None
    """Code of a priority category; one that needs proof is granted by reception."""
    needs: Annotated[list[Code], Field(max_length=10)] = []
    """wheelchair, interpreter, hearing_loop, language, more_time, companion"""


class Defer(Body):
    minutes: Annotated[int, Field(ge=0, le=1440)]
    """0 ends a deferral early."""


class MoreService(Body):
    code: Code


class Priority(Body):
    priority: Code


class Credentials(Body):
    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=200)]


class Opening(Body):
    services: Annotated[list[Code], Field(min_length=1, max_length=100)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_body_is_fine(cls, data: object) -> object:
        return {} if data is None else data


class Pause(Body):
    reason: Code


Id = Annotated[str, Field(pattern=r"^\d{1,9}$")]
Note = Annotated[str, Field(max_length=500)]


class AtWindow(Body):
    """`leg` names the visitor that the operator means; if another one is at the window, nothing is done."""

    leg: Id | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_body_is_fine(cls, data: object) -> object:
        return {} if data is None else data


class Chosen(Body):
    number: Annotated[str, Field(min_length=1, max_length=12)]
    reason: Code


class Finish(AtWindow):
    outcome: Code
    note: Note | None = None


class Hold(AtWindow):
    reason: Code
    return_at: CalendarMoment | None = None


class Transfer(AtWindow):
    """At least one of `service`, `window` (its id) and `operator` (their id)."""

    service: Code | None = None
    window: Id | None = None
    operator: Id | None = None
    and_back: bool = False
    """Whether the visitor comes back to this window afterwards."""
    note: Note | None = None


class BranchPath(BaseModel):
    branch: Code


class WindowPath(BaseModel):
    window: Annotated[str, Field(max_length=40)]


class LegPath(BaseModel):
    leg: Annotated[str, Field(max_length=40)]


class Numbered(Body):
    number: Annotated[str, Field(min_length=1, max_length=12)]


class TokenPath(BaseModel):
    token: Annotated[str, Field(max_length=100)]


class Days(Body):
    """From one day to another; what stands for a day that is not named is told where this is used."""

    start: Annotated[CalendarDay | None, Field(alias="from")] = None
    end: Annotated[CalendarDay | None, Field(alias="to")] = None

    @field_validator("end")
    @classmethod
    def _ends_after_it_begins(cls, end: date | None, info: ValidationInfo) -> date | None:
        return not_before(info.data.get("start"), end)


class Published(Days):
    """Service days; default: the last four weeks."""


class Period(Days):
    """Service days; default: today."""

    format: Literal["json", "csv", "xlsx"] = "json"


def small_number(text: str, what: str) -> int:
    """The number behind an id; raises Refused(unknown_<what>)."""
    # Ids are opaque to callers; ours are numbers small enough for every database.
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise not_found(what, text)
    return int(text)
