"""What the hall's picture reads does not grow with the past."""

import pytest
from sqlalchemy import Connection

from queue_service.storage import hall_board
from queue_service.storage.database import Database
from queue_service.storage.rows import prepared
from tests.make import a_desk, a_ticket, an_office

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def plan(connection: Connection, query: object) -> str:
    sql = prepared(connection, query)._sql  # type: ignore[arg-type]
    values = (0,) * sql.count("?")
    return " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values))


@ON_SQLITE
def test_calls_are_looked_for_since_yesterday_and_visitors_at_windows_by_their_window(database: Database) -> None:
    an_office(database)
    windows = tuple(window.id for window in database.setup("centre").windows)
    found = database.read(lambda it: (plan(it, hall_board.last_calls()), plan(it, hall_board.at_windows(windows))))
    assert "last_calls (branch_id=? AND last_called_at>" in found[0]
    assert "last_called_at >= ?" in database.read(lambda it: prepared(it, hall_board.last_calls())._sql)
    assert "one_leg_per_window" in found[1]
    assert "SCAN leg" not in found[1]


def test_the_last_calls_of_the_day_and_who_is_served_are_shown(database: Database) -> None:
    an_office(database)
    a_ticket(database)
    a_desk(database, "1", "anna").next()
    setup, now = database.setup("centre"), database.clock.now()
    assert [call["number"] for call in database.read(lambda it: hall_board.hall(it, setup, now))["calls"]] == ["A001"]
