"""A18: random moves over the public API, step by step against the plain model of tests/model_of_hall.py."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import insert

from queue_service.actions import staff
from queue_service.actions.setup import change_window, window_by_code, window_facts
from queue_service.actions.tickets import Order, issue
from queue_service.app import create_app
from queue_service.clock import FrozenClock
from queue_service.model import PriorityCategory, Window, table
from queue_service.model.ticket import Channel
from queue_service.rules.errors import Refused
from queue_service.settings import Settings
from queue_service.storage import ledger
from queue_service.storage.boards import leg_table, legs_with_tickets
from queue_service.storage.database import Database
from queue_service.storage.rows import change_row
from tests.make import an_office, an_operator
from tests.model_of_hall import ModelHall, Visit
from tests.model_of_hall import Window as ModelWindow

STEPS_PER_RUN = 50
STEPS = int(os.environ.get("QS_STEPS", "2000"))
"""Steps on each database; 10,000 for a release."""

SERVICES = "ABC"
WINDOWS = {"1": "AB", "2": "BC", "3": "ABC"}
NEEDS = {"1": [], "2": ["wheelchair"], "3": ["wheelchair", "interpreter"]}
LANGUAGES = {"1": ["ru", "en"], "2": ["ru"], "3": ["en"]}
OPERATORS = ("anna", "boris", "clara")
HEADS: dict[str | None, tuple[int, int]] = {None: (0, 85), "veteran": (90, 90), "infant": (30, 85)}
CATEGORIES = ("veteran", "infant")

window = st.sampled_from(list(WINDOWS))
operator = st.sampled_from(OPERATORS)
whose = st.sampled_from([None, None, None, None, None, *OPERATORS])
"""Who acts at a window: mostly whoever works there (None)."""
service = st.sampled_from(SERVICES)
which = st.integers(0, 30)
needs = st.sets(st.sampled_from(["wheelchair", "interpreter", "language", "companion"]), max_size=2)


class HallMachine(RuleBasedStateMachine):
    """One run is one branch of its own in a shared database."""

    database: Database
    clock: FrozenClock
    client: Any
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.branch = f"branch-{self.runs}"
        self.clock.moment = datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(days=10 * self.runs)
        an_office(self.database, SERVICES, WINDOWS, code=self.branch)
        self.database.act(self.branch, self._set_up)
        self.windows = {w.code: w.id for w in self.database.setup(self.branch).windows}
        self.staff: dict[str, int] = {}
        self.tokens: dict[str, str] = {}
        for name, role in (*((name, "operator") for name in OPERATORS), ("rita", "reception")):
            person = f"{name}-{self.runs}"
            self.staff[name] = an_operator(self.database, person, self.branch, role=role).id
            self.tokens[name] = self._token(person)
        model = {
            code: ModelWindow(code, set(letters), {*NEEDS[code], *(f"language:{one}" for one in LANGUAGES[code])})
            for code, letters in WINDOWS.items()
        }
        self.model = ModelHall(model, HEADS, "Europe/Warsaw", self.clock.now())
        self.ticket_tokens: dict[int, str] = {}

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
        headers = {} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}
        answer = self.client.post(f"/api/v1{path}", json=body or {}, headers=headers)
        assert answer.status_code < 500, answer.get_data(as_text=True)
        if answer.status_code >= 400:
            assert json.loads(answer.get_data())["detail"]
        return answer

    def at(self, code: str, verb: str, who: str, body: Any = None) -> Any:
        return self.post(f"/windows/{self.windows[code]}/{verb}", body, who)

    def whoever(self, code: str, who: str | None) -> str:
        return who or self.model.windows[code].operator or "anna"

    def agree(self, answer: Any, allowed: bool) -> None:
        assert (answer.status_code < 300) == allowed, (allowed, answer.status_code, answer.get_data(as_text=True))

    def visit(self, index: int) -> Visit:
        visits = [visit for key, visit in self.model.visits.items() if not key.startswith("-")]
        return visits[index % len(visits)]

    def leg_of(self, visit: Visit) -> int:
        return next(int(row.id) for row in reversed(self.rows()) if row.label == visit.number)

    def rows(self) -> list[Any]:
        branch = self.database.setup(self.branch).branch_id
        today = self.model.day
        query = (
            legs_with_tickets()
            .where(leg_table.c.branch_id == branch, leg_table.c.service_day == today)
            .order_by(leg_table.c.turn, leg_table.c.ticket_id, leg_table.c.position)
        )
        return list(self.database.read(lambda connection: connection.execute(query).all()))

    def has_visits(self) -> bool:
        return any(not key.startswith("-") for key in self.model.visits)

    # --- visitors and reception

    @rule(
        services=st.lists(service, min_size=1, max_size=3),
        needs=needs,
        language=st.sampled_from(["ru", "en"]),
        priority=st.sampled_from([None, None, None, "infant", "veteran"]),
        by_reception=st.booleans(),
    )
    def take_ticket(
        self, services: list[str], needs: set[str], language: str, priority: str | None, by_reception: bool
    ) -> None:
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

    @rule(service=service, minutes=st.integers(-40, 200))
    def check_in(self, service: str, minutes: int) -> None:
        booked = self.clock.now() + timedelta(minutes=minutes)
        order = Order((service,), "ru", Channel.WEB, booked_at=booked)
        visit = self.model.issue([service], set(), "ru", None, booked)
        if visit is None:
            with pytest.raises(Refused, match="no_window"):
                self.database.act(self.branch, lambda hall: issue(hall, order))
            return
        issued = self.database.act(self.branch, lambda hall: issue(hall, order))
        assert issued.label == visit.number
        self.ticket_tokens[visit.came] = issued.token

    @precondition(has_visits)
    @rule(index=which, verb=st.sampled_from(["cancel", "rejoin"]), by_staff=st.booleans())
    def leave_or_rejoin(self, index: int, verb: str, by_staff: bool) -> None:
        visit = self.visit(index)
        self.model.catch_up()
        if by_staff:
            answer = self.post(f"/legs/{self.leg_of(visit)}/{verb}", who="rita")
        else:
            answer = self.post(f"/tickets/{self.ticket_tokens[visit.came]}/{verb}")
        self.agree(answer, self.model.cancel(visit) if verb == "cancel" else self.model.rejoin(visit))

    @precondition(has_visits)
    @rule(index=which, minutes=st.sampled_from([0, 5, 15, 16]))
    def defer(self, index: int, minutes: int) -> None:
        visit = self.visit(index)
        self.model.catch_up()
        answer = self.post(f"/tickets/{self.ticket_tokens[visit.came]}/defer", {"minutes": minutes})
        self.agree(answer, self.model.defer(visit, minutes))

    @precondition(has_visits)
    @rule(index=which, service=service)
    def add_service(self, index: int, service: str) -> None:
        visit = self.visit(index)
        self.model.catch_up()
        answer = self.post(f"/tickets/{self.ticket_tokens[visit.came]}/services", {"code": service})
        self.agree(answer, self.model.add_service(visit, service))

    @precondition(has_visits)
    @rule(index=which)
    def bring_back(self, index: int) -> None:
        visit = self.visit(index)
        self.model.catch_up()
        answer = self.post(f"/legs/{self.leg_of(visit)}/return", who="anna")
        self.agree(answer, self.model.bring_back(visit))

    @precondition(has_visits)
    @rule(index=which, priority=st.sampled_from(CATEGORIES))
    def grant_priority(self, index: int, priority: str) -> None:
        visit = self.visit(index)
        self.model.catch_up()
        answer = self.post(f"/legs/{self.leg_of(visit)}/priority", {"priority": priority}, "rita")
        self.agree(answer, self.model.grant(visit, priority))

    # --- operators

    @rule(code=window, who=operator, verb=st.sampled_from(["open", "open", "close", "pause", "resume"]))
    def shift(self, code: str, who: str, verb: str) -> None:
        answer = self.at(code, verb, who, {"reason": "lunch"} if verb == "pause" else None)
        self.model.catch_up()
        self.agree(answer, getattr(self.model, verb)(self.model.windows[code], who))

    @rule(code=window, who=whose)
    def call_next(self, code: str, who: str | None) -> None:
        who = self.whoever(code, who)
        place = self.model.windows[code]
        answer = self.at(code, "next", who)
        self.model.catch_up()
        self.agree(answer, self.model.may_call(place, who))
        if answer.status_code < 300:
            self._called(place, answer, self.model.first(place))

    @precondition(has_visits)
    @rule(code=window, who=whose, index=which)
    def call_chosen(self, code: str, who: str | None, index: int) -> None:
        who = self.whoever(code, who)
        place = self.model.windows[code]
        visit = self.visit(index)
        answer = self.at(code, "call", who, {"number": visit.number, "reason": "unwell"})
        self.model.catch_up()
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

    @rule(code=window, who=whose, verb=st.sampled_from(["recall", "start", "start", "no_show", "finish", "undo"]))
    def move(self, code: str, who: str | None, verb: str) -> None:
        who = self.whoever(code, who)
        answer = self.at(code, verb.replace("_", "-"), who, {"outcome": "solved"} if verb == "finish" else None)
        self.model.catch_up()
        self.agree(answer, getattr(self.model, verb)(self.model.windows[code], who))

    @rule(code=window, who=whose, minutes=st.sampled_from([None, 1, 20]))
    def hold(self, code: str, who: str | None, minutes: int | None) -> None:
        who = self.whoever(code, who)
        body = {"reason": "copies"}
        if minutes is not None:
            body["return_at"] = (self.clock.now() + timedelta(minutes=minutes)).isoformat()
        answer = self.at(code, "hold", who, body)
        self.model.catch_up()
        self.agree(answer, self.model.hold(self.model.windows[code], who, minutes))

    @rule(
        code=window,
        who=whose,
        service=st.none() | service,
        to=st.none() | window,
        colleague=st.none() | operator,
        back=st.booleans(),
    )
    def transfer(
        self, code: str, who: str | None, service: str | None, to: str | None, colleague: str | None, back: bool
    ) -> None:
        who = self.whoever(code, who)
        body: dict[str, Any] = {"service": service, "and_back": back}
        body["window"] = None if to is None else str(self.windows[to])
        body["operator"] = None if colleague is None else str(self.staff[colleague])
        answer = self.at(code, "transfer", who, body)
        self.model.catch_up()
        place = self.model.windows[code]
        self.agree(answer, self.model.transfer(place, who, service, to, colleague, back))

    @rule(code=window, services=st.sets(service, min_size=1))
    def change_roster(self, code: str, services: set[str]) -> None:
        def change(hall: Any) -> None:
            facts = window_facts(window_by_code(hall.setup, code)).model_copy(update={"services": sorted(services)})
            change_window(hall, code, facts, "system")

        self.database.act(self.branch, change)
        self.model.catch_up()
        self.model.roster(self.model.windows[code], services)

    @rule(seconds=st.sampled_from([1, 5, 11, 16, 60, 300, 1200]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)
        self.model.tick(seconds)

    @rule()
    def next_morning(self) -> None:
        if len(self.model.visits) > 12:
            self.wait(86_400)

    # --- what must be so after every step

    @invariant()
    def hall_and_model_are_the_same(self) -> None:
        self.database.act(self.branch, lambda hall: None)
        self.model.catch_up()
        rows = {row.ticket_id: row for row in self.rows()}  # the last leg of each ticket
        waiting = sorted((r for r in rows.values() if r.state == "waiting"), key=lambda r: (r.turn, r.ticket_id))
        assert [row.label for row in waiting] == self.model.line()
        for state in ("called", "serving", "held", "missed", "cancelled", "done"):
            assert {row.label for row in rows.values() if row.state == state} >= {
                visit.number for key, visit in self.model.visits.items() if visit.state == state and key[0] != "-"
            }, state
        taken = {row.window_id: row.label for row in self.rows() if row.state in ("called", "serving")}
        for code, place in self.model.windows.items():
            visit = self.model.at(place)
            if visit is not None and f"-{visit.number}" not in self.model.visits:
                assert taken.pop(self.windows[code]) == visit.number
        assert not taken

    def teardown(self) -> None:
        assert ledger.verify_branch(self.database, self.branch)[0] is None
        assert ledger.replay_branch(self.database, self.branch).deviations == []


def test_random_moves_agree_with_the_model(database: Database, clock: FrozenClock, tmp_path: Any) -> None:
    app = create_app(database, Settings(data=tmp_path))
    machine = type("Machine", (HallMachine,), {"database": database, "clock": clock, "client": app.test_client()})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, STEPS // STEPS_PER_RUN),
            stateful_step_count=STEPS_PER_RUN,
            deadline=None,
            print_blob=True,
            phases=[Phase.generate, *([Phase.shrink] if os.environ.get("QS_SHRINK") else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )
