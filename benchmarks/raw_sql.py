"""What would plain SQL do? The rows of the product's own actions, in its transactions, with its settings: no rules."""

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from queue_service.clock import SystemClock

LOCK = "SELECT version, ledger_seq, ledger_hash FROM hall WHERE branch_id = 1"
FIRST_IN_LINE = """
SELECT id FROM leg WHERE branch_id = 1 AND service_id = 1 AND state = 'waiting'
ORDER BY turn, ticket_id LIMIT 1
"""

MOVES = {"start": "state = 'serving', started_at = ?", "finish": "state = 'done', finished_at = ?"}


class Raw:
    """One connection; every action is one transaction."""

    def __init__(self, run: Callable[..., Any], begin: Callable[[], None], commit: Callable[[], None]) -> None:
        self._run, self._begin, self._commit = run, begin, commit

    def ticket(self) -> None:
        self._begin()
        _one_ticket(self._run)
        self._commit()

    def call(self, window: int = 1) -> int | None:
        """The first in line; its leg."""
        self._begin()
        found = self._run(FIRST_IN_LINE).fetchone()
        if found is not None:
            change = f"state = 'called', window_id = {window}, staff_id = {window}, calls = 1, first_called_at = ?"
            _one_move(self._run, found[0], window, change, "call")
        self._commit()
        return None if found is None else int(found[0])

    def move(self, leg: int, move: str, window: int = 1) -> None:
        """`start` or `finish` of a leg that was called."""
        self._begin()
        self._run("SELECT id FROM leg WHERE window_id = ? AND state IN ('called', 'serving')", (window,)).fetchone()
        _one_move(self._run, leg, window, MOVES[move], move)
        self._commit()

    def visitor(self) -> None:
        """Called, started and finished: three transactions."""
        leg = self.call()
        assert leg is not None
        self.move(leg, "start")
        self.move(leg, "finish")

    def fill(self, waiting: int) -> None:
        for _ in range(waiting):
            self.ticket()


@contextmanager
def raw(kind: str, url: str, data: Path) -> Iterator[Raw]:
    """On a database of the kind."""
    if kind == "sqlite":
        connection = sqlite3.connect(data / "queue.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        run = connection.execute
        yield Raw(run, lambda: void(run("BEGIN IMMEDIATE")), lambda: void(run("COMMIT")))
        connection.close()
    else:
        with psycopg.connect(url) as session:
            cursor = session.cursor()

            def ask(sql: str, values: tuple[Any, ...] = ()) -> Any:
                return cursor.execute(sql.replace("?", "%s").encode(), values)

            yield Raw(ask, lambda: None, session.commit)


def void(_: object) -> None:
    """For a call whose answer does not matter."""


def _one_ticket(run: Callable[..., Any]) -> None:
    """What the issue of a ticket reads and writes."""
    now, token = SystemClock().now(), hashlib.sha256(secrets.token_urlsafe(16).encode()).hexdigest()
    day, at = now.date().isoformat(), now.strftime("%Y-%m-%d %H:%M:%S.%f")
    lock = run(LOCK).fetchone()
    run("SELECT sealed_answer FROM answered_request WHERE branch_id = 1 AND key_hash = ?", (token,)).fetchone()
    (number,) = run(
        "INSERT INTO ticket_counter (branch_id, series, service_day, start, given) VALUES (1, 'R', ?, 0, 1) "
        "ON CONFLICT (branch_id, series, service_day) DO UPDATE SET given = ticket_counter.given + 1 RETURNING given",
        (day,),
    ).fetchone()
    (ticket,) = run(
        "INSERT INTO ticket (branch_id, service_day, series, number, label, token_hash, channel, language, needs, "
        "issued_at, route, deferrals) VALUES (1, ?, 'R', ?, ?, ?, 'kiosk', 'en', '[]', ?, '[]', 0) RETURNING id",
        (day, number, f"R{number}", token, at),
    ).fetchone()
    (leg,) = run(
        "INSERT INTO leg (branch_id, service_day, ticket_id, position, service_id, state, counting_start, turn, "
        "ready_at, requires, calls, rejoins, held_seconds) "
        "VALUES (1, ?, ?, 1, 1, 'waiting', ?, ?, ?, '', 0, 0, 0) RETURNING id",
        (day, ticket, at, at, at),
    ).fetchone()
    facts = json.dumps({"number": f"R{number}", "service": "A", "turn": at})
    run(
        "INSERT INTO answered_request (branch_id, key_hash, scope, body_hash, answered_at, sealed_answer) "
        "VALUES (1, ?, 'visitor', ?, ?, ?)",
        (token, token, at, b"x" * 1200),
    )
    _settle(run, lock, "issue", at, ticket, leg, facts)


def _one_move(run: Callable[..., Any], leg: int, window: int, change: str, move: str) -> None:
    """What a move of an operator reads and writes."""
    at = SystemClock().now().strftime("%Y-%m-%d %H:%M:%S.%f")
    lock = run(LOCK).fetchone()
    (ticket,) = run(
        "SELECT ticket_id FROM leg JOIN ticket ON ticket.id = ticket_id WHERE leg.id = ?", (leg,)
    ).fetchone()
    run(f"UPDATE leg SET {change} WHERE id = ?", (at, leg))
    before = json.dumps({"state": "waiting", "window_id": None, "staff_id": None, "first_called_at": None, "route": []})
    run(
        "INSERT INTO last_move (staff_id, leg_id, window_id, move, at, before, after) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (staff_id) DO UPDATE SET leg_id = excluded.leg_id, move = excluded.move, at = excluded.at, "
        "before = excluded.before, after = excluded.after",
        (window, leg, window, move, at, before, hashlib.sha256(before.encode()).hexdigest()),
    )
    _settle(run, lock, move, at, ticket, leg, json.dumps({"number": "R1", "service": "A", "window": "1"}))


def _settle(run: Callable[..., Any], lock: Any, move: str, at: str, ticket: int, leg: int, facts: str) -> None:
    """The ledger's entry and the hall's new version."""
    version, seq, last = lock
    chained = hashlib.sha256(f"{facts}{last}".encode()).hexdigest()
    run(
        "INSERT INTO ledger_entry (branch_id, seq, at, move, ticket_id, leg_id, actor, facts, previous_hash, hash) "
        "VALUES (1, ?, ?, ?, ?, ?, 'visitor', ?, ?, ?)",
        (seq + 1, at, move, ticket, leg, facts, last, chained),
    )
    run(
        "UPDATE hall SET version = ?, ledger_seq = ?, ledger_hash = ? WHERE branch_id = 1",
        (version + 1, seq + 1, chained),
    )
