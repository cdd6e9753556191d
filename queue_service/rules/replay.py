"""Was everybody called in order? A ledger played again by the rule of rules/next_ticket.py, entry by entry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from queue_service.rules import next_ticket
from queue_service.rules.next_ticket import WaitingLeg

AWAY = {"cancel", "close_day"}
FREES_WINDOW = {"finish", "no_show", "close_day"}


@dataclass(frozen=True)
class Deviation:
    """An entry that the rule would not have written."""

    seq: int
    what: str


@dataclass
class Replay:
    """The hall as the entries so far tell it."""

    waiting: dict[int, WaitingLeg] = field(default_factory=dict)
    at_window: dict[int, int] = field(default_factory=dict)
    """Leg by window."""
    called: set[int] = field(default_factory=set)
    deviations: list[Deviation] = field(default_factory=list)

    def take(self, entry: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """One more entry; `facts` is its parsed JSON."""
        move, leg_id, window_id = entry["move"], entry["leg_id"], entry["window_id"]
        if move == "issue":
            turn = datetime.fromisoformat(facts["turn"])
            self.waiting[leg_id] = WaitingLeg(leg_id, entry["ticket_id"], facts["service"], turn)
        elif move == "call":
            self._call(entry["seq"], leg_id, window_id, facts)
        elif move in AWAY:
            self.waiting.pop(leg_id, None)
        if move in FREES_WINDOW:
            self.at_window = {window: leg for window, leg in self.at_window.items() if leg != leg_id}

    def _call(self, seq: int, leg_id: int, window_id: int, facts: Mapping[str, Any]) -> None:
        number = facts["number"]
        expected = next_ticket.first(self.waiting.values(), facts["serves"])
        if leg_id in self.called:
            self._deviate(seq, f"{number} was called a second time")
        elif leg_id not in self.waiting:
            self._deviate(seq, f"{number} was called without waiting")
        elif expected is None or expected.leg_id != leg_id:
            self._deviate(seq, f"{number} was called before its turn")
        if window_id in self.at_window:
            self._deviate(seq, f"{number} was called to a window with a visitor")
        self.called.add(leg_id)
        self.waiting.pop(leg_id, None)
        self.at_window[window_id] = leg_id

    def _deviate(self, seq: int, what: str) -> None:
        self.deviations.append(Deviation(seq, what))


def replay(entries: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Replay:
    """Play (entry, facts) pairs in order of `seq`; the final state with every deviation found."""
    hall = Replay()
    for entry, facts in entries:
        hall.take(entry, facts)
    return hall
