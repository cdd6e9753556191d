"""Where the norm was passed again and again: the windows that would have kept it."""

from typing import Any

from queue_service.clock import FrozenClock
from queue_service.reports.needed import needed_report
from queue_service.storage.database import Database
from queue_service.storage.hall_picture import pictures_of
from tests.make import a_desk, a_ticket, an_office


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

    def read(connection: Any) -> Any:
        return pictures_of(connection, database.setup("centre"), clock.now(), day, day)

    report = needed_report(database.setup("centre"), database.read(read), str(day), str(day))
    (row,) = report["rows"]  # one who has waited too long is not yet again and again
    assert (row["joined"], row["late"], row["at_work"]) == (8, 4, ["1"])
    assert row["windows"] == ["1", "2"]
    assert row["needed"] == 2
    assert row["reaches_percent"] > 70
    assert set(row) == set(report["definitions"])
