"""Does a large report disturb the hall? How long its public picture takes while one is read, and without."""

import statistics
import threading
import time
import urllib.request
from collections.abc import Callable
from functools import partial

from benchmarks.office import Running, add_past, fresh_databases, serving
from benchmarks.tables import free_port, say, table
from queue_service.actions import staff

REPORTS = ("waiting", "service", "no-show", "load", "jumps", "norms")
PERIOD = "from=2018-06-01&to=2020-01-02"
QUIET_SECONDS = 3.0


def measure(legs: int = 200_000) -> dict[str, dict[str, float]]:
    """By report: seconds it took, and of the hall's pictures meanwhile the median and the longest, in ms (SQLite)."""
    with fresh_databases("sqlite") as make:
        url, data, tokens = make()
        with serving(url, data, free_port(), tokens) as server:
            say(f"filling in {legs:,} past legs …")
            add_past(server.database, legs)
            token = _reviewer(server)
            found = {"none": _meanwhile(server, lambda: time.sleep(QUIET_SECONDS))}
            for name in REPORTS:
                path = f"/branches/bench/reports/{name}?{PERIOD}"
                found[name] = _meanwhile(server, partial(_get, server, path, token))
    heads = ("report", "seconds", "hall p50 ms", "hall longest ms")
    table(
        f"The hall while a report of {legs:,} visits is read", heads, [(n, *row.values()) for n, row in found.items()]
    )
    return found


def _reviewer(server: Running) -> str:
    database = server.database
    database.write(lambda it: staff.add_staff(it, "reviewer", "reviewer", ["bench"], password=None))
    return database.write(lambda it: staff.create_token(it, "reviewer", database.clock.now()))


def _get(server: Running, path: str, token: str = "") -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}/api/v1{path}", headers=headers)
    urllib.request.urlopen(request, timeout=300).read()


def _meanwhile(server: Running, work: Callable[[], None]) -> dict[str, float]:
    over, seconds = threading.Event(), []

    def look() -> None:
        while not over.is_set():
            began = time.perf_counter()
            _get(server, "/branches/bench/hall")
            seconds.append(time.perf_counter() - began)
            time.sleep(0.02)

    looking = threading.Thread(target=look)
    looking.start()
    began = time.perf_counter()
    work()
    took = time.perf_counter() - began
    over.set()
    looking.join()
    return {
        "seconds": round(took, 2),
        "p50": round(1000 * statistics.median(seconds), 1),
        "longest": round(1000 * max(seconds), 1),
    }
