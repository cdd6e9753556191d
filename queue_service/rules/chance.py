"""How is chance drawn? From what was measured, for many rollouts of the same hall at once."""

from dataclasses import dataclass

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
        """Evenly between 0 and 1."""
        return self.generator.random((self.rollouts, columns))

    def deviations(self, deviation: Array) -> Array:
        """Around 0, a column for each deviation."""
        return self.generator.normal(0.0, 1.0, (self.rollouts, len(deviation))) * deviation

    def measured(self, values: Array, columns: int) -> Array:
        return values[self.generator.integers(0, len(values), (self.rollouts, columns))]

    def one(self, values: Array) -> Array:
        """(rollouts)"""
        return values[self.generator.integers(0, len(values), self.rollouts)]

    def rest(self, values: Array, since: float) -> Array:
        """(rollouts): what is left of something that has lasted `since` seconds; `values` ascend.

        As in those measured that lasted longer; beyond nearly all of them, a good part of the time so far again.
        """
        first = int(np.searchsorted(values, since, "right"))
        if len(values) - first < 2:
            return self.generator.exponential(max(SHORTEST_TAIL_SECONDS, 0.5 * since), self.rollouts)
        return values[self.generator.integers(first, len(values), self.rollouts)] - since

    def happens(self, probability: float) -> NDArray[np.bool_]:
        """(rollouts)"""
        return self.generator.random(self.rollouts) < probability

    def exponential(self, mean: float) -> Array:
        """(rollouts)"""
        return self.generator.exponential(mean, self.rollouts)
