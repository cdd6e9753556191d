"""What may be sent to the API, field by field. Unknown fields are refused, so that a typing error is not lost."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from queue_service.model.ticket import Channel

Code = Annotated[str, Field(min_length=1, max_length=40)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TicketOrder(Body):
    services: Annotated[list[Code], Field(min_length=1, max_length=10)]
    language: Annotated[str, Field(min_length=2, max_length=16)] = "en"
    channel: Channel = Channel.WEB


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


class Finish(Body):
    outcome: Code
    note: Annotated[str, Field(max_length=500)] | None = None


class BranchPath(BaseModel):
    branch: Code


class WindowPath(BaseModel):
    window: Annotated[str, Field(max_length=40)]


class TokenPath(BaseModel):
    token: Annotated[str, Field(max_length=100)]
