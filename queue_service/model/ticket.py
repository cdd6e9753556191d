"""A visitor's place in the office: tickets, their legs, number counters, and answers kept for repeated requests."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from queue_service.model.columns import document, moment, one_of


class LegState(StrEnum):
    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    HELD = "held"
    MISSED = "missed"
    DONE = "done"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"
    LEFT = "left"


class Channel(StrEnum):
    KIOSK = "kiosk"
    WEB = "web"
    RECEPTION = "reception"
    PHONE = "phone"


_WAITING = text("state = 'waiting'")
_RESTRICTED = text("state = 'waiting' AND (requires <> '' OR for_window_id IS NOT NULL OR for_staff_id IS NOT NULL)")
_DUE = text("due_at IS NOT NULL")
_WATCHED = text("norm_at IS NOT NULL")
_AT_WINDOW = text("state IN ('called', 'serving')")
_UNFINISHED = text("state IN ('waiting', 'called', 'serving', 'held', 'missed')")


class TicketCounter(SQLModel, table=True):
    """How many numbers a series has given on a service day; counted under the branch lock, so gap-free."""

    __tablename__ = "ticket_counter"

    branch_id: int = Field(primary_key=True, foreign_key="branch.id")
    series: str = Field(primary_key=True, max_length=4)
    service_day: date = Field(primary_key=True)
    start: int
    """Where in the range the day began, counted from 0."""
    given: int


class Ticket(SQLModel, table=True):
    """One visit. The printed number is for people; the random token (kept as a hash) is the key."""

    __table_args__ = (
        UniqueConstraint("branch_id", "service_day", "series", "number"),
        one_of("channel", Channel),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    service_day: date
    series: str = Field(max_length=4)
    number: int
    label: str = Field(max_length=12)
    token_hash: str = Field(unique=True, max_length=64)
    channel: str = Field(max_length=16)
    language: str = Field(max_length=16)
    priority: str | None = Field(default=None, max_length=40)
    priority_granted_by: int | None = Field(default=None, foreign_key="staff.id")
    """Who saw the proof; none while the visitor alone declared it."""
    needs: list[str] = Field(sa_column=document())
    issued_at: datetime = Field(sa_column=moment())
    booked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """The time of the appointment that became this ticket."""
    route: list[dict[str, Any]] = Field(sa_column=document())
    """Stops still to come after the present leg: [{service, window?: id}], in order."""
    deferrals: int = 0


class Leg(SQLModel, table=True):
    """One service of a ticket, from joining its line to the end of service. All timings live here."""

    __table_args__ = (
        UniqueConstraint("ticket_id", "position"),
        one_of("state", LegState),
        # The line itself: small however long the history, and already in calling order.
        Index(
            "line",
            "branch_id",
            "service_id",
            "turn",
            "ticket_id",
            "service_day",
            "state",  # with it SQLite counts people ahead in the index alone
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        # The few waiting legs that not every window may serve, so that "next" need not search the line for them.
        Index("restricted_line", "branch_id", "service_day", sqlite_where=_RESTRICTED, postgresql_where=_RESTRICTED),
        Index("due", "branch_id", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
        # Whose norms are not all decided: small however long the history.
        Index("norms_due", "norm_at", "branch_id", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
        Index("one_leg_per_window", "window_id", unique=True, sqlite_where=_AT_WINDOW, postgresql_where=_AT_WINDOW),
        Index("unfinished", "branch_id", "service_day", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
        Index("last_calls", "branch_id", "last_called_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    service_day: date
    ticket_id: int = Field(foreign_key="ticket.id")
    position: int
    service_id: int = Field(foreign_key="service.id")
    state: str = Field(max_length=12)
    counting_start: datetime = Field(sa_column=moment())
    turn: datetime = Field(sa_column=moment())
    """The moment that orders a waiting leg: counting start minus head start; fixed when it starts waiting."""
    ready_at: datetime = Field(sa_column=moment())
    first_called_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    last_called_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    started_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    finished_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    left_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    requires: str = Field(default="", max_length=200)
    """What a window must meet to serve it: words in alphabetical order, as in `language:ru wheelchair`."""
    for_window_id: int | None = Field(default=None, foreign_key="window.id")
    for_staff_id: int | None = Field(default=None, foreign_key="staff.id")
    due_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """When this leg moves by itself: a timed return, an appointment's head start, a no-show."""
    due_turn: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """The better turn of an early appointment: a leg that waits gets it two minutes before the booked time."""
    norm_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """When the next of its norms may be passed; none once all are decided. The breach job alone looks at it."""
    calls: int = 0
    """How often it was announced; recalls are all but the first."""
    call_reason: str | None = Field(default=None, max_length=40)
    """Why it was called although it was not first."""
    rejoins: int = 0
    held_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    hold_reason: str | None = Field(default=None, max_length=40)
    held_seconds: int = 0
    """How long service, once begun, stood still: from each hold until it went on."""
    window_id: int | None = Field(default=None, foreign_key="window.id")
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    outcome: str | None = Field(default=None, max_length=40)
    note: str | None = Field(default=None, max_length=500)


class LastMove(SQLModel, table=True):
    """What a member of staff did last to a leg, and what it was before: all that `undo` needs."""

    __tablename__ = "last_move"

    staff_id: int = Field(primary_key=True, foreign_key="staff.id")
    leg_id: int = Field(foreign_key="leg.id")
    window_id: int = Field(foreign_key="window.id")
    move: str = Field(max_length=32)
    at: datetime = Field(sa_column=moment())
    before: dict[str, Any] = Field(sa_column=document())
    after: str = Field(max_length=64)
    """Fingerprint of the leg as the move left it: undo is possible while it is still so."""
    new_leg_id: int | None = None
    """The leg that the move put in line, by a transfer or a route."""


class AnsweredRequest(SQLModel, table=True):
    """The first answer to a request with an Idempotency-Key, sealed, kept a day."""

    __tablename__ = "answered_request"
    __table_args__ = (Index("answered_at", "answered_at"),)

    branch_id: int = Field(primary_key=True, foreign_key="branch.id")
    key_hash: str = Field(primary_key=True, max_length=64)
    scope: str = Field(max_length=80)
    body_hash: str = Field(max_length=64)
    answered_at: datetime = Field(sa_column=moment())
    sealed_answer: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
