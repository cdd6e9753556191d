"""Who presses the buttons, all at once? Kiosks, operators and phones on connections of their own, each with a history.

A player that gets no answer asks again with the same key until it has one, as the pages do.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from benchmarks.load import Connection
from tests.faults.history import History

T = TypeVar("T")
Answer = dict[str, Any]
PATIENCE_SECONDS = 300.0
"""A server that is killed again and again on a busy machine may take minutes to answer; it has to, in the end."""
LONGEST_ANSWER_SECONDS = 20.0
KEPT_FIELDS = ("number", "version", "state", "status", "code", "detail", "leg", "token", "window", "issued_at")


class Player:
    """Somebody with one keep-alive connection; with a token, a member of staff."""

    def __init__(self, history: History, name: str, port: int, zone: str, token: str | None = None) -> None:
        self.history, self.name, self.port = history, name, port
        self.zone = ZoneInfo(zone)
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.asked = 0
        self._connection: Connection | None = None

    async def __aenter__(self) -> "Player":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._hang_up()

    async def post(self, op: str, path: str, body: Any = None, key: str | None = None) -> Answer:
        return await self._ask(op, "POST", path, json.dumps(body or {}).encode(), key)

    async def get(self, op: str, path: str) -> Answer:
        return await self._ask(op, "GET", path, b"", None)

    async def _ask(self, op: str, method: str, path: str, content: bytes, key: str | None) -> Answer:
        self.asked += 1
        key = key or f"{self.name}-{self.asked}"
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            self.history.note(self.name, op, key, "invoke")
            try:
                async with asyncio.timeout(LONGEST_ANSWER_SECONDS):
                    status, text = await self._send(method, path, content, key)
            except (OSError, EOFError, TimeoutError) as error:
                self.history.note(self.name, op, key, "info", repr(error))
                self._hang_up()
                if asyncio.get_running_loop().time() > deadline:
                    return {"http": 0}
                await asyncio.sleep(0.05)
                continue
            answer = self._read(status, text)
            self.history.note(self.name, op, key, "ok" if status < 300 else "fail", answer)
            return answer

    async def _send(self, method: str, path: str, content: bytes, key: str) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = await Connection(self.port).__aenter__()
        headers = {**self.headers, "Idempotency-Key": key}
        return await self._connection.send(method, f"/api/v1{path}", content, headers)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.writer.close()
            self._connection = None

    def _read(self, status: int, text: bytes) -> Answer:
        """What the history keeps of an answer; `http` is its status, `body` tells one text from another."""
        told = json.loads(text) if text else {}
        answer = {name: told[name] for name in KEPT_FIELDS if told.get(name) is not None}
        if "issued_at" in answer:
            answer["day"] = datetime.fromisoformat(answer["issued_at"]).astimezone(self.zone).date().isoformat()
        return {**answer, "http": status, "body": hashlib.sha256(text).hexdigest()[:12]}


def run(playing: Coroutine[Any, Any, T]) -> T:
    """Plays to the end, in a thread of its own: a browser of other tests keeps an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, playing).result()


async def kiosk(player: Player, branch: str, services: Iterator[str], pause: float = 0) -> None:
    """Gives out a ticket for each service; several kiosks may share the iterator."""
    for service in services:
        order = {"services": [service], "language": "ru", "channel": "kiosk"}
        await player.post("issue", f"/branches/{branch}/tickets", order)
        await asyncio.sleep(pause)


async def operator(player: Player, window: str, is_over: Callable[[], bool], pause: float = 0.005) -> None:
    """Calls, serves and finishes whoever comes, until it is over and nobody waits."""
    await player.post("open", f"/windows/{window}/open")
    while True:
        was_over = is_over()
        called = await player.post("next", f"/windows/{window}/next")
        if called["http"] == 204:
            if was_over:
                return
            await asyncio.sleep(pause)
            continue
        if called["http"] != 200:
            return
        await player.post("start", f"/windows/{window}/start", {"leg": called["leg"]})
        await player.post("finish", f"/windows/{window}/finish", {"leg": called["leg"], "outcome": "solved"})


async def screen(player: Player, branch: str, is_over: Callable[[], bool], pause: float = 0.05) -> None:
    """Looks at the hall again and again."""
    while not is_over():
        await player.get("hall", f"/branches/{branch}/hall")
        await asyncio.sleep(pause)
