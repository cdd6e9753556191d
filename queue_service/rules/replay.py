"""Was everybody called in order? A ledger played again by the rule of rules/next_ticket.py, entry by entry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from queue_service.rules import next_ticket
from queue_service.rules.next_ticket import FreeWindow, WaitingLeg
from queue_service.rules.ticket import Move

LEAVES_LINE = {Move.CANCEL, Move.CLOSE_DAY, Move.DEFER}
GOES_ASIDE = {Move.HOLD, Move.DEFER}
LEAVES_WINDOW = {Move.FINISH, Move.NO_SHOW, Move.HOLD, Move.TRANSFER, Move.CLOSE_DAY}
BACK_IN_LINE = {Move.RETURN, Move.REJOIN}


@dataclass(frozen=True)
class Noted:
    """An entry worth telling: one that the rule would not have written, or a named exception."""

    seq: int
    what: str


@dataclass
class Replay:
    """The hall as the entries so far tell it."""

    known: dict[int, WaitingLeg] = field(default_factory=dict)
    """Every leg as it last stood in line."""
    waiting: set[int] = field(default_factory=set)
    aside: set[int] = field(default_factory=set)
    """On hold, or put off by the visitor."""
    at_window: dict[int, int] = field(default_factory=dict)
    """Leg by window."""
    calls: int = 0
    exceptions: list[Noted] = field(default_factory=list)
    """Calls out of turn with a reason, and moves that were taken back."""
    deviations: list[Noted] = field(default_factory=list)

    def take(self, entry: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """One more entry; `facts` is its parsed JSON."""
        move, leg_id = entry["move"], entry["leg_id"]
        if move == Move.ISSUE:
            self._join(entry, facts)
        elif move == Move.CALL:
            self._call(entry, facts)
        elif move == "undo":
            self._undo(entry, facts)
        elif move in BACK_IN_LINE:
            self._wait_again(entry["seq"], leg_id, facts)
        elif move in ("turn", "priority"):
            self._change(leg_id, turn=datetime.fromisoformat(facts["turn"]))
        elif move == "release":
            self._change(leg_id, for_window=None, for_operator=None)
        if move in LEAVES_LINE:
            self.waiting.discard(leg_id)
            self.aside.discard(leg_id)
        if move in GOES_ASIDE:
            self.aside.add(leg_id)
        if move in LEAVES_WINDOW:
            self._leave_window(leg_id)

    def _join(self, entry: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        leg_id = entry["leg_id"]
        self.known[leg_id] = WaitingLeg(
            leg_id,
            entry["ticket_id"],
            facts["service"],
            datetime.fromisoformat(facts["turn"]),
            frozenset(facts.get("requires", ())),
            facts.get("for_window"),
            facts.get("for_operator"),
        )
        self.waiting.add(leg_id)

    def _call(self, entry: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        seq, leg_id, window_id, number = entry["seq"], entry["leg_id"], entry["window_id"], facts["number"]
        self.calls += 1
        if (leg := self.known.get(leg_id)) is None:
            self._deviate(seq, f"{number} was called without a ticket")
            return
        window = FreeWindow(window_id, _staff_id(entry["actor"]), facts["serves"], facts["meets"])
        # Somebody who is aside may be called as if they had come back.
        line = self.waiting | (self.aside & {leg_id})
        expected = next_ticket.first((self.known[one] for one in line), window)
        reason = entry["reason"]
        if not next_ticket.may_serve(window, leg):
            self._deviate(seq, f"{number} was called to a window that may not serve it")
        elif reason is not None:
            self.exceptions.append(Noted(seq, f"{number} was called out of turn: {reason}"))
        elif leg_id not in line:
            self._deviate(seq, f"{number} was called without waiting")
        elif expected is None or expected.leg_id != leg_id:
            self._deviate(seq, f"{number} was called before its turn")
        if window_id in self.at_window:
            self._deviate(seq, f"{number} was called to a window with a visitor")
        if leg_id in self.at_window.values():
            self._deviate(seq, f"{number} was called while at another window")
        self.waiting.discard(leg_id)
        self.aside.discard(leg_id)
        self.at_window[window_id] = leg_id

    def _wait_again(self, seq: int, leg_id: int, facts: Mapping[str, Any]) -> None:
        if leg_id in self.waiting or leg_id in self.at_window.values():
            self._deviate(seq, f"{facts['number']} came back without having been away")
        if "turn" in facts:
            self._change(leg_id, turn=datetime.fromisoformat(facts["turn"]))
        self.aside.discard(leg_id)
        self.waiting.add(leg_id)

    def _undo(self, entry: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        leg_id = entry["leg_id"]
        self.exceptions.append(Noted(entry["seq"], f"{facts['number']}: {facts['undone']} was taken back"))
        self.waiting.discard(facts.get("taken_back"))
        self._leave_window(leg_id)
        self.aside.discard(leg_id)
        if facts["state"] == "waiting":
            self.waiting.add(leg_id)
        elif facts["state"] == "held":
            self.aside.add(leg_id)
        elif facts["state"] in ("called", "serving"):
            self.at_window[entry["window_id"]] = leg_id

    def _change(self, leg_id: int, **values: Any) -> None:
        if leg_id in self.known:
            self.known[leg_id] = replace(self.known[leg_id], **values)

    def _leave_window(self, leg_id: int) -> None:
        self.at_window = {window: leg for window, leg in self.at_window.items() if leg != leg_id}

    def _deviate(self, seq: int, what: str) -> None:
        self.deviations.append(Noted(seq, what))


def replay(entries: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Replay:
    """Play (entry, facts) pairs in order of `seq`; the final state with everything noted."""
    hall = Replay()
    for entry, facts in entries:
        hall.take(entry, facts)
    return hall


def _staff_id(actor: str) -> int | None:
    kind, _, number = actor.partition(":")
    return int(number) if kind == "staff" else None
