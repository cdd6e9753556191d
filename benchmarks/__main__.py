"""Measures the product against what the machine could do at best, and prints the tables."""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

from benchmarks import bots, breaches, fanout, hall, history, live, reports, screen, slots

PARTS = ("tickets", "calls", "history", "breaches", "fanout", "slots", "bots", "reports", "screen", *live.RUNS)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="comma-separated: " + ", ".join(PARTS))
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--history", default="100000,1000000,5000000", help="numbers of past legs")
    parser.add_argument("--requests", type=int, default=1600, help="tickets in each load")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of which the median is taken")
    parser.add_argument("--screens", default="100,1000,3000", help="numbers of WebSocket clients")
    parser.add_argument("--posts", type=int, default=120, help="calls that each number of clients is told of")
    parser.add_argument(
        "--minutes",
        type=float,
        default=10,
        help="how long a full hall is watched (many); for each, slow makes 1,000 changes and storm is away 6 seconds",
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    parts = given.only.split(",")
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}\n")
    figures: dict[str, Any] = {}
    for kind in ("sqlite", "postgresql") if given.database == "both" else (given.database,):
        if "tickets" in parts:
            figures[f"tickets {kind}"] = hall.tickets(kind, given.requests, given.rounds)
        if "calls" in parts:
            figures[f"calls {kind}"] = hall.calls(kind, given.rounds)
        if "slots" in parts:
            figures[f"slots {kind}"] = slots.measure(kind, given.rounds)
        if "breaches" in parts:
            figures[f"breaches {kind}"] = breaches.at_once(kind, given.rounds)
    if "breaches" in parts and given.database != "postgresql":
        sizes = [int(size) for size in given.history.split(",")]
        figures["breaches history"] = {size: breaches.history(size, given.rounds) for size in sizes}
    if "history" in parts and given.database != "postgresql":
        sizes = [int(size) for size in given.history.split(",")]
        figures["history"] = history.measure(sizes, given.requests, given.rounds)
    if "fanout" in parts:
        figures["fanout"] = fanout.measure([int(number) for number in given.screens.split(",")], given.posts)
    if "reports" in parts and given.database != "postgresql":
        figures["reports"] = reports.measure()
    if "screen" in parts:
        figures["screen"] = screen.measure(30)
    for name in live.RUNS:
        if name in parts:
            figures[name] = live.measure(name, given.minutes)
    if "bots" in parts:
        figures["bots"] = bots.measure()
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
