"""Devices on a running server: told of what concerns them alone, at once, and cut off when revoked."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import socketio

from tests.running import Server, a_server

NAMESPACE = "/live"
BASE = "/admin/branches/centre/devices"


class Machine:
    """A paired device that writes down what it is told, and when it was cut off."""

    def __init__(self, server: Server, key: str) -> None:
        self.told: queue.Queue[Any] = queue.Queue()
        self.pictures: queue.Queue[Any] = queue.Queue()
        self.gone = threading.Event()
        self.client = socketio.Client(reconnection=False)
        self.client.on("device", self.told.put, namespace=NAMESPACE)
        for event in ("snapshot", "change"):
            self.client.on(event, self.pictures.put, namespace=NAMESPACE)
        self.client.on("disconnect", lambda *_: self.gone.set(), namespace=NAMESPACE)
        auth = {"device": key, "version": "0.1"}
        self.client.connect(server.url, {}, auth, transports=["websocket"], namespaces=[NAMESPACE])

    def next(self) -> Any:
        return self.told.get(timeout=20)

    def hears_nothing(self, seconds: float = 0.4) -> bool:
        time.sleep(seconds)
        return self.told.empty()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running office for all tests of this file: each pairs devices of its own."""
    with a_server(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[[str], Machine]]:
    machines: list[Machine] = []

    def make(key: str) -> Machine:
        machines.append(Machine(server, key))
        return machines[-1]

    yield make
    for machine in machines:
        machine.client.disconnect()


def pair(server: Server, role: str, name: str) -> tuple[str, str]:
    """The id and the key of a new device."""
    codes = server.post("", "/devices/pair").json()
    device = server.post("helen", BASE, {"user_code": codes["user_code"], "name": name, "role": role}).json()
    fetched = server.post("", "/devices/token", {"device_code": codes["device_code"]}).json()
    return device["id"], fetched["key"]


def patch(server: Server, device: str, body: Any) -> None:
    assert server.send("PATCH", "admin", f"{BASE}/{device}", body).status_code == 200


def test_a_device_hears_the_hall_and_what_concerns_it_alone(server: Server, connect: Callable[..., Machine]) -> None:
    (kiosk_id, kiosk_key), (_, display_key) = (pair(server, *new) for new in (("kiosk", "Door"), ("display", "Hall")))
    kiosk, display = connect(kiosk_key), connect(display_key)
    told = kiosk.next()
    assert (told["name"], told["role"], told["branch"], told["identify_until"]) == ("Door", "kiosk", "centre", None)
    assert display.next()["name"] == "Hall"
    public = set(server.get("/branches/centre/hall"))
    for machine in (kiosk, display):
        assert set(machine.pictures.get(timeout=20)) == public
    server.post("helen", f"{BASE}/{kiosk_id}/identify")
    told = kiosk.next()
    assert told["identify_until"] > told["server_time"]
    patch(server, kiosk_id, {"settings": {"prints": False}, "name": "Entrance"})
    told = kiosk.next()
    assert (told["name"], told["settings"]["prints"]) == ("Entrance", False)
    server.take_ticket()
    assert kiosk.hears_nothing()
    assert display.told.empty()
    shown = {device["name"]: device["online"] for device in server.get(BASE, "helen")["devices"]}
    assert (shown["Entrance"], shown["Hall"]) == (True, True)


def test_a_revoked_device_is_cut_off_at_once_and_the_others_stay(
    server: Server, connect: Callable[..., Machine]
) -> None:
    (device, key), (_, other_key) = (pair(server, "display", name) for name in ("Stolen", "Honest"))
    stolen, second_page, honest = connect(key), connect(key), connect(other_key)
    for machine in (stolen, second_page, honest):
        machine.next()
    revoked = time.monotonic()
    assert server.send("DELETE", "helen", f"{BASE}/{device}").status_code == 204
    assert stolen.gone.wait(5)
    assert second_page.gone.wait(5)
    assert time.monotonic() - revoked < 2
    with pytest.raises(socketio.exceptions.ConnectionError):
        connect(key)
    assert not honest.gone.is_set()
    server.take_ticket()
    assert honest.pictures.get(timeout=20)


def test_keys_of_others_open_no_device(server: Server, connect: Callable[..., Machine]) -> None:
    ticket = server.take_ticket()["token"]
    for key in ("", "device-guess", ticket, server.tokens["admin"]):
        with pytest.raises(socketio.exceptions.ConnectionError):
            connect(key)


def test_a_new_key_takes_over_while_the_device_stays_connected(server: Server, connect: Callable[..., Machine]) -> None:
    _, old = pair(server, "display", "Hall")
    first = connect(old)
    first.next()
    fresh = server.send("POST", old, "/devices/key").json()["key"]
    connect(fresh).next()
    assert not first.gone.is_set()
    with pytest.raises(socketio.exceptions.ConnectionError):
        connect(old)


def test_an_address_with_a_key_ends_every_other_key(server: Server, connect: Callable[..., Machine]) -> None:
    device, old = pair(server, "display", "Forgetful")
    machine = connect(old)
    machine.next()
    given = server.post("helen", f"{BASE}/{device}/key").json()
    assert given["address"] == f"{server.url}/device#{given['key']}"
    assert machine.gone.wait(5)
    with pytest.raises(socketio.exceptions.ConnectionError):
        connect(old)
    assert connect(given["key"]).next()["name"] == "Forgetful"
