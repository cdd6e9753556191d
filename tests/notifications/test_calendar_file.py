"""The calendar file is read by rules of RFC 5545 written here, not by the library that wrote it."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queue_service.actions import appointments, office_facts, setup
from queue_service.clock import FrozenClock
from queue_service.notifications.calendar_file import calendar_file
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from tests.booking import a_bookable_office, an_appointment, at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINK = "https://office.example/a/secret"
LONG = "Выдача, замена; и\\или продление — «всё сразу» " * 4
LINE = re.compile(r'([A-Z][A-Z0-9-]*)((?:;[A-Z][A-Z0-9-]*=(?:"[^"]*"|[^";:,]*))*):(.*)', re.DOTALL)


@dataclass
class Part:
    """A component: its properties (name → parameters and raw value) and the components in it."""

    name: str
    lines: dict[str, list[tuple[dict[str, str], str]]] = field(default_factory=dict)
    parts: list["Part"] = field(default_factory=list)

    def one(self, name: str) -> str:
        """The value of a property that must stand here exactly once."""
        ((_, value),) = self.lines[name]
        return value

    def text(self, name: str) -> str:
        """The same, unescaped; a bare comma or semicolon in it would be a fault."""
        raw = self.one(name)
        assert not re.search(r"(?<!\\)(?:\\\\)*[,;]", raw), raw
        assert not re.search(r"(?<!\\)(?:\\\\)*\\[^\\,;nN]", raw), raw
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], raw)

    def inside(self, name: str) -> list["Part"]:
        return [part for part in self.parts if part.name == name]


def read(content: bytes) -> Part:
    """The calendar in a file, or an assertion that names what is against the rules."""
    assert content.endswith(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    lines = content.split(b"\r\n")[:-1]
    assert all(0 < len(line) <= 75 for line in lines), "a line has at most 75 octets"
    for line in lines:
        line.decode("utf-8")  # a letter is never torn apart
    open_parts = [Part("")]
    for unfolded in re.sub(rb"\r\n[ \t]", b"", content).decode("utf-8").split("\r\n")[:-1]:
        match = LINE.fullmatch(unfolded)
        assert match is not None, unfolded
        name, value = match[1], match[3]
        if name == "BEGIN":
            open_parts.append(Part(value))
        elif name == "END":
            done = open_parts.pop()
            assert done.name == value
            open_parts[-1].parts.append(done)
        else:
            parameters = dict(one.split("=", 1) for one in match[2].split(";") if one)
            open_parts[-1].lines.setdefault(name, []).append((parameters, value))
    ((whole,), rest) = open_parts[0].parts, open_parts[1:]
    assert not rest
    assert whole.name == "VCALENDAR"
    return whole


def moment_of(calendar: Part, event: Part, name: str) -> datetime:
    """The instant of a date-time: in UTC, or in a zone that the file itself describes."""
    ((parameters, value),) = event.lines[name]
    if value.endswith("Z"):
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    local = datetime.strptime(value, "%Y%m%dT%H%M%S")  # noqa: DTZ007
    (zone,) = [one for one in calendar.inside("VTIMEZONE") if one.one("TZID") == parameters["TZID"]]
    begun = [(start, offset) for start, offset in _changes(zone) if start <= local]
    return (local - max(begun)[1]).replace(tzinfo=UTC)


def _changes(zone: Part) -> list[tuple[datetime, timedelta]]:
    """When the zone's clocks change (in the time before the change), and the offset from then on."""
    found = []
    for part in zone.parts:
        assert part.name in ("STANDARD", "DAYLIGHT")
        assert "RRULE" not in part.lines, "this reader knows dates only"
        sign, hours, minutes = re.fullmatch(r"([+-])(\d\d)(\d\d)", part.one("TZOFFSETTO")).groups()  # type: ignore[union-attr]
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (1 if sign == "+" else -1)
        dates = [part.one("DTSTART"), *(d for _, value in part.lines.get("RDATE", []) for d in value.split(","))]
        found += [(datetime.strptime(one, "%Y%m%dT%H%M%S"), offset) for one in dates]  # noqa: DTZ007
    return found


@pytest.fixture
def office(database: Database) -> str:
    branch = a_bookable_office(database, "A", {"1": "A"}, booking={"horizon_days": 300})

    def rename(hall: Hall) -> None:
        facts = office_facts.service_facts(hall.setup.service("A"))
        setup.change_service(hall, "A", facts.model_copy(update={"name": {"ru": LONG, "en": "Long"}}), "test")

    database.act(branch, rename)
    return branch


def file_of(database: Database, row: Any) -> Part:
    return read(calendar_file(row, database.setup("centre"), LINK, database.clock.now()))


def test_the_event_stands_in_the_file_as_booked(database: Database, office: str, clock: FrozenClock) -> None:
    row, _ = an_appointment(database, at(3, "10:00"))
    calendar = file_of(database, row)
    assert (calendar.one("VERSION"), calendar.one("METHOD")) == ("2.0", "PUBLISH")
    assert calendar.one("PRODID")
    (event,) = calendar.inside("VEVENT")
    assert event.one("UID") == f"centre-{row.id}@queue-service"
    assert (event.one("SEQUENCE"), event.one("STATUS")) == ("0", "CONFIRMED")
    assert datetime.strptime(event.one("DTSTAMP"), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) == clock.now()
    assert event.text("SUMMARY") == f"{LONG}, Центр"
    assert event.text("LOCATION") == "Центр, Улица, 1"
    assert row.code in event.text("DESCRIPTION")
    assert event.one("URL") == LINK
    alarms = event.inside("VALARM")
    assert [(one.one("ACTION"), one.one("TRIGGER")) for one in alarms] == [("DISPLAY", "-P1D"), ("DISPLAY", "-PT1H")]
    assert all(one.text("DESCRIPTION") for one in alarms)


@pytest.mark.parametrize("day", ["2026-03-27", "2026-03-30", "2026-07-01", "2026-10-23", "2026-10-26"])
def test_the_instant_is_right_before_and_after_the_clocks_change(database: Database, office: str, day: str) -> None:
    starts_at = at(3, "10:00").replace(month=int(day[5:7]), day=int(day[8:]))
    row, _ = an_appointment(database, starts_at)
    calendar = file_of(database, row)
    (event,) = calendar.inside("VEVENT")
    assert event.lines["DTSTART"][0][0] == {"TZID": "Europe/Warsaw"}
    assert moment_of(calendar, event, "DTSTART") == row.starts_at
    assert moment_of(calendar, event, "DTEND") == row.ends_at


def test_a_later_file_replaces_and_cancels_the_earlier(database: Database, office: str) -> None:
    row, _ = an_appointment(database, at(3, "10:00"))
    uid = file_of(database, row).inside("VEVENT")[0].one("UID")
    moved = database.act(office, lambda hall: appointments.move(hall, row, at(4, "11:00")))
    (event,) = file_of(database, moved).inside("VEVENT")
    assert (event.one("UID"), event.one("SEQUENCE")) == (uid, "1")
    gone = file_of(database, database.act(office, lambda hall: appointments.cancel(hall, moved)))
    (event,) = gone.inside("VEVENT")
    assert (gone.one("METHOD"), event.one("STATUS")) == ("CANCEL", "CANCELLED")
    assert (event.one("UID"), event.one("SEQUENCE")) == (uid, "2")


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
        with pytest.raises(AssertionError):
            read(good.replace(right, wrong, 1))
