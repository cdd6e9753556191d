"""What an operator does with visitors, and what is kept of it, on both databases."""

from datetime import timedelta

from queue_service.actions import tickets
from queue_service.actions.tickets import Issued, Order
from queue_service.clock import FrozenClock
from queue_service.model.ticket import Channel
from queue_service.storage import ledger
from queue_service.storage.database import Database
from tests.make import a_desk, a_ticket, an_office, line_of, on_leg


def test_every_hold_counts_until_service_goes_on(database: Database, clock: FrozenClock) -> None:
    an_office(database)
    a_ticket(database)
    anna = a_desk(database, "1", "anna")
    anna.next()
    anna.start()
    for _ in range(2):
        anna.hold()
        clock.advance(minutes=3)
        anna.call("A001")
    assert anna.start().held_seconds == 2 * 180
    clock.advance(minutes=1)
    leg = anna.finish()
    assert (leg.finished_at - leg.started_at, leg.held_seconds) == (timedelta(minutes=7), 360)


def test_a_hold_counts_whatever_happens_before_service_goes_on(database: Database, clock: FrozenClock) -> None:
    """Back in line, put off by the visitor, called, held again before service, and in the end sent on."""
    an_office(database)
    ticket = a_ticket(database)
    anna = a_desk(database, "1", "anna")
    anna.next()
    clock.advance(minutes=1)
    anna.hold()  # before service: nothing is interrupted
    clock.advance(minutes=1)
    anna.call("A001")
    assert anna.start().held_seconds == 0
    anna.hold()
    clock.advance(minutes=2)
    on_leg(database, ticket.leg_id, tickets.bring_back, "visitor")
    clock.advance(minutes=3)
    on_leg(database, ticket.leg_id, tickets.defer, 4)
    clock.advance(minutes=4)
    anna.next()
    clock.advance(minutes=5)
    leg = anna.transfer("B")
    assert (leg.held_seconds, leg.held_at) == (60 * (2 + 3 + 4 + 5), None)
    assert anna.next().held_seconds == 0  # the new leg's own
    assert ledger.replay_branch(database, "centre").deviations == []


def test_an_appointment_keeps_its_time_whatever_happens_before_it(database: Database, clock: FrozenClock) -> None:
    """Early, called at once, put on hold or missed or sent on: from two minutes before its time it comes first."""
    an_office(database, "AB", {"1": "A", "2": "B"}, calls_before_no_show=1)
    walk_in = a_ticket(database, "B")
    clock.advance(minutes=1)
    booked = clock.now() + timedelta(minutes=30)
    anna = a_desk(database, "1", "anna")

    def check_in() -> Issued:
        order = Order(("A",), "ru", Channel.WEB, booked_at=booked)
        return database.act("centre", lambda hall: tickets.issue(hall, order))

    early = []
    for aside in (anna.hold, anna.no_show, lambda: anna.transfer("B")):
        early.append(check_in())
        anna.next()
        aside()
    clock.moment = booked - timedelta(minutes=3)
    on_leg(database, early[0].leg_id, tickets.bring_back, "staff")
    on_leg(database, early[1].leg_id, tickets.rejoin)
    early_labels = [ticket.label for ticket in early]
    assert line_of(database) == [walk_in.label, *early_labels]
    clock.advance(minutes=1)
    database.act("centre", lambda hall: None)
    assert line_of(database) == [*early_labels, walk_in.label]
    assert ledger.replay_branch(database, "centre").deviations == []
