"""Who presses the buttons? Keep-alive clients on raw sockets, in a process of their own."""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

Request = tuple[str, dict[str, Any], dict[str, str]]
"""Path, JSON body, headers."""


@dataclass
class Outcome:
    """What a load saw: seconds of every request, wall time, statuses, and whatever a player notes."""

    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    noted: list[Any] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.wall

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the requests stayed under."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Connection:
    """One keep-alive connection that sends a request and reads its answer."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> "Connection":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def post(self, path: str, body: Any, headers: dict[str, str]) -> tuple[int, bytes]:
        return await self.send("POST", path, json.dumps(body).encode(), headers)

    async def send(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: x",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
        ]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        return int(head[9:12]), await self.reader.readexactly(int(length or 0))


def in_process(play: Callable[..., Coroutine[Any, Any, Outcome]], *arguments: Any) -> Outcome:
    """Run a player in a fresh process; its outcome."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run, (play, arguments))


def _run(play: Callable[..., Coroutine[Any, Any, Outcome]], arguments: tuple[Any, ...]) -> Outcome:
    return asyncio.run(play(*arguments))


async def posts(port: int, clients: int, requests: list[Request]) -> Outcome:
    """Send the requests from so many clients at once, each client one after the other."""
    outcome = Outcome()
    waiting = iter(requests)

    async def client() -> None:
        async with Connection(port) as connection:
            for path, body, headers in waiting:
                began = time.perf_counter()
                status, _ = await connection.post(path, body, headers)
                outcome.seconds.append(time.perf_counter() - began)
                outcome.statuses[status] = outcome.statuses.get(status, 0) + 1

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    outcome.wall = time.perf_counter() - began
    return outcome


async def operators(port: int, windows: list[tuple[str, str]], waiting: int) -> Outcome:
    """Every operator calls, starts and finishes until nobody waits; `windows` are (id, token).

    Measured are the calls (`next`); noted are called numbers, and "false empty" for a 204 while people still waited.
    """
    outcome = Outcome()
    called = 0

    async def operator(window: str, token: str) -> None:
        nonlocal called
        headers = {"Authorization": f"Bearer {token}"}
        at = f"/api/v1/windows/{window}"
        async with Connection(port) as connection:
            while True:
                before, began = called, time.perf_counter()
                status, answer = await connection.post(f"{at}/next", {}, headers)
                outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
                if status != 200:
                    if status == 204 and before + len(windows) < waiting:
                        outcome.noted.append("false empty")
                    return
                outcome.seconds.append(time.perf_counter() - began)
                called += 1
                outcome.noted.append(json.loads(answer)["number"])
                for verb, body in (("start", {}), ("finish", {"outcome": "solved"})):
                    status, _ = await connection.post(f"{at}/{verb}", body, headers)
                    outcome.statuses[status] = outcome.statuses.get(status, 0) + 1

    began = time.perf_counter()
    await asyncio.gather(*(operator(*window) for window in windows))
    outcome.wall = time.perf_counter() - began
    return outcome
