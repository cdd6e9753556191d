"""A set-up that was never committed is known to nobody, however the commit fails."""

from collections.abc import Callable
from typing import Any

import gevent
import pytest

from queue_service.actions import office_facts, setup
from queue_service.rules.errors import Refused
from queue_service.storage import group_commit
from queue_service.storage.database import Database
from queue_service.storage.hall import Hall
from tests.make import an_office


def serve_at_window_1(services: str) -> Any:
    def change(hall: Hall) -> None:
        facts = office_facts.window_facts(setup.window_by_code(hall.setup, "1"))
        setup.change_window(hall, "1", facts.model_copy(update={"services": list(services)}), "system")

    return change


def served(hall: Hall) -> str:
    return "".join(hall.setup.windows[0].serves)


class Broken(Exception):
    pass


def break_the_next_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    def point(_: str) -> None:
        monkeypatch.undo()
        raise Broken

    monkeypatch.setattr(group_commit, "fail_point", point)


def test_what_others_read_before_a_commit_that_failed_is_forgotten(
    database_url: str, open_database: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, other_process = open_database(database_url), open_database(database_url)
    an_office(database, "AB", {"1": "AB"})
    database.setup("centre")
    database.share_commits()
    break_the_next_commit(monkeypatch)
    actions = [
        gevent.spawn(database.act, "centre", serve_at_window_1("A")),
        gevent.spawn(database.act, "centre", served),  # committed together with the change, and after it
    ]
    gevent.joinall(actions)
    assert [type(action.exception) for action in actions] == [Broken, Broken]
    other_process.act("centre", serve_at_window_1("B"))  # gets the version that the lost change had
    assert database.act("centre", served) == "B"
    assert "".join(database.setup("centre").windows[0].serves) == "B"


def test_who_acts_in_the_same_commit_sees_the_new_set_up(database: Database) -> None:
    an_office(database, "AB", {"1": "AB"})
    database.share_commits()
    change = gevent.spawn(database.act, "centre", serve_at_window_1("A"))
    after = gevent.spawn(database.act, "centre", served)
    gevent.joinall([change, after])
    assert after.value == "A"


def test_a_branch_whose_creation_failed_is_unknown(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    an_office(database, "A", {"1": "A"})
    office = setup.export_office(database, "centre").replace("code: centre", "code: north", 1)
    database.share_commits()
    break_the_next_commit(monkeypatch)
    with pytest.raises(Broken):
        setup.import_office(database, office)
    with pytest.raises(Refused, match="unknown_branch"):
        database.setup("north")
    setup.import_office(database, office)
    assert database.setup("north").code == "north"
