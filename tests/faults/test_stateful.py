"""A18: random moves over the public API, step by step against the plain model of tests/model_of_hall.py."""

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import note as tell
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import insert

from queue_service.actions import staff
from queue_service.actions.office_facts import window_facts
from queue_service.actions.setup import change_window, window_by_code
from queue_service.actions.tickets import Order, issue
from queue_service.app import create_app
from queue_service.clock import FrozenClock
from queue_service.model import PriorityCategory, Window, table
from queue_service.model.ticket import Channel
from queue_service.rules.errors import Refused
from queue_service.settings import Settings
from queue_service.storage import boards, ledger
from queue_service.storage.boards import legs_with_tickets
from queue_service.storage.database import Database
from queue_service.storage.followed import Followed
from queue_service.storage.lookup import leg_table
from queue_service.storage.rows import change_row
from tests.faults.installation import kind_of
from tests.make import an_office, an_operator
from tests.model_of_hall import ModelHall, Visit
from tests.model_of_hall import Window as ModelWindow

STEPS_PER_RUN = 100
STEPS = int(os.environ.get("QS_STEPS", "1000"))
"""Steps on each database; 10,000 for a release."""
STEPS_TO_GET_EVERYWHERE = 2000

CALLS = {"tickets", "cancel", "rejoin", "defer", "services", "return", "priority", "close-day"}
CALLS |= {"open", "close", "pause", "resume", "next", "call", "recall", "start"}
CALLS |= {"no-show", "finish", "hold", "transfer", "undo"}
"""What must have been accepted at some time, by the last part of its address, so that the steps mean something."""

SERVICES = "ABC"
WINDOWS = {"1": "AB", "2": "BC", "3": "ABC"}
NEEDS = {"1": [], "2": ["wheelchair"], "3": ["wheelchair", "interpreter"]}
LANGUAGES = {"1": ["ru", "en"], "2": ["ru"], "3": ["en"]}
OPERATORS = ("anna", "boris", "clara")
MORE_STAFF = (("rita", "reception"), ("helen", "hall"))
ZONE = "Europe/Warsaw"
HEADS: dict[str | None, tuple[int, int]] = {None: (0, 85), "veteran": (90, 90), "infant": (30, 85)}
CATEGORIES = ("veteran", "infant")

PRIORITIES = (None, None, None, *CATEGORIES)
NEEDED: list[tuple[str, ...]] = [
    (),
    (),
    (),
    (),
    ("wheelchair",),
    ("interpreter", "language"),
    ("language", "companion"),
]

AT_WINDOW = {
    "closed": ["open"],
    "paused": ["resume", "resume", "next", "close", "undo"],
    "open": [*["next"] * 6, *["call"] * 3, "undo", "pause", "close", "open"],
    "called": [*["start"] * 3, *["recall"] * 3, "no-show", "hold", "transfer", "undo", "next"],
    "recalled": [*["no-show"] * 3, "start", "recall", "hold", "finish", "transfer", "undo"],
    "serving": [*["finish"] * 4, *["transfer"] * 4, *["hold"] * 2, "undo", "recall", "pause"],
}
"""What is pressed at a window, by its state and that of its visitor."""
VISITORS = [*["take_ticket"] * 5, *["check_in"] * 2]
EVERYBODY = [*VISITORS, *["serve"] * 16, "leave", "rejoin", "rejoin", "defer", "add_service", "bring_back"]
EVERYBODY += ["grant_priority", "press_in_a_stale_tab", "change_roster", *["wait"] * 5, *["end_day"] * 6]


class HallMachine(RuleBasedStateMachine):
    """One run is one branch of its own in a shared database."""

    database: Database
    clock: FrozenClock
    client: Any
    runs = 0
    chance: Random
    steps = 0
    accepted: Counter[str]
    """How often each call did something."""

    @initialize(seed=st.integers(0, 2**63))
    def begin(self, seed: int) -> None:
        # One seed for a run: choices drawn one by one repeat each other too much to get anybody far.
        self.chance = Random(seed)
        starts_on_call, no_show_after = self.chance.random() < 0.2, self.chance.choice([None, 60])
        type(self).runs += 1
        self.posts = 0
        self.branch = f"branch-{self.runs}"
        self.clock.moment = datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(days=10 * self.runs)
        facts: dict[str, Any] = {"starts_on_call": starts_on_call, "no_show_after_seconds": no_show_after}
        an_office(self.database, SERVICES, WINDOWS, code=self.branch, **facts)
        self.database.act(self.branch, self._set_up)
        self.windows = {w.code: w.id for w in self.database.setup(self.branch).windows}
        self.staff: dict[str, int] = {}
        self.tokens: dict[str, str] = {}
        for name, role in (*((name, "operator") for name in OPERATORS), *MORE_STAFF):
            person = f"{name}-{self.runs}"
            self.staff[name] = an_operator(self.database, person, self.branch, role=role, password=None).id
            self.tokens[name] = self._token(person)
        model = {
            code: ModelWindow(code, set(letters), {*NEEDS[code], *(f"language:{one}" for one in LANGUAGES[code])})
            for code, letters in WINDOWS.items()
        }
        self.model = ModelHall(model, HEADS, ZONE, self.clock.now(), starts_on_call)
        self.model.no_show_after = None if no_show_after is None else timedelta(seconds=no_show_after)
        self.ticket_tokens: dict[int, str] = {}
        self.followed = Followed()

    def _token(self, person: str) -> str:
        return self.database.write(lambda connection: staff.create_token(connection, person, self.clock.now()))

    def _set_up(self, hall: Any) -> None:
        for one in hall.setup.windows:
            meets = {"needs": NEEDS[one.code], "languages": LANGUAGES[one.code]}
            change_row(hall.connection, table(Window), one.id, **meets)
        for code in CATEGORIES:
            heads = dict(zip(("walk_in", "appointment"), HEADS[code], strict=True))
            row = {"branch_id": hall.setup.branch_id, "code": code, "name": {"ru": code}, "proof": {}, "position": 0}
            row |= {"legal_basis": "", "head_start_minutes": heads, "is_self_declared": code == "infant"}
            hall.connection.execute(insert(table(PriorityCategory)).values(row))
        hall.set_up_again()
        hall.record("test_set_up", "system")

    # --- speaking

    def post(self, path: str, body: Any = None, who: str | None = None) -> Any:
        self.posts += 1
        headers = {"Idempotency-Key": f"{self.branch}-{self.posts}"}
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        answer = self.client.post(f"/api/v1{path}", json=body or {}, headers=headers)
        tell(f"{self.clock.now():%H:%M:%S} {who} {path} {body or ''}: {answer.status_code}")
        assert answer.status_code < 500, answer.get_data(as_text=True)
        if answer.status_code >= 400:
            assert json.loads(answer.get_data())["detail"]
        else:
            self.accepted[path.rsplit("/", 1)[-1]] += 1
        if answer.status_code == 200 and self.posts % 4 == 0:  # the answer got lost, and the page asks again
            again = self.client.post(f"/api/v1{path}", json=body or {}, headers=headers)
            assert (again.status_code, again.get_data()) == (answer.status_code, answer.get_data())
        return answer

    def at(self, code: str, verb: str, who: str, body: Any = None) -> Any:
        return self.post(f"/windows/{self.windows[code]}/{verb}", body, who)

    def agree(self, answer: Any, allowed: bool) -> None:
        assert (answer.status_code < 300) == allowed, (allowed, answer.status_code, answer.get_data(as_text=True))

    def visit(self, likely: set[str]) -> Visit:
        """One of today's visits, mostly one in such a state."""
        visits = self.visits_today()
        fitting = [visit for visit in visits if visit.state in likely]
        chosen: Visit = self.chance.choice(visits if not fitting or self.is_odd() else fitting)
        return chosen

    def visits_today(self) -> list[Visit]:
        return [visit for key, visit in self.model.visits.items() if not key.startswith("-")]

    def leg_of(self, visit: Visit) -> int:
        return next(int(row.id) for row in reversed(self.rows()) if row.label == visit.number)

    def rows(self, condition: Any = None) -> list[Any]:
        """The legs of today, or those that fulfil the condition, in the order of their tickets."""
        condition = leg_table.c.service_day == self.model.day if condition is None else condition
        query = (
            legs_with_tickets()
            .where(leg_table.c.branch_id == self.database.setup(self.branch).branch_id, condition)
            .order_by(leg_table.c.ticket_id, leg_table.c.position)
        )
        return list(self.database.read(lambda connection: connection.execute(query).all()))

    @rule()
    def step(self) -> None:
        """Whatever anybody may do now, the likely more often than the unlikely."""
        type(self).steps += 1
        getattr(self, self.chance.choice(EVERYBODY if self.visits_today() else VISITORS))()

    def is_odd(self) -> bool:
        """Now and then something is done that makes little sense."""
        return self.chance.random() < 0.1

    def or_none(self, values: Sequence[str]) -> str | None:
        return self.chance.choice([None, self.chance.choice(values)])

    def some(self, values: Sequence[str], at_least: int) -> list[str]:
        return self.chance.sample(values, self.chance.randint(at_least, len(values)))

    # --- visitors and reception

    def take_ticket(self) -> None:
        services = self.some(SERVICES, 1) + (["A"] if self.is_odd() else [])
        language, priority = self.chance.choice(["ru", "en"]), self.chance.choice(PRIORITIES)
        needs, by_reception = set(self.chance.choice(NEEDED)), self.chance.choice([True, False])
        order = {"services": services, "language": language, "needs": sorted(needs), "priority": priority}
        who = "rita" if by_reception else None
        answer = self.post(f"/branches/{self.branch}/tickets", {**order, "channel": "kiosk"}, who)
        if priority == "veteran" and not by_reception and answer.status_code == 403:
            return
        visit = self.model.issue(services, needs, language, priority)
        self.agree(answer, visit is not None)
        if visit is not None:
            board = answer.get_json()
            assert board["number"] == visit.number
            self.ticket_tokens[visit.came] = board["token"]

    def check_in(self) -> None:
        code, minutes = self.chance.choice(SERVICES), self.chance.randint(-40, 200)
        booked = self.clock.now() + timedelta(minutes=minutes)
        order = Order((code,), "ru", Channel.WEB, booked_at=booked)
        visit = self.model.issue([code], set(), "ru", None, booked)
        if visit is None:
            with pytest.raises(Refused, match="no_window"):
                self.database.act(self.branch, lambda hall: issue(hall, order))
            return
        issued = self.database.act(self.branch, lambda hall: issue(hall, order))
        assert issued.label == visit.number
        self.ticket_tokens[visit.came] = issued.token

    def leave(self) -> None:
        self._on_visit("cancel", {"waiting", "held", "missed"}, self.model.cancel)

    def rejoin(self) -> None:
        self._on_visit("rejoin", {"missed"}, self.model.rejoin)

    def _on_visit(self, verb: str, likely: set[str], allowed: Callable[[Visit], bool]) -> None:
        visit = self.visit(likely)
        if self.chance.choice([True, False]):
            answer = self.post(f"/legs/{self.leg_of(visit)}/{verb}", who="rita")
        else:
            answer = self.post(f"/tickets/{self.ticket_tokens[visit.came]}/{verb}")
        self.agree(answer, allowed(visit))

    def defer(self) -> None:
        visit, minutes = self.visit({"waiting", "held"}), self.chance.choice([0, 5, 15, 16])
        answer = self.post(f"/tickets/{self.ticket_tokens[visit.came]}/defer", {"minutes": minutes})
        self.agree(answer, self.model.defer(visit, minutes))

    def add_service(self) -> None:
        visit, code = self.visit({"waiting", "called", "serving", "held", "missed"}), self.chance.choice(SERVICES)
        answer = self.post(f"/tickets/{self.ticket_tokens[visit.came]}/services", {"code": code})
        self.agree(answer, self.model.add_service(visit, code))

    def bring_back(self) -> None:
        visit = self.visit({"held"})
        answer = self.post(f"/legs/{self.leg_of(visit)}/return", who="anna")
        self.agree(answer, self.model.bring_back(visit))

    def grant_priority(self) -> None:
        visit, priority = self.visit({"waiting", "held", "missed"}), self.chance.choice(CATEGORIES)
        answer = self.post(f"/legs/{self.leg_of(visit)}/priority", {"priority": priority}, "rita")
        self.agree(answer, self.model.grant(visit, priority))

    def end_day(self) -> None:
        """Now and then: by the hall's administrator, or by midnight."""
        if not self.is_odd():
            return
        if self.chance.choice([True, False]):
            return self._pass_midnight()
        answer = self.post(f"/branches/{self.branch}/close-day", who="helen")
        self.agree(answer, self.model.close_day())

    # --- operators

    def serve(self) -> None:
        """Something at a window, by who works there and such as its state suggests; or anything by anybody."""
        code = self.chance.choice(list(WINDOWS))
        place = self.model.windows[code]
        free = set(OPERATORS) - {other.operator for other in self.model.windows.values()}
        likely = [place.operator] if place.operator else sorted(free)
        who = self.chance.choice(OPERATORS if self.is_odd() else likely)
        visit = self.model.at(place)
        state = place.state if visit is None else "recalled" if visit.calls > 1 else visit.state
        verbs = [verb for fitting in AT_WINDOW.values() for verb in fitting] if self.is_odd() else AT_WINDOW[state]
        verb = self.chance.choice(verbs)
        getattr(self, verb, self.press)(verb, code, who)

    def press(self, verb: str, code: str, who: str) -> None:
        """A button without further questions."""
        body = {"finish": {"outcome": "solved"}, "pause": {"reason": "lunch"}}.get(verb)
        answer = self.at(code, verb, who, body)
        self.agree(answer, getattr(self.model, verb.replace("-", "_"))(self.model.windows[code], who))

    def open(self, verb: str, code: str, who: str) -> None:
        services = self.chance.choice([None, set(self.some(SERVICES, 1))])
        answer = self.at(code, "open", who, None if services is None else {"services": sorted(services)})
        self.agree(answer, self.model.open(self.model.windows[code], who, services))

    def next(self, verb: str, code: str, who: str) -> None:
        place = self.model.windows[code]
        answer = self.at(code, "next", who)
        self.agree(answer, self.model.may_call(place, who))
        if answer.status_code < 300:
            self._called(place, answer, self.model.first(place))

    def call(self, verb: str, code: str, who: str) -> None:
        place, visit = self.model.windows[code], self.visit({"waiting", "held"})
        answer = self.at(code, "call", who, {"number": visit.number, "reason": "unwell"})
        self.agree(answer, self.model.may_call(place, who) and self.model.may_call_chosen(place, visit))
        if answer.status_code < 300:
            self._called(place, answer, visit)

    def _called(self, place: ModelWindow, answer: Any, visit: Visit | None) -> None:
        if visit is None:
            assert answer.status_code == 204
            return
        assert answer.status_code == 200, f"nobody waits, but {visit.number} does"
        assert answer.get_json()["number"] == visit.number
        self.model.call(place, visit)

    def hold(self, verb: str, code: str, who: str) -> None:
        minutes = self.chance.choice([None, 1, 20])
        body = {"reason": "copies"}
        if minutes is not None:
            body["return_at"] = (self.clock.now() + timedelta(minutes=minutes)).isoformat()
        answer = self.at(code, "hold", who, body)
        self.agree(answer, self.model.hold(self.model.windows[code], who, minutes))

    def transfer(self, verb: str, code: str, who: str) -> None:
        target, to, colleague = self.or_none(SERVICES), self.or_none(list(WINDOWS)), self.or_none(OPERATORS)
        body: dict[str, Any] = {"service": target, "and_back": self.chance.choice([True, False])}
        body["window"] = None if to is None else str(self.windows[to])
        body["operator"] = None if colleague is None else str(self.staff[colleague])
        answer = self.at(code, "transfer", who, body)
        place = self.model.windows[code]
        self.agree(answer, self.model.transfer(place, who, target, to, colleague, body["and_back"]))

    def press_in_a_stale_tab(self) -> None:
        """The page shows a visitor who may no longer be the one at the window."""
        code, verb = self.chance.choice(list(WINDOWS)), self.chance.choice(["recall", "start", "no-show", "finish"])
        place, meant = self.model.windows[code], self.visit({"called", "serving"})
        body = {"leg": str(self.leg_of(meant)), **({"outcome": "solved"} if verb == "finish" else {})}
        who = place.operator or "anna"
        answer = self.at(code, verb, who, body)
        is_right = self.model.at(place) is meant
        self.agree(answer, is_right and getattr(self.model, verb.replace("-", "_"))(place, who))

    def change_roster(self) -> None:
        code, services = self.chance.choice(list(WINDOWS)), set(self.some(SERVICES, 1))

        def change(hall: Any) -> None:
            facts = window_facts(window_by_code(hall.setup, code)).model_copy(update={"services": sorted(services)})
            change_window(hall, code, facts, "system")

        self.model.catch_up()
        if self.model.roster(self.model.windows[code], services):
            self.database.act(self.branch, change)
            return
        with pytest.raises(Refused, match="people_stranded"):
            self.database.act(self.branch, change)

    # --- time

    def wait(self) -> None:
        self._pass(self.chance.choice([1, 5, 11, 16, 16, 16, 60, 300, 1200]))

    def _pass_midnight(self) -> None:
        local = self.clock.now().astimezone(ZoneInfo(ZONE))
        midnight = datetime.combine(local.date() + timedelta(days=1), time(0), local.tzinfo)
        self._pass(int((midnight - local).total_seconds()) + self.chance.choice([-8, 0, 1, 36_000]))

    def _pass(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)
        self.model.tick(seconds)
        self.model.catch_up()

    # --- what must be so after every step

    @invariant()
    def hall_and_model_are_the_same(self) -> None:
        self.database.act(self.branch, lambda hall: None)
        self.model.catch_up()
        rows = {row.ticket_id: row for row in self.rows()}  # the last leg of each ticket
        waiting = sorted((r for r in rows.values() if r.state == "waiting"), key=lambda r: (r.turn, r.ticket_id))
        assert [row.label for row in waiting] == self.model.line()
        for state in ("called", "serving", "held", "missed", "cancelled", "done", "left"):
            assert {row.label for row in rows.values() if row.state == state} >= {
                visit.number for key, visit in self.model.visits.items() if visit.state == state and key[0] != "-"
            }, state
        expected = {self.windows[code]: self.model.at(place) for code, place in self.model.windows.items()}
        taken = {row.window_id: row.label for row in self.rows(leg_table.c.state.in_(["called", "serving"]))}
        assert taken == {place: visit.number for place, visit in expected.items() if visit is not None}

    @invariant()
    def phones_see_together_what_each_sees_alone(self) -> None:
        def compare(connection: Any) -> None:
            setup, now = self.database.setups.read(connection, self.branch), self.clock.now()
            tickets = {row.ticket_id for row in self.rows()}
            look = self.followed.look(connection, setup, now, tickets)
            assert dict(look.pictures()) == {i: boards.ticket(connection, setup, now, i) for i in tickets}

        self.database.read(compare)

    def teardown(self) -> None:
        assert ledger.verify_branch(self.database, self.branch)[0] is None
        assert ledger.replay_branch(self.database, self.branch).deviations == []


def test_random_moves_agree_with_the_model(database: Database, clock: FrozenClock, tmp_path: Any, note: Any) -> None:
    app = create_app(database, Settings(data=tmp_path))
    about: dict[str, Any] = {"database": database, "clock": clock, "client": app.test_client(), "accepted": Counter()}
    machine: Any = type("Machine", (HallMachine,), about)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=STEPS // STEPS_PER_RUN + 1,
            stateful_step_count=STEPS_PER_RUN,
            deadline=None,
            print_blob=True,
            phases=[Phase.generate, *([Phase.shrink] if os.environ.get("QS_SHRINK") else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )
    figures = {"steps": machine.steps, "runs": machine.runs, "accepted": sum(machine.accepted.values())}
    note("A18", kind_of(database), **figures)
    never = CALLS - set(machine.accepted)
    assert len(never) <= 2 or STEPS < STEPS_TO_GET_EVERYWHERE, f"of so many steps none got as far as {never}"
