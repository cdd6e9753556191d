"""An operator's day at a window, on both databases."""

import pytest
from sqlalchemy import select

from queue_service.actions import serving, windows
from queue_service.actions.legs import of_token
from queue_service.actions.tickets import cancel
from queue_service.clock import FrozenClock
from queue_service.rules.errors import Refused
from queue_service.storage import ledger, lookup
from queue_service.storage.database import Database
from queue_service.storage.lookup import token_hash
from tests.make import a_ticket, an_office, an_open_window, an_operator, window_id


def call(database: Database, window: int, operator: windows.Operator) -> str | None:
    leg = database.act("centre", lambda hall: serving.call_next(hall, window, operator))
    return None if leg is None else leg.label


def test_visitors_are_called_in_order_of_arrival_across_the_services_of_the_window(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, "AB", {"1": "AB", "2": "B"})
    for service in "ABA":
        a_ticket(database, service)
        clock.advance(seconds=1)
    anna, boris = an_operator(database, "anna"), an_operator(database, "boris")
    first, second = an_open_window(database, "1", anna), an_open_window(database, "2", boris)
    assert call(database, second, boris) == "B001"
    assert call(database, first, anna) == "A001"
    assert_refused("window_busy", lambda: call(database, first, anna))


def test_a_visitor_is_served_from_call_to_finish_and_every_time_is_kept(database: Database, clock: FrozenClock) -> None:
    an_office(database)
    ticket = a_ticket(database)
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    clock.advance(minutes=7)
    call(database, window, anna)
    clock.advance(seconds=20)
    database.act("centre", lambda hall: serving.recall(hall, window, anna))
    clock.advance(seconds=10)
    database.act("centre", lambda hall: serving.start(hall, window, anna))
    clock.advance(minutes=5)
    leg = database.act("centre", lambda hall: serving.finish(hall, window, anna, "solved"))
    assert (leg.first_called_at - leg.ready_at).total_seconds() == 420
    assert (leg.last_called_at - leg.first_called_at).total_seconds() == 20
    assert (leg.finished_at - leg.started_at).total_seconds() == 300
    assert (leg.state, leg.outcome, leg.calls, leg.ticket_id) == ("done", "solved", 2, ticket.ticket_id)


def test_a_recall_has_to_wait_for_the_pause_and_a_no_show_for_enough_calls(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database, recall_pause_seconds=15, calls_before_no_show=2)
    a_ticket(database)
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    call(database, window, anna)
    assert_refused("recall_too_soon", lambda: database.act("centre", lambda hall: serving.recall(hall, window, anna)))
    assert_refused("too_few_calls", lambda: database.act("centre", lambda hall: serving.no_show(hall, window, anna)))
    clock.advance(seconds=15)
    database.act("centre", lambda hall: serving.recall(hall, window, anna))
    leg = database.act("centre", lambda hall: serving.no_show(hall, window, anna))
    assert leg.state == "missed"
    assert call(database, window, anna) is None


def test_nobody_sits_at_two_windows_and_no_window_has_two_operators(database: Database) -> None:
    an_office(database)
    anna, boris = an_operator(database, "anna"), an_operator(database, "boris")
    an_open_window(database, "1", anna)
    assert_refused("window_taken", lambda: an_open_window(database, "1", boris))
    assert_refused("operator_elsewhere", lambda: an_open_window(database, "2", anna))
    window = window_id(database, "1")
    assert_refused("window_taken", lambda: call(database, window, boris))
    assert_refused("window_closed", lambda: call(database, window_id(database, "2"), boris))


def test_a_paused_window_calls_nobody_until_it_is_resumed(database: Database) -> None:
    an_office(database)
    a_ticket(database)
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    database.act("centre", lambda hall: windows.pause_window(hall, window, anna, "lunch"))
    assert_refused("window_paused", lambda: call(database, window, anna))
    database.act("centre", lambda hall: windows.resume_window(hall, window, anna))
    assert call(database, window, anna) == "A001"
    assert_refused("window_busy", lambda: database.act("centre", lambda hall: windows.close_window(hall, window, anna)))


def test_a_refused_action_changes_nothing(database: Database) -> None:
    an_office(database)
    a_ticket(database)
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    before = database.read(lambda connection: lookup.hall_version(connection, database.setup("centre")))
    assert_refused("nobody_at_window", lambda: database.act("centre", lambda hall: serving.start(hall, window, anna)))
    assert before == database.read(lambda connection: lookup.hall_version(connection, database.setup("centre")))


def test_yesterdays_ticket_is_never_called_and_the_first_action_of_the_day_counts_it_as_left(
    database: Database, clock: FrozenClock
) -> None:
    an_office(database)
    a_ticket(database)
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    clock.advance(days=1)
    assert call(database, window, anna) is None
    assert states(database) == ["left"]
    assert a_ticket(database).label == "A001"
    assert call(database, window, anna) == "A001"


def test_a_cancelled_ticket_is_not_called(database: Database) -> None:
    an_office(database)
    ticket = a_ticket(database)
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    give_back(database, ticket.token)
    assert call(database, window, anna) is None
    assert_refused("move_not_allowed", lambda: give_back(database, ticket.token))


def test_every_move_is_in_the_ledger_and_a_changed_entry_is_named(database: Database) -> None:
    an_office(database)
    for _ in range(3):
        a_ticket(database)
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    call(database, window, anna)
    assert ledger.verify_branch(database, "centre") == (None, 5)
    database.write(
        lambda connection: connection.exec_driver_sql("UPDATE ledger_entry SET actor = 'nobody' WHERE seq = 3")
    )
    damage, _ = ledger.verify_branch(database, "centre")
    assert damage is not None
    assert damage.seq == 3


def states(database: Database) -> list[str]:
    return database.read(lambda connection: list(connection.execute(select(lookup.leg_table.c.state)).scalars()))


def give_back(database: Database, token: str) -> None:
    database.act("centre", lambda hall: cancel(hall, of_token(hall, token_hash(token))))


def assert_refused(code: str, action: object) -> None:
    with pytest.raises(Refused) as refusal:
        action()  # type: ignore[operator]
    assert refusal.value.code == code
