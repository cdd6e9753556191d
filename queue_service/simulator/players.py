"""Who plays the day? Visitors who take tickets, and an operator at every window, through the public HTTP interface."""

import asyncio
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from queue_service.simulator.real_day import Arrival, Day, mean_service_seconds

SPREAD = 0.6
"""Standard deviation of the logarithm of service times; offices measured elsewhere have 0.5 to 0.8."""
NO_SHOW_SHARE = 0.03
WALK_SECONDS = 20.0
# A day that makes no progress for this long is stuck, and says so instead of waiting for ever.
STUCK_AFTER_SECONDS = 60.0


@dataclass
class Progress:
    """Counted as the server answered."""

    now: datetime
    issued: int = 0
    served: int = 0
    no_shows: int = 0
    requests: int = 0
    refused: list[str] = field(default_factory=list)
    next_seconds: list[float] = field(default_factory=list)
    changed_at: float = field(default_factory=time.monotonic)

    @property
    def waiting(self) -> int:
        return self.issued - self.served - self.no_shows


class OfficeTime:
    """The server's clock, read once and scaled on."""

    def __init__(self, at: datetime, speed: float) -> None:
        self._at, self._speed, self._began = at, speed, time.monotonic()

    def now(self) -> datetime:
        return self._at + timedelta(seconds=(time.monotonic() - self._began) * self._speed)

    async def until(self, moment: datetime) -> None:
        await self.sleep((moment - self.now()).total_seconds())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self._speed))


class Play:
    """One day under way. `tokens` are API tokens by window code."""

    def __init__(self, day: Day, branch: str, url: str, tokens: dict[str, str], clock: OfficeTime) -> None:
        self.day, self.branch, self.clock, self.tokens = day, branch, clock, tokens
        self.progress = Progress(clock.now())
        self._url = f"{url}/api/v1"
        self._came: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._to_come = {queue: sum(a.queue == queue for a in day.arrivals) for queue in day.queues}
        self._service = {queue: mean_service_seconds(day, queue) for queue in day.queues}
        self._limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)

    async def run(self, windows: list[tuple[str, str, int, str]]) -> None:
        """Play until everybody has been served. `windows` are (code, queue, rank, id)."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._arrive())
            for code, queue, rank, window in windows:
                group.create_task(self._work(code, queue, rank, window))

    async def _arrive(self) -> None:
        client = httpx.AsyncClient(base_url=self._url, timeout=30, limits=self._limits)
        async with client, asyncio.TaskGroup() as group:
            for position, arrival in enumerate(self.day.arrivals):
                await self.clock.until(arrival.at)
                group.create_task(self._take(client, position, arrival))

    async def _take(self, client: httpx.AsyncClient, position: int, arrival: Arrival) -> None:
        order = {"services": [arrival.queue], "language": "en", "channel": "kiosk"}
        key = {"Idempotency-Key": f"{self.day.office} {self.day.date} {position}"}
        answer = await self._post(client, f"/branches/{self.branch}/tickets", order, key)
        if answer.status_code == 201:
            self.progress.issued += 1
        self._to_come[arrival.queue] -= 1
        self._came[arrival.queue].set()

    async def _work(self, code: str, queue: str, rank: int, window: str) -> None:
        chance = random.Random(f"{self.day.office} {self.day.date} window {code}")
        headers = {"Authorization": f"Bearer {self.tokens[code]}"}
        async with httpx.AsyncClient(base_url=self._url, timeout=30, headers=headers, limits=self._limits) as client:
            for opens, closes in self.day.shifts(queue, rank):
                await self.clock.until(opens)
                if not self._is_over(queue):
                    await self._post(client, f"/windows/{window}/open", {})
                    await self._shift(client, window, queue, closes, chance)
                    await self._post(client, f"/windows/{window}/close", {})

    async def _shift(
        self, client: httpx.AsyncClient, window: str, queue: str, closes: datetime | None, chance: random.Random
    ) -> None:
        while closes is None or self.clock.now() < closes:
            self._came[queue].clear()
            began = time.monotonic()
            answer = await self._post(client, f"/windows/{window}/next", {})
            self.progress.next_seconds.append(time.monotonic() - began)
            if answer.status_code == 200:
                await self._serve(client, f"/windows/{window}", self._service[queue], chance)
            elif self._is_over(queue):
                self._came[queue].set()  # the colleagues at this queue go home as well
                return
            else:
                await self._wait_for_visitor(queue, closes)

    async def _wait_for_visitor(self, queue: str, closes: datetime | None) -> None:
        left = None if closes is None else (closes - self.clock.now()).total_seconds()
        waiting = asyncio.ensure_future(self._came[queue].wait())
        if left is None:
            await waiting
        else:
            _, late = await asyncio.wait(
                {waiting, asyncio.ensure_future(self.clock.sleep(left))}, return_when="FIRST_COMPLETED"
            )
            for task in late:
                task.cancel()

    async def _serve(self, client: httpx.AsyncClient, window: str, mean: float, chance: random.Random) -> None:
        # Drawn in a fixed order, so that the same seed gives the same day.
        comes, seconds = chance.random() >= NO_SHOW_SHARE, chance.lognormvariate(math.log(mean) - SPREAD**2 / 2, SPREAD)
        if not comes:
            await self._miss(client, window)
            return
        await self.clock.sleep(min(WALK_SECONDS, seconds / 2))
        await self._post(client, f"{window}/start", {})
        await self.clock.sleep(max(0.0, seconds - WALK_SECONDS))
        await self._post(client, f"{window}/finish", {"outcome": "solved"})
        self.progress.served += 1

    async def _miss(self, client: httpx.AsyncClient, window: str) -> None:
        for _ in range(50):
            await self.clock.sleep(32)
            if (await self._post(client, f"{window}/recall", {}, expected=(200, 409))).status_code == 200:
                break
        await self.clock.sleep(30)
        await self._post(client, f"{window}/no-show", {})
        self.progress.no_shows += 1

    def _is_over(self, queue: str) -> bool:
        return self._to_come[queue] == 0

    async def _post(
        self,
        client: httpx.AsyncClient,
        path: str,
        body: dict[str, Any],
        headers: dict[str, str] | None = None,
        expected: tuple[int, ...] = (200, 201, 204),
    ) -> httpx.Response:
        answer = await client.post(path, json=body, headers=headers)
        self.progress.requests += 1
        self.progress.now = self.clock.now()
        self.progress.changed_at = time.monotonic()
        if answer.status_code not in expected:
            self.progress.refused.append(f"{path}: {answer.status_code} {answer.text[:200]}")
        return answer


async def watch(progress: Progress, report: Callable[[Progress], None], every_seconds: float) -> None:
    """Report again and again; raises TimeoutError when nothing has happened for a minute."""
    while True:
        await asyncio.sleep(every_seconds)
        report(progress)
        if time.monotonic() - progress.changed_at > STUCK_AFTER_SECONDS:
            raise TimeoutError(f"nothing has happened for {STUCK_AFTER_SECONDS:.0f} s")
