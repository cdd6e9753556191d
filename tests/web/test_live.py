"""Sockets on a running server: a picture at once, then every change, and nothing that is not theirs."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import socketio
from sqlalchemy import delete, update

from queue_service.app import open_database
from queue_service.model import Staff, table
from queue_service.model.staff import StaffBranch
from queue_service.settings import load_settings
from tests.running import Server, a_server
from tests.screens.calling import Hall
from tests.web.listening import NAMESPACE, Screen, signed_in

Connect = Callable[..., Screen]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running office for all tests of this file; the last of them end it."""
    with a_server(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def hall(server: Server) -> Hall:
    """Two open windows with nobody at them."""
    return Hall(server)


@pytest.fixture
def connect(server: Server) -> Iterator[Connect]:
    screens: list[Screen] = []

    def make(auth: dict[str, Any], headers: dict[str, str] | None = None) -> Screen:
        screens.append(Screen(server, auth, headers))
        return screens[-1]

    yield make
    for screen in screens:
        screen.client.disconnect()


def test_a_hall_screen_gets_a_snapshot_and_then_every_change_in_order(hall: Hall, connect: Connect) -> None:
    screen = connect({"branch": hall.server.branch})
    kind, picture = screen.next()
    assert kind == "snapshot"
    version = version_of(hall.server)
    if picture["version"] < version:
        screen.until(lambda state: state["version"] == version)
    hall.server.take_ticket()
    assert told_version(screen) == ("change", version + 1)
    number = hall.do("1", "next").json()["number"]
    kind, picture = screen.next()
    assert (kind, picture["version"]) == ("change", version + 2)
    assert (picture["calls"][0]["number"], picture["calls"][0]["window"]) == (number, "1")
    assert version_of(hall.server) == version + 2


def test_a_screen_that_comes_right_after_a_change_that_nobody_heard_is_shown_it(hall: Hall, connect: Connect) -> None:
    server = hall.server
    for _ in range(3):
        before = connect({"branch": server.branch})
        before.next()
        before.client.disconnect()
        server.take_ticket()
        assert told_version(connect({"branch": server.branch})) == ("snapshot", version_of(server))
    while hall.do("1", "next").status_code == 200:  # they are not for the tests after this one
        hall.finish("1")


def test_a_call_is_on_the_wire_at_once(hall: Hall, connect: Connect) -> None:
    """Well under a second even while this machine does much else; benchmarks/fanout.py measures it."""
    screen = connect({"branch": hall.server.branch})
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        number = hall.call("1")
        screen.until(lambda state, number=number: any(call["number"] == number for call in state["calls"]))  # type: ignore[misc]
        seconds.append(time.monotonic() - began)
    assert min(seconds) < 1


def test_a_phone_hears_of_its_own_ticket_and_of_no_other(hall: Hall, connect: Connect) -> None:
    mine, other = (hall.server.take_ticket() for _ in range(2))
    phone = connect({"ticket": mine["token"]})
    assert phone.next()[1]["status"] == "waiting"
    hall.do("1", "next")
    hall.do("2", "next")
    called = phone.until(lambda state: state["status"] == "called")
    assert (called["number"], called["window"]) == (mine["number"], "1")
    hall.finish("2")
    hall.finish("1")
    phone.until(lambda state: state["status"] == "done")
    assert other["number"] not in phone.texts()


def test_the_eleventh_phone_with_one_ticket_takes_the_place_of_another(hall: Hall, connect: Connect) -> None:
    ticket = hall.server.take_ticket()
    phones = [connect({"ticket": ticket["token"]}) for _ in range(11)]
    assert phones[-1].next()[1]["number"] == ticket["number"]
    assert until(lambda: sum(phone.gone.is_set() for phone in phones) == 1)
    assert not phones[-1].gone.is_set()
    hall.do("1", "next")


@pytest.mark.parametrize(
    "auth",
    [{"branch": "nowhere"}, {"ticket": "guess"}, {"staff": True, "branch": "centre"}, {}, {"branch": ["centre"]}],
)
def test_a_stranger_is_refused(connect: Connect, auth: dict[str, Any]) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        connect(auth)


def test_staff_sees_the_desk_by_session_cookie_until_it_signs_out(hall: Hall, connect: Connect) -> None:
    server, auth = hall.server, {"staff": True, "branch": hall.server.branch}
    here, elsewhere = (signed_in(server) for _ in range(2))
    desk, other = connect(auth, here), connect(auth, elsewhere)
    kind, snapshot = desk.next()
    assert kind == "snapshot"
    assert [window["code"] for window in snapshot["windows"]] == ["1", "2", "3", "4", "5", "6"]
    other.next()
    assert httpx.delete(f"{server.url}/api/v1/session", headers=here, timeout=20).status_code == 204
    signed_out = time.monotonic()
    assert desk.gone.wait(20)
    assert time.monotonic() - signed_out < 3, "a second is promised; this machine may be busy"
    desk.all_heard()
    number = hall.call("1")
    other.until(lambda state: any(window["leg"] and window["leg"]["number"] == number for window in state["windows"]))
    assert desk.heard.empty()
    with pytest.raises(socketio.exceptions.ConnectionError):
        connect(auth, here)


@pytest.mark.parametrize("change", ["switched off", "moved to another branch"])
def test_whoever_may_no_longer_listen_is_cut_off_whatever_process_changed_it(
    hall: Hall, connect: Connect, change: str
) -> None:
    server, name = hall.server, f"clerk-{change[:3]}"
    server.hire(name)
    desk = connect({"staff": True, "branch": server.branch}, {"Authorization": f"Bearer {server.tokens[name]}"})
    desk.next()
    database = open_database(load_settings(data=server.data))
    staff, bound = table(Staff), table(StaffBranch)
    who = staff.c.username == name
    with database.engine.connect() as connection:
        staff_id = connection.execute(staff.select().where(who)).one().id
    if change == "switched off":
        database.write(lambda it: it.execute(update(staff).where(who).values(is_active=False)))
    else:
        database.write(lambda it: it.execute(delete(bound).where(bound.c.staff_id == staff_id)))
    database.close()
    assert desk.gone.wait(20)


def test_who_an_appointment_is_for_and_who_serves_never_reaches_the_hall(hall: Hall, connect: Connect) -> None:
    server = hall.server
    screen = connect({"branch": server.branch})
    phone = connect({"ticket": server.take_ticket()["token"]})
    server.hire("Hilarius Bookbinder")
    window = server.window("3")
    assert server.post("Hilarius Bookbinder", f"/windows/{window}/open").status_code == 200
    assert hall.do("1", "next").status_code == 200
    hall.do("1", "start")
    note = {"outcome": "refused", "note": "Ivan Petrov, born 1970, forgot his papers"}
    assert hall.do("1", "finish", note).status_code == 200
    version = version_of(server)
    server.post("Hilarius Bookbinder", f"/windows/{window}/close")
    screen.until(lambda state: state["version"] > version)
    phone.until(lambda state: state["status"] == "done")
    heard = screen.texts() + phone.texts()
    for name in ("Hilarius", "Bookbinder", "Petrov", "papers", "anna"):
        assert name not in heard


def test_what_clients_send_changes_nothing(hall: Hall, connect: Connect) -> None:
    server = hall.server
    screen = connect({"branch": server.branch})
    version = version_of(server)
    for event in ("join", "next", "change", "snapshot"):
        screen.client.emit(event, {"room": "desk:centre"}, namespace=NAMESPACE)
    server.take_ticket()
    assert "waiting_total" not in screen.until(lambda state: state["version"] > version)
    assert version_of(server) == version + 1
    assert "Traceback" not in server.log()


def test_after_a_kill_nothing_acknowledged_is_lost_and_it_stops_politely(server: Server) -> None:
    numbers = [server.take_ticket()["number"] for _ in range(5)]
    waiting = server.get(f"/branches/{server.branch}")["waiting"]
    server.kill()
    server.start()
    assert server.get(f"/branches/{server.branch}")["waiting"] == waiting
    assert int(server.take_ticket()["number"][1:]) == int(numbers[-1][1:]) + 1
    assert server.stop() == 0


def version_of(server: Server) -> int:
    return int(server.get(f"/branches/{server.branch}/hall")["version"])


def told_version(screen: Screen) -> tuple[str, int]:
    event, told = screen.next()
    return event, told["version"]


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()
