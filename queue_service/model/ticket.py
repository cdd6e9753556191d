"""A visitor's place in the office: tickets, their legs, number counters, and answers kept for repeated requests."""

from datetime import date, datetime
from enum import StrEnum

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
_AT_WINDOW = text("state IN ('called', 'serving')")
_UNFINISHED = text("state IN ('waiting', 'called', 'serving', 'held', 'missed')")


class TicketCounter(SQLModel, table=True):
    """The last number given in a series on a service day; counted under the branch lock, so gap-free."""

    __tablename__ = "ticket_counter"

    branch_id: int = Field(primary_key=True, foreign_key="branch.id")
    series: str = Field(primary_key=True, max_length=4)
    service_day: date = Field(primary_key=True)
    last_number: int


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
    needs: list[str] = Field(sa_column=document())
    issued_at: datetime = Field(sa_column=moment())


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
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
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
    calls: int = 0
    """How often it was announced; recalls are all but the first."""
    window_id: int | None = Field(default=None, foreign_key="window.id")
    staff_id: int | None = Field(default=None, foreign_key="staff.id")
    outcome: str | None = Field(default=None, max_length=40)
    note: str | None = Field(default=None, max_length=500)


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
