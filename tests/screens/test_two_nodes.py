"""Two servers on one database: what is done through one is on the screens of the other, and is heard once."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from playwright.sync_api import expect

from tests.conftest import fresh_database
from tests.running import Server
from tests.screens.calling import Hall
from tests.screens.conftest import OpenPage
from tests.screens.hearing import Ear
from tests.web.listening import Screen, signed_in

Nodes = tuple[Server, Server]


@pytest.fixture(scope="module", params=["postgresql"])
def nodes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    folder = tmp_path_factory.mktemp("office")
    with fresh_database(request, folder) as url:
        first, second = (Server(folder, free_port(), database=url) for _ in range(2))
        first.prepare()
        second.tokens = first.tokens
        for node in (first, second):
            node.start()
        yield first, second
        for node in (first, second):
            node.kill()


class Balancer:
    """One address for both servers, which leads to one of them at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def lead_to(self, port: int) -> None:
        """From now on; whoever is connected is cut off and has to come again."""
        self.port = port
        self.cut()

    def cut(self) -> None:
        for one in self._open:
            with suppress(OSError):  # it may be gone already
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                here = self._listener.accept()[0]
                there = socket.create_connection(("127.0.0.1", self.port))
                self._open += [here, there]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self._bring, args=(one, other), daemon=True).start()

    def _bring(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):  # either end may hang up
            while content := one.recv(65_536):
                other.sendall(content)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)


@pytest.fixture
def balancer(nodes: Nodes) -> Iterator[Balancer]:
    made = Balancer(nodes[0].port)
    yield made
    made.close()


def test_what_is_done_through_one_server_is_told_by_the_other(nodes: Nodes) -> None:
    here, there = nodes
    hall, cookie = Hall(here), signed_in(here)
    ticket = here.take_ticket()
    screen, phone = Screen(there, {"branch": there.branch}), Screen(there, {"ticket": ticket["token"]})
    desk = Screen(there, {"staff": True, "branch": there.branch}, cookie)
    for client in (screen, phone, desk):
        client.next()
    number = hall.do("1", "next").json()["number"]
    told = screen.until(lambda state: any(call["number"] == number for call in state["calls"]), 60)
    assert told["calls"] == here.get(f"/branches/{here.branch}/hall")["calls"]
    began = time.monotonic()
    for window in "212121":  # half a second each; a picture that is drawn anew because time has passed would take ten
        number = hall.call(window)
        screen.until(lambda state, number=number: any(call["number"] == number for call in state["calls"]), 60)  # type: ignore[misc]
    assert time.monotonic() - began < 20
    phone.until(lambda state: state["status"] == "called", 60)
    desk.until(
        lambda state: any(window["leg"] and window["leg"]["number"] == number for window in state["windows"]), 60
    )
    assert httpx.delete(f"{here.url}/api/v1/session", headers=cookie, timeout=60).status_code == 204
    assert desk.gone.wait(60)
    for client in (screen, phone):
        client.client.disconnect()


@pytest.mark.browser
def test_a_screen_that_changes_over_between_two_servers_announces_each_call_once(
    open_page: OpenPage, nodes: Nodes, balancer: Balancer
) -> None:
    here, there = nodes
    hall, page = Hall(here), open_page(1920, 1080)
    ear = Ear(page)
    page.goto(f"{balancer.url}/display/{here.branch}?voice=false")
    expect(page.locator("#app[data-version]")).to_be_attached()
    hall.call("1")
    ear.wait(lambda: len(ear.announced) == 1, 60)
    balancer.lead_to(there.port)
    number = hall.call("2")
    expect(page.locator(".hero > .number").first).to_have_text(number, timeout=60_000)
    ear.wait(lambda: len(ear.announced) == 2, 60)
    balancer.lead_to(here.port)
    page.reload()
    expect(page.locator(".hero > .number").first).to_have_text(number, timeout=60_000)
    number = Hall(there).call("1")
    expect(page.locator(".hero > .number").first).to_have_text(number, timeout=60_000)
    ear.wait(lambda: len(ear.announced) == 3, 60)
    ear.wait_for_silence()
    assert len(set(ear.announced)) == len(ear.announced) == 3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
