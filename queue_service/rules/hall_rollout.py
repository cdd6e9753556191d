"""When would everybody be called? The rule of next_ticket.py played forward in many rollouts side by side.

In each step every rollout takes its window that is free first and lets it call the first in turn whom it may serve.
Arrays are (rollouts × …); one that is read at one place per rollout is kept flat, which numpy reads twice as fast.
"""

import numpy as np
from numpy.typing import NDArray

from queue_service.rules.chance import NEVER, Array
from queue_service.rules.line_draws import Line, Places
from queue_service.rules.window_draws import Windows


class Rollout:
    """One play of a hall, in all rollouts at once."""

    def __init__(self, line: Line, windows: Windows, waiting: int, until: float) -> None:
        self._line, self._windows, self._until = line, windows, until
        rollouts, self._persons = line.service_seconds.shape
        self._rows = np.arange(rollouts)
        order = np.argsort(line.turn, axis=1, kind="stable")
        self._entry = order
        self._present_from = np.take_along_axis(line.present_from, order, axis=1)
        self._may_call = line.may_call[:, order]
        self._other = self._places_of_other_entries(order)
        self._left = np.full(rollouts, waiting)
        self._is_waiting = np.arange(self._persons) < waiting
        self._free_at = windows.free_at.copy()
        self._breaks_taken = np.zeros(windows.free_at.shape, np.intp)
        self._stops_at = np.minimum(windows.break_starts[:, 0], windows.closes_at)
        self.called_at = np.full((rollouts, self._persons), NEVER)

    def play(self) -> Array:
        """(rollouts × persons): when each is called; NEVER for those who are not."""
        rows, windows = self._rows, self._free_at.shape[1]
        free_at, stops_at = self._free_at.ravel(), self._stops_at.ravel()  # views: what is set there is seen here
        while True:
            window = self._free_at.argmin(axis=1)
            place = rows * windows + window
            now = free_at.take(place)
            plays = now < self._until
            if not plays.any():
                return self.called_at
            stops = plays & (now >= stops_at.take(place))
            if stops.any():
                self._stop(stops.nonzero()[0], window, now)
                plays &= ~stops
            self._call(plays, window, now)

    def _call(self, plays: NDArray[np.bool_], window: Places, now: Array) -> None:
        may_call = self._may_call[window, self._rows]
        is_here = self._present_from <= now[:, None]
        is_here &= may_call
        first = is_here.argmax(axis=1)
        found = is_here[self._rows, first] & plays
        idle = (plays & ~found).nonzero()[0]
        if len(idle):
            self._wait_for_somebody(idle, window[idle], may_call[idle])
        rows = found.nonzero()[0]
        self._occupy(rows, window[rows], now[rows], first[rows])

    def _occupy(self, rows: Places, window: Places, now: Array, first: Places) -> None:
        """These windows call those who stand at place `first` in the line."""
        line = self._line
        entry = self._entry[rows, first]
        person = line.person.take(entry)
        place = rows * self._persons + person
        self.called_at.ravel()[place] = now
        busy = line.service_seconds.take(place) * self._windows.slowness[rows, window]
        busy += line.around_seconds.take(place)
        is_gone = now >= line.gone_after.take(place)
        self._free_at[rows, window] = now + np.where(is_gone, line.gone_seconds.take(place), busy)
        self._present_from[rows, first] = NEVER
        if self._other is not None:
            self._present_from[rows, self._other[rows, entry]] = NEVER
        self._left[rows] -= self._is_waiting.take(person)
        self._free_at[self._left == 0] = NEVER

    def _wait_for_somebody(self, rows: Places, window: Places, may_call: NDArray[np.bool_]) -> None:
        """Nobody is there for these windows: they look again when somebody comes, or when they stop."""
        comes = np.where(may_call, self._present_from[rows], NEVER).min(axis=1)
        comes += self._windows.reaction_seconds[rows, window]
        self._free_at[rows, window] = np.minimum(comes, self._stops_at[rows, window])

    def _stop(self, rows: Places, window: Places, now: Array) -> None:
        """A break begins, or the shift ends."""
        window, now = window[rows], now[rows]
        ends = now >= self._windows.closes_at[rows, window]
        self._free_at[rows, window] = np.where(ends, NEVER, now + self._windows.break_seconds[rows, window])
        self._breaks_taken[rows, window] += ~ends
        starts = self._windows.break_starts[window, self._breaks_taken[rows, window]]
        self._stops_at[rows, window] = np.minimum(starts, self._windows.closes_at[rows, window])

    def _places_of_other_entries(self, order: Places) -> Places | None:
        """(rollouts × entries): where the same person's other entry stands; None when nobody stands there twice."""
        person = self._line.person
        if len(person) == self._persons:
            return None
        other = np.arange(len(person))
        firsts: dict[int, int] = {}
        for entry, one in enumerate(person.tolist()):
            if one in firsts:
                other[entry], other[firsts[one]] = firsts[one], entry
            firsts[one] = entry
        places = np.empty_like(order)
        np.put_along_axis(places, order, np.arange(order.shape[1])[None, :], axis=1)
        return places[:, other]
