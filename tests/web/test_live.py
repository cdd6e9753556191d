"""Sockets on a running server: a picture at once, then every change, and nothing that is not theirs."""

import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import socketio

from tests.make import PASSWORD
from tests.running import Server

NAMESPACE = "/live"


class Screen:
    """A client that writes down what it is told."""

    def __init__(self, server: Server, auth: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self.heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.client = socketio.Client(reconnection=False)
        self.client.on("snapshot", lambda state: self.heard.put(("snapshot", state)), namespace=NAMESPACE)
        self.client.on("change", lambda state: self.heard.put(("change", state)), namespace=NAMESPACE)
        self.client.connect(server.url, headers or {}, auth, transports=["websocket"], namespaces=[NAMESPACE])

    def next(self, seconds: float = 5) -> tuple[str, Any]:
        return self.heard.get(timeout=seconds)


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[..., Screen]]:
    screens: list[Screen] = []

    def make(auth: dict[str, Any], headers: dict[str, str] | None = None) -> Screen:
        screens.append(Screen(server, auth, headers))
        return screens[-1]

    yield make
    for screen in screens:
        screen.client.disconnect()


def test_a_hall_screen_gets_a_snapshot_and_then_every_change_in_order(
    server: Server, connect: Callable[..., Screen]
) -> None:
    screen = connect({"branch": server.branch})
    kind, snapshot = screen.next()
    assert kind == "snapshot"
    assert snapshot["calls"] == []
    window = server.window("1")
    steps = [
        lambda: server.take_ticket(),
        lambda: server.post("anna", f"/windows/{window}/open"),
        lambda: server.post("anna", f"/windows/{window}/next"),
    ]
    version = snapshot["version"]
    for step in steps:
        step()  # type: ignore[no-untyped-call]
        kind, change = screen.next()
        assert (kind, change["version"]) == ("change", version + 1)
        version = change["version"]
    assert [(call["number"], call["window"]) for call in change["calls"]] == [("A001", "1")]
    assert change["version"] == server.get(f"/branches/{server.branch}/hall")["version"]


def test_the_call_is_on_the_wire_within_300_ms(server: Server, connect: Callable[..., Screen]) -> None:
    screen, window = connect({"branch": server.branch}), server.window("1")
    server.post("anna", f"/windows/{window}/open")
    server.take_ticket()
    while screen.next()[1]["waiting"][0]["waiting"] == 0:
        pass
    pressed = time.monotonic()
    server.post("anna", f"/windows/{window}/next")
    while not screen.next()[1]["calls"]:
        pass
    assert time.monotonic() - pressed < 0.3


def test_a_phone_hears_of_its_own_ticket(server: Server, connect: Callable[..., Screen]) -> None:
    ticket = server.take_ticket()
    phone = connect({"ticket": ticket["token"]})
    assert phone.next()[1]["status"] == "waiting"
    window = server.window("1")
    server.post("anna", f"/windows/{window}/open")
    server.post("anna", f"/windows/{window}/next")
    for _ in range(5):
        state = phone.next()[1]
        if state["status"] == "called":
            break
    assert (state["status"], state["window"]) == ("called", "1")


@pytest.mark.parametrize(
    "auth",
    [{"branch": "nowhere"}, {"ticket": "guess"}, {"staff": True, "branch": "centre"}, {}, {"branch": ["centre"]}],
)
def test_a_stranger_is_refused(server: Server, connect: Callable[..., Screen], auth: dict[str, Any]) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        connect(auth)


def test_staff_sees_the_desk_by_session_cookie(server: Server, connect: Callable[..., Screen]) -> None:
    answer = httpx.post(f"{server.url}/api/v1/session", json={"username": "anna", "password": PASSWORD})
    cookie = {"Cookie": f"qs_session={answer.cookies['qs_session']}"}
    desk = connect({"staff": True, "branch": server.branch}, cookie)
    kind, snapshot = desk.next()
    assert kind == "snapshot"
    assert [window["code"] for window in snapshot["windows"]] == ["1", "2", "3", "4", "5", "6"]


def test_what_clients_send_is_ignored(server: Server, connect: Callable[..., Screen]) -> None:
    screen = connect({"branch": server.branch})
    version = screen.next()[1]["version"]
    for event in ("join", "next", "change", "snapshot"):
        screen.client.emit(event, {"room": "desk:centre"}, namespace=NAMESPACE)
    time.sleep(0.3)
    assert server.get(f"/branches/{server.branch}/hall")["version"] == version
    server.take_ticket()
    assert "windows" in screen.next()[1]
    assert "Traceback" not in server.log()


def test_the_server_stops_politely(server: Server) -> None:
    server.take_ticket()
    assert server.stop() == 0
    server.start()
    assert server.take_ticket()["number"] == "A002"


def test_after_a_kill_nothing_acknowledged_is_lost(server: Server) -> None:
    numbers = [server.take_ticket()["number"] for _ in range(5)]
    server.kill()
    server.start()
    assert server.get(f"/branches/{server.branch}")["waiting"] == len(numbers)
    assert server.take_ticket()["number"] == "A006"
