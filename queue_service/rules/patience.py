"""Who does not come to a call? Some never would, however short the wait; others have gone, the longer it was.

    chance of coming = (1 − never) × exp(−wait / patience)

Two numbers explain waits of every length, so one day teaches something, and a wait longer than all before is answered.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queue_service.rules.day_record import Guest

Array = NDArray[np.float64]

# What an office that has measured nothing is taken for; it weighs as much as so many calls, and so many who left.
USUAL_MISSED, CALLED = 1.0, 20.0
USUAL_LEFT, USUAL_PATIENCE_SECONDS = 5.0, 4 * 3600.0
STEP_SECONDS, STEPS = 300.0, 96
"""Waits are counted in steps; whoever waits longer than all of them counts with the last."""
ROUNDS = 25
GUESTS = {kind: i for i, kind in enumerate(Guest)}


@dataclass(frozen=True)
class Patience:
    never: Mapping[Guest, float]
    """The chance of not coming even when called at once."""
    seconds: float
    """How long the others have patience, on average."""

    def misses(self, guest: Guest, waited: float) -> float:
        """The chance of not coming to a call after that wait."""
        return 1 - (1 - self.never[guest]) * math.exp(-max(waited, 0.0) / self.seconds)


class PatienceLearner:
    def __init__(self) -> None:
        self._came = np.zeros((len(GUESTS), STEPS))
        self._missed = np.zeros((len(GUESTS), STEPS))

    def take(self, guest: Guest, waited: float, *, is_missed: bool) -> None:
        step = min(int(max(waited, 0.0) // STEP_SECONDS), STEPS - 1)
        (self._missed if is_missed else self._came)[GUESTS[guest], step] += 1

    @property
    def missed(self) -> float:
        return float(self._missed.sum())

    def patience(self) -> Patience:
        """Whoever was missed is shared out between the two reasons, and these are reckoned from the shares; again."""
        waits = (np.arange(STEPS) + 0.5) * STEP_SECONDS
        calls = (self._came + self._missed).sum(axis=1)
        waited = float((self._came * waits).sum()) + USUAL_LEFT * USUAL_PATIENCE_SECONDS
        never, seconds = np.full(len(GUESTS), USUAL_MISSED / CALLED), USUAL_PATIENCE_SECONDS
        for _ in range(ROUNDS):
            staying = np.exp(-waits / seconds)
            chance = never[:, None] + (1 - never[:, None]) * (1 - staying)
            never_came = self._missed * never[:, None] / chance
            left = self._missed - never_came
            stayed = seconds - waits * staying / (1 - staying)  # of one who left before the call, on average
            seconds = (waited + float((left * stayed).sum())) / (float(left.sum()) + USUAL_LEFT)
            overall = (float(never_came.sum()) + USUAL_MISSED) / (float(calls.sum()) + CALLED)
            never = (never_came.sum(axis=1) + CALLED * overall) / (calls + CALLED)
        return Patience(dict(zip(GUESTS, never.tolist(), strict=True)), seconds)
