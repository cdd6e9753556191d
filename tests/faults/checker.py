"""Is the history one that a correct hall can have? Read from what clients saw alone; prints one table.

It knows nothing of the product but this: versions number the changes of a hall in the order in which they happened;
whoever took a ticket earlier is called earlier; a ticket is called once (no player here puts anybody back in line).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.history import Event

STATUSES = {"issue": {201}, "next": {200, 204}}
"""What each call may answer; 200 where nothing is said. Everything else is unexpected."""
READS = ("hall", "ticket")
ENDS = {"finish": "done", "cancel": "cancelled"}


@dataclass
class Operation:
    """Everything that was seen of one key."""

    op: str
    key: str
    proc: str
    began: float
    ended: float | None = None
    """When the first answer came; None while there is none, and then it may still happen at any time."""
    sent: int = 0
    unanswered: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)

    @property
    def answer(self) -> dict[str, Any]:
        return self.answers[0] if self.answers else {}

    @property
    def ticket(self) -> tuple[str, str] | None:
        """(service day, number); None when the answer holds no ticket."""
        return (self.answer["day"], self.answer["number"]) if "number" in self.answer else None

    @property
    def version(self) -> int | None:
        return self.answer.get("version")


@dataclass
class Findings:
    issued: int = 0
    acked: int = 0
    lost: int = 0
    duplicated: int = 0
    double_calls: int = 0
    false_empty: int = 0
    order_inversions: int = 0
    unexpected: int = 0
    recovered: int = 0
    """Operations that had no answer at first and got it when they were asked for again."""
    remarks: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        wrong = (self.lost, self.duplicated, self.double_calls, self.false_empty, self.order_inversions)
        return sum(wrong) + self.unexpected

    def table(self) -> str:
        names = [name for name in vars(self) if name != "remarks"]
        widths = [max(len(name), len(str(getattr(self, name)))) for name in names]
        heads = "  ".join(name.rjust(width) for name, width in zip(names, widths, strict=True))
        figures = "  ".join(str(getattr(self, name)).rjust(width) for name, width in zip(names, widths, strict=True))
        return "\n".join([heads, figures, *self.remarks[:20]])


def operations(events: Iterable[Event]) -> list[Operation]:
    """One for each key, in the order in which they were first sent."""
    found: dict[str, Operation] = {}
    for event in events:
        if event.type == "invoke":
            one = found.setdefault(event.key, Operation(event.op, event.key, event.proc, event.t))
            one.sent += 1
            continue
        one = found[event.key]
        if event.type == "info":
            one.unanswered += 1
            continue
        one.ended = event.t if one.ended is None else one.ended
        (one.answers if event.type == "ok" else one.refusals).append(event.value)
    return list(found.values())


def check(
    events: Iterable[Event], kept: dict[tuple[str, str], str], may_be_refused: Collection[str] = ("cancel",)
) -> Findings:
    """`kept` is what the database holds at the end: the state of each (service day, number).

    `may_be_refused` are the calls that another's may come before, so that 409 is a right answer.
    """
    found = Findings()
    asked = operations(events)
    by_op: dict[str, list[Operation]] = defaultdict(list)
    for one in asked:
        by_op[one.op].append(one)
    issues = {one.ticket: one for one in by_op["issue"] if one.ticket is not None}
    found.issued = len(by_op["issue"])
    found.acked = sum(1 for one in by_op["issue"] if one.answers)
    found.recovered = sum(1 for one in asked if one.unanswered and (one.answers or one.refusals))
    _lost(found, asked, kept)
    _duplicated(found, asked, by_op["issue"], kept)
    calls = [one for one in by_op["next"] if one.ticket is not None]
    for ticket, times in Counter(one.ticket for one in calls).items():
        _add(found, "double_calls", times - 1, f"{ticket} was called {times} times")
    gone = {(one.answer["day"], one.answer["number"]) for one in by_op["cancel"] if one.answers}
    _false_empty(found, by_op["next"], [one for ticket, one in issues.items() if ticket not in gone], calls)
    _inversions(found, {ticket: one for ticket, one in issues.items() if ticket not in gone}, calls)
    _unexpected(found, asked, may_be_refused)
    _back_in_time(found, asked)
    return found


def _add(found: Findings, column: str, count: int, remark: str) -> None:
    if count > 0:
        setattr(found, column, getattr(found, column) + count)
        found.remarks.append(f"{column}: {remark}")


def _lost(found: Findings, asked: list[Operation], kept: dict[tuple[str, str], str]) -> None:
    """What was answered is kept: the ticket, and the end of a visit."""
    for one in asked:
        if one.op == "issue" and one.ticket is not None and one.ticket not in kept:
            _add(found, "lost", 1, f"{one.ticket} was given out and is nowhere")
        if one.op in ENDS and one.ticket is not None and kept.get(one.ticket) != ENDS[one.op]:
            _add(found, "lost", 1, f"{one.op} of {one.ticket} was confirmed, but it is {kept.get(one.ticket)}")


def _duplicated(
    found: Findings, asked: list[Operation], issues: list[Operation], kept: dict[tuple[str, str], str]
) -> None:
    for ticket, times in Counter(one.ticket for one in issues if one.ticket is not None).items():
        _add(found, "duplicated", times - 1, f"{ticket} was given to {times} visitors")
    for one in asked:
        differing = sum(1 for answer in one.answers[1:] if answer != one.answer)
        _add(found, "duplicated", differing, f"{one.key} was answered in different ways")
    _add(found, "duplicated", len(kept) - len(issues), f"{len(kept)} tickets are kept, {len(issues)} were asked for")


def _false_empty(found: Findings, nexts: list[Operation], issues: list[Operation], calls: list[Operation]) -> None:
    """Told that nobody waits, while somebody waited all the time from question to answer."""
    taken_from = {one.ticket: one.began for one in calls}
    if any(not one.answers and not one.refusals for one in nexts):
        return  # a call without an answer may have taken anybody
    waits = [(one.ended, taken_from.get(one.ticket)) for one in issues if one.ended is not None]
    for one in nexts:
        if one.answer.get("http") != 204 or one.ended is None:
            continue
        waited = sum(1 for since, until in waits if since < one.began and (until is None or until > one.ended))
        _add(found, "false_empty", waited > 0, f"{one.proc} was told that nobody waits, and {waited} did")


def _inversions(found: Findings, issues: dict[tuple[str, str] | None, Operation], calls: list[Operation]) -> None:
    """Called although somebody who came earlier was waiting; by the hall's own order of events."""
    came = {ticket: one.version for ticket, one in issues.items() if one.version is not None}
    called = sorted((one for one in calls if one.ticket in came), key=lambda one: one.version or 0)
    never = came.keys() - {one.ticket for one in called}
    earliest_left = min((came[ticket] for ticket in never), default=None)
    for one in reversed(called):
        mine = came[one.ticket]
        if earliest_left is not None and earliest_left < mine:
            _add(found, "order_inversions", 1, f"{one.ticket} was called before somebody who came earlier")
        earliest_left = mine if earliest_left is None else min(mine, earliest_left)


def _unexpected(found: Findings, asked: list[Operation], may_be_refused: Collection[str]) -> None:
    for one in asked:
        allowed = STATUSES.get(one.op, {200}) | ({409} if one.op in may_be_refused else set())
        for answer in (*one.answers, *one.refusals):
            if answer["http"] not in allowed:
                _add(found, "unexpected", 1, f"{one.op} answered {answer}")
        if not one.answers and not one.refusals:
            _add(found, "unexpected", 1, f"{one.op} of {one.proc} never got an answer")


def _back_in_time(found: Findings, asked: list[Operation]) -> None:
    """What was answered before a question was asked must be part of its answer (reads included)."""
    seen = [one for one in asked if one.version is not None and one.ended is not None]
    ended = sorted(seen, key=lambda one: one.ended or 0)
    newest, position = 0, 0
    for one in sorted(seen, key=lambda one: one.began):
        while position < len(ended) and (ended[position].ended or 0) < one.began:
            newest = max(newest, ended[position].version or 0)
            position += 1
        is_older = (one.version or 0) < newest or (one.op not in READS and one.version == newest)
        _add(found, "unexpected", is_older, f"{one.op} of {one.proc} saw version {one.version} after {newest}")
