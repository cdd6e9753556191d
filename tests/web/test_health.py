"""Alive, and fit to serve: what a load balancer and whoever is on call are told."""

import shutil
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from queue_service.jobs.breaches import BreachWatch
from queue_service.jobs.housekeeping import beat as beat_jobs
from queue_service.web import health


@pytest.fixture(autouse=True)
def _asked_anew(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)
    room = SimpleNamespace(free=50, total=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)


def beat(database: Any) -> None:
    """All jobs have run."""
    beat_jobs(database)
    BreachWatch(database).look()


def ready(client: Any) -> tuple[int, str, list[str]]:
    answer = client.client.get("/readyz", headers=client.headers)
    return answer.status_code, answer.get_json()["status"], answer.get_json()["not_ok"]


def test_a_server_is_ready_while_its_parts_are(visitor: Any, database: Any, clock: Any) -> None:
    assert visitor.client.get("/livez").get_json() == {"status": "alive"}
    assert ready(visitor) == (503, "not_ready", ["jobs", "breaches"])  # no job has ever run
    beat(database)
    assert ready(visitor) == (200, "ready", [])
    clock.advance(seconds=59)
    assert ready(visitor) == (200, "ready", [])
    clock.advance(seconds=2)
    assert ready(visitor) == (503, "not_ready", ["jobs", "breaches"])
    beat(database)
    assert ready(visitor) == (200, "ready", [])


def test_other_jobs_that_run_do_not_hide_that_nobody_looks_at_norms(
    visitor: Any, database: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = clock.now()
    watch = BreachWatch(database, lambda: (clock.now() - began).total_seconds())
    beat_jobs(database)
    watch.look()
    for _ in range(2):
        clock.advance(seconds=31)
        beat_jobs(database)
    assert ready(visitor) == (503, "not_ready", ["breaches"])
    with monkeypatch.context() as patch:  # a look that fails is no sign of life
        patch.setattr("queue_service.jobs.breaches.branches_due", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            watch.look()
    assert ready(visitor) == (503, "not_ready", ["breaches"])
    watch.look()
    assert ready(visitor) == (200, "ready", [])


def test_a_full_disk_an_old_schema_and_a_database_that_takes_no_writes_are_told(
    visitor: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat(database)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4, total=100))
        assert ready(visitor) == (503, "not_ready", ["disk"])

    def no_writes(_: Any) -> None:
        raise OperationalError("write", None, Exception("attempt to write a readonly database"))

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", no_writes)
        assert ready(visitor) == (503, "not_ready", ["database"])
    with monkeypatch.context() as patch:
        patch.setattr(health, "SLOW_WRITE_SECONDS", -1.0)
        assert ready(visitor) == (200, "degraded", ["database"])
    database.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0001'")))
    assert ready(visitor) == (503, "not_ready", ["schema"])


def test_only_an_admin_is_told_more(visitor: Any, known: Any, office: str, database: Any) -> None:
    beat(database)
    for caller, fields in ((visitor, {"status", "not_ok"}), (known("anna"), {"status", "not_ok"})):
        assert set(caller.client.get("/readyz", headers=caller.headers).get_json()) == fields
    boss = known("ada", "admin")
    told = boss.client.get("/readyz", headers=boss.headers).get_json()
    assert told["checks"]["jobs"] == {"state": "ok", "silent_seconds": 0}
    assert told["checks"]["database"]["write_ms"] >= 0
    assert told["outbox"]["waiting"] == 0
