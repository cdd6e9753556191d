"""The report of norms: what is counted as kept, and from what."""

from sqlalchemy import update

from queue_service.actions.setup import remove_service
from queue_service.actions.tickets import cancel
from queue_service.clock import FrozenClock
from queue_service.jobs.breaches import BreachWatch
from queue_service.model import Service, table
from queue_service.reports.norms import norms_report
from queue_service.storage.database import Database
from tests.make import a_desk, a_ticket, an_office, on_leg


def test_leavers_after_the_norm_are_not_kept_and_leavers_within_it_are_left_out(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database)
    b_is_collected = update(table(Service)).where(table(Service).c.code == "B").values(purpose="collect")
    database.write(lambda connection: connection.execute(b_is_collected))
    served, gone_early, gone_late = (a_ticket(database) for _ in range(3))
    clock.advance(minutes=10)
    on_leg(database, gone_early.leg_id, cancel)
    a_desk(database, "1", "anna").next()
    clock.advance(minutes=10)
    on_leg(database, gone_late.leg_id, cancel)
    a_ticket(database, "B")
    BreachWatch(database, lambda: 0.0).look()
    setup, today = database.setup("centre"), clock.now().date()
    report = database.read(lambda c: norms_report(c, setup, clock.now(), today, today))
    assert served.leg_id < gone_early.leg_id
    of_a = {"begun": 3, "kept": 1, "left_within": 1, "passed": 1, "within_norm_percent": 50.0, "breaches": 1}
    assert report["rows"] == [
        _row(None, None, **of_a | {"begun": 4, "running_within": 1}),
        _row("submit", None, **of_a),
        _row("collect", None, begun=1, running_within=1),
        _row("submit", "A", **of_a),
        _row("collect", "B", begun=1, running_within=1),
    ]
    assert set(report["rows"][0]) == {"kind", *report["definitions"]}


def test_what_a_service_was_for_is_known_when_it_is_no_more(database: Database, clock: FrozenClock) -> None:
    an_office(database, windows={"1": "B", "2": "A"})
    b_is_collected = update(table(Service)).where(table(Service).c.code == "B").values(purpose="collect")
    database.write(lambda connection: connection.execute(b_is_collected))
    a_ticket(database, "B")
    a_desk(database, "1", "anna").serve()
    database.act("centre", lambda hall: remove_service(hall, "B", "system"))
    setup, today = database.setup("centre"), clock.now().date()
    report = database.read(lambda c: norms_report(c, setup, clock.now(), today, today))
    kept = [(row["purpose"], row["service"], row["kept"]) for row in report["rows"]]
    assert kept == [(None, None, 1), ("collect", None, 1), ("collect", "B", 1)]


def _row(purpose: str | None, service: str | None, breaches: float = 0, **counts: float) -> dict[str, object]:
    none: dict[str, object] = dict.fromkeys(("begun", "kept", "left_within", "running_within", "passed", "seen"), 0)
    told = {"kind": "wait", "purpose": purpose, "service": service, "longest": 900, "within_norm_percent": None}
    return {**none, **told, **counts, "breaches": breaches, "noticed_late": breaches}
