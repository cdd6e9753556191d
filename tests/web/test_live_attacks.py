"""Sockets under attack: whoever floods, comes from a foreign page, or wants to hear what is not theirs."""

import json
import random
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from websocket import WebSocket, WebSocketException, WebSocketTimeoutException, create_connection

from tests.running import Server, a_server
from tests.screens.calling import Hall
from tests.web.listening import NAMESPACE, Screen, signed_in

ROOMS = ["desk:centre", "hall:centre", "phones:centre", "ticket:1", "ticket:2", "staff:7", "device:1", "*", "", None]
GONE = (WebSocketException, OSError)
WORDS = ["join", "subscribe", "enter_room", "join_room", "room", "message", "connect", "snapshot", "auth", "callback"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_server(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def nameless(server: Server) -> Iterator[WebSocket]:
    """One who never says who it is; the last test looks after it, for that takes ten seconds."""
    client = raw(server)
    yield client
    client.close()


@pytest.fixture
def honest(server: Server) -> Iterator[Screen]:
    """A hall screen that behaves, and must notice nothing of the others."""
    screen = Screen(server, {"branch": server.branch})
    screen.next()
    yield screen
    assert not screen.gone.is_set()
    number = Hall(server).call("1")
    screen.until(lambda state: any(call["number"] == number for call in state["calls"]))
    screen.client.disconnect()


def test_who_sends_a_thousand_events_is_cut_off_and_nobody_waits(server: Server, honest: Screen) -> None:
    noisy = Screen(server, {"branch": server.branch})
    noisy.next()
    began = time.monotonic()
    for number in range(1000):
        with suppress(Exception):  # it is cut off amid
            noisy.client.emit("next", {"number": number}, namespace=NAMESPACE)
    assert noisy.gone.wait(20)
    assert time.monotonic() - began < 20
    assert_can_come(server)


@pytest.mark.parametrize("size", [20_000, 2_000_000])
def test_who_sends_a_message_that_is_too_large_is_cut_off(server: Server, honest: Screen, size: int) -> None:
    client = raw(server, {"branch": server.branch})
    with suppress(OSError):  # it may notice at once
        client.send("42/live," + json.dumps(["next", "x" * size]))
    assert is_cut_off(client)
    assert_can_come(server)


def test_a_page_of_other_people_may_not_listen(server: Server) -> None:
    for origin in ("https://evil.example", "null", f"http://127.0.0.1.evil.example:{server.port}", "file://"):
        with pytest.raises(GONE):
            raw(server, {"branch": server.branch}, origin=origin)
    raw(server, {"branch": server.branch}, origin=server.url).close()


def test_nobody_gets_into_a_foreign_room_by_any_event(server: Server) -> None:
    """Four clients of different rights say everything that might open a room; then all rooms are told something."""
    hall, chance = Hall(server), random.Random(8)
    mine, foreign = (server.take_ticket() for _ in range(2))
    follower = Screen(server, {"ticket": foreign["token"]})
    desk = Screen(server, {"staff": True, "branch": server.branch}, signed_in(server))
    curious = {
        "hall": Screen(server, {"branch": server.branch}),
        "hall with a room": Screen(server, {"branch": server.branch, "room": "desk:centre", "rooms": ROOMS}),
        "phone": Screen(server, {"ticket": mine["token"], "room": "desk:centre", "staff": True}),
        "phone that says staff": Screen(server, {"ticket": mine["token"], "branch": "centre", "staff": True}),
    }
    for screen in (*curious.values(), follower, desk):
        screen.next()
    for screen in curious.values():
        for _ in range(40):
            room = chance.choice(ROOMS)
            told = chance.choice([room, {"room": room}, [room], {"to": room, "branch": "centre", "staff": True}])
            screen.client.emit(chance.choice(WORDS), told, namespace=NAMESPACE)
        for namespace in ("/", "/desk", "/admin", "/staff:7"):
            screen.client.eio.send(f'0{namespace},{{"staff":true}}')
    number = hall.do("1", "next").json()["number"]
    hall.do("2", "next")
    desk.until(lambda state: any(w["leg"] and w["leg"]["number"] == number for w in state["windows"]))
    for screen, ticket in ((curious["phone"], mine), (follower, foreign)):
        assert screen.until(lambda state: state["status"] == "called")["number"] == ticket["number"]
    curious["hall"].until(lambda state: any(call["number"] == foreign["number"] for call in state["calls"]))
    for name, screen in curious.items():
        for event, told in screen.all_heard():
            assert event in ("snapshot", "change", "beat"), (name, event)
            if name.startswith("phone") and event != "beat":
                assert told["number"] == mine["number"]
            assert "waiting_total" not in told, f"{name} heard the desk"
        assert not screen.gone.is_set()
        screen.client.disconnect()
    follower.client.disconnect()
    desk.client.disconnect()


def test_who_reads_late_hears_whole_pictures_and_the_newest_last(server: Server) -> None:
    """What the kernel takes no more of a picture goes on where it stopped, whatever is to be told meanwhile."""
    client = raw(server, {"branch": server.branch}, sockopt=((socket.SOL_SOCKET, socket.SO_RCVBUF, 4096),))
    for _ in range(80):
        server.take_ticket()
    newest, versions = server.get(f"/branches/{server.branch}/hall")["version"], [0]
    while versions[-1] < newest:
        heard = str(client.recv())
        if heard == "2":
            client.send("3")
            continue
        event, told = json.loads(heard.removeprefix("42/live,"))
        assert event in ("change", "beat")
        versions.append(told["version"])
    assert versions == sorted(versions)
    client.close()


def test_who_never_says_who_they_are_is_cut_off(nameless: WebSocket, honest: Screen) -> None:
    assert is_cut_off(nameless)


def raw(server: Server, auth: dict[str, Any] | None = None, origin: Any = None, **options: Any) -> WebSocket:
    """A WebSocket that says no more than it is told to. With `auth` it listens already."""
    address = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    client = create_connection(address, timeout=20, origin=origin, suppress_origin=origin is None, **options)
    if not str(client.recv()).startswith("0{"):
        raise WebSocketException("not let in")
    if auth is not None:
        client.send("40/live," + json.dumps(auth))
        while not str(client.recv()).startswith('42/live,["snapshot"'):
            pass
    return client


def is_cut_off(client: WebSocket) -> bool:
    """Whether the server ends it, although it answers every ping; what is told until then does not matter."""
    deadline = time.monotonic() + 25
    while time.monotonic() < deadline:
        try:
            heard = client.recv()
            if not heard:
                return True
            if heard == "2":
                client.send("3")
        except GONE as error:
            return not isinstance(error, WebSocketTimeoutException)
    return False


def assert_can_come(server: Server) -> None:
    """Whoever comes now is served as ever."""
    screen = Screen(server, {"branch": server.branch})
    assert screen.next()[0] == "snapshot"
    screen.client.disconnect()
    assert "Traceback" not in server.log()
