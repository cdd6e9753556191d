"""An office that can be booked, in which it is always the middle of the morning."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from queue_service.app import open_database
from queue_service.settings import load_settings
from queue_service.storage.appointments import appointment_table
from tests.running import Server

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = {day: [["08:00", "12:00"], ["13:00", "18:00"]] for day in WEEK}
PERSON = {"name": "Ada Lovelace", "phone": "+44 20 7946 0001"}
LOCAL_HOUR = 10
FURTHEST_WEST = -12


def make_bookable(server: Server, *services: str, **terms: Any) -> None:
    """Let these services of the demo office be booked from 08:00 to 18:00, wherever it is 10 o'clock now."""
    base = f"/admin/branches/{server.branch}"
    setup = server.get(base, "admin")
    _done(server.send("PATCH", "admin", base, {"time_zone": a_zone_at(LOCAL_HOUR)}))
    for kind in ("rosters", "special_days", "closures"):
        for entry in setup[kind]:
            _done(server.send("DELETE", "admin", f"{base}/{kind.replace('_', '-')}/{entry['id']}"))
    for window in setup["windows"]:
        _done(server.send("POST", "admin", f"{base}/rosters", {"window": window["code"], "hours": HOURS}))
    for service in setup["services"]:
        booking = {"minutes": 30, **terms} if service["code"] in services else None
        _done(server.send("PATCH", "admin", f"{base}/services/{service['code']}", {"booking": booking}))


def a_zone_at(hour: int) -> str:
    """A time zone in which it is this hour now."""
    ahead = hour - datetime.now(UTC).hour
    return f"Etc/GMT{-(ahead if ahead >= FURTHEST_WEST else ahead + 24):+d}"


def book(server: Server, service: str = "passport", place: int = 0, **person: Any) -> Any:
    """Books the next free slot, or a later one; the appointment."""
    found = server.get(f"/branches/{server.branch}/slots?service={service}")[place]["starts_at"]
    hold = server.post("", f"/branches/{server.branch}/slot-holds", {"service": service, "starts_at": found})
    booked = server.post("", "/appointments", {"hold": _done(hold)["hold"], "language": "en", **PERSON, **person})
    return _done(booked)


def _done(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def put_at(server: Server, code: str, minutes: float) -> None:
    """Lets an appointment begin some minutes from now, whatever the rosters say."""
    database = open_database(load_settings(data=server.data))
    times = appointment_table.c
    starts_at = datetime.now(UTC) + timedelta(minutes=minutes)
    ends_at = starts_at + timedelta(minutes=10)
    change = update(appointment_table).where(times.code == code).values(starts_at=starts_at, ends_at=ends_at)
    database.write(lambda connection: connection.execute(change))
    database.close()
