"""The append-only, hash-chained log of everything that happened in a branch."""

from datetime import datetime

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from queue_service.model.columns import moment


class LedgerEntry(SQLModel, table=True):
    """One fact. `seq` counts 1, 2, 3, … per branch without gaps; `hash` covers the entry and the one before it."""

    __tablename__ = "ledger_entry"
    __table_args__ = (Index("ledger_by_time", "branch_id", "at"),)

    branch_id: int = Field(primary_key=True, foreign_key="branch.id")
    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_column=moment())
    move: str = Field(max_length=32)
    ticket_id: int | None = None
    leg_id: int | None = None
    window_id: int | None = None
    actor: str = Field(max_length=80)
    """`staff:ID`, `device:ID`, `visitor` or `system`: pseudonymous, never a name."""
    reason: str | None = Field(default=None, max_length=80)
    facts: str = Field(sa_column=Column(Text, nullable=False))
    """Canonical JSON, so that the hash can be recomputed letter by letter on any database."""
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)
