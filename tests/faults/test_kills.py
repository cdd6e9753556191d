"""B1, B9: the server dies under load at every fail-point, and whoever got no answer asks again: nothing is lost."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from tests.faults.checker import check
from tests.faults.history import History
from tests.faults.installation import ZONE, Installation, Office
from tests.faults.players import Player, kiosk, operator, run, screen
from tests.running import Server

KILLS = int(os.environ.get("QS_KILLS", "1"))
"""At each fail-point, on each database; 200 for a release."""
POINTS = ("before_commit", "after_commit_before_emit", "after_emit_before_response")
OPERATORS, KIOSKS = 6, 3
PASSES = (5, 60)
"""So many actions go well before one is the last."""


def die_at(server: Server, point: str) -> float:
    """Start the server, wait until it has died there under load; seconds from start to ready."""
    server.environment = {"QS_TESTING": "1", "QS_FAILPOINT": f"{point}:kill:{random.randint(*PASSES)}"}
    began = time.monotonic()
    server.start()
    ready = time.monotonic() - began
    assert server.process is not None
    assert server.process.wait(300) == -signal.SIGKILL
    return ready


async def play(office: Office, history: History, server: Server) -> list[float]:
    """Kiosks, operators and a screen go on while the server is killed again and again; then all is served."""
    over = asyncio.Event()
    port = server.port

    def visitors() -> Iterator[str]:
        for service in cycle(office.services):
            if over.is_set():
                return
            yield service

    kiosks = [
        kiosk(Player(history, f"kiosk{number}", port, ZONE), office.branch, visitors(), 0.01)
        for number in range(KIOSKS)
    ]
    operators = [
        operator(Player(history, f"operator{number}", port, ZONE, token), window, over.is_set)
        for number, (window, token) in enumerate(office.windows)
    ]
    looking = screen(Player(history, "screen", port, ZONE), office.branch, over.is_set)

    async def kills() -> list[float]:
        started = [await asyncio.to_thread(die_at, server, point) for _ in range(KILLS) for point in POINTS]
        server.environment = {}
        await asyncio.to_thread(server.start)
        over.set()
        return started

    dying = asyncio.create_task(kills())
    await asyncio.gather(dying, *kiosks, *operators, looking)
    return dying.result()


def test_a_server_that_dies_loses_nothing_and_repeats_nothing(
    installation: Installation, history: History, note: Any
) -> None:
    office = installation.office("kills", "AB", windows=OPERATORS, last_number=99_999)
    server = installation.add_server()
    started = run(play(office, history, server))
    kept = office.kept()
    found = check(history.events(), kept)
    counted = {name: value for name, value in vars(found).items() if name not in ("remarks", "false_empty")}
    note("B1, B9", installation.kind, kills=len(started), **counted, slowest_start_s=round(max(started), 1))
    assert len(started) == KILLS * len(POINTS)
    assert found.recovered >= len(started) / 2, "the kills did not hit anybody"
    assert found.faults == 0, found.table()
    assert set(kept.values()) == {"done"}
    replayed = office.replayed()
    assert (replayed.calls, replayed.deviations) == (found.acked, [])
