"""What the public is told by sockets: no more than is listed, on every server of this suite, and all of it listed."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from queue_service.model import Branch, Service, table
from queue_service.model.device import DeviceRole
from queue_service.rules.device import present_settings
from queue_service.storage import boards, hall_board
from queue_service.storage.boards import Board
from queue_service.storage.database import Database
from queue_service.storage.devices import KnownDevice, own_board
from queue_service.web.audiences import DEVICE, HALL, TICKET, ByName, Settings, told_too_much
from tests.make import a_desk, a_ticket, an_office
from tests.web.conftest import Caller
from tests.web.live_events import DOCUMENT, document

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOLD = (("hall", "change", "hall"), ("ticket", "change", "ticket"), ("device", "device", "hall"))
PICTURES = {"hall": HALL, "ticket": TICKET, "device": DEVICE}


@pytest.fixture
def pictures(database: Database, clock: Any) -> dict[str, Board]:
    """What hall, ticket and device are told in an office where everything is there to be told."""
    an_office(database)
    words, document = {"ru": "Паспорт"}, {"name": {"ru": "Паспорт"}, "note": {}, "source": "§ 1", "required": True}
    database.write(lambda it: it.execute(update(table(Branch)).values(emergency=words, news=[words])))
    database.write(lambda it: it.execute(update(table(Service)).values(documents=[document])))
    ticket = a_ticket(database)
    a_desk(database, "1", "anna").next()
    setup, now = database.setup("centre"), database.clock.now()
    keyless = dict.fromkeys(
        ("key_hash", "next_key_hash", "next_key_at", "last_seen_at", "page_version", "silent_since")
    )
    settings = present_settings(DeviceRole.DISPLAY, {})
    device = KnownDevice(
        1, "centre", "Hall", DeviceRole.DISPLAY, settings, 1, **keyless, key_since=NOON, created_at=NOON,
        identify_until=NOON,
    )  # fmt: skip
    return {
        "hall": database.read(lambda connection: hall_board.hall(connection, setup, now)),
        "ticket": database.read(lambda connection: boards.ticket(connection, setup, now, ticket.ticket_id)),
        "device": own_board(device, now),
    }


def test_what_is_told_is_allowed_and_one_key_too_many_is_found_wherever_it_stands(pictures: dict[str, Board]) -> None:
    for kind, event, audience in (
        ("hall", "change", "hall"),
        ("ticket", "change", "ticket"),
        ("device", "device", "hall"),
    ):
        assert told_too_much(event, pictures[kind], [audience]) == [], kind
        places = list(dicts_of(pictures[kind]))
        assert len(places) > 2
        for number in range(len(places)):
            broken = copy.deepcopy(pictures[kind])
            part = list(dicts_of(broken))[number]
            part["holder"] = {"name": "Ivan Petrov"}
            assert told_too_much(event, broken, [audience]), f"{kind}: {part}"


def test_what_is_allowed_is_told(pictures: dict[str, Board]) -> None:
    """A list that grew beyond what is told would let something in later that nobody has thought about."""
    for kind, shape in PICTURES.items():
        assert never_told(shape, pictures[kind]) == [], kind


@pytest.mark.parametrize(
    ("event", "audiences"),
    [("change", ["phones"]), ("device", ["ticket"]), ("change", []), ("joke", ["hall", "phones"])],
)
def test_an_event_that_is_not_listed_is_told_to_nobody(event: str, audiences: list[str]) -> None:
    assert told_too_much(event, {}, audiences) == ["the event itself"]


def test_a_plain_value_may_not_become_a_whole_picture() -> None:
    assert told_too_much("beat", {"version": {"name": "Ivan Petrov"}}, ["hall"]) == [".version.name"]
    assert told_too_much("beat", {"version": [{"name": "Ivan"}]}, ["hall"]) == [".version[]"]


def test_every_server_of_the_suite_notes_what_it_tells_too_much(
    app: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = tmp_path / "too-much"
    monkeypatch.setenv("QS_TOLD_TOO_MUCH", str(found))
    live = app.extensions["live"]
    live.tell("beat", {"version": 1, "server_time": "now"}, "hall:centre")
    live.tell("change", {"version": 1, "holder": "Ivan Petrov"}, "desk:centre")
    assert not found.exists()
    live.tell("beat", {"version": 1, "holder": "Ivan Petrov"}, "hall:centre")
    live.devices._socketio.emit("device", {"owner": "Ivan"}, namespace="/live", to="somebody")
    assert found.read_text().splitlines() == ["beat to hall:centre: .holder", "device to everybody: the event itself"]


def test_what_can_be_asked_for_is_no_more_than_what_is_told(visitor: Caller, office: str, database: Database) -> None:
    token = a_ticket(database).token
    assert told_too_much("snapshot", visitor.get(f"/branches/{office}/hall").get_json(), ["hall"]) == []
    assert told_too_much("snapshot", visitor.get(f"/tickets/{token}").get_json(), ["ticket"]) == []


def test_the_reference_is_made_from_the_list() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "write it anew: python -m tests.web.live_events"


def dicts_of(told: Any) -> Iterator[dict[str, Any]]:
    if isinstance(told, dict):
        yield told
    for part in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from dicts_of(part)


def never_told(shape: Any, told: Any, where: str = "") -> list[str]:
    if isinstance(shape, (str, ByName, Settings)):
        return []
    if isinstance(shape, list):
        inner = told if isinstance(shape[0], dict) else []
        found = [set(never_told(shape[0], one, f"{where}[]")) for one in inner]
        return sorted(set.intersection(*found)) if found else []
    missing = [f"{where}.{key}" for key in shape if key not in told]
    present = [key for key in shape if key in told]
    return missing + [found for key in present for found in never_told(shape[key], told[key], f"{where}.{key}")]
