"""When windows are staffed: weekly patterns, days with other hours, closures; and what is taken of a day."""

from datetime import date

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from queue_service.model.branch import Text
from queue_service.model.columns import document

ENDS_AFTER_IT_BEGINS = "last IS NULL OR first IS NULL OR last >= first"


class Roster(SQLModel, table=True):
    """The weekly pattern of a window between two dates."""

    __table_args__ = (CheckConstraint(ENDS_AFTER_IT_BEGINS, name="in_order"), Index("rosters", "branch_id"))

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    window_id: int = Field(foreign_key="window.id")
    first: date | None = None
    last: date | None = None
    hours: dict[str, list[list[str]]] = Field(sa_column=document())
    """Spans by weekday, local time; a break is what lies between two spans."""
    services: list[str] | None = Field(default=None, sa_column=document(nullable=True))
    """Codes of what is served then; none means all that the window is set up for."""


class SpecialDays(SQLModel, table=True):
    """Days on which the office keeps other hours than usual; none at all on a holiday."""

    __tablename__ = "special_days"
    __table_args__ = (CheckConstraint("last >= first", name="in_order"), Index("special_days_of", "branch_id"))

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    first: date
    last: date
    name: Text = Field(sa_column=document())
    hours: list[list[str]] = Field(sa_column=document())


class Closure(SQLModel, table=True):
    """Windows that are not staffed although the roster says so."""

    __table_args__ = (CheckConstraint("last >= first", name="in_order"), Index("closures", "branch_id"))

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    first: date
    last: date
    hours: list[list[str]] = Field(sa_column=document())
    """None named means the whole day."""
    windows: list[str] | None = Field(default=None, sa_column=document(nullable=True))
    """Codes; none means all windows."""
    reason: Text = Field(sa_column=document())


class BookingDay(SQLModel, table=True):
    """A date on which something was ever booked or held. Its stamp changes with every change of what is taken."""

    __tablename__ = "booking_day"

    branch_id: int = Field(primary_key=True, foreign_key="branch.id")
    day: date = Field(primary_key=True)
    stamp: str = Field(max_length=16)
