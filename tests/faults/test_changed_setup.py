"""A15, A16: windows and services change while people wait; nobody is lost, nobody waits for ever, admins are told."""

import os
import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from queue_service.actions import office_facts, setup, tickets
from queue_service.actions.legs import at_window
from queue_service.actions.office_file import BadOfficeFile
from queue_service.actions.tickets import Order
from queue_service.actions.windows import open_window
from queue_service.clock import FrozenClock
from queue_service.model.ticket import Channel
from queue_service.rules.errors import Refused
from queue_service.storage import ledger
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from tests.faults.installation import kind_of
from tests.make import a_desk, a_ticket, an_office, legs_of, line_of, on_leg, refused

RUNS = int(os.environ.get("QS_RUNS", "25"))
"""100 for a release."""


def set_window(code: str, services: str) -> Any:
    def change(hall: Hall) -> None:
        facts = office_facts.window_facts(setup.window_by_code(hall.setup, code))
        setup.change_window(hall, code, facts.model_copy(update={"services": list(services)}), "staff:1")

    return change


def set_service(code: str, **facts: Any) -> Any:
    def change(hall: Hall) -> None:
        present = office_facts.service_facts(hall.setup.service(code))
        setup.change_service(hall, code, present.model_copy(update=facts), "staff:1")

    return change


def may(database: Database, change: Any) -> bool:
    """Whether a change of a window was allowed."""
    try:
        database.act("centre", change)
    except Refused as refusal:
        if refusal.code in ("people_stranded", "service_not_at_window"):
            return False
        raise
    return True


def test_a_window_changes_its_services_while_people_wait_and_everybody_is_served(
    database: Database, clock: FrozenClock, note: Any
) -> None:
    an_office(database, "AB", {"1": "A", "2": "AB"})
    first, moved = a_desk(database, "1", "anna"), a_desk(database, "2", "boris")
    chance = random.Random(15)
    given, allowed = 0, Counter[bool]()
    for _ in range(RUNS):
        offered = {code for window in database.setup("centre").windows for code in window.services}
        for service in sorted(offered):
            a_ticket(database, service)
            given += 1
        moved.next()
        services = tuple(chance.choice(["A", "B", "AB"]))
        if chance.random() < 0.7:
            allowed[may(database, set_window("2", "".join(services)))] += 1
        else:
            may(database, lambda hall, codes=services: open_window(hall, moved.window, moved.operator, codes))
        if (called := database.act("centre", lambda hall: at_window(hall, moved.window))) is not None:
            if chance.random() < 0.5:
                moved.start()
                moved.finish()
            else:
                moved.hold()
                on_leg(database, called.id, tickets.bring_back, "staff")
        open_again = partial(open_window, window_id=moved.window, operator=moved.operator)
        database.act("centre", open_again)  # with all that the window is set up for
        while first.serve() is not None or moved.serve() is not None:
            pass
        assert line_of(database) == []
    states = Counter(leg.state for leg in legs_of(database))
    note("A15", kind_of(database), rounds=RUNS, changes_refused=allowed[False], visitors=given, served=states["done"])
    assert states == {"done": given}
    assert min(allowed.values()) > 2
    assert ledger.replay_branch(database, "centre").deviations == []


def test_the_last_window_for_somebody_who_is_here_cannot_be_taken_from_them(database: Database) -> None:
    an_office(database, "AB", {"1": "A", "2": "AB"})
    a_ticket(database, "B")
    database.act("centre", lambda hall: tickets.issue(hall, Order(("A", "B"), "ru", Channel.KIOSK)))
    with refused("people_stranded", field="services", count=2, services="B"):
        database.act("centre", set_window("2", "A"))
    with refused("people_stranded", field="window", count=2):
        database.act("centre", lambda hall: setup.remove_window(hall, "2", "staff:1"))
    database.act("centre", set_window("2", "B"))
    database.act("centre", set_window("1", "AB"))
    database.act("centre", lambda hall: setup.remove_window(hall, "2", "staff:1"))
    anna = a_desk(database, "1", "anna")
    while anna.serve() is not None:
        pass
    assert [leg.state for leg in legs_of(database)] == ["done"] * 3
    database.act("centre", set_window("1", "A"))


def test_who_is_served_keeps_a_window_too_and_no_undo_brings_back_who_has_none(database: Database) -> None:
    """Who is at a window may be put aside a moment later, and has to be called again."""
    an_office(database, "AB", {"1": "AB", "2": "B"})
    anna = a_desk(database, "1", "anna")
    a_ticket(database)
    anna.next()
    moves: list[Callable[[], object]] = [lambda: None, anna.start, anna.hold]
    for move in moves:
        move()
        with refused("people_stranded", field="services", count=1, services="A"):
            database.act("centre", set_window("1", "B"))
    anna.call("A001")
    anna.start()
    before = legs_of(database)
    ends: list[Callable[[], object]] = [anna.finish, lambda: anna.transfer("B")]
    for end in ends:
        end()
        over = legs_of(database)
        database.act("centre", set_window("1", "B"))
        with refused("people_stranded", count=1, services="A"):
            anna.undo()
        assert legs_of(database) == over
        database.act("centre", set_window("1", "AB"))
        anna.undo()
        assert legs_of(database) == before
    assert anna.hold().state == "held"
    assert anna.call("A001").state == "called"


def test_somebody_who_needs_a_language_keeps_a_window_that_speaks_it(database: Database) -> None:
    an_office(database, "A", {"1": "A"})
    database.act("centre", lambda hall: tickets.issue(hall, Order(("A",), "en", Channel.KIOSK, needs=("language",))))

    def only_russian(hall: Hall) -> None:
        facts = office_facts.branch_facts(hall.setup).model_copy(update={"languages": ["ru"]})
        setup.change_branch(hall, facts, "staff:1")

    with refused("people_stranded", field="languages", count=1):
        database.act("centre", only_russian)
    assert a_desk(database, "1", "anna").next().language == "en"


def test_a_file_that_would_leave_people_without_a_window_is_refused_whole(database: Database) -> None:
    an_office(database, "AB", {"1": "AB"})
    a_ticket(database, "B")
    office = setup.export_office(database, "centre")
    narrowed = office.replace("services: [A, B]", "services: [A]")
    assert narrowed != office
    with pytest.raises(BadOfficeFile, match="1 people are here for B"):
        setup.import_office(database, narrowed)
    assert setup.export_office(database, "centre") == office


def test_a_service_that_is_closed_renamed_or_removed_leaves_no_orphans(database: Database, note: Any) -> None:
    an_office(database, "AB", {"1": "AB"})
    for service in ("A", "A", "B"):
        a_ticket(database, service)
    on_leg(database, legs_of(database)[2].id, tickets.add_service, "A")
    anna = a_desk(database, "1", "anna")
    assert anna.next().label == "A001"
    database.act("centre", set_service("A", open=False, name={"ru": "Иначе", "en": "Otherwise"}, prefix="Z"))
    with refused("service_closed"):
        a_ticket(database, "A")
    for count in (3, 2, 1):  # called, waiting, and the one for whom it comes second
        with refused("people_waiting", count=count):
            database.act("centre", lambda hall: setup.remove_service(hall, "A", "staff:1"))
        if count < 3:
            anna.next()
        anna.start()
        anna.finish()
    while anna.serve() is not None:
        pass
    states = [leg.state for leg in legs_of(database)]
    note("A16", kind_of(database), legs=len(states), served=states.count("done"))
    assert states == ["done"] * 4
    database.act("centre", lambda hall: setup.remove_service(hall, "A", "staff:1"))
    database.act("centre", set_service("B", prefix="K"))
    assert a_ticket(database, "B").label == "K001"
    assert ledger.replay_branch(database, "centre").deviations == []
