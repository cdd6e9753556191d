"""How good are the waiting times? Days made by made_days.py, told line by line to `queue-service estimate`.

    python -m benchmarks.estimates --offices 12 --days 8

The last day of each office is examined: at every ticket's issue, and every 5 minutes for everybody who waits. It is
set against what most systems say: people ahead in the same line × mean service time.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.made_days import make_day, make_office

TICK = 300.0
LATE = 300.0
TOLERANCE = 30.0


@dataclass
class Scores:
    """Of one kind of question, for one office; minutes."""

    errors: list[float] = field(default_factory=list)
    naive_errors: list[float] = field(default_factory=list)
    covered: list[bool] = field(default_factory=list)
    late: list[bool] = field(default_factory=list)

    def add(self, wait: float, found: list[float], naive: float) -> None:
        self.errors.append(abs(found[1] - wait) / 60)
        self.naive_errors.append(abs(naive - wait) / 60)
        self.covered.append(found[0] - TOLERANCE <= wait <= found[2] + TOLERANCE)
        self.late.append(wait > found[1] + LATE)

    @property
    def of_naive(self) -> float:
        return statistics.fmean(self.errors) / statistics.fmean(self.naive_errors)

    @property
    def coverage(self) -> float:
        return statistics.fmean(self.covered)

    @property
    def late_share(self) -> float:
        return statistics.fmean(self.late)


@dataclass
class Exam:
    at_issue: Scores = field(default_factory=Scores)
    later: Scores = field(default_factory=Scores)
    timing: str = ""


def examine(seed: int, days: int) -> Exam:
    """Teach `days` days of the office, then examine the next."""
    office = make_office(seed)
    made = [make_day(office, number) for number in range(days + 1)]
    test, exam = made[-1], Exam()
    with _estimator() as (ask, tell, process):
        ask({"op": "fit", "days": made[:-1]})
        tell({"op": "start", "header": test["header"]})
        naive = _Naive(made[:-1])
        called = {event["ticket"]: event["t"] for event in test["events"] if event["ev"] == "called"}
        tick = TICK
        for event in test["events"]:
            while tick < event["t"]:
                if naive.waiting:
                    _score(ask, exam.later, naive, called, tick, list(naive.waiting))
                tick += TICK
            tell({"op": "event", "event": event})
            naive.take(event)
            if event["ev"] == "issued":
                _score(ask, exam.at_issue, naive, called, event["t"], [event["ticket"]])
        process.stdin.close()
        exam.timing = process.stderr.read().strip()
    return exam


class _Naive:
    """People ahead in one's own line × the mean service time."""

    def __init__(self, days: list[dict[str, Any]]) -> None:
        seconds: dict[str, list[float]] = defaultdict(list)
        for day in days:
            service: dict[str, str] = {}
            started: dict[str, float] = {}
            for event in day["events"]:
                if event["ev"] == "issued":
                    service[event["ticket"]] = event["service"]
                elif event["ev"] == "started":
                    started[event["ticket"]] = event["t"]
                elif event["ev"] == "finished":
                    seconds[service[event["ticket"]]].append(event["t"] - started[event["ticket"]])
        self._mean = {code: statistics.fmean(found) for code, found in seconds.items()}
        self.waiting: dict[str, str] = {}

    def take(self, event: dict[str, Any]) -> None:
        if event["ev"] == "issued":
            self.waiting[event["ticket"]] = event["service"]
        elif event["ev"] == "called":
            del self.waiting[event["ticket"]]

    def says(self, ticket: str) -> float:
        service = self.waiting[ticket]
        ahead = list(self.waiting).index(ticket)
        return self._mean.get(service, 480.0) * list(self.waiting.values())[:ahead].count(service)


def _score(ask: Any, scores: Scores, naive: _Naive, called: dict[str, float], at: float, tickets: list[str]) -> None:
    tickets = [ticket for ticket in tickets if ticket in called]
    if tickets:
        found = ask({"op": "predict", "t": at, "tickets": tickets})["pred"]
        for ticket in tickets:
            scores.add(called[ticket] - at, found[ticket], naive.says(ticket))


@contextmanager
def _estimator() -> Iterator[Any]:
    command = [sys.executable, "-m", "queue_service.cli", "estimate", "--timing"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def tell(message: dict[str, Any]) -> None:
            stdin.write(json.dumps(message) + "\n")
            stdin.flush()

        def ask(message: dict[str, Any]) -> Any:
            tell(message)
            return json.loads(stdout.readline())

        yield ask, tell, process


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.estimates", description=__doc__)
    parser.add_argument("--offices", type=int, default=12)
    parser.add_argument("--first", type=int, default=1, help="seed of the first office")
    parser.add_argument("--days", type=int, default=8, help="days of history; 0 is an office's first day")
    given = parser.parse_args()
    exams = []
    for seed in range(given.first, given.first + given.offices):
        exams.append(examine(seed, given.days))
        print(f"office {seed}: {exams[-1].timing}", file=sys.stderr, flush=True)
    print(f"{'medians over the offices':26} {'error, min':>10} {'× naive':>8} {'P10–P90':>8} {'late > 5':>8}")
    for name in ("at_issue", "later"):
        scores: list[Scores] = [getattr(exam, name) for exam in exams]
        error = statistics.median(statistics.fmean(score.errors) for score in scores)
        of_naive = statistics.median(score.of_naive for score in scores)
        coverage = statistics.median(score.coverage for score in scores)
        late = statistics.median(score.late_share for score in scores)
        print(f"{name.replace('_', ' '):26} {error:10.2f} {of_naive:8.2f} {coverage:8.2f} {late:8.2f}")


if __name__ == "__main__":
    main()
