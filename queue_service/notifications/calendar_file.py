"""How does an appointment get into somebody's calendar? As an iCalendar file that later ones replace."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone

from queue_service.model.appointment import AppointmentState
from queue_service.notifications.words import text_of, words
from queue_service.storage.appointments import services_of
from queue_service.storage.office import Setup

ALARMS = (timedelta(days=-1), timedelta(hours=-1))


def calendar_file(row: Any, setup: Setup, link: str, now: datetime) -> bytes:
    """The appointment (a row of storage/appointments.py) as a calendar with one event; `link` is its page."""
    is_cancelled = row.state == AppointmentState.CANCELLED
    calendar: Any = Calendar()
    calendar.add("prodid", "-//Queue service//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_cancelled else "PUBLISH")
    event = _event(row, setup, link, now)
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    if getattr(event["dtstart"].dt.tzinfo, "key", "") == setup.time_zone:
        calendar.add_component(_zone(setup.time_zone, row.starts_at))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(row: Any, setup: Setup, link: str, now: datetime) -> Any:
    def say(key: str, **params: object) -> str:
        return words(row.language, "messages", key, **params)

    def told(text: dict[str, str]) -> str:
        return text_of(text, row.language, setup.default_language)

    services = services_of(row, setup)
    names = " + ".join(told(service.name) for service in services)
    papers = dict.fromkeys(told(paper["name"]) for service in services for paper in service.documents)
    lines = [say("your_code", code=row.code)]
    if papers:
        lines += [say("bring"), *(f"- {paper}" for paper in papers)]
    lines += [say("change_or_cancel", link=link)]
    event: Any = Event()
    event.add("uid", f"{setup.code}-{row.id}@queue-service")
    event.add("sequence", row.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", _local(row.starts_at, setup.time_zone))
    event.add("dtend", _local(row.ends_at, setup.time_zone))
    event.add("summary", f"{names}, {told(setup.name)}" if names else told(setup.name))
    event.add("location", ", ".join(filter(None, (told(setup.name), told(setup.address)))))
    event.add("description", "\n".join(lines))
    event.add("url", link)
    for before in ALARMS:
        alarm: Any = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", before)
        alarm.add("description", event["summary"])
        event.add_component(alarm)
    return event


def _local(at: datetime, time_zone: str) -> datetime:
    """In the branch's time; a local time that comes twice means its first occurrence there, so the second is in UTC."""
    local = at.astimezone(ZoneInfo(time_zone))
    return at if local.fold else local


def _zone(time_zone: str, at: datetime) -> Any:
    """The zone's rules around a moment: all of them since 1970 would be ten times the event."""
    return Timezone.from_tzid(time_zone, first_date=date(at.year - 1, 1, 1), last_date=date(at.year + 2, 1, 1))
