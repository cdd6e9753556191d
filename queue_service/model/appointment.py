"""Booked slots: appointments, slots held for a while, whose they are, who waits for one, and what is to be sent."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from queue_service.model.columns import document, moment, one_of
from queue_service.model.ticket import Channel


class AppointmentState(StrEnum):
    BOOKED = "booked"
    ARRIVED = "arrived"
    """Checked in: it is a ticket now."""
    ABSENT = "absent"
    """Nobody came in time; the rest of the slot is free again."""
    CANCELLED = "cancelled"


class HoldKind(StrEnum):
    FORM = "form"
    """Kept while somebody fills in the form."""
    OFFER = "offer"
    """Offered to somebody on the waiting list."""
    RELEASE = "release"
    """Cancelled, and coming back after a while."""


class WaitingState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    BOOKED = "booked"
    ENDED = "ended"


class WaitingKind(StrEnum):
    LIST = "list"
    """Waits for a slot that is cancelled."""
    DRAW = "draw"
    """Signed up for the draw of a new day's slots."""


class MessageState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    """Refused for good, or of no use any more before it could be sent."""
    DROPPED = "dropped"
    """Overtaken: the appointment has changed since."""


class MessageKind(StrEnum):
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    OFFER = "offer"
    """To somebody on the waiting list."""
    NOT_DRAWN = "not_drawn"
    """To somebody who got nothing in a draw."""
    ALERT = "alert"
    """To staff, about breaches that nobody takes note of."""


class MessageChannel(StrEnum):
    EMAIL = "email"
    TEXT = "text"
    """A messenger, or SMS."""
    WEBHOOK = "webhook"
    """Another program, for alerts alone."""


_BOOKED = text("state = 'booked'")
_TAKING = text("state IN ('booked', 'arrived')")
_WAITING = text("state IN ('waiting', 'offered')")
_QUEUED = text("state = 'queued'")
_WITH_ERROR = text("error IS NOT NULL")


class Contact(SQLModel, table=True):
    """How somebody can be reached: the only table with personal data of visitors."""

    __table_args__ = (
        Index("contact_by_phone", "branch_id", "phone_key"),
        Index("contact_by_email", "branch_id", "email_key"),
        Index("contact_to_keep", "retention", "keep_until"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    name: str = Field(max_length=120)
    phone: str = Field(max_length=40)
    email: str | None = Field(default=None, max_length=254)
    phone_key: str = Field(max_length=40)
    """The number's digits alone, so that one number written in two ways is one contact."""
    email_key: str | None = Field(default=None, max_length=254)
    retention: str = Field(max_length=24)
    """The class of data that says how long it is kept."""
    keep_until: datetime = Field(sa_column=moment())
    """The end of the visit: what the retention period is counted from."""
    created_at: datetime = Field(sa_column=moment())


class Appointment(SQLModel, table=True):
    """A booked visit; becomes a ticket at check-in. The secret token (kept as a hash, and sealed) is the key."""

    __table_args__ = (
        UniqueConstraint("branch_id", "code"),
        one_of("state", AppointmentState),
        one_of("channel", Channel),
        CheckConstraint("ends_at > starts_at", name="in_order"),
        # What takes room on a day, however long the past.
        Index("taken", "branch_id", "starts_at", sqlite_where=_TAKING, postgresql_where=_TAKING),
        Index("expected", "branch_id", "starts_at", sqlite_where=_BOOKED, postgresql_where=_BOOKED),
        Index("appointment_of_contact", "contact_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    code: str = Field(max_length=12)
    """Short, for people: typed at the kiosk, said on the phone."""
    token_hash: str = Field(unique=True, max_length=64)
    sealed_token: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """The token under the installation's secret, so that messages can name the link."""
    hold_hash: str | None = Field(default=None, unique=True, max_length=64)
    """The hold that it came of: one hold becomes one appointment, however often it is confirmed."""
    state: str = Field(max_length=12)
    parts: list[dict[str, Any]] = Field(sa_column=document())
    """[{service, minutes}]: one after the other, as they were when it was booked."""
    buffer_minutes: int = 0
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    taken_at: datetime = Field(sa_column=moment())
    """When its present time was taken: the order in which a day is filled."""
    channel: str = Field(max_length=16)
    language: str = Field(max_length=16)
    needs: list[str] = Field(sa_column=document())
    requires: str = Field(default="", max_length=200)
    """What a window must meet: words in alphabetical order, as on a leg."""
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    """None once the contact has been forgotten."""
    address: str | None = Field(default=None, max_length=64)
    """A hash of the network address it was booked from."""
    created_at: datetime = Field(sa_column=moment())
    created_by: int | None = Field(default=None, foreign_key="staff.id")
    """The member of staff who booked it by phone or at the desk."""
    sequence: int = 0
    """How often it has changed: calendars tell the newer entry by it."""
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    ended_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """When it was cancelled, checked in, or found absent."""


class SlotHold(SQLModel, table=True):
    """A slot kept until a moment; it counts against the room of its day until then, and expires by itself."""

    __tablename__ = "slot_hold"
    __table_args__ = (
        one_of("kind", HoldKind),
        one_of("channel", Channel),
        Index("held", "branch_id", "starts_at"),
        Index("hold_of", "branch_id", "holder"),
        Index("holds_from", "branch_id", "address"),
        Index("hold_expiry", "expires_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    token_hash: str = Field(unique=True, max_length=64)
    kind: str = Field(max_length=8)
    parts: list[dict[str, Any]] = Field(sa_column=document())
    buffer_minutes: int = 0
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    taken_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    channel: str = Field(max_length=16)
    needs: list[str] = Field(sa_column=document())
    requires: str = Field(default="", max_length=200)
    holder: str | None = Field(default=None, max_length=64)
    """A hash of what the caller tells itself from others by."""
    address: str | None = Field(default=None, max_length=64)
    """A hash of the network address it came from, which goes with the hold."""
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id")
    """The appointment that is to be moved here."""


class WaitingEntry(SQLModel, table=True):
    """Somebody who wants a slot that is not free yet."""

    __tablename__ = "waiting_entry"
    __table_args__ = (
        one_of("state", WaitingState),
        one_of("kind", WaitingKind),
        Index("waiting_list", "branch_id", "kind", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    kind: str = Field(max_length=8)
    token_hash: str = Field(unique=True, max_length=64)
    sealed_token: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    state: str = Field(max_length=12)
    services: list[str] = Field(sa_column=document())
    needs: list[str] = Field(sa_column=document())
    requires: str = Field(default="", max_length=200)
    first: date
    last: date
    """The days that suit."""
    language: str = Field(max_length=16)
    channel: str = Field(max_length=16)
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    address: str | None = Field(default=None, max_length=64)
    """A hash of the network address it came from."""
    created_at: datetime = Field(sa_column=moment())
    lapses: int = 0
    """Offers left unanswered: after each, everybody else comes first."""
    offer_hash: str | None = Field(default=None, max_length=64)
    """The hold that keeps the slot offered now."""
    offered_until: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id")
    """What came of it."""
    drawn_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """When the draw was held with this entry, whatever came of it."""


class SpentProof(SQLModel, table=True):
    """A proof of work that has been used for a hold: it serves once."""

    __tablename__ = "spent_proof"

    proof_hash: str = Field(primary_key=True, max_length=64)
    expires_at: datetime = Field(sa_column=moment())


class Message(SQLModel, table=True):
    """Something to be told to somebody: written down with what it tells of, sent when the mail server allows."""

    __table_args__ = (
        one_of("state", MessageState),
        Index("outbox", "channel", "due_at", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("troubled", "branch_id", "id", sqlite_where=_WITH_ERROR, postgresql_where=_WITH_ERROR),
        Index("message_of", "appointment_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id")
    kind: str = Field(max_length=24)
    channel: str = Field(max_length=16)
    """`email`, `text` for messengers and SMS, or `webhook`."""
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id")
    waiting_id: int | None = Field(default=None, foreign_key="waiting_entry.id")
    alert_id: int | None = Field(default=None, foreign_key="alert.id")
    sequence: int = 0
    """The appointment's when it was queued: of an older one nobody needs to hear any more."""
    state: str = Field(max_length=8)
    queued_at: datetime = Field(sa_column=moment())
    due_at: datetime = Field(sa_column=moment())
    attempts: int = 0
    sent_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    error: str | None = Field(default=None, max_length=300)
