"""Where the norm was passed again and again: how many windows would have kept it? By hour.

Each day is judged by the norms that were valid on it, and each visitor by theirs: with an appointment or without.
"""

from dataclasses import dataclass
from typing import Any

from queue_service.rules.habits import Habits, learn_habits
from queue_service.rules.service_times import PastServices
from queue_service.rules.windows_needed import past_hour
from queue_service.storage.boards import moment
from queue_service.storage.forecast import wait_norms
from queue_service.storage.hall_picture import Picture, configured_seconds
from queue_service.storage.office import Setup

FEWEST_LATE = 3
"""Passed so often within one hour, a norm is passed again and again."""
AN_HOUR = 3600.0
DEFINITIONS = {
    "from": "The hour in which these visitors joined the line.",
    "joined": "Legs that joined a line in this hour.",
    "late": "Of these: called later than the norm of that day, or not called when it had passed. Hours with "
    f"{FEWEST_LATE} or more are listed.",
    "at_work": "Windows that were not closed in the middle of the hour.",
    "needed": "The fewest windows found with which 95 % would have been called within the norm: this hour and the half "
    "hour before played again with those who came, over this office's measured times, each window as it is set up.",
    "windows": "Which.",
    "reaches_percent": "The share within the norm with these windows; below 95, all windows were not enough.",
}


@dataclass(frozen=True)
class Lesson:
    """What the days of the report teach together."""

    past: PastServices
    habits: Habits


def _lesson(setup: Setup, pictures: list[Picture]) -> Lesson:
    records = [picture.record() for picture in pictures]
    served = [one for record in records for one in record.served()]
    past = PastServices(configured_seconds(setup), setup.window_codes.values(), served)
    return Lesson(past, learn_habits(records))


def needed_report(setup: Setup, pictures: list[Picture], first: str, last: str) -> dict[str, Any]:
    """The hours of these days in which the norm was passed again and again. Pure work, and a good deal of it."""
    lesson = _lesson(setup, pictures)
    rows = [row for picture in pictures for row in _day(setup, picture, lesson)]
    board = {"branch": setup.code, "report": "windows-needed", "from": first, "to": last}
    return {**board, "definitions": DEFINITIONS, "rows": rows}


def _day(setup: Setup, picture: Picture, lesson: Lesson) -> list[dict[str, Any]]:
    found: dict[float, list[float]] = {}
    for leg in picture.legs:
        joined = picture.seconds(leg.ready_at)
        found.setdefault(joined // AN_HOUR * AN_HOUR, []).append(_excess(leg, picture))
    hours = {since: some for since, some in sorted(found.items()) if sum(one > 0 for one in some) >= FEWEST_LATE}
    return [_hour(setup, picture, lesson, since, excesses) for since, excesses in hours.items()]


def _excess(leg: Any, picture: Picture) -> float:
    """By how much the norm was passed, in seconds; nobody who gave up in time was kept waiting, nor who waits still."""
    waits_from = leg.ready_at if leg.booked_at is None else max(leg.ready_at, leg.booked_at)
    ended, setup = leg.first_called_at or leg.left_at or picture.now, picture.setup
    longest = setup.longest_wait(setup.service_codes[leg.service_id], picture.day, leg.booked_at)
    return float((ended - waits_from).total_seconds()) - longest


def _hour(setup: Setup, picture: Picture, lesson: Lesson, since: float, excesses: list[float]) -> dict[str, Any]:
    windows = {one.code: frozenset(one.services) for one in setup.windows if one.services}
    at_work = picture.at_work_at(since + AN_HOUR / 2)
    norms = wait_norms(setup, picture.day)
    found = past_hour(since, picture.all_who_came(), windows, lesson.past, lesson.habits, norms, at_work)
    order = [window.code for window in setup.windows]
    return {
        "from": moment(picture.moment(since)),
        "joined": len(excesses),
        "late": sum(one > 0 for one in excesses),
        "at_work": sorted(at_work, key=order.index),
        "needed": len(found.then.windows),
        "windows": sorted(found.then.windows, key=order.index),
        "reaches_percent": round(found.then.all.share * 100, 1),
    }
