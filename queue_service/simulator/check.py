"""Did the day keep the rules? Every statement checked against what the database holds at its end."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from queue_service.rules.ticket import UNFINISHED
from queue_service.storage import ledger
from queue_service.storage.boards import legs_with_tickets
from queue_service.storage.database import Database
from queue_service.storage.lookup import leg_table, ticket_table


@dataclass(frozen=True)
class Visit:
    """What the check needs of a leg."""

    series: str
    number: int
    service: str
    state: str
    wait: timedelta | None


def violations(database: Database, branch: str, issued: int) -> list[str]:
    """Everything that went wrong, in words; `issued` is how many tickets were acknowledged to visitors."""
    found = check_visits(visits(database, branch), issued)
    damage, _ = ledger.verify_branch(database, branch)
    if damage is not None:
        found.append(f"ledger entry {damage.seq}: {damage.what}")
    hall = ledger.replay_branch(database, branch)
    found += [f"ledger entry {deviation.seq}: {deviation.what}" for deviation in hall.deviations]
    if hall.waiting or hall.at_window:
        found.append(f"{len(hall.waiting)} still waiting and {len(hall.at_window)} still at windows by the ledger")
    return found


def check_visits(visits: Iterable[Visit], issued: int) -> list[str]:
    """What is wrong with the tickets themselves: lost, doubled, missing numbers, left unfinished."""
    numbers: dict[str, Counter[int]] = defaultdict(Counter)
    found = []
    total = 0
    for visit in visits:
        total += 1
        numbers[visit.series][visit.number] += 1
        if visit.state in UNFINISHED - {"missed"}:
            found.append(f"{visit.series}{visit.number:03d} was left {visit.state}")
    if total != issued:
        found.append(f"{issued} tickets were given out, {total} are in the database")
    for series, counts in sorted(numbers.items()):
        found += [f"number {series}{number:03d} was given {n} times" for number, n in counts.items() if n > 1]
        missing = set(range(1, max(counts) + 1)) - set(counts)
        found += [f"number {series}{number:03d} was skipped" for number in sorted(missing)]
    return found


def visits(database: Database, branch: str) -> list[Visit]:
    """All legs of the branch with their stored waits."""
    setup = database.setup(branch)

    def look(connection: Any) -> list[Visit]:
        series = dict(connection.execute(select(ticket_table.c.id, ticket_table.c.series)).all())
        numbers = dict(connection.execute(select(ticket_table.c.id, ticket_table.c.number)).all())
        rows = connection.execute(legs_with_tickets().where(leg_table.c.branch_id == setup.branch_id)).all()
        return [
            Visit(
                series[row.ticket_id],
                numbers[row.ticket_id],
                setup.service_codes[row.service_id],
                row.state,
                None if row.first_called_at is None else row.first_called_at - row.ready_at,
            )
            for row in rows
        ]

    return database.read(look)
