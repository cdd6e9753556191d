"""What do sockets endure? A full hall, clients that stop reading, and everybody coming back at once.

Small versions of these runs are tests (tests/faults/test_live.py); `python -m benchmarks --only many,slow,storm` makes
the large ones. Each answers what it found and judges nothing.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.crowd import Audience, allow_many_files, audience
from benchmarks.fanout import TICKET, Caller
from benchmarks.office import Running, fresh_databases, serving
from benchmarks.tables import free_port, table

HALL = {"branch": "bench"}
ESTABLISHED = "01"
CHANGES_A_CALL = 4
"""A ticket is taken, called, served, finished."""
Found = dict[str, float]


@contextmanager
def a_hall() -> Iterator[Running]:
    """The product as it runs, with sixteen open windows."""
    allow_many_files()
    with fresh_databases("sqlite") as make:
        url, data, tokens = make()
        with serving(url, data, free_port(), tokens) as server:
            yield server


class Operator:
    """Somebody at the first window who calls one visitor after the other."""

    def __init__(self, server: Running) -> None:
        self._window, token = server.windows[0]
        self._door, self._desk = Caller(server.port), Caller(server.port, token)
        self.seconds: list[float] = []
        """How long each press of a button took."""

    def call(self) -> tuple[float, int]:
        """A visitor comes and is called: when the button was pressed, and the version that shows it."""
        self._door.send("/api/v1/branches/bench/tickets", TICKET)
        pressed = time.perf_counter()
        return pressed, self._press("next", {})

    def finish(self) -> int:
        self._press("start", {})
        return self._press("finish", {"outcome": "solved"})

    def _press(self, button: str, body: Any) -> int:
        began = time.perf_counter()
        answer = self._desk.send(f"/api/v1/windows/{self._window}/{button}", body)
        self.seconds.append(time.perf_counter() - began)
        return int(answer["version"])


def many(server: Running, screens: int, phones: int, calls: int, every_seconds: float) -> Found:
    """So many screens and phones, and one call after the other. Raises TimeoutError when somebody missed one."""
    before = server.memory_mb()
    with audience() as hall, audience() as pockets:
        door = Caller(server.port)
        tokens = [door.send("/api/v1/branches/bench/tickets", TICKET)["token"] for _ in range(phones)]
        join(hall, server, [HALL] * screens)
        join(pockets, server, [{"ticket": token} for token in tokens])
        operator, spans = Operator(server), []
        for _ in range(calls):
            began = time.perf_counter()
            pressed, version = operator.call()
            spans += [told - pressed for told in hall.ask("told", version, 30)]
            version = operator.finish()
            time.sleep(max(0.0, began + every_seconds - time.perf_counter()))
        hall.ask("told", version, 30)
        pockets.ask("told", version, 30)  # a beat tells phones that nothing passed them by
        memory = server.memory_mb() - before
    return {
        "call to screen p50 ms": 1000 * share(spans, 0.5),
        "call to screen p99 ms": 1000 * share(spans, 0.99),
        "operator p99 ms": 1000 * share(operator.seconds, 0.99),
        "server MB": server.memory_mb(),
        "KB a client": 1024 * memory / (screens + phones),
    }


def slow(server: Running, readers: int, stopped: int, changes: int) -> Found:
    """Some stop reading while the hall goes on: what they cost the server and the others, and when they are gone."""
    with audience() as honest, audience() as asleep:
        join(honest, server, [HALL] * readers)
        join(asleep, server, [HALL] * stopped, is_slow=True)
        operator = Operator(server)
        before = [call_and_measure(operator, honest) for _ in range(max(10, changes // 20))]
        memory, connected = server.memory_mb(), connections(server.port)
        asleep.ask("stop_reading", stopped)
        began, gone_after = time.perf_counter(), 0.0
        meanwhile: list[float] = []
        while CHANGES_A_CALL * len(meanwhile) < changes or not gone_after:
            meanwhile.append(call_and_measure(operator, honest))
            time.sleep(0.05 if not changes else 0)  # in small, the machine is left to others
            if not gone_after and connections(server.port) <= connected - stopped:
                gone_after = time.perf_counter() - began
            if time.perf_counter() - began > 60 and not gone_after:
                raise TimeoutError("clients that stopped reading are connected after a minute")
        return {
            "gone after s": gone_after,
            "grown by MB": server.memory_mb() - memory,
            "others before, p50 ms": 1000 * share(before, 0.5),
            "p99 ms": 1000 * share(before, 0.99),
            "others meanwhile, p50 ms": 1000 * share(meanwhile, 0.5),
            "p99 ms meanwhile": 1000 * share(meanwhile, 0.99),
            "changes": CHANGES_A_CALL * len(meanwhile),
        }


def storm(server: Running, clients: int, outage_seconds: float) -> Found:
    """All are cut off and come back in the same second, while an operator works on."""
    with audience() as crowd:
        join(crowd, server, [HALL] * clients)
        crowd.ask("hang_up")
        time.sleep(outage_seconds)
        operator = Operator(server)
        crowd.order("join", server.port, [HALL] * clients, clients, 120)
        while not crowd.has_answered():
            operator.call()
            operator.finish()
        seconds, joined, failed, slowest = crowd.answer()
        _, version = operator.call()
        crowd.ask("told", version, 30)
        operator.finish()
    return {
        "settled after s": seconds,
        "failed of a hundred": 100 * failed / clients,
        "joined": joined,
        "slowest s": slowest,
        "operator p99 ms": 1000 * share(operator.seconds, 0.99),
    }


def call_and_measure(operator: Operator, crowd: Audience) -> float:
    """From the button until the last of the crowd knows; the visitor is gone again afterwards."""
    pressed, version = operator.call()
    told = crowd.ask("told", version, 30)
    operator.finish()
    return float(max(told) - pressed)


def join(crowd: Audience, server: Running, auths: list[Any], is_slow: bool = False) -> None:
    _, joined, failed, _ = crowd.ask("join", server.port, auths, 100, 120, is_slow)
    assert (joined, failed) == (len(auths), 0), (joined, failed)


def connections(port: int) -> int:
    """How many connections the server holds."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(1 for row in rows if row[1].endswith(f":{port:04X}") and row[3] == ESTABLISHED)


def share(values: list[float], part: float) -> float:
    return sorted(values)[round(part * (len(values) - 1))]


RUNS: dict[str, tuple[str, Callable[[Running, float], Found]]] = {
    "many": (
        "500 screens and 2,000 phones, a call a second",
        lambda it, minutes: many(it, 500, 2000, int(60 * minutes), 1.0),
    ),
    "slow": ("5 of 200 stop reading", lambda it, minutes: slow(it, 200, 5, int(1000 * minutes))),
    "storm": ("2,500 clients come back at once after an outage", lambda it, minutes: storm(it, 2500, 6 * minutes)),
}
"""What each run is, and how it is made; in ten minutes it is the one of the catalogue of faults (C1, C2, C8)."""


def measure(name: str, minutes: float) -> Found:
    title, run = RUNS[name]
    with a_hall() as server:
        found = run(server, minutes)
    table(title, tuple(found), [tuple(found.values())])
    return found
