"""Pairing by code, and what a device's key opens: its own role in its own branch, until it is replaced or revoked."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from queue_service.clock import FrozenClock
from queue_service.model import Device, DevicePairing, table
from queue_service.rules.device import ALPHABET, CODE_LENGTH
from queue_service.storage import ledger
from queue_service.storage.database import Database
from tests.make import an_office
from tests.web.conftest import Caller
from tests.web.test_bad_input import problem_of

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what does not depend on the database; pairing, keys and limits are tested on both."""
KIOSK = {"name": "Kiosk at the entrance", "role": "kiosk"}
WRONG = "BBBB-BBBB"


@pytest.fixture
def admin(known: Any) -> Caller:
    caller: Caller = known("admin", "admin")
    return caller


@pytest.fixture
def base(office: str) -> str:
    return f"/admin/branches/{office}/devices"


@pytest.fixture
def machine(app: Any) -> Callable[..., Caller]:
    """machine(key) is a machine that shows this key."""
    return lambda key: Caller(app.test_client(), {"Authorization": f"Bearer {key}"})


@pytest.fixture
def paired(visitor: Caller, admin: Caller, base: str) -> Callable[..., dict[str, Any]]:
    """paired(role) is what a machine gets that was let in: its key, and what it is."""

    def pair(role: str = "kiosk", name: str = "Kiosk", **settings: Any) -> dict[str, Any]:
        codes = visitor.post("/devices/pair").get_json()
        wanted = {"user_code": codes["user_code"], "name": name, "role": role, "settings": settings}
        assert admin.post(base, wanted).status_code == 201
        fetched: dict[str, Any] = visitor.post("/devices/token", {"device_code": codes["device_code"]}).get_json()
        return fetched

    return pair


def ask(visitor: Caller, codes: dict[str, Any]) -> Any:
    return visitor.post("/devices/token", {"device_code": codes["device_code"]})


def moves(database: Database, office: str) -> list[tuple[str, str]]:
    branch_id = database.setup(office).branch_id
    entries = database.read(lambda connection: list(ledger.read(connection, branch_id)))
    return [(entry["move"], entry["actor"]) for entry in entries]


def test_a_machine_shows_a_code_waits_and_becomes_a_device(
    visitor: Caller, admin: Caller, base: str, clock: FrozenClock, database: Database, office: str, public_url: str
) -> None:
    codes = visitor.post("/devices/pair").get_json()
    letters = codes["user_code"].replace("-", "")
    assert len(letters) == CODE_LENGTH
    assert set(letters) <= set(ALPHABET)
    assert (len(ALPHABET), codes["expires_in"], codes["interval"]) == (20, 600, 5)
    assert codes["verification_uri_complete"] == f"{public_url}/pair?code={letters}"
    assert b"<svg" in visitor.get(codes["qr_url"].removeprefix("/api/v1")).data
    pending = ask(visitor, codes)
    assert problem_of(pending, 400)["code"] == pending.get_json(force=True)["error"] == "authorization_pending"
    let_in = admin.post(base, {**KIOSK, "user_code": letters.lower()})
    assert (let_in.status_code, let_in.get_json()["online"]) == (201, False)
    clock.advance(seconds=5)
    fetched = ask(visitor, codes).get_json()
    assert fetched["device"]["role"] == "kiosk"
    assert fetched["device"]["branch"] == office
    assert fetched["device"]["settings"] == {"idle_seconds": 30, "is_accessible": False, "prints": True}
    assert [move for move, actor in moves(database, office) if actor.startswith("staff:")] == ["device_paired"]


@ON_SQLITE
def test_asking_too_often_makes_the_pause_longer(visitor: Caller, clock: FrozenClock) -> None:
    codes = visitor.post("/devices/pair").get_json()
    heard = []
    for pause in (0, 5, 1, 5, 10):
        clock.advance(seconds=pause)
        answer = problem_of(ask(visitor, codes), 400)
        heard.append((answer["code"], answer["interval"]))
    pending, slower = "authorization_pending", "slow_down"
    assert heard == [(pending, 5), (pending, 5), (slower, 10), (slower, 15), (slower, 20)]
    clock.advance(seconds=20)
    assert problem_of(ask(visitor, codes), 400)["code"] == pending


def test_a_code_is_over_after_ten_minutes(visitor: Caller, admin: Caller, base: str, clock: FrozenClock) -> None:
    codes = visitor.post("/devices/pair").get_json()
    clock.advance(minutes=10)
    assert problem_of(ask(visitor, codes), 400)["code"] == "expired_token"
    late = problem_of(admin.post(base, {**KIOSK, "user_code": codes["user_code"]}), 422)
    assert (late["code"], late["errors"][0]["field"]) == ("unknown_pairing_code", "user_code")
    clock.advance(minutes=11)
    visitor.post("/devices/pair")
    assert problem_of(ask(visitor, codes), 400)["code"] == "invalid_grant"


@ON_SQLITE
def test_what_was_let_in_at_the_last_second_can_still_be_fetched(
    visitor: Caller, admin: Caller, base: str, clock: FrozenClock
) -> None:
    codes = visitor.post("/devices/pair").get_json()
    clock.advance(minutes=9, seconds=59)
    admin.post(base, {**KIOSK, "user_code": codes["user_code"]})
    clock.advance(seconds=5)
    assert ask(visitor, codes).status_code == 200


def test_a_used_code_opens_nothing_again(visitor: Caller, admin: Caller, base: str, machine: Any, version: Any) -> None:
    codes = visitor.post("/devices/pair").get_json()
    wanted = {**KIOSK, "user_code": codes["user_code"]}
    assert admin.post(base, wanted).status_code == 201
    before = version()
    assert problem_of(admin.post(base, wanted), 422)["code"] == "unknown_pairing_code"
    assert problem_of(admin.post(f"{base}/deny", {"user_code": codes["user_code"]}), 422)
    assert version() == before
    assert len(admin.get(base).get_json()["devices"]) == 1
    lost = ask(visitor, codes).get_json()["key"]
    key = ask(visitor, codes).get_json()["key"]  # the first answer was lost on the way
    assert machine(lost).post("/devices/me", {}).status_code == 401
    assert machine(key).post("/devices/me", {}).status_code == 200
    assert problem_of(ask(visitor, codes), 400)["code"] == "invalid_grant"


def test_whoever_was_turned_away_gets_nothing(visitor: Caller, admin: Caller, base: str) -> None:
    codes = visitor.post("/devices/pair").get_json()
    assert admin.post(f"{base}/deny", {"user_code": codes["user_code"]}).status_code == 204
    assert problem_of(ask(visitor, codes), 400)["code"] == "access_denied"
    assert problem_of(admin.post(base, {**KIOSK, "user_code": codes["user_code"]}), 422)
    assert admin.get(base).get_json()["devices"] == []


def test_five_wrong_codes_and_no_more_are_looked_at_for_ten_minutes(
    visitor: Caller, admin: Caller, known: Any, base: str, clock: FrozenClock
) -> None:
    right = {**KIOSK, "user_code": visitor.post("/devices/pair").get_json()["user_code"]}
    for _ in range(4):
        problem_of(admin.post(base, {**KIOSK, "user_code": WRONG}), 422)
        clock.advance(minutes=1)
    assert problem_of(admin.post(f"{base}/deny", {"user_code": "no code at all"}), 422)
    bitten = problem_of(admin.post(base, right), 429)
    assert (bitten["code"], "6" in bitten["detail"]) == ("too_many_codes", True)
    assert admin.get(base).get_json()["devices"] == []
    assert known("helen", "hall").post(base, right).status_code == 201  # somebody else's mistakes are not mine
    clock.advance(minutes=6)
    again = {**KIOSK, "user_code": visitor.post("/devices/pair").get_json()["user_code"]}
    assert admin.post(base, again).status_code == 201


def test_guesses_made_at_the_same_moment_are_counted_as_well(app: Any, admin: Caller, base: str) -> None:
    def guess(number: int) -> int:
        caller = Caller(app.test_client(), admin.headers)
        return int(caller.post(base, {**KIOSK, "user_code": "BBBB-BBB" + ALPHABET[number]}).status_code)

    with ThreadPoolExecutor(12) as pool:
        answers = sorted(pool.map(guess, range(12)))
    assert answers == [422] * 5 + [429] * 7


def test_two_people_who_let_in_one_machine_at_once_make_one_device(
    app: Any, visitor: Caller, admin: Caller, known: Any, base: str
) -> None:
    people = [admin.headers, known("helen", "hall").headers]

    def let_in(headers: dict[str, str], code: str) -> int:
        return int(Caller(app.test_client(), headers).post(base, {**KIOSK, "user_code": code}).status_code)

    for _ in range(5):
        code = visitor.post("/devices/pair").get_json()["user_code"]
        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(let_in, people, [code, code])) == [201, 422]
    assert len(admin.get(base).get_json()["devices"]) == 5


@ON_SQLITE
def test_right_codes_and_other_mistakes_are_no_guesses(visitor: Caller, admin: Caller, base: str, paired: Any) -> None:
    for _ in range(6):
        paired()
        code = visitor.post("/devices/pair").get_json()["user_code"]
        wrong = admin.post(base, {**KIOSK, "user_code": code, "settings": {"idle_seconds": 2}})
        assert problem_of(wrong, 422)["errors"][0]["field"] == "settings.idle_seconds"


def test_only_admins_and_hall_administrators_of_the_branch_let_machines_in(
    visitor: Caller, known: Any, database: Database, base: str, paired: Any, version: Any
) -> None:
    device = paired()["device"]["id"]
    an_office(database, code="elsewhere")
    stranger, before = known("stranger", "admin", "elsewhere"), version()
    code = visitor.post("/devices/pair").get_json()["user_code"]
    calls: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("POST", "", {**KIOSK, "user_code": code}),
        ("POST", "/deny", {"user_code": code}),
        ("PATCH", f"/{device}", {"name": "Mine"}),
        ("POST", f"/{device}/identify", None),
        ("POST", f"/{device}/key", None),
        ("DELETE", f"/{device}", None),
    ]
    callers = {role: known(role, role) for role in ("operator", "reception", "reviewer")}
    for method, path, body in calls:
        problem_of(visitor.send(method, base + path, body), 401)
        for caller in callers.values():
            assert problem_of(caller.send(method, base + path, body), 403)["code"] == "not_your_role"
        assert problem_of(stranger.send(method, base + path, body), 403)["code"] == "not_your_branch"
    foreign = base.replace("centre", "elsewhere")
    for method, path, body in calls[3:]:
        assert problem_of(stranger.send(method, foreign + path, body), 404)["code"] == "unknown_device"
    assert version() == before


def test_a_devices_key_opens_its_own_role_and_nothing_else(
    paired: Any, machine: Any, database: Database, office: str, known: Any
) -> None:
    an_office(database, code="elsewhere")
    order = {"services": ["A"], "language": "ru", "channel": "kiosk"}
    kiosk, display = machine(paired("kiosk")["key"]), machine(paired("display")["key"])
    assert kiosk.post(f"/branches/{office}/tickets", order).status_code == 201
    ours = f"device:{kiosk.post('/devices/me', {}).get_json()['id']}"
    assert ("issue", ours) in moves(database, office)
    refused = "not_for_this_device"
    assert problem_of(kiosk.post("/branches/elsewhere/tickets", order), 403)["code"] == refused
    assert problem_of(kiosk.post(f"/branches/{office}/tickets", {**order, "channel": "web"}), 403)["code"] == refused
    assert problem_of(display.post(f"/branches/{office}/tickets", order), 403)["code"] == refused
    known("anna")
    for device in (kiosk, display):
        for method, path in (
            ("POST", "/windows/1/next"),
            ("POST", "/windows/1/open"),
            ("GET", f"/branches/{office}/desk"),
            ("GET", f"/admin/branches/{office}"),
            ("GET", f"/admin/branches/{office}/devices"),
            ("GET", "/me"),
        ):
            problem_of(device.send(method, path, {} if method == "POST" else None), 401)


def test_keys_and_codes_stand_nowhere_in_the_database(
    visitor: Caller, paired: Any, machine: Any, database: Database
) -> None:
    codes, key = visitor.post("/devices/pair").get_json(), paired()["key"]
    fresh = machine(key).post("/devices/key").get_json()["key"]

    def everything(connection: Any) -> str:
        rows = [row for one in (Device, DevicePairing) for row in connection.execute(select(table(one)))]
        return json.dumps([list(row) for row in rows], default=str)

    kept = database.read(everything)
    for secret in (key, fresh, codes["device_code"], codes["user_code"], codes["user_code"].replace("-", "")):
        assert secret not in kept
    assert len(key) > 40


def test_the_first_use_of_a_new_key_ends_the_old_one(paired: Any, machine: Any, clock: FrozenClock) -> None:
    old = paired()["key"]
    fresh = machine(old).post("/devices/key").get_json()["key"]
    assert machine(old).post("/devices/me", {}).status_code == 200  # the new one may have been lost on its way
    assert problem_of(machine(old).post("/devices/key"), 409)["code"] == "new_key_given"
    clock.advance(minutes=1)
    newest = machine(old).post("/devices/key").get_json()["key"]
    assert machine(fresh).post("/devices/me", {}).status_code == 401
    assert machine(newest).post("/devices/me", {}).status_code == 200
    assert problem_of(machine(old).post("/devices/me", {}), 401)["code"] == "unknown_device_key"
    assert problem_of(machine(old).post("/devices/key"), 401)


@ON_SQLITE
def test_a_device_is_renamed_set_and_given_another_role(
    paired: Any, admin: Caller, base: str, database: Database, office: str
) -> None:
    device = paired("kiosk", idle_seconds=45)["device"]["id"]
    path = f"{base}/{device}"
    changed = admin.send("PATCH", path, {"name": " At the door ", "settings": {"prints": False}}).get_json()
    assert changed["name"] == "At the door"
    assert changed["settings"] == {"idle_seconds": 45, "is_accessible": False, "prints": False}
    count = len(moves(database, office))
    assert admin.send("PATCH", path, {"name": "At the door"}).get_json() == changed
    assert len(moves(database, office)) == count  # nothing differed, nothing is noted
    for body, field in (
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"role": "printer"}, "role"),
        ({"settings": {"colour": "red"}}, "settings.colour"),
        ({"settings": {"idle_seconds": 1000}}, "settings.idle_seconds"),
        ({"settings": [1]}, "settings"),
    ):
        assert problem_of(admin.send("PATCH", path, body), 422)["errors"][0]["field"] == field
    assert len(moves(database, office)) == count


@ON_SQLITE
def test_another_role_brings_its_own_settings_and_they_must_fit_the_branch(
    paired: Any, admin: Caller, base: str
) -> None:
    path = f"{base}/{paired('kiosk')['device']['id']}"
    shown = admin.send("PATCH", path, {"role": "display"}).get_json()["settings"]
    assert (shown["layout"], "idle_seconds" in shown) == ("all", False)
    near = {"distance_m": 3, "diagonal_inches": 32}
    own = {"settings": {"layout": "window", "windows": ["1"], **near}}
    assert admin.send("PATCH", path, own).get_json()["settings"]["windows"] == ["1"]
    nearer = admin.send("PATCH", path, {"settings": {"distance_m": 2}}).get_json()["settings"]
    assert (nearer["layout"], nearer["distance_m"], nearer["diagonal_inches"]) == ("window", 2, 32)
    assert nearer["sizes"]["landscape"]["is_enough"]
    whole = admin.send("PATCH", path, {"settings": nearer})  # what was read may be sent back
    assert whole.get_json()["settings"] == nearer
    for settings, field in (
        ({"windows": ["99"]}, "settings.windows.0"),
        ({"layout": "zone", "windows": []}, "settings.windows"),
        ({"languages": ["kk"]}, "settings.languages.0"),
    ):
        refused = problem_of(admin.send("PATCH", path, {"settings": settings}), 422)
        assert refused["errors"][0]["field"] == field
    assert admin.get(base).get_json()["devices"][0]["settings"] == nearer


@ON_SQLITE
def test_the_list_says_who_was_seen_when(paired: Any, machine: Any, admin: Caller, base: str, clock: Any) -> None:
    key = paired()["key"]
    machine(key).post("/devices/me", {"version": "1.2.3"})
    (seen,) = admin.get(base).get_json()["devices"]
    assert (seen["online"], seen["version"]) == (True, "1.2.3")
    clock.advance(minutes=2)
    (gone,) = admin.get(base).get_json()["devices"]
    assert (gone["online"], gone["last_seen_at"]) == (False, seen["last_seen_at"])


def test_a_revoked_device_is_known_no_more(
    paired: Any, machine: Any, admin: Caller, base: str, database: Database, office: str
) -> None:
    fetched = paired()
    path = f"{base}/{fetched['device']['id']}"
    assert admin.send("DELETE", path).status_code == 204
    order = {"services": ["A"], "language": "ru", "channel": "kiosk"}
    assert problem_of(machine(fetched["key"]).post(f"/branches/{office}/tickets", order), 401)
    assert problem_of(machine(fetched["key"]).post("/devices/me", {}), 401)
    assert admin.get(base).get_json()["devices"] == []
    for method, more in (("DELETE", ""), ("PATCH", ""), ("POST", "/identify")):
        problem_of(admin.send(method, path + more, {"name": "x"} if method == "PATCH" else None), 404)
    assert [move for move, _ in moves(database, office)] == ["device_paired", "device_revoked"]


@ON_SQLITE
def test_only_so_many_machines_may_wait_at_once(
    visitor: Caller, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queue_service.actions.pairing.MOST_WAITING", 3)
    for _ in range(3):
        assert visitor.post("/devices/pair").status_code == 200
    assert problem_of(visitor.post("/devices/pair"), 429)["code"] == "pairing_busy"
    clock.moment += timedelta(minutes=10)
    assert visitor.post("/devices/pair").status_code == 200


def test_a_hall_screen_that_cannot_be_heard_is_told_to_the_office_once(
    paired: Callable[..., Any],
    machine: Callable[..., Caller],
    admin: Caller,
    base: str,
    database: Database,
    office: str,
) -> None:
    told = paired("display", "Hall left")
    screen, device_id = machine(told["key"]), told["device"]["id"]

    def seen() -> tuple[Any, Any]:
        board = admin.get(f"/branches/{office}/desk").get_json()
        device = next(one for one in admin.get(base).get_json()["devices"] if one["id"] == device_id)
        return device["silent_since"], [one["name"] for one in board["silent_screens"]]

    assert seen() == (None, [])
    screen.post("/devices/me", {})
    for _ in range(2):
        assert screen.post("/devices/sound", {"blocked": True}).status_code == 204
    assert seen()[0] is not None
    assert seen()[1] == ["Hall left"]
    for _ in range(2):
        assert screen.post("/devices/sound", {"blocked": False}).status_code == 204
    assert seen() == (None, [])
    told_of = [move for move in moves(database, office) if move[1] == f"device:{device_id}"]
    assert told_of == [("device_fell_silent", f"device:{device_id}"), ("device_heard_again", f"device:{device_id}")]

    screen.post("/devices/sound", {"blocked": True})
    assert admin.send("PATCH", f"{base}/{device_id}", {"role": "kiosk"}).status_code == 200
    assert seen() == (None, [])


@ON_SQLITE
def test_only_a_hall_screen_says_that_it_cannot_be_heard(
    paired: Callable[..., Any], machine: Callable[..., Caller], visitor: Caller
) -> None:
    kiosk, screen = machine(paired("kiosk")["key"]), machine(paired("display", "Hall left")["key"])
    assert problem_of(kiosk.post("/devices/sound", {"blocked": True}), 403)["code"] == "not_for_this_device"
    assert problem_of(visitor.post("/devices/sound", {"blocked": True}), 401)["code"] == "unknown_device_key"
    faulty: list[Any] = [{}, {"blocked": "perhaps"}, {"blocked": None}, []]
    for bad in faulty:
        assert problem_of(screen.post("/devices/sound", bad), 422)
