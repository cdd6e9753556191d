"""What is promised, and which promises were not kept: norms, breaches, and jumps of the clock between them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from queue_service.model.columns import moment, one_of


class NormKind(StrEnum):
    WAIT = "wait"
    """From joining the line (or the booked time, if that is later) to the first call."""
    SERVICE_TIME = "service_time"
    TOTAL_TIME = "total_time"
    """From taking the ticket (or the booked time) to the end of the visit."""
    HOLD_TIME = "hold_time"
    QUEUE_LENGTH = "queue_length"
    """The most people who may wait for a service; the only one that is no time."""
    UNSTAFFED = "unstaffed"
    """How long people may wait for a service that no open window serves."""
    IDLE_WINDOW = "idle_window"
    """How long an open window may be free while people wait whom it may serve."""


class NormChannel(StrEnum):
    WALK_IN = "walk_in"
    APPOINTMENT = "appointment"


_OPEN = text("resolved_at IS NULL")


class Norm(SQLModel, table=True):
    """The promised longest of something, with its legal source."""

    __table_args__ = (
        one_of("kind", NormKind),
        one_of("channel", NormChannel),
        CheckConstraint("longest > 0", name="longest_positive"),
        Index("norms", "branch_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    kind: str = Field(max_length=16)
    service_id: int | None = Field(default=None, foreign_key="service.id")
    """None means every service."""
    channel: str | None = Field(default=None, max_length=16)
    """None means with and without an appointment."""
    longest: int
    """Seconds; people, where a line's length is meant."""
    source: str = Field(default="", max_length=300)
    valid_from: date | None = None
    valid_to: date | None = None


class Breach(SQLModel, table=True):
    """A norm that was passed: when, for how long, who has seen it."""

    __table_args__ = (
        UniqueConstraint("branch_id", "mark"),
        one_of("kind", NormKind),
        Index("open_breaches", "branch_id", "at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("breaches_by_day", "branch_id", "service_day"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    mark: str = Field(max_length=80)
    """What was passed by whom: the same breach, found by two schedulers, has the same."""
    service_day: date
    kind: str = Field(max_length=16)
    longest: int
    """The norm as it was then."""
    source: str = Field(default="", max_length=300)
    service_id: int | None = Field(default=None, foreign_key="service.id")
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    leg_id: int | None = Field(default=None, foreign_key="leg.id")
    at: datetime = Field(sa_column=moment())
    """The norm's moment, whenever it was noticed."""
    flagged_at: datetime = Field(sa_column=moment())
    is_late: bool = False
    """Whether nobody could have known in time, for it was noticed long after its moment."""
    resolved_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """When what the norm is about came at last."""
    acknowledged_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    acknowledged_by: int | None = Field(default=None, foreign_key="staff.id")
    note: str | None = Field(default=None, max_length=500)
    window_id: int | None = Field(default=None, foreign_key="window.id")
    """Of a window that was idle."""


class Standing(SQLModel, table=True):
    """What a norm of lines or windows speaks of, and since when it holds; gone when it does not."""

    __table_args__ = (UniqueConstraint("branch_id", "mark"), one_of("kind", NormKind))

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    mark: str = Field(max_length=80)
    """What it is about."""
    kind: str = Field(max_length=16)
    since: datetime = Field(sa_column=moment())
    flagged: str | None = Field(default=None, max_length=80)
    """The mark of its breach, once it has lasted too long."""


class ClockJump(SQLModel, table=True):
    """The machine's clock was set: time that nobody has waited."""

    __tablename__ = "clock_jump"

    id: int | None = Field(default=None, primary_key=True)
    before: datetime = Field(sa_column=moment())
    after: datetime = Field(sa_column=moment())
    seconds: int
    last_leg_id: int
    """Legs up to this one were there before."""
