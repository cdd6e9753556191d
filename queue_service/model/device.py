"""Which machines belong to an office? Paired kiosks, displays and rating tablets, and how they come to be paired."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field, SQLModel

from queue_service.model.columns import document, moment, one_of


class DeviceRole(StrEnum):
    KIOSK = "kiosk"
    DISPLAY = "display"
    TABLET = "tablet"
    """A rating tablet at a window."""


class PairingState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"


class Device(SQLModel, table=True):
    """A machine that somebody of the office let in. Its key is kept as a hash, so a stolen database opens nothing."""

    __table_args__ = (one_of("role", DeviceRole),)

    id: int | None = Field(default=None, primary_key=True)
    branch_id: int = Field(foreign_key="branch.id", index=True)
    name: str = Field(max_length=60)
    role: str = Field(max_length=8)
    settings: dict[str, Any] = Field(sa_column=document())
    revision: int = 0
    """Counts the changes, so that a connected device can be told of each."""
    key_hash: str | None = Field(default=None, unique=True, max_length=64)
    """None before the device has fetched its key."""
    next_key_hash: str | None = Field(default=None, unique=True, max_length=64)
    """A key that was given out to replace the other; its first use ends the other."""
    next_key_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    key_since: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    created_at: datetime = Field(sa_column=moment())
    last_seen_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    page_version: str | None = Field(default=None, max_length=32)
    """The version of this program whose page the device shows."""
    identify_until: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    silent_since: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """Since when a hall screen that should chime or speak may not, because its browser blocks sound."""
    revoked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class DevicePairing(SQLModel, table=True):
    """A machine that asks to be let in: it shows a short code to people, and asks for its key by a long one."""

    __tablename__ = "device_pairing"
    __table_args__ = (one_of("state", PairingState),)

    device_code_hash: str = Field(primary_key=True, max_length=64)
    user_code_hash: str = Field(unique=True, max_length=64)
    state: str = Field(default=PairingState.PENDING, max_length=8)
    device_id: int | None = Field(default=None, foreign_key="device.id")
    expires_at: datetime = Field(sa_column=moment())
    interval_seconds: int
    """How far apart the machine's questions must be; grows when it asks too often."""
    asked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class CodeTry(SQLModel, table=True):
    """A pairing code that somebody typed and that did not fit: too many, and no more are looked at for a while."""

    __tablename__ = "code_try"

    id: int | None = Field(default=None, primary_key=True)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    at: datetime = Field(sa_column=moment())
