"""How many may listen? Strangers by thousands, or from one address, leave room for the office's own and for others."""

import time
from pathlib import Path
from typing import Any

import pytest
import socketio

from queue_service.actions import staff
from queue_service.rules.errors import Refused
from queue_service.settings import BadSettings, load_settings
from queue_service.storage.database import Database
from queue_service.web.callers import network_of
from queue_service.web.crowding import AT_THE_DOOR, Crowding
from queue_service.web.live import KEPT_FOR_THE_OFFICE, MOST_CLIENTS, Live
from tests.make import a_ticket, an_operator
from tests.running import Server, a_server
from tests.web.listening import Screen, signed_in
from tests.web.test_live_devices import pair

PUBLIC = MOST_CLIENTS - KEPT_FOR_THE_OFFICE


@pytest.mark.parametrize(
    ("already", "stranger", "office_own"),
    [(PUBLIC, True, True), (PUBLIC + 1, False, True), (MOST_CLIENTS, False, True), (MOST_CLIENTS + 1, False, False)],
)
def test_a_full_house_is_full_for_strangers_first(
    app: Any, office: str, database: Database, already: int, stranger: bool, office_own: bool
) -> None:
    live: Live = app.extensions["live"]
    an_operator(database, "anna")
    token = database.write(lambda connection: staff.create_token(connection, "anna", database.clock.now()))
    signed_in = {"HTTP_AUTHORIZATION": f"Bearer {token}", "REQUEST_METHOD": "GET", "wsgi.url_scheme": "http"}
    signed_in |= {"SERVER_NAME": "office", "SERVER_PORT": "80", "PATH_INFO": "/"}
    live.server.eio.sockets = dict.fromkeys(range(already))

    def is_let_in(auth: dict[str, Any], environ: dict[str, Any]) -> bool:
        live.crowding.may_knock(environ)
        try:
            return bool(live._admit("somebody", environ, auth))
        except Refused as refusal:
            return refusal.code != "too_many_clients"

    assert is_let_in({"branch": office}, {}) is stranger
    token = a_ticket(database).token
    for claim in ({}, {"staff": True}, {"device": "device-guess"}):
        assert is_let_in({"ticket": token, **claim}, {}) is stranger
    assert is_let_in({"branch": office, "staff": True}, signed_in) is office_own


@pytest.mark.parametrize("value", [-1, "many", "5000.5"])
@pytest.mark.parametrize("name", ["sockets_per_address", "trusted_proxies"])
def test_a_limit_that_is_no_number_is_refused_by_name(tmp_path: Path, name: str, value: Any) -> None:
    (tmp_path / "config.toml").write_text(f"{name} = {value!r}\n")
    with pytest.raises(BadSettings, match=f"config.toml: {name} "):
        load_settings(data=tmp_path)


@pytest.fixture
def behind_a_proxy(tmp_path: Path) -> Any:
    """A server that lets two clients of the public come from one address, behind one proxy."""
    (tmp_path / "config.toml").write_text("sockets_per_address = 2\ntrusted_proxies = 1\n")
    with a_server(tmp_path) as server:
        yield server


def test_one_address_has_its_share_and_the_office_comes_in_all_the_same(behind_a_proxy: Server) -> None:
    server, clients = behind_a_proxy, []

    def comes(address: str, auth: dict[str, Any], **headers: str) -> bool:
        try:
            clients.append(Screen(server, auth, {**headers, "X-Forwarded-For": address}))
        except socketio.exceptions.ConnectionError:
            return False
        return clients[-1].next()[0] in ("snapshot", "device")

    public, desk = {"branch": server.branch}, {"staff": True, "branch": server.branch}
    assert comes("203.0.113.7", public)
    assert comes("203.0.113.7", {"ticket": server.take_ticket()["token"]})
    assert not comes("203.0.113.7", public)
    assert not comes("198.51.100.9, 203.0.113.7", public)  # what the caller itself wrote there counts for nothing
    assert comes("203.0.113.8", public)
    for _ in range(2):
        assert comes("203.0.113.7", {"device": pair(server, "display", "Hall")[1]})
        assert comes("203.0.113.7", desk, **signed_in(server))
    clients[0].client.disconnect()
    for _ in range(20):
        time.sleep(1)  # the server counts anew twice a second
        if comes("203.0.113.7", public):
            break
    else:
        pytest.fail("the place of a client that left was not given to another")
    for client in clients:
        client.client.disconnect()


def test_who_does_not_say_who_they_are_cannot_crowd_the_door_from_one_address() -> None:
    crowding = Crowding(2)
    nameless = [{"REMOTE_ADDR": "203.0.113.7"} for _ in range(2 + AT_THE_DOOR)]
    assert all(crowding.may_knock(environ) for environ in nameless)
    assert not crowding.may_knock({"REMOTE_ADDR": "203.0.113.7"})
    assert crowding.may_knock({"REMOTE_ADDR": "203.0.113.8"})
    crowding.count(nameless[1:])
    assert crowding.may_knock({"REMOTE_ADDR": "203.0.113.7"})


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_stands_for_its_household(address: str, network: str) -> None:
    assert network_of(address) == network
