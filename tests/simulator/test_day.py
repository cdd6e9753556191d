"""Real days of real offices: read right, replayed whole, and checked by a check that can fail."""

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from queue_service.simulator.check import Visit, check_visits
from queue_service.simulator.day import TRY_AGAIN
from queue_service.simulator.real_day import mean_service_seconds, read_day, readable_prefixes, window_plan

DATA = Path(os.environ.get("QS_REAL_DAYS") or Path(__file__).parents[3] / "shared" / "data")
DAYS = {"targowek-2020-01-13": (1361, 16), "bielany-2020-01-20": (1393, 15)}
SPEED = 600

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real days are not here (QS_REAL_DAYS names their folder)"
)


@needs_data
@pytest.mark.parametrize("name", DAYS)
def test_a_day_is_read_whole(name: str) -> None:
    day = read_day(DATA / f"{name}-tickets.csv")
    assert (len(day.arrivals), len(day.queues)) == DAYS[name]
    assert all(45 <= mean_service_seconds(day, queue) <= 2400 for queue in day.queues)
    per_queue = Counter(queue for _, queue, _ in window_plan(day))
    assert all(per_queue[queue] == day.most_windows(queue) for queue in day.queues)
    for queue in day.queues:
        assert day.shifts(queue, 1)[-1][1] is None
        for rank in range(2, day.most_windows(queue) + 1):
            spans = day.shifts(queue, rank)
            assert all(end is None or start < end for start, end in spans)


def test_a_queue_whose_letter_reads_as_a_digit_has_another_on_its_tickets() -> None:
    assert readable_prefixes(["A", "B", "O", "Q"]) == {"A": "A", "B": "B", "O": "C", "Q": "D"}


@needs_data
@pytest.mark.day
@pytest.mark.parametrize("name", DAYS)
def test_a_real_day_keeps_every_rule(name: str, database_url: str, free_port: int, tmp_path: Path) -> None:
    is_usual = database_url.startswith("sqlite") == name.startswith("targowek")
    if not (is_usual or os.environ.get("QS_EVERY_DAY")):
        pytest.skip("each database replays one of the days; QS_EVERY_DAY=1 replays both on both")
    words = ["simulate", "--day", str(DATA / f"{name}-tickets.csv"), "--port", str(free_port), "--database"]
    command = [sys.executable, "-m", "queue_service.cli", *words]
    done = subprocess.run([*command, database_url, "--speed", str(SPEED)], capture_output=True, text=True, timeout=600)
    if done.returncode == TRY_AGAIN:  # a machine that is busy with something else
        slower = f"sqlite:///{tmp_path / 'slower.db'}"
        options = [slower, "--speed", str(SPEED // 4)]
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    total = re.search(r"^all +(\d+) +(\d+) +(\d+) +(\d+)", done.stdout, re.MULTILINE)
    assert total
    issued, served, missed, left = map(int, total.groups())
    assert issued == DAYS[name][0] == served + missed + left
    assert served > 0.8 * issued
    assert "Every rule was kept" in done.stdout


def test_data_that_cannot_be_read_is_said_plainly(tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text("x\n")
    with pytest.raises(ValueError, match="OFFICE-YYYY-MM-DD"):
        read_day(odd)
    lame = tmp_path / "lame-2020-01-01-tickets.csv"
    lame.write_text("issued,queue\n08:00:00,A: a\n")
    with pytest.raises(ValueError, match="called"):
        read_day(lame)


def visit(number: int, state: str = "done") -> Visit:
    return Visit("A", number, "A", state, timedelta(minutes=5))


@pytest.mark.parametrize(
    ("visits", "issued", "told"),
    [
        ([visit(1), visit(2)], 2, []),
        ([visit(1)], 2, ["2 tickets were given out, 1 are in the database"]),
        ([visit(1), visit(1)], 2, ["number A001 was given 2 times"]),
        ([visit(1), visit(3)], 2, ["number A002 was skipped"]),
        ([visit(1), visit(2, "waiting")], 2, ["A002 was left waiting"]),
        ([visit(1, "serving")], 1, ["A001 was left serving"]),
    ],
)
def test_the_check_sees_what_is_wrong(visits: list[Visit], issued: int, told: list[str]) -> None:
    assert check_visits(visits, issued) == told
