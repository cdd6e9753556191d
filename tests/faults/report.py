"""RELIABILITY.md from what was measured: `python -m tests.faults.report FILE …`, each a file that QS_FIGURES named.

Of each test and database the last figures count; the machine, the commit and the date are those of now.
"""

import json
import os
import platform
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.broken_builds import BREAKS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "RELIABILITY.md"

STATEMENTS = {
    "A1–A3": "16 operators, one line: nobody called twice or out of order, no “nobody waits” while somebody does",
    "A4": "Who is next is what a plain model says, after every step of random sequences",
    "A5": "20 taps at once and 20 more with one key make one ticket and one answer",
    "A6": "A key is good for its caller, its request and a day; in flight it waits for the one answer",
    "A7": "A double click, or a key held down, is one call, on the server and on the page",
    "A8": "Recall, transfer, finish and no-show of one visitor at once: one order of them explains every answer",
    "A9": "A visitor gives up while being called: one outcome, the same on phone, desk and hall",
    "A10": "32 clients want the last slot: one gets it, 31 are told so with alternatives",
    "A11": "A hold that ends while it is confirmed books one visitor or nobody",
    "A12": "Visits of several services are booked whole or not at all",
    "A13": "“Any window”: no window has two bookings at once",
    "A14": "64 clients take tickets across midnight: every number once, none left out",
    "A15": "Windows change services while people wait and are served: nobody stays without a window",
    "A16": "Services closed, renamed and removed while people wait: no orphans, the admin is told how many wait",
    "A17": "Mornings of early, punctual, late and absent visitors among walk-ins: every call is the model's",
    "A18": "Random moves over the public API agree with a plain model after every step",
    "A19": "Reload, back, second tab, shifts, clocks, yesterday's ticket: nobody is called but by the two buttons",
    "B1, B9": "The server is killed at every fail-point under load: nothing told is lost, nothing happens twice",
    "C1": "Hundreds of screens and phones hear of every call, and a call need not wait for the news of the last one",
    "C2": "Who stops reading is gone within half a minute; who reads late hears whole pictures and the newest last",
    "C10": "Two servers on one database: what is done through one is shown, and said once, on screens of the other",
    "D1": "A service day ends once, at its local moment; numbers and statistics are of the right day",
    "D2": "Days on which clocks change, and the days around them: every day ends once, numbers begin once",
    "D3": "Slots on days when clocks change: every real half-hour once; calendar files tell the moment kept",
    "D4": "A clock that is set by an hour or a day while the hall runs: no breach, no negative wait, no number twice",
    "D5": "Two servers whose clocks are five seconds apart: visitors are called in the order in which they came",
    "D6": "29 February, the turn of the year in week 53, evenings past midnight: every ticket is of the right day",
    "D7": "Two schedulers in two processes: each breach is flagged once, and each cause is told once",
    "D8": "A scheduler that stood ten minutes: what came due is done once, and marked late",
    "G8": "A ledger entry that was edited, removed or added by SQL is named",
    "H2": "No number begins with a letter that reads as a digit",
    "R7": "Norms are counted for what visits were for, also at a service that is no more",
    "R8": "The windows that a week needed are counted by each day's norms and by what each visitor was promised",
    "T13": "One address has so many live connections of the public and no more",
}
KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

Figures = dict[str, Any]


def read(paths: Iterable[str]) -> tuple[dict[str, dict[str, Figures]], dict[str, bool]]:
    """(figures by test and database, by name of a broken build whether it was noticed); later lines replace earlier."""
    figures: dict[str, dict[str, Figures]] = defaultdict(dict)
    noticed: dict[str, bool] = {}
    for path in paths:
        for line in Path(path).read_text("utf-8").splitlines():
            entry = json.loads(line)
            if "broken_build" in entry:
                noticed[entry["broken_build"]] = entry["noticed"]
            else:
                figures[entry.pop("test")][KINDS[entry.pop("database")]] = entry
    return figures, noticed


def machine() -> str:
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    what = f"{os.cpu_count()} cores, {gib:.0f} GiB of memory, {platform.system()}, Python {platform.python_version()}"
    return f"{what}, load {os.getloadavg()[2]:.0f}"


def commit() -> str:
    return subprocess.run(
        ["git", "log", "-1", "--format=%h"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def page(figures: dict[str, dict[str, Figures]], noticed: dict[str, bool]) -> str:
    """The page as Markdown: one row for each test, in the order of `STATEMENTS`."""
    rows = [_row(test, what, figures.get(test, {}), noticed) for test, what in STATEMENTS.items()]
    seen = sum(noticed.values())
    return "\n".join(
        [
            "# What is proved of faults, races and clocks",
            "",
            f"Measured on {datetime.now(UTC):%d %B %Y} at commit `{commit()}`: {machine()}.",
            f"Broken builds that a test noticed: {seen} of {len(noticed)} tried; {len(BREAKS)} are on the list.",
            "",
            "| test | statement | figures | seen red when |",
            "|---|---|---|---|",
            *rows,
            "",
            "How to make this page anew stands in [CONTRIBUTING.md](CONTRIBUTING.md).",
            "",
        ]
    )


def _row(test: str, what: str, by_database: dict[str, Figures], noticed: dict[str, bool]) -> str:
    told = [f"{kind}: {_told(numbers)}" for kind, numbers in sorted(by_database.items(), reverse=True)]
    red = [one.name for one in BREAKS if test in one.proves and noticed.get(one.name)]
    return f"| {test} | {what} | {'<br>'.join(told) or 'not measured'} | {'; '.join(red) or 'not shown'} |"


def _told(numbers: Figures) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in numbers.items())


def main(paths: list[str]) -> int:
    if not paths:
        print("which files? Those that QS_FIGURES named when the tests ran", file=sys.stderr)
        return 2
    PAGE.write_text(page(*read(paths)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
