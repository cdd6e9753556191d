"""What could this machine do at best? A bare Flask route; plain SQL behind a route; plain SQL without a server."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import Request
from benchmarks.office import WINDOWS, until
from benchmarks.tables import free_port

ECHO: Request = ("/bare", {"services": ["A"], "language": "en", "channel": "kiosk"}, {"Idempotency-Key": "1-1"})
"""As large as the order of a ticket."""
RAW_WINDOWS = [(str(number), "no token") for number in range(1, len(WINDOWS) + 1)]


@contextmanager
def raw_server(kind: str, url: str, data: Path) -> Iterator[int]:
    """raw_server.py on a database of its own; the port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.raw_server", str(port), kind, url, str(data)])
    try:
        until(lambda: socket.create_connection(("127.0.0.1", port)).close())
        yield port
    finally:
        process.terminate()
        process.wait(10)


def rate(work: Callable[[], None], seconds: float = 1.0, most: int | None = None) -> float:
    """How often a second the work is done, for so long or so often."""
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds and done != most:
        work()
        done += 1
    return done / (time.perf_counter() - began)
