"""What all phones see together is what each would see alone, also as time goes on and things happen."""

from typing import Any

from queue_service.actions import last_move, serving, tickets
from queue_service.actions.tickets import Order, issue
from queue_service.clock import FrozenClock
from queue_service.model.ticket import Channel
from queue_service.storage import boards, lookup
from queue_service.storage.database import Database
from queue_service.storage.followed import Followed
from tests.make import a_ticket, an_office, an_open_window, an_operator


def seen_alone(database: Database, ids: list[int]) -> dict[int, Any]:
    def read(connection: Any) -> dict[int, Any]:
        setup, now = database.setup("centre"), database.clock.now()
        return {ticket_id: boards.ticket(connection, setup, now, ticket_id) for ticket_id in ids}

    return database.read(read)


def seen_together(database: Database, followed: Followed, ids: list[int]) -> dict[int, Any]:
    setup, now = database.setup("centre"), database.clock.now()
    return dict(database.read(lambda connection: followed.look(connection, setup, now, ids)).pictures())


def test_one_look_sees_what_each_phone_would_see_alone(database: Database, clock: FrozenClock) -> None:
    an_office(database, windows={"1": "A", "2": "B"})
    anna, boris = an_operator(database, "anna"), an_operator(database, "boris")
    one, two = an_open_window(database, "1", anna), an_open_window(database, "2", boris)
    followed, ids = Followed(), []
    for service in "ABBAB":
        ids.append(a_ticket(database, service).leg.ticket_id)
        clock.advance(minutes=1)

    def act(change: Any) -> dict[int, Any]:
        database.act("centre", change)
        clock.advance(seconds=5)
        together = seen_together(database, followed, ids)
        assert together == seen_alone(database, ids)
        return together

    assert act(lambda hall: None)[ids[4]]["people_ahead"] == 2
    act(lambda hall: serving.call_next(hall, one, anna))
    act(lambda hall: serving.start(hall, one, anna))
    act(lambda hall: serving.transfer(hall, one, anna, serving.Target("B")))
    # The first visitor keeps its turn: it is called in line B before those who stood there earlier.
    told = act(lambda hall: serving.call_next(hall, two, boris))
    assert told[ids[1]]["called_earlier"] == {"returned": 1}
    late = Order(("B",), "ru", Channel.KIOSK)
    act(lambda hall: issue(hall, late))
    act(lambda hall: serving.start(hall, two, boris))
    act(lambda hall: serving.finish(hall, two, boris, "solved"))
    told = act(lambda hall: serving.call_chosen(hall, two, boris, "B003", "unwell"))
    assert told[ids[1]]["called_earlier"] == {"chosen": 1, "returned": 1}
    told = act(lambda hall: last_move.undo(hall, two, boris))
    assert told[ids[1]]["called_earlier"] == {"returned": 1}
    clock.advance(days=1)
    assert act(lambda hall: None)[ids[1]]["status"] == "left"


def test_a_look_forgets_nobody_and_names_nobody_who_is_not_there(database: Database, clock: FrozenClock) -> None:
    an_office(database)
    first, second = (a_ticket(database).leg.ticket_id for _ in range(2))
    followed = Followed()
    assert set(seen_together(database, followed, [first, 999])) == {first}
    database.act("centre", lambda hall: tickets.cancel(hall, database_leg(hall, first)))
    assert seen_together(database, followed, [first, second])[first]["status"] == "cancelled"
    assert seen_together(database, followed, [second])[second]["people_ahead"] == 0


def database_leg(hall: Any, ticket_id: int) -> Any:
    query = boards.legs_with_tickets().where(lookup.leg_table.c.ticket_id == ticket_id)
    return hall.connection.execute(query).one()
