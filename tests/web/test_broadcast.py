"""The quick broadcast on the installed versions of the libraries: used wherever it can be, and nowhere else."""

import json
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from queue_service.web.broadcast import AT_A_STRETCH, FramingManager
from queue_service.web.wire import framed

BOTH, ALL = ["socket", "upgraded"], ["polling", "socket", "upgraded"]


@pytest.fixture(scope="module")
def found() -> Any:
    """What tests/web/broadcast_probe.py saw."""
    command = [sys.executable, "-m", "tests.web.broadcast_probe"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.parametrize(
    ("case", "ways", "heard"),
    [
        ("sockets", ["wire", "wire"], BOTH),
        ("and one that polls", ["library", "wire", "wire"], ALL),
        ("one is busy", ["library", "wire"], BOTH),
        ("one is busy, and needs the newest alone", ["wire", "wire"], BOTH),
        ("bytes", ["library"] * 4, BOTH),
        ("a callback", [], BOTH),
    ],
)
def test_each_broadcast_goes_the_quickest_way_there_is_and_everybody_hears_it(
    found: Any, case: str, ways: list[str], heard: list[str]
) -> None:
    assert found[case] == {"ways": ways, "heard": heard}


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_says_how_long_it_is(length: int) -> None:
    frame = framed("x" * length)
    head = 2 if length < 126 else 4 if length < 65_536 else 10
    assert frame[0] == 0x81
    assert len(frame) == head + length
    assert frame[1] == {2: length, 4: 126, 10: 127}[head]
    assert head == 2 or int.from_bytes(frame[2:head], "big") == length


GIVING_WAY = """
from gevent import monkey
monkey.patch_all()
import gevent, socket
from queue_service.web.turns import give_way
ours, theirs = socket.socketpair()
reader = gevent.spawn(theirs.recv, 1)
gevent.sleep(0.01)
ours.send(b"x")
turns = 0
while not reader.dead:
    give_way()
    turns += 1
print(turns)
"""


def test_a_long_job_gives_way_to_whoever_is_spoken_to_within_a_few_turns() -> None:
    """gevent.sleep(0) takes thousands."""
    answer = subprocess.run([sys.executable, "-c", GIVING_WAY], capture_output=True, text=True, timeout=60, check=True)
    assert int(answer.stdout) < 20


@pytest.fixture
def told() -> list[tuple[str, bytes]]:
    """Who was told which frame."""
    return []


@pytest.fixture
def manager(told: list[tuple[str, bytes]]) -> Any:
    """A manager of clients a, b, c, …, each of which takes every frame; `tell(text, is_old)` tells them all."""

    def client(name: str) -> Any:
        def tell(frame: bytes, kind: str | None) -> bool:
            told.append((name, frame))
            return True

        return SimpleNamespace(wire=SimpleNamespace(tell=tell))

    manager: Any = FramingManager(lambda room: room == "hall")
    names = [f"client {n:03}" for n in range(3 * AT_A_STRETCH)]
    manager.server = SimpleNamespace(eio=SimpleNamespace(sockets={name: client(name) for name in names}))
    manager.get_participants = lambda namespace, room: [(name, name) for name in manager.server.eio.sockets]
    manager._packet = lambda event, data, namespace: SimpleNamespace(encode=lambda: data)
    return manager


def test_news_takes_over_from_an_older_picture_and_begins_with_those_who_were_left_out(manager: Any, told: Any) -> None:
    names = list(manager.server.eio.sockets)
    manager.emit("change", "old", "/live", to="hall", is_old=lambda: True)
    assert [name for name, _ in told] == names[:AT_A_STRETCH]
    told.clear()
    manager.emit("change", "new", "/live", to="hall")
    assert [name for name, _ in told] == names[AT_A_STRETCH:] + names[:AT_A_STRETCH]
    assert {frame for _, frame in told} == {framed("new")}
    told.clear()
    manager.emit("change", "newer", "/live", to="hall")
    assert [name for name, _ in told] == names


def test_who_was_to_be_first_and_left_holds_nobody_up(manager: Any, told: Any) -> None:
    names = list(manager.server.eio.sockets)
    manager.emit("change", "old", "/live", to="hall", is_old=lambda: True)
    del manager.server.eio.sockets[names[AT_A_STRETCH]]
    told.clear()
    manager.emit("change", "new", "/live", to="hall")
    assert {name for name, _ in told} == set(names) - {names[AT_A_STRETCH]}


def test_a_phone_hears_every_event_however_old(manager: Any, told: Any) -> None:
    manager.emit("change", "old", "/live", to="phones", is_old=lambda: True)
    assert len(told) == 3 * AT_A_STRETCH
