"""Who may be called, and what does each call cost? The waiting, and those who may still come and be called first."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queue_service.rules.chance import NEVER, Array
from queue_service.rules.day_record import Guest
from queue_service.rules.habits import GIVEN_UP_SECONDS
from queue_service.rules.hall_draws import HallDraws
from queue_service.rules.hall_now import Waiting
from queue_service.rules.next_ticket import BEFORE_APPOINTMENT
from queue_service.rules.patience import GUESTS

Places = NDArray[np.intp]

LONGEST_LOOK_SECONDS = 7200.0
"""Visitors who come later than that are not thought of."""
SOON_SECONDS = 600.0
NEVER_YET = -math.inf


@dataclass(frozen=True)
class Line:
    """Everybody who may be called; the first persons are the waiting, in the order of `HallDraws.waiting`."""

    person: Places
    """Of each entry: who gets a better turn later stands in the line twice."""
    present_from: Array
    """(rollouts × entries)"""
    turn: Array
    may_call: NDArray[np.bool_]
    """(windows × entries)"""
    service_seconds: Array
    """(rollouts × persons), at an average window."""
    around_seconds: Array
    """Walking to the window before it, and from its end to the next call."""
    gone_after: Array
    """A call after this moment finds nobody,"""
    gone_seconds: Array
    """and costs this."""
    waits_from: Array
    """(rollouts × persons): a visitor with an appointment does not wait before its time."""
    service: Places
    """Of each person."""
    guest: Places
    """Of each person: its place in GUESTS."""


@dataclass(frozen=True)
class _Group:
    """Persons of one origin, and their entries: (person within the group, present from, turn)."""

    service: Places
    guest: Places
    joined_at: Array
    waits_from: Array
    may_call: NDArray[np.bool_]
    entries: list[tuple[Places, Array, Array]]


def draw_line(draws: HallDraws) -> Line:
    groups = [_waiting(draws), _expected(draws), _arriving(draws)]
    firsts = np.cumsum([0, *(len(group.service) for group in groups)])
    entries = [
        (first + person, present, turn)
        for first, group in zip(firsts, groups, strict=False)
        for person, present, turn in group.entries
    ]
    person = np.concatenate([entry[0] for entry in entries])
    service = np.concatenate([group.service for group in groups])
    guest = np.concatenate([group.guest for group in groups])
    residuals = draws.chance.measured(draws.times.residuals, len(service))
    seconds = np.exp(draws.log_seconds[:, service] + draws.times.spread[service] * residuals)
    patience, gone_seconds = _leaving(draws, guest)
    around = draws.chance.measured(draws.habits.walk, len(service)) + draws.after_service(seconds)
    asking = slice(len(draws.hall.waiting), len(draws.waiting))
    for costs in (seconds, around, gone_seconds):
        costs[:, asking] = 0.0
    return Line(
        person,
        present_from=_beside(draws, [entry[1] for entry in entries]),
        turn=_beside(draws, [entry[2] for entry in entries]),
        may_call=np.concatenate([group.may_call for group in groups], axis=1)[:, person],
        service_seconds=seconds,
        around_seconds=around,
        gone_after=_beside(draws, [group.joined_at for group in groups]) + patience,
        gone_seconds=gone_seconds,
        waits_from=_beside(draws, [group.waits_from for group in groups]),
        service=service,
        guest=guest,
    )


def _waiting(draws: HallDraws) -> _Group:
    waiting = draws.waiting
    entries = [_entries(range(len(waiting)), [(one.present_from, one.turn) for one in waiting])]
    if better := {i: _better(one) for i, one in enumerate(waiting) if one.better_from is not None}:
        entries.append(_entries(better, list(better.values())))
    return _Group(
        np.array([draws.service(one.service) for one in waiting], np.intp),
        np.array([GUESTS[one.guest] for one in waiting], np.intp),
        np.array([one.joined_at for one in waiting], float),
        np.array([_waits_from(one) for one in waiting], float),
        np.array([[window.code in one.windows for one in waiting] for window in draws.working], bool),
        entries,
    )


def _expected(draws: HallDraws) -> _Group:
    """Appointments that may still check in soon enough to be called before somebody who waits now."""
    now, rule = draws.hall.now, draws.hall.rule
    until = max(min(_last_turn(draws) + rule.appointment_head_start, now + LONGEST_LOOK_SECONDS), draws.look_until)
    near = [one for one in draws.hall.expected if now - GIVEN_UP_SECONDS < one.booked_at <= until]
    booked = np.array([one.booked_at for one in near], float)
    arrives = _check_ins(draws, booked)
    works_from = np.maximum(arrives, booked - BEFORE_APPOINTMENT.total_seconds())
    is_late = arrives > booked + rule.late_after
    everybody = np.arange(len(near))
    return _Group(
        np.array([draws.service(one.service) for one in near], np.intp),
        np.full(len(near), GUESTS[Guest.APPOINTMENT]),
        arrives,
        np.maximum(arrives, booked),
        draws.serving([one.service for one in near]),
        [
            (everybody, arrives, arrives - rule.head_starts.get("", 0.0)),
            (everybody, np.where(is_late, NEVER, works_from), booked - rule.appointment_head_start),
        ],
    )


def _check_ins(draws: HallDraws, booked: Array) -> Array:
    """(rollouts × booked): when each visitor comes, if at all, knowing that they have not come yet."""
    now, earliness, absent = draws.hall.now, draws.habits.earliness, draws.habits.absent
    # Whoever is still to come is less early than the time that is left; the fewer such there are, the likelier nobody.
    possible = np.searchsorted(earliness, booked - now)
    absent_now = absent / (absent + (1 - absent) * np.maximum(possible, 0.5) / len(earliness))
    drawn = earliness[(draws.chance.shares(len(booked)) * possible).astype(np.intp)]
    soon = now + draws.chance.shares(len(booked)) * SOON_SECONDS
    arrives = np.where(possible > 0, booked - drawn, soon)
    return np.where(draws.chance.shares(len(booked)) < absent_now, NEVER, arrives)


def _arriving(draws: HallDraws) -> _Group:
    """Visitors without appointment who may come before somebody who waits now: mostly with priority."""
    now, heads = draws.hall.now, draws.hall.rule.head_starts
    last, longest = _last_turn(draws), now + LONGEST_LOOK_SECONDS
    looks = {category: max(min(last + head, longest), draws.look_until) for category, head in heads.items()}
    streams = [
        (service, category, mean)
        for look_category, until in looks.items()
        for (service, category), mean in draws.habits.expected_arrivals(now, until).items()
        if category == look_category and service in draws.times.places
    ]
    counts = draws.chance.generator.poisson([mean for *_, mean in streams], (draws.chance.rollouts, len(streams)))
    most = counts.max(0, initial=0)
    stream = np.repeat(np.arange(len(streams)), most)
    rank = np.arange(len(stream)) - np.repeat(np.cumsum(most) - most, most)
    coming = [streams[i] for i in stream]
    until = np.array([looks[category] for _, category, _ in coming], float)
    arrives = now + draws.chance.shares(len(coming)) * (until - now)
    arrives = np.where(rank < counts[:, stream], arrives, NEVER)
    head = np.array([heads[category] for _, category, _ in coming], float)
    guests = [Guest.PRIORITY if category else Guest.WALK_IN for _, category, _ in coming]
    return _Group(
        np.array([draws.service(service) for service, *_ in coming], np.intp),
        np.array([GUESTS[kind] for kind in guests], np.intp),
        arrives,
        arrives,
        draws.serving([service for service, *_ in coming]),
        [(np.arange(len(coming)), arrives, arrives - head)],
    )


def _last_turn(draws: HallDraws) -> float:
    """The latest turn of the waiting; a better one counts from when it works."""
    turns = (one.turn if one.better_from is None else min(one.turn, one.better_from) for one in draws.waiting)
    return max(turns, default=NEVER_YET)


def _leaving(draws: HallDraws, guest: Places) -> tuple[Array, Array]:
    """(how long each has patience, what a call costs that comes too late for it)"""
    habits, persons = draws.habits, len(guest)
    never = np.array([habits.patience.never[kind] for kind in GUESTS])[guest]
    stays = draws.chance.exponentials(habits.patience.seconds, persons)
    patience = np.where(draws.chance.shares(persons) < never, 0.0, stays)
    cost = draws.chance.measured(habits.give_up, persons) + draws.chance.measured(habits.call_after_no_show, persons)
    return patience, np.where(draws.chance.shares(persons) < habits.given_back, 0.0, cost)


def _entries(persons: Iterable[int], placed: list[tuple[float, float]]) -> tuple[Places, Array, Array]:
    present, turn = np.array(placed, float).reshape(len(placed), 2).T
    return np.array(list(persons), np.intp), present, turn


def _better(one: Waiting) -> tuple[float, float]:
    """(from when, which turn) of an early appointment's head start."""
    works_from = NEVER if one.better_from is None else one.better_from
    return max(one.present_from, works_from), one.turn if one.better_turn is None else one.better_turn


def _waits_from(one: Waiting) -> float:
    if one.better_from is None:
        return one.joined_at
    return max(one.joined_at, one.better_from + BEFORE_APPOINTMENT.total_seconds())


def _beside(draws: HallDraws, parts: list[Array]) -> Array:
    """Columns side by side; a part that is the same in every rollout may have one row."""
    rollouts = draws.chance.rollouts
    return np.concatenate([np.broadcast_to(part, (rollouts, part.shape[-1])) for part in parts], axis=1)
