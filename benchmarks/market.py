"""Who comes when a scarce day opens? Scripted people who need one slot, and scripted bots that want to sell them.

Everything happens over the HTTP interface, in simulated time: an agent says after how many seconds it goes on. A proof
of work is solved for real with few hashes, and takes as long as a phone or a seller's share of a fast machine needs for
a hundred times as many.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from altcha.v1 import Challenge, Payload, solve_challenge
from flask.testing import FlaskClient

from queue_service.clock import FrozenClock

HASHES_A_SECOND = {"person": 1_000, "bot": 2_000}
"""A hundredth of a phone's, and of what each of fifty bots gets of sixteen cores."""
PERSON_TRIES, PERSON_PAUSE = 8, 1200.0
IDENTITIES = 3
"""Phone numbers with e-mail addresses that each bot has."""
BOTS_PER_ADDRESS = 5
RUSH_SECONDS, RUSH_PAUSE, LATER_PAUSE = 30.0, 2.0, 300.0
BUYERS_PATIENCE, BUYERS_PAUSE = 180.0, 5.0
Agent = Generator[float, None, None]


@dataclass
class Market:
    """One office on one day, and those who want its slots."""

    client: FlaskClient
    clock: FrozenClock
    chance: random.Random
    day: str
    opens_at: datetime
    ends_at: datetime
    booked: dict[str, str] = field(default_factory=dict)
    """Who has what: the token of each appointment, and whether a `person`, a `bot` or a `buyer` booked it."""
    first_of_bots: int = 0
    resold: int = 0
    held_by_people: int = 0
    booked_by_people: int = 0
    hashes_of_bots: int = 0
    _agenda: list[tuple[float, int, Agent]] = field(default_factory=list)
    _order: Any = field(default_factory=itertools.count)

    def enter(self, after: float, agent: Agent) -> None:
        """An agent comes so many seconds after the day has opened (before it, when negative)."""
        heapq.heappush(self._agenda, (after, next(self._order), agent))

    def run(self, every_seconds: float, tick: Callable[[], Any]) -> None:
        """Let everybody act in the order of time; `tick` is what the office does by itself."""
        self.enter(0, self._ticking(every_seconds, tick))
        while self._agenda:
            at, _, agent = heapq.heappop(self._agenda)
            self.clock.moment = self.opens_at + timedelta(seconds=at)
            if self.clock.moment >= self.ends_at:
                return
            pause = next(agent, None)
            if pause is not None:
                self.enter(at + pause, agent)

    @property
    def seconds(self) -> float:
        return (self.clock.moment - self.opens_at).total_seconds()

    def _ticking(self, every_seconds: float, tick: Callable[[], Any]) -> Agent:
        while True:
            tick()
            yield every_seconds


@dataclass
class Browser:
    """Somebody's access to the office: an address, and the proof of work that it has at hand."""

    market: Market
    kind: str
    address: str
    name: str
    proof: str = ""

    def send(self, method: str, path: str, body: Any = None) -> Generator[float, None, Any]:
        """The answer; a puzzle that is asked is solved on the way."""
        answer = self._send(method, path, body)
        while answer.status_code == 403:
            puzzle = (answer.json or {}).get("challenge") or self._send("GET", CHALLENGE, None).json
            number, self.proof = solved(puzzle)
            if self.kind == "bot":
                self.market.hashes_of_bots += number
            yield number / HASHES_A_SECOND[self.kind]
            answer = self._send(method, path, body)
        return answer

    def slots(self) -> Generator[float, None, list[str]]:
        day = self.market.day
        answer = yield from self.send("GET", f"/branches/market/slots?service=A&from={day}&to={day}")
        return [slot["starts_at"] for slot in answer.json] if answer.status_code == 200 else []

    def hold(self, starts_at: str) -> Generator[float, None, Any]:
        order = {"service": "A", "starts_at": starts_at, "holder": f"browser of {self.name}"}
        return (yield from self.send("POST", "/branches/market/slot-holds", order))

    def book(self, hold: str, person: dict[str, str]) -> Any:
        answer = self._send("POST", "/appointments", {"hold": hold, **person})
        if answer.status_code == 201:
            self.market.booked[answer.json["token"]] = self.kind
        return answer

    def wait(self, where: str, person: dict[str, str]) -> Generator[float, None, str | None]:
        """Join the waiting list or a draw (`where`); the token, when one was given."""
        days = {"from": self.market.day, "to": self.market.day}
        answer = yield from self.send("POST", f"/branches/market/{where}", {"service": "A", **days, **person})
        return answer.json["token"] if answer.status_code == 201 else None

    def look_at(self, token: str) -> Any:
        return self._send("GET", f"/waiting-list/{token}", None).json

    def accept(self, token: str) -> None:
        answer = self._send("POST", f"/waiting-list/{token}/accept", {})
        if answer.status_code == 201:
            self.market.booked[answer.json["token"]] = self.kind

    def is_drawn(self) -> bool:
        return bool(self._send("GET", "/branches/market/draws", None).json)

    def _send(self, method: str, path: str, body: Any) -> Any:
        return self.market.client.open(
            f"/api/v1{path}",
            method=method,
            json=body,
            headers={"X-Proof-Of-Work": self.proof} if self.proof else {},
            environ_overrides={"REMOTE_ADDR": self.address},
        )


CHALLENGE = "/branches/market/slot-challenge?service=A"
_numbers = itertools.count(1)


def solved(puzzle: Any) -> tuple[int, str]:
    names = ("algorithm", "challenge", "salt", "signature")
    known = {name: puzzle[name] for name in names}
    found = solve_challenge(Challenge(max_number=puzzle["maxNumber"], **known))
    assert found is not None
    return found.number, Payload(number=found.number, **known).to_base64()


def identity(kind: str) -> dict[str, str]:
    number = next(_numbers)
    email = f"{kind}{number}@example.org"
    return {"name": f"{kind.title()} Nr {number}", "phone": f"+4420{number:08d}", "email": email}


def person(market: Market, number: int) -> Agent:
    """Looks, chooses, fills in the form; comes back when there is nothing, or waits on the list."""
    browser = Browser(market, "person", f"10.1.{number // 250}.{number % 250 + 1}", f"person{number}")
    me, chance = identity("person"), market.chance
    for _ in range(PERSON_TRIES):
        if browser.is_drawn():
            token = yield from browser.wait("draws", me)
            if token is not None:
                yield from _follow(browser, token, chance)
                return
        free = yield from browser.slots()
        while free:
            yield chance.uniform(8, 20)
            held = yield from browser.hold(chance.choice(free))
            if held.status_code == 201:
                market.held_by_people += 1
                yield chance.uniform(45, 120)
                if browser.book(held.json["hold"], me).status_code == 201:
                    market.booked_by_people += 1
                    return
            free = yield from browser.slots()
        token = yield from browser.wait("waiting-list", me)
        if token is not None:
            yield from _follow(browser, token, chance)
            return
        yield PERSON_PAUSE


def bot(market: Market, number: int) -> Agent:
    """Takes whatever there is, under one identity after the other, and sells it later."""
    browser = Browser(market, "bot", f"10.2.0.{number // BOTS_PER_ADDRESS + 1}", f"bot{number}")
    spare = [identity("bot") for _ in range(IDENTITIES)]
    waiting: list[str] = []
    while spare:
        if market.seconds < RUSH_SECONDS and browser.is_drawn():
            waiting += yield from _enter(browser, "draws", spare)
        taken = yield from browser.slots()
        for slot in market.chance.sample(taken, len(taken)):
            me = spare[0]
            browser.name = me["phone"]  # a fresh browser for each identity
            held = yield from browser.hold(slot)
            if held.status_code != 201:
                break
            yield 0.5
            answer = browser.book(held.json["hold"], me)
            if answer.status_code == 201:
                spare.append(spare.pop(0))  # the next identity; the used one may serve again
                market.enter(market.seconds + market.chance.uniform(1200, 5400), sell(market, browser, answer.json))
            elif answer.json["code"] == "bookings_limit":
                spare.pop(0)
            if not spare or answer.status_code == 429:
                break
        if not taken and market.seconds > RUSH_SECONDS:  # before that there may be a draw to come
            waiting += yield from _enter(browser, "waiting-list", spare)
        waiting = [token for token in waiting if still_waits(browser, token)]
        yield RUSH_PAUSE if market.seconds < RUSH_SECONDS else LATER_PAUSE


def still_waits(browser: Browser, token: str) -> bool:
    """Takes what is offered; whether there is anything to wait for after that."""
    entry = browser.look_at(token)
    if entry["offer"]:
        browser.accept(token)
    return bool(entry["status"] == "waiting")


def sell(market: Market, browser: Browser, appointment: Any) -> Agent:
    """Give an appointment to a buyer: under a new name, or cancelled and booked anew."""
    token, buyer = appointment["token"], identity("buyer")
    if browser._send("PATCH", f"/appointments/{token}", buyer).status_code == 200:
        market.booked[token] = "buyer"
        market.resold += 1
        return
    browser._send("DELETE", f"/appointments/{token}", None)
    market.booked.pop(token, None)
    until = market.seconds + BUYERS_PATIENCE
    while market.seconds < until:
        free = yield from browser.slots()
        if free:
            held = yield from browser.hold(free[0])
            if held.status_code == 201 and browser.book(held.json["hold"], buyer).status_code == 201:
                market.resold += 1
                return
        yield BUYERS_PAUSE


def _enter(browser: Browser, where: str, spare: list[dict[str, str]]) -> Generator[float, None, list[str]]:
    """Every identity signs up, as far as it may."""
    found = []
    for me in spare:
        token = yield from browser.wait(where, me)
        if token is None:
            break
        found.append(token)
    return found


def _follow(browser: Browser, token: str, chance: random.Random) -> Agent:
    """Somebody who waits looks at their messages now and then."""
    while True:
        yield chance.uniform(60, 1500)
        if not still_waits(browser, token):
            return
