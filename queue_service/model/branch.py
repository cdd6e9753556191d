"""What an office looks like: branch, services, windows, and the lock row of its hall."""

from datetime import date, datetime
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


class NumbersRestart(StrEnum):
    """When the printed numbers of a series begin again at the first of their range."""

    DAILY = "daily"
    RANGE = "range"


class Branch(SQLModel, table=True):
    """One office with its own hall, calendar and time zone."""

    __table_args__ = (
        one_of("numbers_restart", NumbersRestart),
        CheckConstraint("first_number > 0 AND last_number >= first_number", name="numbers_in_range"),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, max_length=40)
    name: Text = Field(sa_column=document())
    address: Text = Field(sa_column=document())
    time_zone: str = Field(max_length=64)
    languages: list[str] = Field(sa_column=document())
    default_language: str = Field(max_length=16)
    hours: dict[str, list[list[str]]] = Field(sa_column=document())
    """Opening spans by weekday, local time: {"mon": [["08:00", "18:00"]], …}; a missing day is closed."""
    day_starts: str = Field(default="00:00", max_length=5)
    """Local time at which a service day begins; an office that works past midnight names a later hour."""
    first_number: int = 1
    last_number: int = 999
    numbers_restart: str = Field(default=NumbersRestart.DAILY, max_length=8)
    recall_pause_seconds: int = 15
    calls_before_no_show: int = 2
    no_show_after_seconds: int | None = None
    """After the last needed call: how long until the visitor counts as not come; none means the operator says so."""
    starts_on_call: bool = False
    """Whether service begins with the call, for offices where nobody walks far."""
    undo_seconds: int = 10
    rejoin_minutes: int = 30
    defer_limit: int = 2
    longest_defer_minutes: int = 15
    late_minutes: int = 15
    """An appointment that checks in later than this after its time counts as a walk-in."""
    head_start_minutes: dict[str, int] = Field(sa_column=document())
    """{"walk_in": 0, "appointment": 85}: head starts of visitors without a priority category."""
    choices: dict[str, list[dict[str, Any]]] = Field(sa_column=document())
    """What operators choose from, by kind (outcome, hold, call, pause): [{code, name: Text, needs_note: bool}]."""
    emergency: Text = Field(sa_column=document())
    """While there is one, it takes every hall screen whole."""
    news: list[Text] = Field(sa_column=document())
    """What hall screens say besides calls, in turn."""


class Hall(SQLModel, table=True):
    """The branch lock: every change to a hall takes this row first, and leaves its new version here."""

    branch_id: int = Field(primary_key=True, foreign_key="branch.id")
    service_day: date
    """The latest service day that the hall has seen: the first action of a later one closes the days before it."""
    version: int = 0
    setup_version: int = 0
    ledger_seq: int = 0
    ledger_hash: str = Field(default="", max_length=64)
    acted_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """The moment of the latest change: another server, whose clock is a little behind, does not act before it."""


class ServiceGroup(SQLModel, table=True):
    """Services that are shown together on a kiosk with many services."""

    __tablename__ = "service_group"
    __table_args__ = (UniqueConstraint("branch_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    code: str = Field(max_length=40)
    name: Text = Field(sa_column=document())
    position: int = 0


class PriorityCategory(SQLModel, table=True):
    """Visitors whom the law, or the office, lets come earlier: by how much, on what ground, shown how."""

    __tablename__ = "priority_category"
    __table_args__ = (UniqueConstraint("branch_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    code: str = Field(max_length=40)
    name: Text = Field(sa_column=document())
    head_start_minutes: dict[str, int] = Field(sa_column=document())
    """{"walk_in": 90, "appointment": 90}"""
    legal_basis: str = Field(default="", max_length=300)
    proof: Text = Field(sa_column=document())
    """What the visitor shows."""
    is_self_declared: bool = False
    """Whether a visitor may choose it at the kiosk, the proof seen at the window; else reception grants it."""
    position: int = 0


class Purpose(StrEnum):
    """What brings a visitor to a service: norms are measured for each."""

    SUBMIT = "submit"
    """To apply for something, to hand something in."""
    STATUS = "status"
    """To ask, to be advised, to hear how things stand."""
    COLLECT = "collect"
    """To collect what is ready."""


class Service(SQLModel, table=True):
    """What a visitor comes for."""

    __table_args__ = (
        one_of("purpose", Purpose),
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
    purpose: str = Field(default=Purpose.SUBMIT, max_length=8, sa_column_kwargs={"server_default": "submit"})
    norm_seconds: int = 900
    group_id: int | None = Field(default=None, foreign_key="service_group.id")
    position: int = 0
    is_open: bool = True
    """Whether the service takes tickets; people already waiting are served either way."""
    is_removed: bool = False
    """A removed service stays for its past legs and is shown nowhere."""
    booking: dict[str, Any] | None = Field(default=None, sa_column=document(nullable=True))
    """How it may be booked, in the shape of rules/booking.py; none means not at all."""


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
    languages: list[str] = Field(sa_column=document())
    """Languages spoken here; none named means all of the branch's."""
    needs: list[str] = Field(sa_column=document())
    """Needs that can be met here: wheelchair, interpreter, hearing_loop."""
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
