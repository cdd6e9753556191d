"""What an office looks like: branch, services, windows, and the lock row of its hall."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from queue_service.model.columns import document, moment, one_of

Text = dict[str, str]
"""A text by language code: {"ru": …, "en": …}."""


class WindowState(StrEnum):
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class Branch(SQLModel, table=True):
    """One office with its own hall, calendar and time zone."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=40)
    name: Text = Field(sa_column=document())
    address: Text = Field(sa_column=document())
    time_zone: str = Field(max_length=64)
    languages: list[str] = Field(sa_column=document())
    default_language: str = Field(max_length=16)
    hours: dict[str, list[list[str]]] = Field(sa_column=document())
    """Opening spans by weekday, local time: {"mon": [["08:00", "18:00"]], …}; a missing day is closed."""
    recall_pause_seconds: int = 15
    calls_before_no_show: int = 2


class Hall(SQLModel, table=True):
    """The branch lock: every change to a hall takes this row first, and leaves its new version here."""

    branch_id: int = Field(primary_key=True, foreign_key="branch.id")
    version: int = 0
    setup_version: int = 0
    ledger_seq: int = 0
    ledger_hash: str = Field(default="", max_length=64)


class ServiceGroup(SQLModel, table=True):
    """Services that are shown together on a kiosk with many services."""

    __tablename__ = "service_group"
    __table_args__ = (UniqueConstraint("branch_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    code: str = Field(max_length=40)
    name: Text = Field(sa_column=document())
    position: int = 0


class Service(SQLModel, table=True):
    """What a visitor comes for."""

    __table_args__ = (
        UniqueConstraint("branch_id", "code"),
        CheckConstraint("norm_seconds > 0", name="norm_seconds_positive"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    code: str = Field(max_length=40)
    prefix: str = Field(max_length=4)
    name: Text = Field(sa_column=document())
    description: Text = Field(sa_column=document())
    documents: list[dict[str, Any]] = Field(sa_column=document())
    """[{name: Text, required: bool, note: Text, source: str}] in the order they are shown."""
    fee: Text = Field(sa_column=document())
    norm_seconds: int = 900
    group_id: int | None = Field(default=None, foreign_key="service_group.id")
    position: int = 0
    is_open: bool = True
    """Whether the service takes tickets; people already waiting are served either way."""
    is_removed: bool = False
    """A removed service stays for its past legs and is shown nowhere."""


class Window(SQLModel, table=True):
    """A counter at which an operator serves."""

    __table_args__ = (
        UniqueConstraint("branch_id", "code"),
        one_of("state", WindowState),
        Index(
            "one_window_per_operator",
            "operator_id",
            unique=True,
            sqlite_where=text("operator_id IS NOT NULL"),
            postgresql_where=text("operator_id IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    code: str = Field(max_length=8)
    position: int = 0
    is_removed: bool = False
    state: str = Field(default=WindowState.CLOSED, max_length=8)
    pause_reason: str | None = Field(default=None, max_length=40)
    operator_id: int | None = Field(default=None, foreign_key="staff.id")
    opened_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    shift_services: list[str] | None = Field(default=None, sa_column=document(nullable=True))
    """Codes the operator chose to serve in this shift; none means all that the window is set up for."""


class WindowService(SQLModel, table=True):
    """Which services a window is set up for."""

    __tablename__ = "window_service"

    window_id: int = Field(primary_key=True, foreign_key="window.id")
    service_id: int = Field(primary_key=True, foreign_key="service.id")
