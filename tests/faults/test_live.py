"""Sockets under load, in small: `python -m benchmarks --only many,slow,storm` makes the same runs in full."""

import resource
import subprocess
import sys
from collections.abc import Iterator

import pytest

from benchmarks.live import a_hall, many, slow, storm
from benchmarks.office import Running


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with a_hall() as running:
        yield running


def test_a_full_hall_misses_no_call(server: Running) -> None:
    found = many(server, screens=40, phones=60, calls=8, every_seconds=0)
    assert found["call to screen p50 ms"] < 500


def test_everybody_comes_back_at_once_and_operators_go_on(server: Running) -> None:
    found = storm(server, clients=200, outage_seconds=0)
    assert (found["joined"], found["failed of a hundred"]) == (200, 0)
    assert found["settled after s"] < 15


def test_who_stops_reading_is_gone_within_half_a_minute_and_costs_nothing(server: Running) -> None:
    found = slow(server, readers=20, stopped=10, changes=0)
    assert found["gone after s"] < 30
    assert found["grown by MB"] < 20


def test_a_server_that_may_not_open_enough_files_says_so_and_takes_what_it_gets() -> None:
    command = (
        "import logging, resource; logging.basicConfig(); resource.setrlimit(resource.RLIMIT_NOFILE, (256, 1024));"
        "from queue_service.app import _allow_connections; _allow_connections(10_000);"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "1024"
    assert "enough for 768 clients, not for 10000" in done.stderr
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 1024
