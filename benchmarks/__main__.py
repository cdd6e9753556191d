"""Measures the product against what the machine could do at best, and prints the tables."""

import argparse
import json
import os
import platform
import socket
import statistics
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks import yardsticks
from benchmarks.load import Outcome, Request, in_process, operators, posts
from benchmarks.office import SERVICES, Running, add_past, fresh_databases, serving

CLIENTS = (1, 8, 32)
WAITING = 500
PARTS = ("yardsticks", "tickets", "calls", "history")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="comma-separated: " + ", ".join(PARTS))
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--history", default="100000,1000000,5000000", help="numbers of past legs")
    parser.add_argument("--requests", type=int, default=1600, help="tickets in each load")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the median is taken")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    parts = given.only.split(",")
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}\n")
    figures: dict[str, Any] = {}
    if "yardsticks" in parts:
        figures["bare"] = bare(given.requests)
    for kind in ("sqlite", "postgresql") if given.database == "both" else (given.database,):
        figures[kind] = measure(kind, parts, given.requests, given.rounds)
    if "history" in parts and given.database != "postgresql":
        sizes = [int(size) for size in given.history.split(",")]
        figures["history"] = history(sizes, given.requests, given.rounds)
    ratios(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))


def bare(requests: int) -> dict[int, Any]:
    say("a bare Flask route …")
    port = free_port()
    echo: list[Request] = [("/bare", {"services": ["A"]}, {})] * (2 * requests)
    with yardsticks.bare_flask(port):
        rows = {clients: summary([in_process(posts, port, clients, echo)]) for clients in CLIENTS}
    table(
        "Bare Flask route",
        ("clients", "requests/s", "p50 ms", "p99 ms"),
        [(n, *row.values()) for n, row in rows.items()],
    )
    return rows


def measure(kind: str, parts: list[str], requests: int, rounds: int) -> dict[str, Any]:
    """Tickets and calls on one kind of database, empty at the start."""
    found: dict[str, Any] = {}
    with fresh_databases(kind) as make:
        if "yardsticks" in parts:
            say(f"raw SQL on {kind} …")
            url, data, _ = make()
            raw = yardsticks.raw_sqlite(data / "queue.db") if kind == "sqlite" else yardsticks.raw_postgresql(url)
            found["raw"] = raw
            print(f"Raw SQL transaction with the rows of one ticket, {kind}: {raw:.0f} a second\n")
        if "tickets" in parts:
            found["tickets"] = {}
            for clients in CLIENTS:
                say(f"{kind}: tickets, {clients} clients …")
                found["tickets"][clients] = tickets(make, clients, requests, rounds)
            heads = ("clients", "tickets/s", "p50 ms", "p99 ms", "memory MB")
            table(f"Tickets, {kind}", heads, [(n, *row.values()) for n, row in found["tickets"].items()])
        if "calls" in parts:
            say(f"{kind}: 16 operators on {WAITING} waiting …")
            found["calls"] = calls(make, rounds)
            table(
                f"Calls by 16 operators on {WAITING} waiting, {kind}",
                tuple(found["calls"]),
                [tuple(found["calls"].values())],
            )
    return found


def tickets(make: Any, clients: int, requests: int, rounds: int) -> dict[str, float]:
    outcomes, memory = [], 0.0
    url, data, tokens = make()
    with serving(url, data, free_port(), tokens) as server:
        in_process(posts, server.port, 2, orders(100, "warm"))
        for number in range(rounds):
            outcomes.append(in_process(posts, server.port, clients, orders(requests, f"{clients}-{number}")))
            clear(server)
        memory = server.memory_mb()
    return {**summary(outcomes), "memory": memory}


def calls(make: Any, rounds: int) -> dict[str, float]:
    outcomes: list[Outcome] = []
    url, data, tokens = make()
    with serving(url, data, free_port(), tokens) as server:
        for number in range(rounds + 1):  # the first round warms up
            in_process(posts, server.port, 8, orders(WAITING, f"calls-{number}"))
            outcomes.append(in_process(operators, server.port, server.windows, WAITING))
            clear(server)
    outcomes = outcomes[1:]
    numbers = [Counter(note for note in outcome.noted if note != "false empty") for outcome in outcomes]
    return {
        **summary(outcomes),
        "called twice": sum(count - 1 for counts in numbers for count in counts.values()),
        "never called": sum(WAITING - len(counts) for counts in numbers),
        "false empty": sum(outcome.noted.count("false empty") for outcome in outcomes),
        "errors": sum(n for outcome in outcomes for status, n in outcome.statuses.items() if status >= 400),
    }


def history(sizes: list[int], requests: int, rounds: int) -> dict[int, Any]:
    """The same with a past, each size alternating with an empty database in the same run."""
    found: dict[int, Any] = {}
    with fresh_databases("sqlite") as make:
        empty, full = make(), make()
        for size in sizes:
            say(f"filling in {size:,} past legs …")
            with serving(full[0], full[1], free_port(), full[2]) as server:
                add_past(server.database, size)
            ratios_of: dict[str, list[float]] = {"issue p50": [], "issue at 32": [], "call p50": []}
            for number in range(rounds):
                say(f"  round {number + 1} of {rounds} …")
                now, then = (history_round(database, requests, f"{size}-{number}") for database in (empty, full))
                for name in ratios_of:
                    ratios_of[name].append(then[name] / now[name])
            found[size] = {name: statistics.median(values) for name, values in ratios_of.items()}
    heads = ("past legs", *(f"{name} ×" for name in ("issue p50", "issue at 32", "call p50")))
    table(
        "Time against an empty database, sqlite", heads, [(f"{size:,}", *row.values()) for size, row in found.items()]
    )
    return found


def history_round(database: tuple[str, Path, list[str]], requests: int, mark: str) -> dict[str, float]:
    url, data, tokens = database
    with serving(url, data, free_port(), tokens) as server:
        in_process(posts, server.port, 2, orders(100, f"w{mark}"))
        one = in_process(posts, server.port, 1, orders(requests // 2, f"a{mark}"))
        many = in_process(posts, server.port, 32, orders(requests // 2, f"b{mark}"))
        clear(server)
        in_process(posts, server.port, 8, orders(WAITING, f"c{mark}"))
        served = in_process(operators, server.port, server.windows, WAITING)
        clear(server)
    return {
        "issue p50": one.percentile(0.5),
        "issue at 32": 1 / many.rate,
        "call p50": served.percentile(0.5),
    }


def orders(count: int, mark: str) -> list[Request]:
    """Tickets as kiosks send them, each with a key of its own."""
    path = "/api/v1/branches/bench/tickets"
    return [
        (
            path,
            {"services": [SERVICES[i % len(SERVICES)]], "language": "en", "channel": "kiosk"},
            {"Idempotency-Key": f"{mark}-{i}"},
        )
        for i in range(count)
    ]


def clear(server: Running) -> None:
    """Empty the lines between loads, as no hall has thousands waiting."""
    from queue_service.actions.day import close_day

    server.database.act("bench", close_day)


def summary(outcomes: list[Outcome]) -> dict[str, float]:
    """Medians over the rounds."""
    return {
        "rate": statistics.median(outcome.rate for outcome in outcomes),
        "p50": statistics.median(outcome.percentile(0.5) for outcome in outcomes),
        "p99": statistics.median(outcome.percentile(0.99) for outcome in outcomes),
    }


def ratios(figures: dict[str, Any]) -> None:
    """What the figures say, against the yardsticks of the same run."""
    for kind in ("sqlite", "postgresql"):
        found = figures.get(kind, {})
        if "tickets" in found and "raw" in found and "bare" in figures:
            at_32 = found["tickets"][32]
            print(f"{kind}, tickets at 32 clients: {at_32['rate'] / found['raw']:.2f} × raw SQL, ", end="")
            print(f"{at_32['rate'] / figures['bare'][32]['rate']:.2f} × bare Flask, ", end="")
            print(f"p99 {at_32['p99'] / at_32['p50']:.1f} × p50")
        if "calls" in found:
            print(f"{kind}, calls: p99 {found['calls']['p99'] / found['calls']['p50']:.1f} × p50")


def table(title: str, heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    cells = [heads, *(tuple(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    print(title)
    for row in cells:
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    print(flush=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
