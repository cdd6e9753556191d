"""G8: whoever changes the ledger by SQL is found: `ledger verify` names the entry, `ledger replay` the forged call."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, insert, literal, select, update

from queue_service.actions import tickets
from queue_service.actions.tickets import Order, issue
from queue_service.cli import main
from queue_service.clock import FrozenClock
from queue_service.jobs.housekeeping import move_what_is_due
from queue_service.model import LedgerEntry, table
from queue_service.model.ticket import Channel
from queue_service.rules.ticket import Move
from queue_service.storage import ledger
from queue_service.storage.database import Database
from tests.faults.installation import kind_of
from tests.make import a_desk, a_ticket, an_office, entries_of, line_of, on_leg

entries = table(LedgerEntry)


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, database_url: str) -> None:
    monkeypatch.setenv("QS_DATA", str(tmp_path))
    monkeypatch.setenv("QS_DATABASE", database_url)


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["ledger", *words])


def a_morning(database: Database, clock: FrozenClock) -> None:
    """Ten visitors, two windows, calls in turn and one out of turn."""
    an_office(database)
    for _ in range(10):
        a_ticket(database)
        clock.advance(seconds=30)
    anna, boris = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    for desk in (anna, boris, anna):
        desk.serve()
    boris.call("A007", "unwell")


def rewrite(database: Database, seq: int, **values: Any) -> None:
    """What somebody can do who knows SQL and how the hash is made: entry `seq` changed, and its hash with it."""

    def change(connection: Any) -> None:
        row = dict(connection.execute(select(entries).where(entries.c.seq == seq)).mappings().one())
        row |= values
        connection.execute(update(entries).where(entries.c.seq == seq).values(**values, hash=ledger.entry_hash(row)))

    database.write(change)


def copied(seq: int) -> Any:
    """The second entry once more, under another number."""
    return select(*(literal(seq) if c.name == "seq" else c for c in entries.c)).where(entries.c.seq == 2)


def by_sql(database: Database, statement: Any) -> None:
    database.write(lambda connection: connection.execute(statement))


LATER = datetime(2026, 3, 2, 9, tzinfo=UTC)
EDIT, DROP = update(entries), delete(entries)
TAMPERINGS: list[tuple[Any, int, str]] = [
    (EDIT.where(entries.c.seq == 7).values(reason="unwell"), 7, "was changed"),
    (EDIT.where(entries.c.seq == 8).values(at=LATER), 8, "was changed"),
    (EDIT.where(entries.c.seq == 2).values(leg_id=99), 2, "was changed"),
    (EDIT.where(entries.c.seq == 3).values(hash="0" * 64), 3, "was changed"),
    (EDIT.where(entries.c.seq == 3).values(previous_hash="0" * 64), 3, "was changed"),
    (DROP.where(entries.c.seq == 1), 1, "is missing"),
    (DROP.where(entries.c.seq == 5), 5, "is missing"),
    (DROP.where(entries.c.seq > 20), 21, "is missing: the hall counted 22 entries"),
    (insert(entries).from_select(list(entries.c.keys()), copied(23)), 23, "was added: the hall counted 22 entries"),
    (insert(entries).from_select(list(entries.c.keys()), copied(0)), 0, "was added"),
]


def test_a_row_that_was_edited_deleted_or_inserted_is_named(database: Database, clock: FrozenClock, note: Any) -> None:
    a_morning(database, clock)
    sound = run("verify")
    assert (sound.exit_code, sound.output) == (0, "centre: 22 entries, sound\n")
    written = database.read(lambda connection: [dict(row) for row in connection.execute(select(entries)).mappings()])
    for tampering, seq, what in TAMPERINGS:
        by_sql(database, tampering)
        found = run("verify")
        assert found.exit_code == 1, what
        assert found.output.startswith(f"centre: 22 entries, entry {seq} {what}"), found.output
        by_sql(database, delete(entries))
        by_sql(database, insert(entries).values(written))
    assert run("verify").exit_code == 0
    note("G8", kind_of(database), kinds_of_tampering=len(TAMPERINGS), named=len(TAMPERINGS))


@pytest.mark.parametrize("seq", [1, 6, 22])
def test_a_row_that_was_changed_together_with_its_hash_is_named(
    database: Database, clock: FrozenClock, seq: int
) -> None:
    a_morning(database, clock)
    rewrite(database, seq, actor="staff:99")
    found = run("verify")
    assert (found.exit_code, found.output) == (1, f"centre: 22 entries, entry {seq} was changed after it was written\n")


def test_a_ledger_that_was_rewritten_whole_is_not_what_was_published(database: Database, clock: FrozenClock) -> None:
    """Who owns the database can make a chain that is sound in itself; the root of a day gives them away."""
    a_morning(database, clock)
    first_day = run("root", "--branch", "centre", "--day", "2026-03-02").output.strip()
    assert first_day.startswith("22:")
    assert run("root", "--branch", "centre", "--day", "2026-03-01").output == "0:\n"
    clock.advance(days=1)
    a_ticket(database)
    assert run("root", "--branch", "centre", "--day", "2026-03-02").output.strip() == first_day
    check = ("root", "--branch", "centre", "--check", first_day)
    assert (run(*check).exit_code, run(*check).output) == (0, "centre: entry 22 is as published\n")

    def rewrite_all(connection: Any) -> None:
        previous = ""
        for row in [dict(row) for row in connection.execute(select(entries).order_by(entries.c.seq)).mappings()]:
            row |= {"previous_hash": previous, "reason": None}
            previous = ledger.entry_hash(row)
            values = {"previous_hash": row["previous_hash"], "reason": None, "hash": previous}
            connection.execute(update(entries).where(entries.c.seq == row["seq"]).values(**values))
        connection.execute(update(ledger.halls).values(ledger_hash=previous))

    database.write(rewrite_all)
    assert run("verify").exit_code == 0
    assert (run(*check).exit_code, run(*check).output) == (1, "centre: entry 22 is not what was published\n")
    assert run("root", "--branch", "centre", "--check", "soon").exit_code == 2


def test_a_replay_reproduces_every_call_or_names_the_exception(database: Database, clock: FrozenClock) -> None:
    a_morning(database, clock)
    told = run("replay")
    assert (told.exit_code, told.output.splitlines()) == (
        0,
        [
            "centre: 4 calls, 1 named exceptions, 0 that the rule cannot explain",
            "  22: A007 was called out of turn: unwell",
        ],
    )
    assert run("replay", "--no-exceptions").output.count("\n") == 1


def test_a_replay_finds_the_reason_that_was_taken_away_and_the_call_that_was_given_to_another(
    database: Database, clock: FrozenClock
) -> None:
    a_morning(database, clock)
    rewrite(database, 22, reason=None)
    told = run("replay")
    assert (told.exit_code, told.output.splitlines()[1:]) == (1, ["  22: UNEXPLAINED A007 was called before its turn"])
    first_call = next(entry for entry in entries_of(database) if entry.move == "call")
    ninth = next(entry for entry in entries_of(database) if entry.facts["number"] == "A009")
    facts = json.dumps({**first_call.facts, "number": "A009"})
    rewrite(database, first_call.seq, ticket_id=ninth.ticket_id, leg_id=ninth.leg_id, facts=facts)
    told = run("replay")
    assert f"  {first_call.seq}: UNEXPLAINED A009 was called before its turn" in told.output.splitlines()
    assert told.exit_code == 1


def test_a_whole_day_of_every_kind_of_move_is_replayed(database: Database, clock: FrozenClock) -> None:
    an_office(database, "AB", {"1": "AB", "2": "AB"}, calls_before_no_show=1, no_show_after_seconds=60)
    anna, boris = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    booked = Order(("A",), "ru", Channel.WEB, booked_at=clock.now() + timedelta(minutes=20))
    early = database.act("centre", lambda hall: issue(hall, booked))
    visitors = [a_ticket(database, service) for service in "AABBA"]
    database.act("centre", lambda hall: issue(hall, booked))
    on_leg(database, visitors[2].leg_id, tickets.defer, 5)
    on_leg(database, visitors[3].leg_id, tickets.cancel)
    on_leg(database, visitors[4].leg_id, tickets.add_service, "B")
    assert anna.next().label == early.label
    anna.hold(clock.now() + timedelta(minutes=5))
    boris.next()
    clock.advance(minutes=1, seconds=1)  # nobody came: missed by the timer
    on_leg(database, visitors[0].leg_id, tickets.rejoin)
    boris.next()
    boris.start()
    boris.transfer("B", anna.window, back=True)
    clock.advance(minutes=30)  # the hold and the deferral end, the appointment comes due
    move_what_is_due(database)
    assert line_of(database)[0] == early.label
    boris.call(visitors[4].label, "small_child")
    boris.undo()
    for desk in (anna, boris) * 8:
        desk.serve()
    assert line_of(database) == []
    clock.advance(days=1)
    database.act("centre", lambda hall: None)
    hall = ledger.replay_branch(database, "centre")
    assert (hall.deviations, hall.waiting, hall.at_window, hall.aside) == ([], set(), {}, set())
    moves = {entry.move for entry in entries_of(database)}
    assert moves >= {*Move} - {Move.RECALL, Move.CLOSE_DAY} | {"undo", "turn", "add_service", "day_closed"}
    assert [noted.what for noted in hall.exceptions] == [
        f"{visitors[4].label} was called out of turn: small_child",
        f"{visitors[4].label}: call was taken back",
    ]
