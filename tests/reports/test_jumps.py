"""The jump report counts what happened, no more and no less: twenty calls out of turn among many that were in turn."""

from collections import Counter
from io import BytesIO
from random import Random
from typing import Any
from zipfile import ZipFile

from queue_service.actions import tickets
from queue_service.actions.tickets import Order, issue
from queue_service.clock import FrozenClock
from queue_service.model import PriorityCategory, table
from queue_service.model.ticket import Channel
from queue_service.reports.jumps import jumps_report, sheet_of
from queue_service.reports.sheet import as_csv, as_xlsx
from queue_service.storage import ledger
from queue_service.storage.database import Database
from queue_service.storage.rows import put_row
from tests.make import Desk, a_desk, a_ticket, an_office, an_operator, legs_of, line_of, on_leg

JUMPS = 20
REASONS = ("unwell", "small_child", "returned", "hall_administrator")
REISSUED, INSERTED, GRANTED, UNDONE = 4, 6, 5, 3


def report_of(database: Database, days: int = 1) -> dict[str, Any]:
    """What the report says of each person in the days until today, without those of whom it says nothing."""
    setup = database.setup("centre")
    today = setup.service_day(database.clock.now())
    first = today.replace(day=today.day + 1 - days)
    report = database.read(lambda connection: jumps_report(connection, setup, first, today))
    return {row["name"]: row for row in report["operators"]}


class ADay:
    """Three windows with a line of twelve before them all day; what is done is counted as it is done."""

    def __init__(self, database: Database, clock: FrozenClock, chance: Random) -> None:
        self.database, self.clock, self.chance = database, clock, chance
        an_office(database, "A", dict.fromkeys("123", "A"), calls_before_no_show=1)
        database.act("centre", _a_category)
        self.desks = [
            a_desk(database, code, name) for code, name in zip("123", ("anna", "boris", "clara"), strict=True)
        ]
        self.rita = an_operator(database, "rita", role="reception", password=None)
        self.done: dict[str, Counter[str]] = {name: Counter() for name in ("anna", "boris", "clara", "rita")}
        self.jumps: list[str] = []

    def fill(self) -> None:
        while len(line_of(self.database)) < 12:
            a_ticket(self.database)
            self.clock.advance(seconds=10)

    def end(self, desk: Desk) -> None:
        desk.start()
        desk.finish()

    def in_turn(self, desk: Desk) -> None:
        desk.next()
        self.end(desk)
        self.done[desk.operator.name]["calls"] += 1

    def first_by_choice(self, desk: Desk) -> None:
        """Chosen by hand, but it is their turn: no jump, and the reason is not kept."""
        assert desk.call(line_of(self.database)[0], "unwell").call_reason is None
        self.end(desk)
        self.done[desk.operator.name]["calls"] += 1

    def out_of_turn(self, desk: Desk) -> None:
        number, reason = self.chance.choice(line_of(self.database)[1:]), self.chance.choice(REASONS)
        desk.call(number, reason)
        self.end(desk)
        self.jumps.append(f"{number} was called out of turn: {reason}")
        self.done[desk.operator.name].update(["calls", "out_of_turn", reason])

    def taken_back(self, desk: Desk) -> None:
        desk.next()
        desk.undo()
        self.done[desk.operator.name].update(["calls", "undone"])

    def missed_and_back(self, desk: Desk) -> None:
        self._missed_and_back(desk, self.rita.actor)
        self.done["rita"]["re_issues"] += 1

    def missed_and_back_by_phone(self, desk: Desk) -> None:
        self._missed_and_back(desk, tickets.VISITOR)

    def _missed_and_back(self, desk: Desk, actor: str) -> None:
        leg = desk.next()
        desk.no_show()
        on_leg(self.database, leg.id, tickets.rejoin, actor)
        on_leg(self.database, leg.id, tickets.cancel)  # nobody comes back twice
        self.done[desk.operator.name]["calls"] += 1

    def insert(self, desk: Desk) -> None:
        order = Order(("A",), "ru", Channel.RECEPTION)
        self.database.act("centre", lambda hall: issue(hall, order, self.rita.actor))
        self.done["rita"]["manual_inserts"] += 1

    def grant(self, desk: Desk) -> None:
        waiting = [leg for leg in legs_of(self.database) if leg.state == "waiting" and leg.priority is None]
        on_leg(self.database, waiting[-1].id, tickets.grant_priority, "veteran", self.rita.id, self.rita.actor)
        self.done["rita"]["late_priorities"] += 1


def _a_category(hall: Any) -> None:
    row = {"branch_id": hall.setup.branch_id, "code": "veteran", "name": {}, "proof": {}, "position": 0}
    row |= {"legal_basis": "", "is_self_declared": False, "head_start_minutes": {"walk_in": 90}}
    put_row(hall.connection, table(PriorityCategory), **row)
    hall.set_up_again()
    hall.record("test_set_up", "system")


def test_twenty_jumps_among_other_calls_are_found_exactly(database: Database, clock: FrozenClock) -> None:
    chance = Random(20)
    day = ADay(database, clock, chance)
    todo = [day.out_of_turn] * JUMPS + [day.in_turn] * 25 + [day.first_by_choice] * 5 + [day.taken_back] * UNDONE
    todo += [day.missed_and_back] * REISSUED + [day.missed_and_back_by_phone] * 2
    todo += [day.insert] * INSERTED + [day.grant] * GRANTED
    chance.shuffle(todo)
    for deed in todo:
        day.fill()
        deed(chance.choice(day.desks))
    found = report_of(database)
    assert set(found) == set(day.done)
    for name, done in day.done.items():
        row = found[name]
        for key in ("calls", "out_of_turn", "late_priorities", "manual_inserts", "re_issues", "undone"):
            assert row[key] == done[key], (name, key)
        assert row["reasons"] == {reason: done[reason] for reason in REASONS if done[reason]}
        assert row["out_of_turn_percent"] == (
            round(100 * done["out_of_turn"] / done["calls"], 1) if done["calls"] else 0
        )
    assert sum(row["out_of_turn"] for row in found.values()) == JUMPS
    replayed = ledger.replay_branch(database, "centre")
    assert replayed.deviations == []
    assert [noted.what for noted in replayed.exceptions if "out of turn" in noted.what] == day.jumps


def test_a_jump_counts_on_its_own_service_day_and_a_second_stop_is_nobodys_insert(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database)
    anna = a_desk(database, "1", "anna")
    for _ in range(2):
        a_ticket(database)
    anna.call("A002", "unwell")
    anna.transfer("B")
    assert report_of(database)["anna"]["out_of_turn"] == 1
    assert report_of(database)["anna"]["manual_inserts"] == 0
    clock.advance(days=1)
    assert report_of(database) == {}
    assert report_of(database, days=2)["anna"]["reasons"] == {"unwell": 1}


def test_no_cell_of_the_file_is_a_formula() -> None:
    row = {"operator": "1", "name": "=cmd()", "reasons": {"@SUM": 2}, "calls": 3}
    sheet = sheet_of({"operators": [row]})
    assert as_csv(sheet).splitlines()[1] == "1,'=cmd(),3,,,,,,,'@SUM: 2"
    with ZipFile(BytesIO(as_xlsx(sheet))) as book:
        assert "=cmd()" in book.read("xl/sharedStrings.xml").decode()
        figures = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in figures
    assert "<v>3</v>" in figures
