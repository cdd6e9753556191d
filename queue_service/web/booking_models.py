"""What may be sent to book, move and check in, field by field."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from queue_service.model.ticket import Channel
from queue_service.rules.forms import CalendarMoment
from queue_service.web.models import Body, Code, Days

Secret = Annotated[str, Field(min_length=1, max_length=100)]
Needs = Annotated[list[Code], Field(max_length=10)]


def _listed(value: Any) -> Any:
    """In an address a list is written with commas, or by naming the field again."""
    values = value if isinstance(value, list) else [value]
    return [part for one in values for part in str(one).split(",") if part] if value is not None else []


Listed = Annotated[list[Code], BeforeValidator(_listed), Field(max_length=10)]


class SlotSearch(Days):
    service: Annotated[Listed, Field(min_length=1)]
    """One code, or several with commas: they are served one after the other."""
    needs: Listed = []
    language: Annotated[str, Field(max_length=16)] = ""
    channel: Channel = Channel.WEB
    """Staff search for `phone` or `reception`: each may have a quota. Others have the web's, whatever they name."""


class NearestSearch(Body):
    service: Annotated[Listed, Field(min_length=1)]
    needs: Listed = []
    language: Annotated[str, Field(max_length=16)] = ""


class Chosen(Body):
    """What somebody comes for: `service` for one, `services` for several in one visit."""

    service: Code | None = None
    services: Annotated[list[Code], Field(min_length=1, max_length=10)] | None = None

    @model_validator(mode="after")
    def _names_something(self) -> "Chosen":
        if (self.service is None) == (self.services is None):
            raise PydanticCustomError("one_service", "name either one service or several services")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        return (self.service,) if self.service is not None else tuple(self.services or ())


class HoldOrder(Chosen):
    """Which slot is to be kept while somebody fills in the form."""

    starts_at: CalendarMoment
    needs: Needs = []
    language: Annotated[str, Field(max_length=16)] = ""
    channel: Channel = Channel.WEB
    """`phone` and `reception` count for staff alone."""
    holder: Annotated[str, Field(min_length=8, max_length=100)] | None = None
    """A random text by which a browser tells itself from others: its next hold lets go of the one before."""
    moving: Secret | None = None
    """The token of an appointment that is to be moved there."""


class Booking(Body):
    hold: Secret
    name: Annotated[str, Field(max_length=400)]
    phone: Annotated[str, Field(max_length=100)]
    email: Annotated[str, Field(max_length=400)] | None = None
    language: Annotated[str, Field(min_length=2, max_length=16)] = "en"
    needs: Needs | None = None
    """In the place of those that the slot was held for."""


class Correction(Body):
    """What is sent is changed, the rest stays. Where the name is fixed, another one needs a new booking."""

    name: Annotated[str, Field(max_length=400)] | None = None
    phone: Annotated[str, Field(max_length=100)] | None = None
    email: Annotated[str, Field(max_length=400)] | None = None
    language: Annotated[str, Field(min_length=2, max_length=16)] | None = None


class Move(Body):
    """To the slot that `hold` keeps, or straight to `starts_at`."""

    hold: Secret | None = None
    starts_at: CalendarMoment | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "Move":
        if (self.hold is None) == (self.starts_at is None):
            raise PydanticCustomError("one_target", "name either a hold or a time")
        return self


class Wait(Chosen, Days):
    """Whom a slot would suit on which days.

    The first day is by default today, the last a month later; for a draw they mean nothing.
    """

    name: Annotated[str, Field(max_length=400)]
    phone: Annotated[str, Field(max_length=100)]
    email: Annotated[str, Field(max_length=400)] | None = None
    language: Annotated[str, Field(min_length=2, max_length=16)] = "en"
    needs: Needs = []


class CheckIn(Body):
    code: Annotated[str, Field(min_length=1, max_length=300)]
    """The short code, the token, or the link that the QR code holds."""
    language: Annotated[str, Field(min_length=2, max_length=16)] | None = None


class HoldPath(BaseModel):
    hold: Annotated[str, Field(max_length=100)]
