"""Does the past slow the hall down? The same loads on a database with years of visits and on an empty one, in turn."""

import statistics
from pathlib import Path

from benchmarks.hall import WAITING, clear, orders
from benchmarks.load import in_process, operators, posts
from benchmarks.office import Running, add_past, fresh_databases, serving
from benchmarks.tables import free_port, say, table

MEASURED = ("issue p50", "issue at 32", "call p50")


def measure(sizes: list[int], requests: int, rounds: int) -> dict[int, dict[str, float]]:
    """By past legs: time with them / time without, medians over rounds. Both servers run, one is asked at a time."""
    found: dict[int, dict[str, float]] = {}
    with fresh_databases("sqlite") as make:
        empty, full = make(), make()
        for size in sizes:
            _fill(full, size)
            ratios: dict[str, list[float]] = {name: [] for name in MEASURED}
            with (
                serving(empty[0], empty[1], free_port(), empty[2]) as young,
                serving(full[0], full[1], free_port(), full[2]) as old,
            ):
                for number in range(rounds + 1):  # the first round warms up
                    say(f"  round {number} of {rounds} …")
                    order = (young, old) if number % 2 else (old, young)
                    figures = {id(server): _round(server, requests, f"{size}-{number}") for server in order}
                    for name in MEASURED if number else ():
                        ratios[name].append(figures[id(old)][name] / figures[id(young)][name])
            found[size] = {name: statistics.median(values) for name, values in ratios.items()}
    heads = ("past legs", *(f"{name} ×" for name in MEASURED))
    table("Time against an empty database, sqlite", heads, [(f"{n:,}", *row.values()) for n, row in found.items()])
    return found


def _fill(database: tuple[str, Path, list[str]], size: int) -> None:
    url, data, tokens = database
    say(f"filling in {size:,} past legs …")
    with serving(url, data, free_port(), tokens) as server:
        add_past(server.database, size)


def _round(server: Running, requests: int, mark: str) -> dict[str, float]:
    one = in_process(posts, server.port, 1, orders(requests // 4, f"a{mark}"))
    clear(server)
    many = in_process(posts, server.port, 32, orders(requests // 2, f"b{mark}"))
    clear(server)
    in_process(posts, server.port, 8, orders(WAITING, f"c{mark}"))
    served = in_process(operators, server.port, server.windows, WAITING)
    clear(server)
    return {"issue p50": one.percentile(0.5), "issue at 32": 1 / many.rate, "call p50": served.percentile(0.5)}
