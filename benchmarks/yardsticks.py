"""What could this machine do at best? A bare Flask route, and the rows of one ticket written with raw SQL."""

import hashlib
import json
import secrets
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from queue_service.clock import SystemClock

BARE = """
from gevent import monkey; monkey.patch_all()
import socket, sys
from flask import Flask, jsonify, request
from gevent import sleep
from gevent.pywsgi import WSGIServer
from geventwebsocket.handler import WebSocketHandler
app = Flask(__name__)
app.teardown_request(lambda _: sleep(0))
@app.post("/bare")
def bare():
    return jsonify(request.get_json()), 201
server = WSGIServer(("127.0.0.1", int(sys.argv[1])), app, handler_class=WebSocketHandler, log=None)
server.start()
server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
server.serve_forever()
"""


@contextmanager
def bare_flask(port: int) -> Iterator[None]:
    """A route that echoes JSON, on the same server with the same settings as the product's."""
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port)])
    time.sleep(2)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def raw_sqlite(path: Path, seconds: float = 3.0) -> float:
    """Tickets a second: the same rows and settings as the product's, in one process, without HTTP."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    run = connection.execute

    def ticket() -> None:
        run("BEGIN IMMEDIATE")
        _one_ticket(lambda sql, values=(): run(sql, values))
        run("COMMIT")

    rate = _rate(ticket, seconds)
    connection.close()
    return rate


def raw_postgresql(url: str, seconds: float = 3.0) -> float:
    """The same on PostgreSQL."""
    with psycopg.connect(url) as connection:
        cursor = connection.cursor()

        def ticket() -> None:
            _one_ticket(lambda sql, values=(): cursor.execute(sql.replace("?", "%s").encode(), values))
            connection.commit()

        return _rate(ticket, seconds)


def _rate(work: Callable[[], None], seconds: float) -> float:
    """The median of three rounds."""
    rates = []
    for _ in range(3):
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds / 3:
            work()
            done += 1
        rates.append(done / (time.perf_counter() - began))
    return statistics.median(rates)


def _one_ticket(run: Callable[..., Any]) -> None:
    """What the issue of a ticket reads and writes."""
    now, token = SystemClock().now(), hashlib.sha256(secrets.token_urlsafe(16).encode()).hexdigest()
    day, at = now.date().isoformat(), now.strftime("%Y-%m-%d %H:%M:%S.%f")
    version, seq, last = run("SELECT version, ledger_seq, ledger_hash FROM hall WHERE branch_id = 1").fetchone()
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
    chained = hashlib.sha256(f"{facts}{last}".encode()).hexdigest()
    run(
        "INSERT INTO ledger_entry (branch_id, seq, at, move, ticket_id, leg_id, actor, facts, previous_hash, hash) "
        "VALUES (1, ?, ?, 'issue', ?, ?, 'visitor', ?, ?, ?)",
        (seq + 1, at, ticket, leg, facts, last, chained),
    )
    run(
        "INSERT INTO answered_request (branch_id, key_hash, scope, body_hash, answered_at, sealed_answer) "
        "VALUES (1, ?, 'visitor', ?, ?, ?)",
        (token, token, at, b"x" * 1200),
    )
    run(
        "UPDATE hall SET version = ?, ledger_seq = ?, ledger_hash = ? WHERE branch_id = 1",
        (version + 1, seq + 1, chained),
    )
