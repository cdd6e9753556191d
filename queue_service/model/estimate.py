"""What visitors were told about their wait, and how it turned out."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from queue_service.model.columns import moment, one_of


class EstimateState(StrEnum):
    OPEN = "open"
    """Not called yet."""
    CALLED = "called"
    LEFT = "left"
    """Gave up or was never called: nothing to score."""


_OPEN = text("state = 'open'")


class Estimate(SQLModel, table=True):
    """One range that was shown for a waiting leg; seconds from `at`."""

    __table_args__ = (
        one_of("state", EstimateState),
        Index("open_estimates", "branch_id", "leg_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("estimates_by_day", "branch_id", "service_day"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    service_day: date
    leg_id: int = Field(foreign_key="leg.id")
    service_id: int = Field(foreign_key="service.id")
    at: datetime = Field(sa_column=moment())
    is_first: bool
    """Told with the ticket, or as soon as it was known; the others when the range changed."""
    low: int
    high: int
    """As shown: in whole steps."""
    sooner: int
    middle: int
    later: int
    """As worked out: one in ten is called sooner, or later."""
    state: str = Field(default=EstimateState.OPEN, max_length=8)
    waited: int | None = None
    """From `at` until the call."""
