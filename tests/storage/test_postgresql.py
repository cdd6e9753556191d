"""Talking to PostgreSQL: what is prepared stays prepared, and an answer that is there is not waited for elsewhere."""

import socket
from collections.abc import Generator
from typing import Any

import pytest
from psycopg.errors import DivisionByZero
from psycopg.waiting import Ready, Wait
from sqlalchemy import text
from sqlalchemy.exc import DataError

from queue_service.storage.database import Database
from queue_service.storage.lookup import hall_version
from queue_service.storage.postgresql import first_in_place
from tests.make import an_office

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_postgresql
def test_statements_stay_prepared_from_one_reading_to_the_next(database: Database) -> None:
    an_office(database)
    setup = database.setup("centre")
    for _ in range(8):
        database.peek(lambda connection: hall_version(connection, setup))
    query = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%hall.version%'")
    assert database.read(lambda connection: connection.execute(query).scalar()) == 1


@on_postgresql
def test_slow_answers_and_errors_arrive_as_ever(database: Database) -> None:
    assert database.read(lambda connection: connection.execute(text("SELECT 7, pg_sleep(0.02)")).scalar()) == 7
    with pytest.raises(DataError) as failed:
        database.read(lambda connection: connection.execute(text("SELECT 1 / 0")))
    assert isinstance(failed.value.__cause__, DivisionByZero)
    assert database.read(lambda connection: connection.execute(text("SELECT 8")).scalar()) == 8


def test_only_an_answer_that_is_not_there_yet_is_waited_for_elsewhere() -> None:
    def two_answers() -> Generator[Wait, Ready | int, Any]:
        return [(yield Wait.R), (yield Wait.RW)]

    here, there = socket.socketpair()
    with here, there:
        there.send(b"now")
        assert list(first_in_place(two_answers(), here.fileno())) == []
        here.recv(9)
        asked = first_in_place(two_answers(), here.fileno())
        assert next(asked) == Wait.R
        with pytest.raises(StopIteration) as ended:
            asked.send(Ready.R)
        assert ended.value.value == [Ready.R, Ready.W]
