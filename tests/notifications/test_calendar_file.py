"""The calendar file is read by vobject, another library than the one that wrote it; its lines are measured here."""

from datetime import UTC, timedelta
from typing import Any

import pytest
import vobject  # type: ignore[import-untyped]

from queue_service.actions import appointments, office_facts, setup
from queue_service.clock import FrozenClock
from queue_service.notifications.calendar_file import calendar_file
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from tests.booking import a_bookable_office, an_appointment, at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINK = "https://office.example/a/secret"
LONG = "Выдача, замена; и\\или продление — «всё сразу» " * 4


def read(content: bytes, zone: str = "Europe/Warsaw") -> Any:
    """The calendar in a file; an assertion or a ParseError tells what is against the rules.

    The file's zone gets a name that nobody knows, so that only what the file itself says of it can be used.
    """
    assert content.endswith(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(0 < len(line) <= 75 for line in content.split(b"\r\n")[:-1]), "a line has at most 75 octets"
    for line in content.split(b"\r\n"):
        line.decode("utf-8")  # a letter is never torn apart
    calendar = vobject.readOne(content.decode("utf-8").replace(f":{zone}", ":Unknown").replace(f"={zone}", "=Unknown"))
    assert calendar.validate(raiseException=True)
    return calendar


@pytest.fixture
def office(database: Database) -> str:
    branch = a_bookable_office(database, "A", {"1": "A"}, booking={"horizon_days": 300})

    def rename(hall: Hall) -> None:
        facts = office_facts.service_facts(hall.setup.service("A"))
        setup.change_service(hall, "A", facts.model_copy(update={"name": {"ru": LONG, "en": "Long"}}), "test")

    database.act(branch, rename)
    return branch


def file_of(database: Database, row: Any) -> Any:
    return read(calendar_file(row, database.setup("centre"), LINK, database.clock.now()))


def test_the_event_stands_in_the_file_as_booked(database: Database, office: str, clock: FrozenClock) -> None:
    row, _ = an_appointment(database, at(3, "10:00"))
    calendar = file_of(database, row)
    assert (calendar.version.value, calendar.method.value) == ("2.0", "PUBLISH")
    assert calendar.prodid.value
    (event,) = calendar.vevent_list
    assert event.uid.value == f"centre-{row.id}@queue-service"
    assert (event.sequence.value, event.status.value) == ("0", "CONFIRMED")
    assert event.dtstamp.value == clock.now()
    assert event.summary.value == f"{LONG}, Центр"
    assert event.location.value == "Центр, Улица, 1"
    assert row.code in event.description.value
    assert event.url.value == LINK
    alarms = [(alarm.action.value, alarm.trigger.value) for alarm in event.valarm_list]
    assert alarms == [("DISPLAY", timedelta(days=-1)), ("DISPLAY", timedelta(hours=-1))]
    assert all(alarm.description.value for alarm in event.valarm_list)


@pytest.mark.parametrize("day", ["2026-03-27", "2026-03-30", "2026-07-01", "2026-10-23", "2026-10-26"])
def test_the_instant_is_right_before_and_after_the_clocks_change(database: Database, office: str, day: str) -> None:
    starts_at = at(3, "10:00").replace(month=int(day[5:7]), day=int(day[8:]))
    row, _ = an_appointment(database, starts_at)
    (event,) = file_of(database, row).vevent_list
    assert event.dtstart.params["X-VOBJ-ORIGINAL-TZID"] == ["Unknown"]
    assert event.dtstart.value.astimezone(UTC) == row.starts_at
    assert event.dtend.value.astimezone(UTC) == row.ends_at


def test_a_later_file_replaces_and_cancels_the_earlier(database: Database, office: str) -> None:
    row, _ = an_appointment(database, at(3, "10:00"))
    uid = file_of(database, row).vevent.uid.value
    moved = database.act(office, lambda hall: appointments.move(hall, row, at(4, "11:00")))
    event = file_of(database, moved).vevent
    assert (event.uid.value, event.sequence.value) == (uid, "1")
    gone = file_of(database, database.act(office, lambda hall: appointments.cancel(hall, moved)))
    assert (gone.method.value, gone.vevent.status.value) == ("CANCEL", "CANCELLED")
    assert (gone.vevent.uid.value, gone.vevent.sequence.value) == (uid, "2")


FAULTY = [
    (b"\r\nVERSION", b"\nVERSION"),
    (b"VERSION:2.0", b"VERSION 2.0"),
    (b"END:VEVENT", b"END:VALARM"),
    (b"PRODID:", b"PRODID:" + 80 * b"x"),
]


def test_the_reader_finds_faults(database: Database, office: str) -> None:
    row, _ = an_appointment(database, at(3, "10:00"))
    good = calendar_file(row, database.setup("centre"), LINK, database.clock.now())
    for right, wrong in FAULTY:
        assert right in good
        with pytest.raises((AssertionError, vobject.base.ParseError)):
            read(good.replace(right, wrong, 1))
