"""A19: nobody is called but by the two buttons that call: no page, no reload, no shift, no clock does it."""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from queue_service.actions import staff
from queue_service.app import create_app
from queue_service.clock import FrozenClock
from queue_service.jobs.housekeeping import move_what_is_due
from queue_service.settings import Settings
from queue_service.storage import ledger
from queue_service.storage.database import Database
from tests.faults.installation import kind_of
from tests.make import PASSWORD, an_office, an_operator
from tests.running import Server

ORDER = {"services": ["A"], "language": "ru", "channel": "kiosk"}


@dataclass
class Besides:
    """An office with visitors waiting, and everybody who could do anything but call one of them."""

    app: Any
    database: Database
    clock: FrozenClock
    tokens: dict[str, str]

    def send(self, method: str, path: str, who: str = "", body: Any = None, status: int | None = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        sent = {} if method == "GET" else {"json": body or {}}
        answer = self.app.test_client(use_cookies=False).open(path, method=method, headers=headers, **sent)
        assert status is None or answer.status_code == status, answer.get_data(as_text=True)
        return answer

    def post(self, path: str, who: str = "", body: Any = None, status: int = 200) -> Any:
        return self.send("POST", f"/api/v1{path}", who, body, status).get_json()

    def calls(self) -> int:
        """How many calls the ledger holds."""
        query = ledger.entries.select().where(ledger.entries.c.move == "call")
        return len(self.database.read(lambda connection: connection.execute(query).all()))

    def every_page(self, **known: str) -> int:
        """Opens whatever can be opened, twice, as an administrator and as anybody; how many answered."""
        rules = [rule for rule in self.app.url_map.iter_rules() if "GET" in rule.methods]
        answered = 0
        for rule in rules * 2:
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: known.get(name.group(1), "1"), str(rule))
            for who in ("", "admin"):
                answered += self.send("GET", path, who, status=None).status_code == 200
        return answered


@pytest.fixture
def besides(database: Database, clock: FrozenClock, tmp_path: Path) -> Besides:
    app = create_app(database, Settings(data=tmp_path))
    an_office(database)
    tokens = {}
    for name, role in (("anna", "operator"), ("rita", "hall"), ("admin", "admin")):
        an_operator(database, name, role=role, password=None)
        create = partial(staff.create_token, username=name, now=database.clock.now())
        tokens[name] = database.write(create)
    return Besides(app, database, clock, tokens)


def test_only_the_two_buttons_call_anybody(besides: Besides, note: Any) -> None:
    tickets = [besides.post("/branches/centre/tickets", body=ORDER, status=201) for _ in range(5)]
    one, two = (f"/windows/{window.id}" for window in besides.database.setup("centre").windows)
    a_shift = [(one, "open"), (one, "open"), (one, "pause"), (one, "resume"), (one, "close")]
    for window, verb in [*a_shift, (two, "open"), (two, "close"), (one, "open")]:
        besides.post(f"{window}/{verb}", "anna", {"reason": "lunch"} if verb == "pause" else None)
        besides.send("GET", "/api/v1/branches/centre/desk", "anna")
        besides.clock.advance(seconds=40)
        move_what_is_due(besides.database)
    known = {"branch": "centre", "token": tickets[0]["token"], "window": one.rsplit("/", 1)[-1], "leg": "1"}
    pages = besides.every_page(**known)
    assert pages > 20
    for ticket, wish, body in zip(
        tickets, ("defer", "services", "cancel"), ({"minutes": 5}, {"code": "B"}, None), strict=False
    ):
        besides.post(f"/tickets/{ticket['token']}/{wish}", body=body)
    besides.clock.advance(minutes=5)
    move_what_is_due(besides.database)
    unwanted = besides.calls()
    note("A19", kind_of(besides.database), pages_opened=pages, unwanted_calls=unwanted)
    assert unwanted == 0
    assert besides.post(f"{one}/next", "anna")["number"] == "A001"
    assert besides.calls() == 1


def test_the_end_of_a_visit_calls_nobody(besides: Besides) -> None:
    for _ in range(4):
        besides.post("/branches/centre/tickets", body=ORDER, status=201)
    at = f"/windows/{besides.database.setup('centre').windows[0].id}"
    besides.post(f"{at}/open", "anna")
    ends: list[list[tuple[str, Any]]] = [
        [("start", None), ("finish", {"outcome": "solved"})],
        [("recall", None), ("no-show", None)],
        [("hold", {"reason": "copies"})],
        [("undo", None)],
    ]
    for number, steps in enumerate(ends, 1):
        leg = besides.post(f"{at}/next", "anna")["leg"]
        for verb, body in steps:
            besides.clock.advance(seconds=16 if verb == "recall" else 1)
            besides.post(f"{at}/{verb}", "anna", body)
        if steps[0][0] == "hold":
            besides.post(f"/legs/{leg}/return", "anna")
        assert besides.calls() == number
        assert besides.send("GET", "/api/v1/branches/centre/desk", "rita").get_json()["windows"][0]["leg"] is None


def test_yesterdays_ticket_is_not_called_today(besides: Besides) -> None:
    for _ in range(2):
        besides.post("/branches/centre/tickets", body=ORDER, status=201)
    at = f"/windows/{besides.database.setup('centre').windows[0].id}"
    besides.post(f"{at}/open", "anna")
    besides.clock.advance(days=1)
    besides.post(f"{at}/call", "anna", {"number": "A002", "reason": "unwell"}, status=404)
    besides.send("POST", f"/api/v1{at}/next", "anna", status=204)
    assert besides.calls() == 0


@pytest.mark.browser
def test_reload_back_and_a_second_tab_call_nobody(browser: Browser, server: Server) -> None:
    server.take_ticket()
    server.take_ticket()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url}/")
    page.goto(f"{server.url}/desk?lang=en")
    page.fill("[name=username]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.click('[data-open="1"]')
    call_next = page.locator("[data-action=next]")
    expect(call_next).to_be_enabled()
    page.reload()
    expect(call_next).to_be_enabled()
    page.go_back()
    page.go_forward()
    expect(call_next).to_be_enabled()
    second = context.new_page()
    second.goto(f"{server.url}/desk?lang=en")
    expect(second.locator("[data-action=next]")).to_be_enabled()
    desk = server.get("/branches/centre/desk", "helen")
    assert (desk["waiting_total"], [window["leg"] for window in desk["windows"] if window["leg"]]) == (2, [])
    second.click("[data-action=next]")
    expect(page.locator("[data-leg-state=called]")).to_be_visible()
    assert server.get("/branches/centre/desk", "helen")["waiting_total"] == 1
    context.close()
