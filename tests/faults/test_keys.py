"""A5, A6, A7: trembling fingers, lost answers and held-down keys: what carries one key happens once."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from queue_service.app import create_app
from queue_service.clock import FrozenClock
from queue_service.settings import Settings
from queue_service.storage.database import Database
from tests.faults.checker import check, operations
from tests.faults.history import History
from tests.faults.installation import ZONE, Installation
from tests.faults.players import Player, run
from tests.make import an_office

ORDER = {"services": ["A"], "language": "ru", "channel": "kiosk"}
PARALLEL = SERIAL = 20
DOUBLE_CLICKS = 20
LONGEST_DOUBLE_CLICK_SECONDS = 0.05


def test_forty_taps_with_one_key_make_one_ticket(running: Installation, history: History, note: Any) -> None:
    office = running.office("taps")

    async def tap() -> None:
        async def once(number: int) -> None:
            async with Player(history, f"finger{number}", running.ports[0], ZONE) as player:
                await player.post("issue", "/branches/taps/tickets", ORDER, key="one visitor")

        await asyncio.gather(*(once(number) for number in range(PARALLEL)))
        for number in range(SERIAL):
            await once(PARALLEL + number)

    run(tap())
    found = check(history.events(), office.kept())
    (only,) = operations(history.events())
    bodies = {answer["body"] for answer in only.answers}
    note("A5", running.kind, taps=only.sent, tickets=len(office.kept()), different_answers=len(bodies))
    assert found.faults == 0, found.table()
    assert (only.sent, len(only.answers), len(bodies), len(office.kept())) == (PARALLEL + SERIAL, only.sent, 1, 1)


def test_a_double_click_calls_one_visitor(running: Installation, history: History, note: Any) -> None:
    """Two requests at most 50 ms apart, each with a key of its own: one calls, the other is told that she is busy."""
    office = running.office("clicks")
    (window, token), waiting = office.windows[0], DOUBLE_CLICKS + 5
    outcomes = []

    async def click() -> None:
        players = [Player(history, f"tab{number}", running.ports[0], ZONE, token) for number in (1, 2)]
        kiosk = Player(history, "kiosk", running.ports[0], ZONE)
        for _ in range(waiting):
            await kiosk.post("issue", "/branches/clicks/tickets", ORDER)
        await players[0].post("open", f"/windows/{window}/open")

        async def after(seconds: float, player: Player) -> Any:
            await asyncio.sleep(seconds)
            return await player.post("next again", f"/windows/{window}/next")

        for turn in range(DOUBLE_CLICKS):
            apart = LONGEST_DOUBLE_CLICK_SECONDS * turn / (DOUBLE_CLICKS - 1)
            answers = await asyncio.gather(after(0, players[0]), after(apart, players[1]))
            outcomes.append(sorted((answer["http"], answer.get("code")) for answer in answers))
            await players[0].post("start", f"/windows/{window}/start")
            await players[0].post("finish", f"/windows/{window}/finish", {"outcome": "solved"})

    run(click())
    note("A7", running.kind, double_clicks=DOUBLE_CLICKS, calls=office.replayed().calls)
    assert outcomes == [[(200, None), (409, "window_busy")]] * DOUBLE_CLICKS
    assert office.replayed().calls == DOUBLE_CLICKS
    states = list(office.kept().values())
    assert (states.count("done"), states.count("waiting")) == (DOUBLE_CLICKS, waiting - DOUBLE_CLICKS)


def test_a_key_in_flight_waits_for_the_one_answer(running: Installation, note: Any) -> None:
    """While nothing can be committed, the key comes three times, once with another body, to every server there is."""
    office = running.office("flight")
    urls = [f"http://127.0.0.1:{port}/api/v1/branches/flight/tickets" for port in running.ports]
    held, wanted = threading.Event(), threading.Event()

    def hold_the_lock(_: Any) -> None:
        held.set()
        wanted.wait(10)

    def send(url: str, order: Any) -> httpx.Response:
        return httpx.post(url, json=order, headers={"Idempotency-Key": "one"}, timeout=20)

    with ThreadPoolExecutor(4) as pool:
        lock = pool.submit(running.database.act, "flight", hold_the_lock)
        held.wait(10)
        sent = []
        for url, order in [(urls[0], ORDER), (urls[-1], ORDER), (urls[-1], {**ORDER, "language": "en"})]:
            sent.append(pool.submit(send, url, order))
            time.sleep(0.15)
        assert not any(one.done() for one in sent)
        wanted.set()
        lock.result()
        answers = [one.result() for one in sent]
    taken = [answer for answer in answers if answer.status_code == 201]
    note("A6 in flight", running.kind, servers=len(urls), tickets=len(office.kept()))
    assert len(office.kept()) == 1
    for answer in answers:
        if answer not in taken:
            refused(answer, "idempotency_key_reused")
    assert len({answer.content for answer in taken}) == 1


def test_a_key_is_good_for_its_caller_its_request_and_a_day(
    database: Database, clock: FrozenClock, tmp_path: Any
) -> None:
    app = create_app(database, Settings(data=tmp_path))
    an_office(database)
    client = app.test_client()

    def take(order: Any = ORDER, path: str = "/branches/centre/tickets") -> Any:
        return client.post(f"/api/v1{path}", json=order, headers={"Idempotency-Key": "one"})

    first = take()
    assert first.status_code == 201
    clock.advance(hours=23, minutes=59, seconds=59)
    assert take().get_data() == first.get_data()
    for other in (
        take({**ORDER, "services": ["B"]}),
        take({"minutes": 5}, f"/tickets/{first.get_json()['token']}/defer"),
    ):
        refused(other, "idempotency_key_reused")
    clock.advance(seconds=2)
    assert take().get_json()["token"] != first.get_json()["token"]


def test_a_colleagues_key_is_refused_and_nothing_happens(running: Installation) -> None:
    office = running.office("colleagues", windows=2)
    url = f"http://127.0.0.1:{running.ports[0]}/api/v1/windows"

    def press(window: str, verb: str, token: str, key: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        return httpx.post(f"{url}/{window}/{verb}", json={}, headers=headers)

    (mine, my_token), (_, their_token) = office.windows
    assert press(mine, "open", my_token, "k").status_code == 200
    moves = len(office.moves())
    refused(press(mine, "open", their_token, "k"), "idempotency_key_reused")
    assert len(office.moves()) == moves
    visitor = httpx.post(
        f"http://127.0.0.1:{running.ports[0]}/api/v1/branches/colleagues/tickets",
        json=ORDER,
        headers={"Idempotency-Key": "k"},
    )
    refused(visitor, "idempotency_key_reused")
    assert office.kept() == {}


def refused(answer: Any, code: str) -> None:
    body = answer.json() if isinstance(answer, httpx.Response) else answer.get_json()
    assert (answer.status_code, body["code"]) == (422, code), body
    assert body["detail"]
