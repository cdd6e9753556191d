"""A4: random lines, rosters and transfers; who is next at every window, after every step, by a plain model."""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, update

from queue_service.actions import due, legs, serving, tickets, windows
from queue_service.actions.tickets import Order
from queue_service.clock import FrozenClock
from queue_service.model import PriorityCategory, Window, table
from queue_service.model.ticket import Channel
from queue_service.rules import next_ticket
from queue_service.rules.errors import Refused
from queue_service.storage.boards import legs_with_tickets
from queue_service.storage.callers import as_waiting
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from queue_service.storage.lookup import leg_table
from tests.faults.installation import kind_of
from tests.make import Desk, a_desk, an_office

SEQUENCES = int(os.environ.get("QS_SEQUENCES", "40"))
"""On each database; 10,000 for a release."""

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
SERVICES = "ABC"
ROSTERS = {"1": "AB", "2": "BC", "3": "ABC"}
NEEDS = {"1": [], "2": ["wheelchair"], "3": ["wheelchair", "interpreter"]}
LANGUAGES = {"1": ["ru", "en"], "2": ["ru"], "3": ["en"]}
HEADS: dict[str | None, tuple[int, int]] = {None: (0, 85), "veteran": (90, 90), "infant": (30, 85)}


# --- the model: who is next?


@dataclass
class Visit:
    came: int
    at: datetime
    service: str
    needs: set[str]
    priority: str | None = None
    booked: datetime | None = None
    window: str | None = None
    operator: str | None = None
    stops: list[tuple[str, str | None]] = field(default_factory=list)


@dataclass
class Place:
    code: str
    operator: str
    serves: str
    meets: set[str]


def turn(visit: Visit, now: datetime) -> datetime:
    walk_in, appointment = (timedelta(minutes=minutes) for minutes in HEADS[visit.priority])
    if visit.booked is None or visit.at > visit.booked + timedelta(minutes=15):
        return visit.at - walk_in
    works_from = visit.booked - timedelta(minutes=2)
    if now < works_from:
        return visit.at - walk_in
    booked = visit.booked - appointment
    return booked if visit.at >= works_from else min(visit.at - walk_in, booked)


def may_serve(place: Place, visit: Visit) -> bool:
    here = visit.window in (None, place.code) and visit.operator in (None, place.operator)
    return here and visit.service in place.serves and visit.needs <= place.meets


def first(line: list[Visit], place: Place, now: datetime) -> Visit | None:
    able = [visit for visit in line if may_serve(place, visit)]
    return min(able, key=lambda visit: (turn(visit, now), visit.came), default=None)


# --- the steps


service, code = st.sampled_from(SERVICES), st.sampled_from(list(ROSTERS))
minutes = st.sampled_from([0, 0, 1, 2, 5, 15, 30, 83, 85, 90])
needs = st.sets(st.sampled_from(["wheelchair", "interpreter", "language", "companion"]), max_size=2)
priority = st.sampled_from([None, None, *HEADS])
booked = st.none() | st.sampled_from([-16, -15, -1, 0, 1, 2, 3, 20, 84, 85, 90, 120])
"""Minutes from the arrival to the appointment."""
steps = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.lists(service, min_size=1, max_size=2, unique=True), needs, priority, booked),
        st.tuples(st.just("arrive"), st.lists(service, min_size=1, max_size=2, unique=True), needs, priority, booked),
        st.tuples(st.just("wait"), minutes),
        st.tuples(st.just("call"), code),
        st.tuples(st.just("call"), code),
        st.tuples(st.just("finish"), code),
        st.tuples(st.just("hold"), code),
        st.tuples(st.just("return"), st.integers(0, 5)),
        st.tuples(st.just("grant"), st.integers(0, 5), st.sampled_from(["veteran", "infant"])),
        st.tuples(st.just("send"), code, st.none() | service, st.none() | code, st.none() | code, st.booleans()),
        st.tuples(st.just("serve"), code, st.sets(service, min_size=1)),
    ),
    min_size=10,
    max_size=30,
)


NOT_THERE = {"no_target", "unknown_operator", "same_place", "service_not_at_window", "need_not_met"}


class TakenBack(Exception):
    """Ends the transaction of a sequence: nothing of it stays."""


class Sequence:
    """Product and model side by side. The whole sequence is one transaction that is rolled back at its end."""

    def __init__(self, database: Database, clock: FrozenClock, desks: dict[str, Desk], connection: Connection) -> None:
        self.database, self.clock, self.desks, self.connection = database, clock, desks, connection
        self.places = {
            code: Place(
                code, desk.operator.name, ROSTERS[code], {*NEEDS[code], *(f"language:{x}" for x in LANGUAGES[code])}
            )
            for code, desk in desks.items()
        }
        self.line: list[Visit] = []
        self.aside: list[Visit] = []
        self.at: dict[str, Visit] = {}
        self.ids: dict[int, int] = {}
        """Ticket ids by order of arrival."""
        self.someone = next(iter(desks.values())).operator.id
        clock.moment = MORNING

    def act(self, action: Any) -> Any:
        """As Database.act does it, but for the commit."""
        with self.connection.begin_nested():
            hall = Hall.lock(self.connection, self.database.setups, "centre", self.clock, b"")
            due.catch_up(hall)
            result = action(hall)
            hall.settle()
        return result

    def at_desk(self, code: str, move: Any, *details: Any) -> Any:
        desk = self.desks[code]
        return self.act(lambda hall: move(hall, desk.window, desk.operator, *details))

    # each step of the product, and then of the model

    def arrive(self, services: list[str], needs: set[str], priority: str | None, booked: int | None) -> None:
        now = self.clock.now()
        at = None if booked is None else now + timedelta(minutes=booked)
        order = Order(
            tuple(services), "ru", Channel.KIOSK, tuple(needs), priority, granted_by=self.someone, booked_at=at
        )
        requires = {need.replace("language", "language:ru") for need in needs} - {"companion"}
        visit = Visit(len(self.ids), now, services[0], requires, priority, at, stops=[(s, None) for s in services[1:]])
        issued = self._unless_refused({"need_not_met"}, lambda hall: tickets.issue(hall, order))
        if issued is not None:
            self.ids[visit.came] = issued.ticket_id
            self.line.append(visit)

    def wait(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)

    def call(self, code: str) -> None:
        if code in self.at:
            return
        leg = self.at_desk(code, serving.call_next)
        visit = first(self.line, self.places[code], self.clock.now())
        assert (leg and leg.ticket_id) == (visit and self.ids[visit.came])
        if visit is not None:
            self.line.remove(visit)
            self.at[code] = visit

    def finish(self, code: str) -> None:
        if code in self.at:
            self.at_desk(code, serving.start)
            self.at_desk(code, serving.finish, "solved")
            visit = self.at.pop(code)
            if visit.stops:
                self._join(visit, *visit.stops.pop(0), None)

    def hold(self, code: str) -> None:
        if code in self.at:
            self.at_desk(code, serving.hold, "copies")
            self.aside.append(self.at.pop(code))
            self._release()

    def return_(self, index: int) -> None:
        if self.aside:
            visit = self.aside.pop(index % len(self.aside))
            self.act(lambda hall: tickets.bring_back(hall, self._leg(hall, visit), "staff:1"))
            self.line.append(visit)

    def grant(self, index: int, priority: str) -> None:
        if self.line:
            visit = self.line[index % len(self.line)]
            self.act(lambda hall: tickets.grant_priority(hall, self._leg(hall, visit), priority, self.someone, "staff"))
            visit.priority = priority

    def send(self, code: str, service: str | None, window: str | None, operator: str | None, back: bool) -> None:
        if code not in self.at:
            return
        desk, person = self.desks[code], None if operator is None else self.desks[operator].operator
        window_id = None if window is None else self.desks[window].window
        to = serving.Target(service, window_id, None if person is None else person.id, back)
        sent = self._unless_refused(NOT_THERE, lambda hall: serving.transfer(hall, desk.window, desk.operator, to))
        if sent is None:
            return
        visit = self.at.pop(code)
        if back:
            visit.stops.insert(0, (visit.service, code))
        self._join(visit, service or visit.service, window, None if person is None else person.name)

    def serve(self, code: str, services: set[str]) -> None:
        chosen = "".join(sorted(services & set(ROSTERS[code]))) or ROSTERS[code]
        self.at_desk(code, windows.open_window, tuple(chosen))
        self.places[code].serves = chosen
        self._release()

    def _join(self, visit: Visit, service: str, window: str | None, operator: str | None) -> None:
        visit.service, visit.window, visit.operator = service, window, operator
        if operator is None and window is not None and service not in self.places[window].serves:
            visit.window = None  # a way back to where nobody would call them
        self.line.append(visit)

    def _release(self) -> None:
        for visit in self.line + self.aside:
            theirs = [p for p in self.places.values() if p.code == visit.window or p.operator == visit.operator]
            if theirs and visit.service not in theirs[0].serves:
                visit.window = visit.operator = None

    def _leg(self, hall: Hall, visit: Visit) -> Any:
        query = legs_with_tickets().where(leg_table.c.ticket_id == self.ids[visit.came])
        return hall.connection.execute(query.order_by(leg_table.c.position.desc()).limit(1)).one()

    def _unless_refused(self, codes: set[str], action: Any) -> Any:
        """What the action answers; None when it was refused for one of these reasons."""
        try:
            return self.act(action)
        except Refused as refusal:
            if refusal.code not in codes:
                raise
            return None

    # what must be so after every step

    def agree(self) -> None:
        """Who is next: found by index, by the rule over everybody who waits, and by the model."""
        for code, found in self.act(self._found).items():
            visit = first(self.line, self.places[code], self.clock.now())
            expected = None if visit is None else self.ids[visit.came]
            assert found == (expected, expected), self.places[code]

    def _found(self, hall: Hall) -> dict[str, tuple[Any, Any]]:
        waiting = legs_with_tickets().where(leg_table.c.state == "waiting", leg_table.c.service_day == hall.service_day)
        line = [as_waiting(row, hall.setup) for row in hall.connection.execute(waiting)]
        return {
            window.code: (
                getattr(legs.first_waiting(hall, window), "ticket_id", None),
                getattr(next_ticket.first(line, window.as_free), "ticket_id", None),
            )
            for window in hall.setup.windows
        }


def test_who_is_next_is_as_in_the_model(database: Database, clock: FrozenClock, note: Any) -> None:
    an_office(database, SERVICES, ROSTERS)
    database.act("centre", _set_up)
    counted: Counter[str] = Counter()
    desks = {code: a_desk(database, code, name) for code, name in zip(ROSTERS, ("anna", "boris", "clara"), strict=True)}

    @settings(
        max_examples=SEQUENCES,
        deadline=None,
        print_blob=True,
        phases=[Phase.generate, *([Phase.shrink] if os.environ.get("QS_SHRINK") else [])],
        suppress_health_check=list(HealthCheck),
    )
    @given(steps)
    def play(sequence: list[Any]) -> None:
        def run(connection: Connection) -> None:
            both = Sequence(database, clock, desks, connection)
            counted.update(sequences=1, steps=len(sequence))
            for name, *details in sequence:
                getattr(both, "return_" if name == "return" else name)(*details)
                both.agree()
            raise TakenBack

        with pytest.raises(TakenBack):
            database.write(run)

    play()
    assert database.read(lambda connection: connection.execute(select(leg_table.c.id)).all()) == []
    note("A4", kind_of(database), **counted)


def _set_up(hall: Hall) -> None:
    for one in hall.setup.windows:
        meets = {"needs": NEEDS[one.code], "languages": LANGUAGES[one.code]}
        hall.connection.execute(update(table(Window)).where(table(Window).c.id == one.id).values(meets))
    for code, heads in HEADS.items():
        if code is not None:
            row = {"branch_id": hall.setup.branch_id, "code": code, "name": {}, "proof": {}, "position": 0}
            row |= {"legal_basis": "", "is_self_declared": False}
            head_start = dict(zip(("walk_in", "appointment"), heads, strict=True))
            hall.connection.execute(insert(table(PriorityCategory)).values(**row, head_start_minutes=head_start))
    hall.set_up_again()
    hall.record("test_set_up", "system")
