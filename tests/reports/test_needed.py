"""Where the norm was passed again and again: the windows that would have kept it."""

from datetime import date, timedelta
from typing import Any

from queue_service.actions.rosters import put_norm
from queue_service.clock import FrozenClock
from queue_service.model.norm import NormKind
from queue_service.reports.needed import needed_report
from queue_service.rules.norm import NormFacts
from queue_service.storage.database import Database
from queue_service.storage.hall_picture import pictures_of
from tests.make import a_desk, a_ticket, an_office


def a_report(database: Database, clock: FrozenClock, first: date, last: date) -> Any:
    setup = database.setup("centre")
    pictures = database.read(lambda connection: pictures_of(connection, setup, clock.now(), first, last))
    return needed_report(setup, pictures, str(first), str(last))


def test_the_windows_that_would_have_kept_the_norm_are_named(database: Database, clock: FrozenClock) -> None:
    an_office(database, services="AB", windows={"1": "A", "2": "A", "3": "B"})
    desk = a_desk(database, "1", "anna")
    day = database.setup("centre").service_day(clock.now())
    for _ in range(8):  # eight come at once, each takes five minutes: the norm of 15 is passed from the fourth on
        a_ticket(database)
    for _ in range(8):
        desk.next()
        desk.start()
        clock.advance(minutes=5)
        desk.finish()
    clock.advance(hours=2)
    a_ticket(database, "B")
    report = a_report(database, clock, day, day)
    (row,) = report["rows"]  # one who has waited too long is not yet again and again
    assert (row["joined"], row["late"], row["at_work"]) == (8, 4, ["1"])
    assert row["windows"] == ["1", "2"]
    assert row["needed"] == 2
    assert row["reaches_percent"] > 70
    assert set(row) == set(report["definitions"])


def test_each_day_is_judged_by_the_norms_that_were_valid_on_it(database: Database, clock: FrozenClock) -> None:
    """The same morning twice: on the first day an hour was promised, from the second on five minutes."""
    an_office(database, services="A", windows={"1": "A", "2": "A"})
    desk = a_desk(database, "1", "anna")
    first = clock.now().date()
    for longest, since, until in ((3600, None, first), (300, first + timedelta(days=1), None)):
        norm = NormFacts(kind=NormKind.WAIT, longest=longest, valid_from=since, valid_to=until)
        database.act("centre", lambda hall, norm=norm: put_norm(hall, norm, "system"))  # type: ignore[misc]
    for _ in range(2):
        for _ in range(5):
            a_ticket(database)
        while desk.next() is not None:
            desk.start()
            clock.advance(minutes=5)
            desk.finish()
        clock.advance(days=1, minutes=-25)

    last = first + timedelta(days=1)
    report = a_report(database, clock, first, last)
    assert [(row["from"][:10], row["joined"], row["late"]) for row in report["rows"]] == [(str(last), 5, 3)]


def test_who_waits_still_within_the_norm_is_not_late(database: Database, clock: FrozenClock) -> None:
    an_office(database, services="A", windows={"1": "A", "2": "A"})
    for _ in range(5):
        a_ticket(database)
    today = clock.now().date()
    clock.advance(minutes=15)
    assert a_report(database, clock, today, today)["rows"] == []
    clock.advance(seconds=1)
    (row,) = a_report(database, clock, today, today)["rows"]
    assert (row["joined"], row["late"], row["at_work"]) == (5, 5, [])
