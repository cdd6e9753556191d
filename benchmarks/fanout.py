"""How long until the last screen shows a call? From the operator's POST to the last of N WebSocket clients."""

import http.client
import json
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.crowd import Audience, allow_many_files, audience, bare_sender
from benchmarks.office import Running, fresh_databases, serving
from benchmarks.tables import free_port, say, table

KINDS = ("stock", "ours")
FRAME_BYTES = 3000
SETTLED_AFTER_SECONDS = 12
TICKET = {"services": ["A"], "language": "en", "channel": "kiosk"}
Span = tuple[float, list[float]]
"""When the operator pressed the button, and when each client knew."""


def measure(numbers: list[int], posts: int) -> dict[str, Any]:
    """The figures for each number of clients, the library as it comes beside ours in the same run."""
    allow_many_files()
    figures: dict[str, Any] = {}
    for number in numbers:
        say(f"{number} clients: a plain loop …")
        rows = {"plain loop": bare(number, posts)}
        say(f"{number} clients: stock beside ours …")
        rows |= beside(number, posts)
        for kind, row in rows.items():
            figures[f"{kind} {number}"] = row
    heads = ("sockets", "to the last p50 ms", "p99 ms", "to the middle p50 ms", "joins/s", "KB a client")
    table("From the operator's POST to the last client", heads, [(kind, *row) for kind, row in figures.items()])
    for number in numbers:
        stock, ours = figures[f"stock {number}"], figures[f"ours {number}"]
        print(f"{number} clients: {stock[0] / ours[0]:.2f} × quicker at p50, {stock[1] / ours[1]:.2f} × at p99")
    return figures


def bare(number: int, posts: int) -> list[Any]:
    """What crowd and kernel cost by themselves."""
    port = free_port()
    with bare_sender(port, FRAME_BYTES) as sender, audience() as crowd:
        crowd.order("join", port, [{}] * number, 100, 60)
        sender.accept(number)
        seconds, joined, failed, _ = crowd.answer()
        assert (joined, failed) == (number, 0), (joined, failed)
        spans = []
        for version in range(1, posts + 1):
            crowd.order("told", version, 20)
            began, _ = sender.send(version)
            spans.append((began, crowd.answer()))
        return [*summary(spans), number / seconds, "–"]


def beside(number: int, posts: int) -> dict[str, list[Any]]:
    """Both kinds of sockets at once, each with a server and a crowd of its own; they are called in turn, so that
    whatever else this machine does is felt by both."""
    with ExitStack() as stack:
        halls = {kind: stack.enter_context(hall(kind, number)) for kind in KINDS}
        time.sleep(SETTLED_AFTER_SECONDS)
        memory = {kind: (it.server.memory_mb() - it.memory_before) * 1024 / number for kind, it in halls.items()}
        spans: dict[str, list[Span]] = {kind: [] for kind in KINDS}
        for _ in range(posts):
            for kind, it in halls.items():
                spans[kind].append(it.call())
        return {kind: [*summary(spans[kind]), it.joined_a_second, memory[kind]] for kind, it in halls.items()}


@dataclass
class Hall:
    """A running server with so many watching clients, and one operator who calls."""

    server: Running
    crowd: Audience
    memory_before: float = 0.0
    joined_a_second: float = 0.0

    def fill(self, number: int) -> None:
        self.join(20)
        self.call()
        self.memory_before = self.server.memory_mb()
        self.joined_a_second = number / self.join(number)

    def join(self, number: int) -> float:
        seconds, joined, failed, _ = self.crowd.ask("join", self.server.port, [{"branch": "bench"}] * number, 100, 60)
        assert (joined, failed) == (number, 0), (joined, failed)
        return float(seconds)

    def call(self) -> Span:
        """One call: when it was pressed, and when each client knew. The visitor is gone again afterwards."""
        window, token = self.server.windows[0]
        Caller(self.server.port).send("/api/v1/branches/bench/tickets", TICKET)
        operator = Caller(self.server.port, token)
        pressed = time.perf_counter()
        version = operator.send(f"/api/v1/windows/{window}/next", {})["version"]
        told = self.crowd.ask("told", version, 20)
        operator.send(f"/api/v1/windows/{window}/start", {})
        version = operator.send(f"/api/v1/windows/{window}/finish", {"outcome": "solved"})["version"]
        self.crowd.ask("told", version, 20)
        return pressed, told


@contextmanager
def hall(kind: str, number: int) -> Iterator[Hall]:
    with fresh_databases("sqlite") as make:
        url, data, tokens = make()
        with serving(url, data, free_port(), tokens, kind) as server, audience() as crowd:
            filled = Hall(server, crowd)
            filled.fill(number)
            yield filled


class Caller:
    """One keep-alive connection, with a token or without."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def send(self, path: str, body: Any) -> Any:
        self._connection.request("POST", path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status < 300, content
        return json.loads(content)


def summary(spans: list[Span]) -> list[float]:
    """Milliseconds to the last client (p50, p99 over the calls) and to the one in the middle (p50)."""
    last = sorted(1000 * (max(times) - pressed) for pressed, times in spans)
    middle = [1000 * (statistics.median(times) - pressed) for pressed, times in spans]
    return [statistics.median(last), last[int(0.99 * (len(last) - 1) + 0.5)], statistics.median(middle)]
