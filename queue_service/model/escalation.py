"""Who is told of a breach that nobody takes note of, and what has been told: rules of escalation, and alerts."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from queue_service.model.appointment import MessageChannel
from queue_service.model.columns import moment, one_of
from queue_service.model.norm import NormKind

_LIVE = text("over_at IS NULL")


class Escalation(SQLModel, table=True):
    """Who is told of breaches, by which way, after how long."""

    __table_args__ = (
        one_of("channel", MessageChannel),
        CheckConstraint("after_seconds >= 0", name="after_not_negative"),
        Index("escalations", "branch_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    channel: str = Field(max_length=16)
    target: str = Field(max_length=500)
    """An e-mail address, a phone number, or the address that a webhook is posted to."""
    after_seconds: int
    """So long a breach stands on the hall page, and nobody has taken note of it."""
    at_risk: bool = False
    """Whether the alert goes out as soon as a norm is at risk."""
    language: str | None = Field(default=None, max_length=16)
    """None means the branch's own."""
    sealed_secret: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """What a webhook is signed with."""


class Alert(SQLModel, table=True):
    """What one rule of escalation told of one cause; while it is not over, the cause is not told again."""

    __table_args__ = (
        one_of("kind", NormKind),
        Index("live_alert", "escalation_id", "cause", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("alerts", "branch_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    escalation_id: int | None = Field(default=None, foreign_key="escalation.id", ondelete="SET NULL")
    """None when the rule has been removed."""
    cause: str = Field(max_length=80)
    kind: str = Field(max_length=16)
    service_id: int | None = Field(default=None, foreign_key="service.id")
    breaches: int
    """So many were open and not taken note of."""
    at_risk: int
    """So many would soon be."""
    since: datetime = Field(sa_column=moment())
    """The first breach's moment."""
    raised_at: datetime = Field(sa_column=moment())
    over_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
