"""How is chance drawn? From what was measured, for many rollouts of the same hall at once.

Each draw is spread over the rollouts: of as many equal parts of what may happen as there are rollouts, each happens in
one. A wait is nearly a sum of many draws, so that few rollouts say what many would.
"""

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NEVER = np.inf
SHORTEST_TAIL_SECONDS = 60.0


@dataclass(frozen=True)
class Chance:
    """The same generator gives the same draws. Rows of every array are rollouts."""

    generator: np.random.Generator
    rollouts: int

    def shares(self, columns: int) -> Array:
        """Between 0 and 1; in each column one from each equal part."""
        shares: Array = (self._parts(columns) + self.generator.random(columns)) / self.rollouts
        return shares

    def deviations(self, deviation: Array) -> Array:
        """Around 0, a column for each deviation."""
        return bell(self.rollouts)[self._parts(len(deviation))] * deviation

    def measured(self, values: Array, columns: int) -> Array:
        return values[(self.shares(columns) * len(values)).astype(np.intp)]

    def one(self, values: Array) -> Array:
        """(rollouts)"""
        return self.measured(values, 1)[:, 0]

    def rest(self, values: Array, since: float) -> Array:
        """(rollouts): what is left of something that has lasted `since` seconds; `values` ascend.

        As in those measured that lasted longer; beyond nearly all of them, a good part of the time so far again.
        """
        first = int(np.searchsorted(values, since, "right"))
        if len(values) - first < 2:
            return self.exponential(max(SHORTEST_TAIL_SECONDS, 0.5 * since))
        return self.one(values[first:]) - since

    def happens(self, probability: float) -> NDArray[np.bool_]:
        """(rollouts)"""
        happens: NDArray[np.bool_] = self.shares(1)[:, 0] < probability
        return happens

    def exponential(self, mean: float) -> Array:
        """(rollouts)"""
        return self.exponentials(mean, 1)[:, 0]

    def exponentials(self, mean: float, columns: int) -> Array:
        return -mean * np.log1p(-self.shares(columns))

    def _parts(self, columns: int) -> NDArray[np.intp]:
        """In each column every part once, in an order of its own."""
        return self.generator.random((self.rollouts, columns)).argsort(axis=0)


@cache
def bell(parts: int) -> Array:
    """The middles of so many equal parts of the normal curve, ascending."""
    return np.array([NormalDist().inv_cdf((i + 0.5) / parts) for i in range(parts)])
