"""How is a real day replayed? An office made from the data, a server of its own, players, a table, a verdict."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

import httpx

from queue_service.actions import staff
from queue_service.actions.setup import import_office
from queue_service.app import open_database
from queue_service.rules.errors import Refused
from queue_service.settings import load_settings
from queue_service.simulator.check import violations, visits
from queue_service.simulator.players import OfficeTime, Play, Progress, watch
from queue_service.simulator.real_day import Day, office_file, read_day, window_plan
from queue_service.simulator.table import day_table, percentile, speed_lines
from queue_service.storage.database import Database
from queue_service.storage.lookup import branch_codes
from queue_service.storage.schema import migrate

READY_WITHIN_SECONDS = 30.0
BEFORE_FIRST = timedelta(minutes=5)
TOO_SLOW_SECONDS = 60.0
"""Of the office's time: a tenth of the calls took longer than this."""
TRY_AGAIN = 75


def simulate(day_file: Path, speed: float, database_url: str | None, port: int, out: TextIO) -> int:
    """Replay the day `speed` times as fast; 0 when every rule was kept, 1 with the violations listed otherwise.

    75 when the only trouble is that this machine was too slow for the speed: timers of the hall ran out meanwhile.
    Without a database URL everything happens in a temporary SQLite file. Raises ValueError for bad data files
    or a database that has this office already.
    """
    day = read_day(day_file)
    with tempfile.TemporaryDirectory(prefix="queue-service-") as folder:
        settings = load_settings(data=folder, database=database_url, port=port)
        database = open_database(settings)
        try:
            branch, tokens = _prepare(database, day)
            began = time.monotonic()
            with _server(folder, settings.database_url, port, day, speed) as url:
                progress = asyncio.run(_play(day, branch, url, tokens, speed))
                left = _close_day(url, branch, tokens["hall"])
            seconds = time.monotonic() - began
            broken = violations(database, branch, progress.issued)
            out.write(day_table(day, visits(database, branch), left))
            out.write(speed_lines(progress, seconds))
        finally:
            database.close()
    found = progress.refused + broken
    out.write("".join(f"VIOLATION  {violation}\n" for violation in found))
    out.write(f"{'Every rule was kept' if not found else f'{len(found)} violations'}: numbers, order, calls, ledger.\n")
    if found and not broken and percentile(progress.next_seconds, 90) * speed > TOO_SLOW_SECONDS:
        out.write(f"The machine was too slow for {speed:g} times: try a lower speed.\n")
        return TRY_AGAIN
    return 1 if found else 0


def _prepare(database: Database, day: Day) -> tuple[str, dict[str, str]]:
    migrate(database)
    text = office_file(day)
    branch = import_office(database, text, f"{day.office}.yaml") if not _is_known(database, day) else ""
    if not branch:
        raise ValueError(f"this database has the office {day.office} already: name an empty one with --database")

    def create(connection: object) -> dict[str, str]:
        tokens = {}
        for name, role in [(code, "operator") for code, _, _ in window_plan(day)] + [("hall", "hall")]:
            username = f"{branch}-{name}"
            staff.add_staff(connection, username, role, [branch], password=None)  # type: ignore[arg-type]
            tokens[name] = staff.create_token(connection, username, database.clock.now())  # type: ignore[arg-type]
        return tokens

    return branch, database.write(create)


def _is_known(database: Database, day: Day) -> bool:
    return day.office.lower() in database.read(branch_codes)


@contextmanager
def _server(folder: str, database_url: str, port: int, day: Day, speed: float) -> Iterator[str]:
    """The product's own server in a process of its own, its clock at five minutes before the first arrival."""
    clock = f"{(day.arrivals[0].at - BEFORE_FIRST).isoformat()}@{speed}"
    command = [sys.executable, "-m", "queue_service.cli", "run", "--port", str(port), "--clock", clock]
    process = subprocess.Popen(
        [*command, "--database", database_url], env={**os.environ, "QS_DATA": folder}, stderr=subprocess.PIPE, text=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(process, url)
        yield url
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _wait_until_ready(process: "subprocess.Popen[str]", url: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ValueError(f"the server did not start: {process.stderr.read() if process.stderr else ''}")
        with suppress(httpx.HTTPError):
            httpx.get(f"{url}/api/v1/branches")
            return
        time.sleep(0.1)
    raise ValueError(f"the server did not answer within {READY_WITHIN_SECONDS:.0f} s")


async def _play(day: Day, branch: str, url: str, tokens: dict[str, str], speed: float) -> Progress:
    async with httpx.AsyncClient(base_url=f"{url}/api/v1") as client:
        now = (await client.get(f"/branches/{branch}")).json()["server_time"]
        headers = {"Authorization": f"Bearer {tokens['hall']}"}
        desk = (await client.get(f"/branches/{branch}/desk", headers=headers)).json()
    ids = {window["code"]: window["id"] for window in desk["windows"]}
    play = Play(day, branch, url, tokens, OfficeTime(datetime.fromisoformat(now), speed))
    is_screen = sys.stderr.isatty()
    watching = asyncio.create_task(watch(play.progress, _reporter(day, is_screen), 0.5 if is_screen else 2.0))
    playing = asyncio.create_task(play.run([(code, queue, rank, ids[code]) for code, queue, rank in window_plan(day)]))
    done, _ = await asyncio.wait({watching, playing}, return_when=asyncio.FIRST_COMPLETED)
    for task in (watching, playing):
        task.cancel()
    for task in done:
        if task is watching:
            play.progress.refused.append(str(task.exception()))
        else:
            task.result()
    if is_screen:
        sys.stderr.write("\n")
    return play.progress


def _reporter(day: Day, is_screen: bool) -> Callable[[Progress], None]:
    total = len(day.arrivals)
    shown = -1

    def report(progress: Progress) -> None:
        nonlocal shown
        tenth = progress.issued * 10 // total
        if not is_screen and tenth == shown:
            return
        shown = tenth
        line = (
            f"{progress.now.astimezone(day.arrivals[0].at.tzinfo):%H:%M}  issued {progress.issued} of {total}, "
            f"served {progress.served}, waiting {progress.waiting}"
        )
        sys.stderr.write(f"\r{line:<78}" if is_screen else f"{line}\n")
        sys.stderr.flush()

    return report


def _close_day(url: str, branch: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{url}/api/v1/branches/{branch}/close-day", headers=headers, json={})
    if not answer.is_success:
        raise Refused("day_not_closed", detail=answer.text)
    return int(answer.json()["left"])
