"""A14: sixty-four clients take tickets while the office's midnight passes: every number once, none left out."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from queue_service.clock import FrozenClock
from queue_service.storage.database import Database
from tests.faults.checker import check, operations
from tests.faults.history import History
from tests.faults.installation import ZONE, Installation
from tests.faults.players import Player, run
from tests.make import a_ticket, an_office

CLIENTS = int(os.environ.get("QS_CLIENTS", "64"))
ORDERS = [{"services": [code], "language": "ru", "channel": "kiosk"} for code in "AB"]
CLOCK = "2026-03-02T23:57:00+01:00@30"
FIRST, SECOND = "2026-03-02", "2026-03-03"
ENOUGH_AFTER_MIDNIGHT = 200


def test_numbers_start_anew_at_midnight_without_a_gap(installation: Installation, history: History, note: Any) -> None:
    office = installation.office("midnight", "AB", last_number=99_999)
    installation.start(1, "--clock", CLOCK)
    days: dict[str, int] = defaultdict(int)

    async def client(number: int) -> None:
        player = Player(history, f"kiosk{number}", installation.ports[0], ZONE)
        while days[SECOND] < ENOUGH_AFTER_MIDNIGHT:
            ticket = await player.post("issue", "/branches/midnight/tickets", ORDERS[player.asked % 2])
            days[ticket["day"]] += 1

    async def all_at_once() -> None:
        await asyncio.gather(*(client(number) for number in range(CLIENTS)))

    run(all_at_once())
    found = check(history.events(), office.kept())
    note("A14", installation.kind, clients=CLIENTS, before=days[FIRST], after=days[SECOND], duplicates=found.duplicated)
    assert set(days) == {FIRST, SECOND}
    assert min(days.values()) > CLIENTS, "the midnight did not fall into the load"
    assert found.faults == 0, found.table()
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in operations(history.events()):
        assert one.ticket is not None
        day, number = one.ticket
        numbers[day, number[0]].append(int(number[1:]))
    assert len(numbers) == 4
    for given in numbers.values():
        assert sorted(given) == list(range(1, len(given) + 1))
    assert {state for (day, _), state in office.kept().items() if day == FIRST} == {"left"}


def test_a_day_that_one_server_began_does_not_end_again_for_another(
    database_url: str, open_database: Callable[[str], Database]
) -> None:
    """Two servers, one clock five seconds behind: nobody gets a number of the day whose line is closed already."""
    ahead, behind = open_database(database_url), open_database(database_url)
    ahead.clock = FrozenClock(datetime.fromisoformat("2026-03-03T00:00:01+01:00"))
    behind.clock = FrozenClock(datetime.fromisoformat("2026-03-02T23:59:56+01:00"))
    office = an_office(ahead)
    numbers = [a_ticket(database, branch=office).label for database in (behind, behind, ahead, behind, ahead)]
    assert numbers == ["A001", "A002", "A001", "A002", "A003"]
    behind.clock.advance(hours=-1)
    assert a_ticket(behind, branch=office).label == "A003", "a clock that is set back is a matter of its own"
