"""D7: two schedulers in two processes on one database flag each breach once, and tell of it once."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from queue_service.actions import escalation
from queue_service.actions.tickets import Order, issue
from queue_service.clock import SystemClock
from queue_service.model.ticket import Channel
from queue_service.rules.escalation import EscalationFacts
from queue_service.storage.alerts import alert_table
from queue_service.storage.breaches import breach_table
from queue_service.storage.database import Database
from queue_service.storage.lookup import leg_table
from queue_service.storage.messages import message_table
from tests.conftest import SECRET
from tests.make import an_office

BREACHES, SECONDS = 1000, 3
"""They come due one after another over these seconds, while both look as often as they can."""
NORM = timedelta(minutes=15)
SCHEDULER = """
import sys, time
from queue_service.clock import parse_clock
from queue_service.jobs.breaches import BreachWatch
from queue_service.storage.database import Database
database = Database(sys.argv[1], parse_clock(None), bytes.fromhex(sys.argv[2]))
watch = BreachWatch(database)
print("ready", flush=True)
sys.stdin.readline()
until, count = time.monotonic() + float(sys.argv[3]), 0
while time.monotonic() < until:
    count += watch.look()
print(count + watch.look(), flush=True)
"""


def _come_due(connection: Connection) -> None:
    """By the machine's clock, which is the schedulers' own."""
    c, began = leg_table.c, SystemClock().now() + timedelta(milliseconds=500)
    moments = [began + timedelta(seconds=SECONDS * i / BREACHES) for i in range(BREACHES)]
    legs = list(connection.execute(select(c.id)).scalars())
    change = (
        update(leg_table).where(c.id == bindparam("leg")).values(norm_at=bindparam("at"), ready_at=bindparam("then"))
    )
    values = [{"leg": leg, "at": at, "then": at - NORM} for leg, at in zip(legs, moments, strict=True)]
    connection.execute(change, values)


def test_two_processes_flag_each_of_a_thousand_breaches_once(database: Database, note: Any) -> None:
    an_office(database, "AB", {"1": "AB"})
    rule = EscalationFacts.model_validate({"channel": "email", "target": "a@example.org", "after_seconds": 0})
    database.act("centre", lambda hall: escalation.put_escalation(hall, rule, "system"))

    def come(hall: Any) -> None:
        for number in range(BREACHES):
            issue(hall, Order(("AB"[number % 2],), "ru", Channel.KIOSK))

    database.act("centre", come)
    command = [
        sys.executable,
        "-c",
        SCHEDULER,
        database.engine.url.render_as_string(hide_password=False),
        SECRET.hex(),
        str(SECONDS + 1),
    ]
    options: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    schedulers = [subprocess.Popen(command, cwd=Path(__file__).parents[2], **options) for _ in range(2)]
    for one in schedulers:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    database.write(_come_due)
    for one in schedulers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    flagged = [int(one.communicate(timeout=60)[0]) for one in schedulers]
    legs = select(func.count(), func.count(breach_table.c.leg_id.distinct()))
    assert database.read(lambda c: tuple(c.execute(legs).one())) == (BREACHES, BREACHES)
    assert sum(flagged) == BREACHES
    told = select(select(func.count(alert_table.c.id)).scalar_subquery(), func.count(message_table.c.id))
    assert database.read(lambda c: tuple(c.execute(told).one())) == (2, 2)  # one for each line, whoever raised it
    found = {"schedulers": 2, "breaches": BREACHES, "flagged": sum(flagged), "by each": flagged}
    note("D7", database.engine.dialect.name, **found)
