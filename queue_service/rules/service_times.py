"""How long will a service take? Learned from services measured here, each level leaning on the one above it.

    log seconds = log configured + office + service + window + pace × crowding + today + residual

A level with few measurements stays near its parent (shrinkage): few visits are no evidence against the office's mean.
Measurements fade with a half-life of twelve days; residuals are the measured ones, not a textbook curve. The pace is
how much faster, or slower, people here work when many wait.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queue_service.rules.chance import bell
from queue_service.rules.day_record import Served, waiting_per_window

Array = NDArray[np.float64]

HALF_LIFE_DAYS = 12.0
SHORTEST_SECONDS = 10.0
# How many measurements it takes to believe a level as much as its parent.
OFFICE, SERVICE, WINDOW, TODAY, WINDOW_TODAY, VARIANCE = 6.0, 6.0, 16.0, 40.0, 30.0, 20.0
# How far a level may lie from its parent while nothing is measured (standard deviation of the logarithm).
FREE_OFFICE, FREE_SERVICE, FREE_WINDOW, FREE_TODAY, FREE_WINDOW_TODAY = 0.30, 0.25, 0.15, 0.10, 0.13
USUAL_VARIANCE = 0.36
PACE = 16.0
"""Like the strengths above; the pace is measured in units of crowding (0 to 1)."""
USUAL_QUEUE, QUEUE = 1.0, 20.0
"""Waiting for each window where nothing is measured; the past weighs as much as so many services of today."""
ROUNDS = 3
BELL = bell(60)
"""Residuals of an office that has measured nothing yet."""
ENOUGH_RESIDUALS = 30


@dataclass(frozen=True)
class Sums:
    """Measurements by service and window: how many (faded), and the sums of their logarithms and of the squares."""

    count: Array
    log: Array
    square: Array

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.count + other.count, self.log + other.log, self.square + other.square)


@dataclass(frozen=True)
class Levels:
    """By how much a service, and a window, is slower than configured (logarithm)."""

    office: float
    service: Array
    window: Array

    @property
    def expected(self) -> Array:
        """(services × windows)"""
        return np.add.outer(self.service, self.window)


@dataclass(frozen=True)
class ServiceTimes:
    """What is known now. Arrays are by service or by window, in the order of `places`."""

    places: Mapping[str, int]
    """Of services, by code."""
    window_places: Mapping[str, int]
    log_seconds: Array
    """By service: the middle of the logarithm at an average window."""
    spread: Array
    """By service: standard deviation of the residual."""
    window: Array
    """By window: how much slower than average, today included."""
    pace: float
    usual_crowding: float
    queue: float
    """How many wait for each window when a service begins, on average today."""
    office_doubt: float
    service_doubt: Array
    window_doubt: Array
    """How wrong each level may still be (standard deviation)."""
    residuals: Array
    """Measured residuals in units of the spread, ascending."""
    count: float
    """How many measurements all this rests on."""


class PastServices:
    """All that was measured on days before today; `with_today` adds today's."""

    def __init__(
        self, configured_seconds: Mapping[str, float], windows: Iterable[str], past: Sequence[Served] = ()
    ) -> None:
        self._services = {code: i for i, code in enumerate(configured_seconds)}
        self._windows = {code: i for i, code in enumerate(windows)}
        self._configured = np.log(np.array([*configured_seconds.values()], float))
        service, window, log, crowd = self._measured(past)
        self.count = len(log)
        """How many services of the past days this rests on."""
        age = np.array([served.days_ago - 1 for served in self._known(past)], float)
        weight = 0.5 ** (np.maximum(age, 0.0) / HALF_LIFE_DAYS)
        self._crowd, self._queue = 0.5, USUAL_QUEUE
        if len(crowd):
            self._crowd = float(np.average(crowd, weights=weight))
            self._queue = float(np.average(waiting_per_window(crowd), weights=weight))
        surprise = log - fit(self._sum(service, window, log, weight)).expected[service, window]
        from_usual = crowd - self._crowd
        self._pace = float((weight * surprise * from_usual).sum() / ((weight * from_usual**2).sum() + PACE))
        log = log - self._pace * from_usual
        self._sums = self._sum(service, window, log, weight)
        levels = fit(self._sums)
        spread = np.sqrt(variance(self._sums, levels))
        self._residuals = _residuals((log - levels.expected[service, window]) / spread[service])

    def with_today(self, today: Sequence[Served]) -> ServiceTimes:
        """What is known with today's measurements, which also tell how today differs."""
        service, window, log, crowd = self._measured(today)
        queue = (waiting_per_window(crowd).sum() + QUEUE * self._queue) / (len(crowd) + QUEUE)
        log = log - self._pace * (crowd - self._crowd)
        sums = self._sums + self._sum(service, window, log, np.ones(len(log)))
        levels = fit(sums)
        surprise = log - levels.expected[service, window]
        office_today = surprise.sum() / (len(log) + TODAY)
        here = np.bincount(window, minlength=len(self._windows)).astype(float)
        window_surprise = np.bincount(window, surprise - office_today, minlength=len(self._windows))
        by_service, by_window = sums.count.sum(1), sums.count.sum(0)
        total = float(sums.count.sum())
        return ServiceTimes(
            self._services,
            self._windows,
            log_seconds=self._configured + levels.service + office_today,
            spread=np.sqrt(variance(sums, levels)),
            window=levels.window + window_surprise / (here + WINDOW_TODAY),
            pace=self._pace,
            usual_crowding=self._crowd,
            queue=float(queue),
            office_doubt=math.hypot(
                float(_doubt(FREE_OFFICE, OFFICE, sums.count.sum())),
                float(_doubt(FREE_TODAY, TODAY, np.array(len(log)))),
            ),
            service_doubt=_doubt(FREE_SERVICE, SERVICE, by_service),
            window_doubt=np.hypot(
                _doubt(FREE_WINDOW, WINDOW, by_window), _doubt(FREE_WINDOW_TODAY, WINDOW_TODAY, here)
            ),
            residuals=self._residuals,
            count=total,
        )

    def _known(self, measured: Sequence[Served]) -> list[Served]:
        """Services and windows that are gone teach nothing."""
        return [one for one in measured if one.service in self._services and one.window in self._windows]

    def _measured(self, measured: Sequence[Served]) -> tuple[NDArray[np.intp], NDArray[np.intp], Array, Array]:
        """Service, window, the logarithm of measured over configured seconds, and crowding, of each measurement."""
        known = self._known(measured)
        service = np.array([self._services[one.service] for one in known], np.intp)
        window = np.array([self._windows[one.window] for one in known], np.intp)
        seconds = np.array([max(one.seconds, SHORTEST_SECONDS) for one in known], float)
        crowd = np.array([one.crowding for one in known], float)
        return service, window, np.log(seconds) - self._configured[service], crowd

    def _sum(self, service: NDArray[np.intp], window: NDArray[np.intp], log: Array, weight: Array) -> Sums:
        shape = (len(self._services), len(self._windows))
        cell = service * shape[1] + window

        def by_cell(values: Array) -> Array:
            return np.asarray(np.bincount(cell, values, minlength=shape[0] * shape[1]), float).reshape(shape)

        return Sums(by_cell(weight), by_cell(weight * log), by_cell(weight * log**2))


def fit(sums: Sums) -> Levels:
    """The levels that explain the measurements, each shrunk towards the one above it."""
    office = float(sums.log.sum() / (sums.count.sum() + OFFICE))
    by_service, by_window = sums.count.sum(1), sums.count.sum(0)
    window = np.zeros(sums.count.shape[1])
    service = np.full(sums.count.shape[0], office)
    for _ in range(ROUNDS):
        service = ((sums.log - sums.count * window).sum(1) + SERVICE * office) / (by_service + SERVICE)
        window = (sums.log - sums.count * service[:, None]).sum(0) / (by_window + WINDOW)
    return Levels(office, service, window)


def variance(sums: Sums, levels: Levels) -> Array:
    """By service: the variance of what the levels leave unexplained, shrunk towards the office's."""
    expected = levels.expected
    left = (sums.square - 2 * expected * sums.log + expected**2 * sums.count).sum(1)
    pooled = (left.sum() + VARIANCE * USUAL_VARIANCE) / (sums.count.sum() + VARIANCE)
    shrunk: Array = (np.maximum(left, 0.0) + VARIANCE * pooled) / (sums.count.sum(1) + VARIANCE)
    return shrunk


def _doubt(free: float, strength: float, count: Array) -> Array:
    doubt: Array = free * np.sqrt(strength / (count + strength))
    return doubt


def _residuals(measured: Array) -> Array:
    return np.sort(measured if len(measured) >= ENOUGH_RESIDUALS else np.concatenate([measured, BELL]))
