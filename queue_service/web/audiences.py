"""What may be told to whom? Every event of the sockets that the public hears, key by key. Nothing else may leave.

With QS_TESTING=1 whatever a server tells more than this is written to the file that QS_TOLD_TOO_MUCH names, so that
the whole test-suite is a test of it. docs/live-events.md is made from it.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from queue_service.rules.device import SETTINGS, present_settings


@dataclass(frozen=True)
class ByName:
    """One plain value under each name: a text by language, a count by reason."""

    what: str


@dataclass(frozen=True)
class Settings:
    """What an admin may set for a device; its names stand in `rules/device.py` and `rules/screen.py`."""

    what: str


Shape = str | ByName | Settings | list[Any] | dict[str, Any]
"""A sentence stands for one plain value, a list for any number of the same, a dict for at most these keys."""

TIME: dict[str, Shape] = {"server_time": "the server's time"}
BEAT: dict[str, Shape] = {"version": "the newest version of the hall", **TIME}
BRANCH: dict[str, Shape] = {
    "code": "the branch",
    "name": ByName("its name, by language"),
    "time_zone": "where its clocks stand",
    "default_language": "its own language",
    "languages": ["a language it speaks"],
}
SERVICE: dict[str, Shape] = {
    "code": "the service",
    "prefix": "the letters its tickets begin with",
    "name": ByName("its name, by language"),
}
DOCUMENT: dict[str, Shape] = {
    "name": ByName("a document to bring, by language"),
    "note": ByName("what to know of it, by language"),
    "source": "the law that asks for it",
    "required": "whether nothing goes without it",
}
CALL: dict[str, Shape] = {
    "call": "this announcement; a call made again is another",
    "number": "the ticket's number",
    "window": "where to come",
    "called_at": "when",
    "recall": "whether it is a repetition",
    "language": "the ticket's language, in which it is spoken",
    "state": "`called` or `serving`, or how the visit went on",
}
ESTIMATE: Shape = {"low": "seconds", "high": "seconds", "basis": "what the range rests on"}
HALL: Shape = {
    **BEAT,
    "setup_version": "the version of the office's set-up",
    "branch": BRANCH,
    "open": "whether the office is open",
    "opens_at": "when it opens next",
    "closes_at": "when it closes",
    "calls": [CALL],
    "serving": [{"number": "a ticket's number", "window": "where it is served"}],
    "waiting": [
        {
            "service": "the service",
            "prefix": "its letters",
            "name": ByName("its name, by language"),
            "waiting": "how many wait for it",
            "estimate": ESTIMATE,
        }
    ],
    "windows": [{"window": "the window's code", "state": "`open`, `paused` or `closed`"}],
    "emergency": ByName("what takes every screen, by language; empty when nothing does"),
    "news": [ByName("a piece of news, by language")],
}
TICKET: Shape = {
    **BEAT,
    "number": "the ticket's number",
    "status": "the state of its leg",
    "services": [{**SERVICE, "documents": [DOCUMENT]}],
    "language": "the visitor's language",
    "channel": "how the ticket was taken",
    "needs": ["what the visitor needs"],
    "priority": "the category that was chosen",
    "issued_at": "when it was taken",
    "booked_at": "when the appointment is that it came of",
    "people_ahead": "how many may be called before",
    "estimate": ESTIMATE,
    "window": "where to come, once called",
    "called_at": "when it was called last",
    "calls": "how often it was called",
    "legs": [
        {
            "service": "the service",
            "state": "how this leg stands",
            "ready_at": "when it joined the line",
            "first_called_at": "when it was called first",
            "started_at": "when service began",
            "finished_at": "when service ended",
            "window": "where",
        }
    ],
    "why": ["a reason for which others were called earlier"],
    "called_earlier": ByName("how many who came later were called earlier, by reason"),
    "may": {
        "defer_minutes": "the longest it can be put off",
        "deferrals_left": "how often it can be put off",
        "come_back": "whether it waits to be taken up again",
        "rejoin_until": "until when a missed call can be mended",
        "add_service": "whether a service can be added",
    },
    "returns_at": "when it comes back by itself",
    "windows_open": "how many windows serve it now",
    "opens_at": "when a window for it is to open, as long as the ticket waits and none is open",
    "branch": {**BRANCH, "address": ByName("where the office is, by language")},
    "calls_before_no_show": "how many calls there are",
}
DEVICE: Shape = {
    **TIME,
    "id": "the device",
    "branch": "its branch",
    "name": "what the office calls the machine",
    "role": "`kiosk`, `display` or `tablet`",
    "settings": Settings("how the office set it"),
    "identify_until": "until when it shows its name",
    "renew_at": "when it fetches a new key",
}
EVENTS: dict[tuple[str, str], Shape] = {
    ("hall", "snapshot"): HALL,
    ("hall", "change"): HALL,
    ("hall", "beat"): BEAT,
    ("hall", "device"): DEVICE,
    ("ticket", "snapshot"): TICKET,
    ("ticket", "change"): TICKET,
    ("phones", "beat"): BEAT,
}
"""By the kind of room and the event's name. Each device alone hears its `device`; it sits in its branch's hall."""
STAFF = "desk"
"""Hears what concerns its work: the picture of `GET /branches/{branch}/desk`."""


def surplus(shape: Shape, told: Any, where: str = "") -> list[str]:
    """Which parts of what is told are not in the shape, by where they stand."""
    if isinstance(told, dict):
        return [found for key, value in told.items() for found in _surplus_at(shape, key, value, f"{where}.{key}")]
    if isinstance(told, list):
        if isinstance(shape, (list, Settings)):
            inner = shape[0] if isinstance(shape, list) else shape
            return [found for value in told for found in surplus(inner, value, f"{where}[]")]
        return [f"{where}[]"] if told else []
    return [where] if isinstance(shape, (dict, list)) and told is not None else []


def _surplus_at(shape: Shape, key: str, value: Any, where: str) -> list[str]:
    if isinstance(shape, dict) and key in shape:
        return surplus(shape[key], value, where)
    if isinstance(shape, ByName) and not isinstance(value, (dict, list)):
        return []
    if isinstance(shape, Settings) and key in _setting_names():
        return surplus(shape, value, where)
    return [where]


@cache
def _setting_names() -> frozenset[str]:
    """All names that stand in a device's settings, at any depth."""
    return frozenset(name for role in SETTINGS for name in _names(present_settings(role, {})))


def _names(told: dict[str, Any]) -> Iterator[str]:
    for key, value in told.items():
        yield key
        yield from _names(value) if isinstance(value, dict) else ()


def told_too_much(event: str, told: Any, audiences: Iterable[str]) -> list[str]:
    """What of an event should not reach those who sit in rooms of these kinds."""
    kinds = set(audiences)
    if kinds == {STAFF}:
        return []
    shapes = [EVENTS[kind, event] for kind in kinds if (kind, event) in EVENTS]
    return surplus(shapes[0], told) if shapes else ["the event itself"]


def watch_over(manager: Any) -> None:
    """While tests run: note whatever this manager of sockets tells too much."""
    if os.environ.get("QS_TESTING") != "1" or "QS_TOLD_TOO_MUCH" not in os.environ:
        return
    emit = manager.emit

    def watched(event: str, data: Any, namespace: str, room: Any = None, to: Any = None, **options: Any) -> None:
        rooms = [str(to or room)]
        if ":" not in rooms[0]:  # a client's own room: what it may hear follows from where else it sits
            rooms = [name for name in manager.get_rooms(rooms[0], namespace) or () if ":" in name]
        if found := told_too_much(event, data, (name.partition(":")[0] for name in rooms)):
            with Path(os.environ["QS_TOLD_TOO_MUCH"]).open("a") as file:
                file.write(f"{event} to {', '.join(rooms) or 'everybody'}: {', '.join(found)}\n")
        emit(event, data, namespace, room=room, to=to, **options)

    manager.emit = watched
