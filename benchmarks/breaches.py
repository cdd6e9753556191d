"""What does the look for passed norms cost? A look with years of past legs against one with none, and 1,000 at once."""

import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.office import add_past, fresh_databases
from benchmarks.tables import say, table
from queue_service.actions.escalation import put_escalation
from queue_service.actions.rosters import put_norm
from queue_service.actions.tickets import Order, issue
from queue_service.clock import FrozenClock
from queue_service.jobs.breaches import BreachWatch
from queue_service.model.ticket import Channel
from queue_service.rules.escalation import EscalationFacts
from queue_service.rules.norm import OF_HALLS, NormFacts
from queue_service.storage.database import Database
from queue_service.storage.lookup import branch_codes

WAITING, AT_ONCE, LOOKS = 200, 1000, 300
WEEKDAY_NOON = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)


def history(size: int, rounds: int) -> dict[str, float]:
    """Milliseconds of a look with `size` past legs and with none (SQLite), and the median of their ratios."""
    with fresh_databases("sqlite") as make:
        empty, full = (_opened(*make()[:2]) for _ in range(2))
        say(f"filling in {size:,} past legs …")
        add_past(full, size)
        for database in (empty, full):
            _come(database, WAITING)
            _promise(database)
        looks = [BreachWatch(database, lambda: 0.0).look for database in (empty, full)]
        ratios, times = [], [0.0, 0.0]
        for number in range(rounds + 1):  # the first round warms up
            order = (0, 1) if number % 2 else (1, 0)
            for i in order:
                times[i] = _median(looks[i])
            ratios += [times[1] / times[0]] if number else []
        for database in (empty, full):
            database.close()
    found = {"none": 1000 * times[0], "past": 1000 * times[1], "ratio": statistics.median(ratios)}
    rows = [("0", f"{found['none']:.3f}", "1"), (f"{size:,}", f"{found['past']:.3f}", f"{found['ratio']:.2f}")]
    table(f"A look for passed norms, {WAITING} waiting, sqlite", ("past legs", "ms", "×"), rows)
    return found


def _promise(database: Database) -> None:
    """Norms of lines and windows, and somebody who is told: all that a look may have to look at."""
    [code] = database.read(branch_codes)
    rule = EscalationFacts.model_validate({"channel": "email", "target": "a@example.org", "at_risk": True})
    norms = [NormFacts.model_validate({"kind": kind, "longest": 7200}) for kind in OF_HALLS]

    def put(hall: Any) -> None:
        put_escalation(hall, rule, "system")
        for norm in norms:
            put_norm(hall, norm, "system")

    database.act(code, put)


def at_once(kind: str, rounds: int) -> float:
    """Seconds until all of 1,000 norms that are passed in one moment are flagged; the median of the rounds."""
    took = []
    with fresh_databases(kind) as make:
        for _ in range(rounds):
            database = _opened(*make()[:2])
            watch = BreachWatch(database, lambda: 0.0)
            _come(database, AT_ONCE)
            _promise(database)
            clock: Any = database.clock
            clock.advance(hours=1)
            began = time.perf_counter()
            assert watch.look() == AT_ONCE
            took.append(time.perf_counter() - began)
            database.close()
    found = statistics.median(took)
    table(f"{AT_ONCE:,} norms passed at once, {kind}", ("seconds until all are flagged",), [(f"{found:.2f}",)])
    return found


def _opened(url: str, _: Path) -> Database:
    return Database(url.replace("postgresql://", "postgresql+psycopg://"), FrozenClock(WEEKDAY_NOON))


def _come(database: Database, count: int) -> None:
    [branch, *_] = database.read(branch_codes)
    services = list(database.setup(branch).services)

    def come(hall: Any) -> None:
        hall.now -= timedelta(minutes=5)
        for number in range(count):
            issue(hall, Order((services[number % len(services)],), hall.setup.languages[0], Channel.KIOSK))

    database.act(branch, come)


def _median(look: Any) -> float:
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        look()
        times.append(time.perf_counter() - began)
    return statistics.median(times)
