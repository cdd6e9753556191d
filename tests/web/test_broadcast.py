"""The quick broadcast on the installed versions of the libraries: used wherever it can be, and nowhere else."""

import json
import subprocess
import sys
from typing import Any

import pytest

from queue_service.web.wire import framed

BOTH, ALL = ["socket", "upgraded"], ["polling", "socket", "upgraded"]


@pytest.fixture(scope="module")
def found() -> Any:
    """What tests/web/broadcast_probe.py saw."""
    command = [sys.executable, "-m", "tests.web.broadcast_probe"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.parametrize(
    ("case", "ways", "heard"),
    [
        ("sockets", ["wire", "wire"], BOTH),
        ("and one that polls", ["library", "wire", "wire"], ALL),
        ("one is busy", ["library", "wire"], BOTH),
        ("one is busy, and needs the newest alone", ["wire", "wire"], BOTH),
        ("bytes", ["library"] * 4, BOTH),
        ("a callback", [], BOTH),
    ],
)
def test_each_broadcast_goes_the_quickest_way_there_is_and_everybody_hears_it(
    found: Any, case: str, ways: list[str], heard: list[str]
) -> None:
    assert found[case] == {"ways": ways, "heard": heard}


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_says_how_long_it_is(length: int) -> None:
    frame = framed("x" * length)
    head = 2 if length < 126 else 4 if length < 65_536 else 10
    assert frame[0] == 0x81
    assert len(frame) == head + length
    assert frame[1] == {2: length, 4: 126, 10: 127}[head]
    assert head == 2 or int.from_bytes(frame[2:head], "big") == length
