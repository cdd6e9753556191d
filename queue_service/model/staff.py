"""Who works here: staff, the branches they are bound to, and the keys they are known by."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from queue_service.model.columns import moment, one_of


class Role(StrEnum):
    OPERATOR = "operator"
    RECEPTION = "reception"
    HALL = "hall"
    ADMIN = "admin"
    REVIEWER = "reviewer"


class KeyKind(StrEnum):
    SESSION = "session"
    TOKEN = "token"


class Staff(SQLModel, table=True):
    """A person (or a script with a token) who may act on behalf of an office."""

    __table_args__ = (one_of("role", Role),)

    id: int | None = Field(default=None, primary_key=True)
    username: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=120)
    password_hash: str | None = Field(default=None, max_length=255)
    role: str = Field(max_length=16)
    is_active: bool = True


class StaffBranch(SQLModel, table=True):
    """A branch that a member of staff is bound to."""

    __tablename__ = "staff_branch"

    staff_id: int = Field(primary_key=True, foreign_key="staff.id")
    branch_id: int = Field(primary_key=True, foreign_key="branch.id")


class StaffKey(SQLModel, table=True):
    """A browser session or an API token. Only its hash is kept, so a stolen database opens nothing."""

    __tablename__ = "staff_key"
    __table_args__ = (one_of("kind", KeyKind),)

    key_hash: str = Field(primary_key=True, max_length=64)
    staff_id: int = Field(foreign_key="staff.id", index=True)
    kind: str = Field(max_length=8)
    label: str = Field(default="", max_length=64)
    csrf: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
