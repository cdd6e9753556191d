"""Which moves may a leg make? The table of the hall's rules, whole; what is not in it is refused."""

from dataclasses import dataclass
from enum import StrEnum

from queue_service.model.ticket import LegState
from queue_service.rules.errors import Refused


class Move(StrEnum):
    ISSUE = "issue"
    CALL = "call"
    RECALL = "recall"
    START = "start"
    HOLD = "hold"
    DEFER = "defer"
    RETURN = "return"
    NO_SHOW = "no_show"
    REJOIN = "rejoin"
    FINISH = "finish"
    TRANSFER = "transfer"
    CANCEL = "cancel"
    CLOSE_DAY = "close_day"


@dataclass(frozen=True)
class Step:
    before: frozenset[LegState]
    after: LegState


def _step(after: LegState, *before: LegState) -> Step:
    return Step(frozenset(before), after)


_S = LegState
MOVES: dict[Move, Step] = {
    Move.ISSUE: _step(_S.WAITING),
    Move.CALL: _step(_S.CALLED, _S.WAITING, _S.HELD),
    Move.RECALL: _step(_S.CALLED, _S.CALLED),
    Move.START: _step(_S.SERVING, _S.CALLED),
    Move.HOLD: _step(_S.HELD, _S.CALLED, _S.SERVING),
    Move.DEFER: _step(_S.HELD, _S.WAITING),
    Move.RETURN: _step(_S.WAITING, _S.HELD),
    Move.NO_SHOW: _step(_S.MISSED, _S.CALLED),
    Move.REJOIN: _step(_S.WAITING, _S.MISSED),
    Move.FINISH: _step(_S.DONE, _S.SERVING),
    Move.TRANSFER: _step(_S.TRANSFERRED, _S.CALLED, _S.SERVING),
    Move.CANCEL: _step(_S.CANCELLED, _S.WAITING, _S.HELD, _S.MISSED),
    Move.CLOSE_DAY: _step(_S.LEFT, _S.WAITING, _S.HELD, _S.CALLED, _S.MISSED),
}

UNDOABLE = frozenset({Move.CALL, Move.RECALL, Move.START, Move.HOLD, Move.NO_SHOW, Move.FINISH, Move.TRANSFER})
"""An operator's moves that `undo` takes back: the leg returns to the state before."""

LATE = "late"
"""The hold reason of a visitor who asked for more time, as against the reasons that operators choose from."""

AT_WINDOW = frozenset({LegState.CALLED, LegState.SERVING})
"""The states in which a leg occupies its window."""

UNDECIDED = frozenset({LegState.WAITING, LegState.HELD, LegState.MISSED})
"""The states in which a leg is still to be called, by whom is open."""

UNFINISHED = AT_WINDOW | UNDECIDED
"""The states in which a visit is not over yet."""


def after(move: Move, state: str) -> LegState:
    """The state after `move`; raises Refused(move_not_allowed) when the table does not have it."""
    step = MOVES[move]
    if state not in step.before:
        raise Refused("move_not_allowed", move=move.value, state=str(state))
    return step.after


@dataclass(frozen=True)
class NumberRange:
    """The numbers a series may give; `restarts_daily` or else runs on through its range."""

    first: int
    last: int
    restarts_daily: bool

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def start_of_day(self, previous: tuple[int, int] | None) -> int:
        """Where in the range a day begins; `previous` is (start, given) of the last day that gave numbers."""
        return 0 if self.restarts_daily or previous is None else sum(previous) % self.size

    def number(self, start: int, given: int) -> int:
        """The `given`-th number (1, 2, …) of a day; raises Refused(numbers_used_up) beyond the range."""
        if given > self.size:
            raise Refused("numbers_used_up")
        return self.first + (start + given - 1) % self.size


def label(series: str, number: int) -> str:
    """The number as it is printed, shown and spoken: `A017`."""
    return f"{series}{number:03d}"
