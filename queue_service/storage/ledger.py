"""What happened, in order, provably unchanged: append to a branch's hash chain, read it, verify it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from queue_service.model import Hall, LedgerEntry, table
from queue_service.rules.replay import Replay, replay

if TYPE_CHECKING:
    from queue_service.storage.database import Database

entries, halls = table(LedgerEntry), table(Hall)
CHANGED = "was changed after it was written"


@dataclass(frozen=True)
class Fact:
    """One thing that happened, before it gets its place in the chain."""

    move: str
    actor: str
    ticket_id: int | None = None
    leg_id: int | None = None
    window_id: int | None = None
    reason: str | None = None
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Damage:
    """The first entry of a chain that is not what was written."""

    seq: int
    what: str


def canonical(value: object) -> str:
    """One text for one value, on any machine."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chain(branch_id: int, seq: int, last_hash: str, at: datetime, facts: list[Fact]) -> list[dict[str, Any]]:
    """The rows for `facts`, numbered on from `seq` and hashed on from `last_hash`."""
    rows: list[dict[str, Any]] = []
    for fact in facts:
        seq += 1
        row: dict[str, Any] = {
            "branch_id": branch_id,
            "seq": seq,
            "at": at,
            "move": fact.move,
            "ticket_id": fact.ticket_id,
            "leg_id": fact.leg_id,
            "window_id": fact.window_id,
            "actor": fact.actor,
            "reason": fact.reason,
            "facts": canonical(fact.facts or {}),
            "previous_hash": last_hash,
        }
        last_hash = row["hash"] = entry_hash(row)
        rows.append(row)
    return rows


def entry_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over every field of the entry but its own hash, the previous hash among them."""
    at = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(
        canonical(
            [
                row["branch_id"],
                row["seq"],
                at,
                row["move"],
                row["ticket_id"],
                row["leg_id"],
                row["window_id"],
                row["actor"],
                row["reason"],
                row["facts"],
                row["previous_hash"],
            ]
        ).encode()
    ).hexdigest()


def read(connection: Connection, branch_id: int) -> Iterator[Mapping[str, Any]]:
    """The branch's entries in order, streamed."""
    query = select(entries).where(entries.c.branch_id == branch_id).order_by(entries.c.seq)
    for row in connection.execution_options(yield_per=2000).execute(query).mappings():
        yield dict(row)


def verify_branch(database: "Database", branch: str) -> tuple[Damage | None, int]:
    """Verify a branch's chain up to the end that its hall row names; the damage and the number of entries.

    Raises Refused(unknown_branch).
    """

    def look(connection: Connection) -> tuple[Damage | None, int]:
        branch_id = database.setups.branch_id(connection, branch)
        end = connection.execute(select(halls).where(halls.c.branch_id == branch_id)).one()
        return verify(connection, branch_id, end.ledger_seq, end.ledger_hash), end.ledger_seq

    return database.read(look)


def replay_branch(database: "Database", branch: str) -> Replay:
    """Play a branch's ledger again by the rule; raises Refused(unknown_branch)."""

    def look(connection: Connection) -> Replay:
        branch_id = database.setups.branch_id(connection, branch)
        return replay((entry, json.loads(entry["facts"])) for entry in read(connection, branch_id))

    return database.read(look)


def root(database: "Database", branch: str, day: date) -> tuple[int, str]:
    """The last entry up to the end of a service day and its hash: once published, nothing before it can be rewritten.

    (0, "") before the first entry. Raises Refused(unknown_branch).
    """
    setup = database.setup(branch)
    before = (entries.c.branch_id == setup.branch_id, entries.c.at < setup.day_begins(day + timedelta(days=1)))
    query = select(entries.c.seq, entries.c.hash).where(*before).order_by(entries.c.seq.desc()).limit(1)
    last = database.read(lambda connection: connection.execute(query).first())
    return (0, "") if last is None else (last.seq, last.hash)


def has_root(database: "Database", branch: str, seq: int, entry_hash: str) -> bool:
    """Whether the entry with this number still has the hash that was published of it."""
    here = (entries.c.branch_id == database.setup(branch).branch_id, entries.c.seq == seq)
    query = select(entries.c.hash).where(*here)
    return database.read(lambda connection: connection.execute(query).scalar()) == entry_hash


def verify(connection: Connection, branch_id: int, last_seq: int, last_hash: str) -> Damage | None:
    """Recompute the chain up to what the hall row says is its end; the first bad entry, or None."""
    expected_seq, previous = 0, ""
    for row in read(connection, branch_id):
        expected_seq += 1
        if damage := _damage(row, expected_seq, previous, last_seq):
            return damage
        previous = row["hash"]
    if expected_seq < last_seq:
        return Damage(expected_seq + 1, f"is missing: the hall counted {last_seq} entries")
    return None if previous == last_hash else Damage(expected_seq, CHANGED)


def _damage(row: Mapping[str, Any], expected_seq: int, previous: str, last_seq: int) -> Damage | None:
    if not 0 < row["seq"] <= last_seq:
        return Damage(row["seq"], f"was added: the hall counted {last_seq} entries")
    if row["seq"] != expected_seq:
        return Damage(expected_seq, "is missing")
    is_whole = entry_hash(row) == row["hash"]
    if row["previous_hash"] != previous and is_whole and expected_seq > 1:
        # This one is as it was written: the one before it was changed and given a hash to match.
        return Damage(expected_seq - 1, CHANGED)
    if row["previous_hash"] != previous or not is_whole:
        return Damage(expected_seq, CHANGED)
    return None
