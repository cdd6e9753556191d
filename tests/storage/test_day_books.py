"""What a search reads does not grow with the past: each statement goes through the index made for it."""

from typing import Any

import pytest
from sqlalchemy import Connection

from queue_service.actions.check_in import overdue
from queue_service.storage import day_books
from queue_service.storage.database import Database
from queue_service.storage.rows import prepared

STATEMENTS = {"booked": "taken", "held": "held", "overdue": "expected"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_taken_of_a_day_is_found_by_its_time(database: Database) -> None:
    queries: dict[str, Any] = {"booked": day_books._booked(), "held": day_books._held(), "overdue": overdue()}

    def plan(connection: Connection, name: str) -> str:
        sql = prepared(connection, queries[name])._sql
        driver: Any = connection.connection.driver_connection
        return " ".join(row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")))

    for name, index in STATEMENTS.items():
        told = database.read(lambda connection, name=name: plan(connection, name))  # type: ignore[misc]
        assert f"USING INDEX {index} (branch_id=? AND starts_at" in told, name
