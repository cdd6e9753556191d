"""How fast is the hall? Tickets and calls over HTTP; in every round beside raw SQL and a bare route on this machine."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import yardsticks
from benchmarks.load import Outcome, Request, in_process, operators, posts
from benchmarks.office import SERVICES, Running, fresh_databases, serving
from benchmarks.raw_sql import raw
from benchmarks.tables import free_port, say, table

CLIENTS = (1, 8, 32)
WAITING = 500


def tickets(kind: str, requests: int, rounds: int) -> dict[str, Any]:
    """Tickets a second and what one takes, by clients; a round measures the yardsticks and the product in turn."""
    measured: dict[int, list[Outcome]] = {clients: [] for clients in CLIENTS}
    rates: dict[str, list[float]] = {"bare route": [], "raw SQL behind a route": [], "raw SQL alone": []}
    with (
        fresh_databases(kind) as make,
        yardsticks.raw_server(kind, *make()[:2]) as plain,
        raw(kind, *make()[:2]) as alone,
        _product(make) as server,
    ):
        for port in (server.port, plain):
            in_process(posts, port, 2, orders(100, "warm"))
        for number in range(rounds):
            say(f"{kind}: tickets, round {number + 1} of {rounds} …")
            rates["bare route"].append(in_process(posts, plain, 32, [yardsticks.ECHO] * (2 * requests)).rate)
            rates["raw SQL behind a route"].append(in_process(posts, plain, 32, orders(requests, f"r{number}")).rate)
            rates["raw SQL alone"].append(yardsticks.rate(alone.ticket))
            for clients in CLIENTS:
                measured[clients].append(
                    in_process(posts, server.port, clients, orders(requests, f"{clients}-{number}"))
                )
                clear(server)
        memory = server.memory_mb()
    found = {clients: summary(outcomes) for clients, outcomes in measured.items()}
    table(f"Tickets, {kind}", ("clients", "a second", "p50 ms", "p99 ms"), [(n, *f.values()) for n, f in found.items()])
    compared = {**_compared(measured[32], rates), "memory MB": memory}
    _beside(f"At 32 clients, {kind}", compared)
    return {"by clients": found, **compared}


def calls(kind: str, rounds: int) -> dict[str, float]:
    """Sixteen operators empty a line of five hundred: each calls, starts and finishes; raw SQL does the same."""
    outcomes: list[Outcome] = []
    rates: dict[str, list[float]] = {"raw SQL behind a route": [], "raw SQL alone": []}
    with (
        fresh_databases(kind) as make,
        yardsticks.raw_server(kind, *make()[:2]) as plain,
        raw(kind, *make()[:2]) as alone,
        _product(make) as server,
    ):
        for number in range(rounds + 1):
            say(f"{kind}: calls, round {number} of {rounds} …")
            for port in (server.port, plain):
                in_process(posts, port, 8, orders(WAITING, f"calls-{number}"))
            alone.fill(WAITING)
            rates["raw SQL behind a route"].append(in_process(operators, plain, yardsticks.RAW_WINDOWS, WAITING).rate)
            rates["raw SQL alone"].append(yardsticks.rate(alone.visitor, most=WAITING))
            outcomes.append(in_process(operators, server.port, server.windows, WAITING))
            clear(server)
    outcomes, rates = outcomes[1:], {name: found[1:] for name, found in rates.items()}  # the first round warmed up
    numbers = [Counter(note for note in outcome.noted if note != "false empty") for outcome in outcomes]
    found = {
        **summary(outcomes),
        **_compared(outcomes, rates),
        "called twice": sum(count - 1 for counts in numbers for count in counts.values()),
        "never called": sum(WAITING - len(counts) for counts in numbers),
        "false empty": sum(outcome.noted.count("false empty") for outcome in outcomes),
        "errors": sum(n for outcome in outcomes for status, n in outcome.statuses.items() if status >= 400),
    }
    _beside(f"Visitors called and served by 16 operators, {kind}", found)
    return found


@contextmanager
def _product(make: Callable[[], tuple[str, Path, list[str]]]) -> Iterator[Running]:
    url, data, tokens = make()
    with serving(url, data, free_port(), tokens) as server:
        yield server


def _compared(outcomes: list[Outcome], yardstick_rates: dict[str, list[float]]) -> dict[str, float]:
    """Yardsticks, and the product against them: medians of the ratios within each round, for what disturbs a round
    disturbs both."""
    compared: dict[str, float] = {}
    for name, rates in yardstick_rates.items():
        compared[name] = statistics.median(rates)
        ratios = [outcome.rate / rate for outcome, rate in zip(outcomes, rates, strict=True)]
        compared[f"× {name}"] = statistics.median(ratios)
    compared["p99 / p50"] = statistics.median(o.percentile(0.99) / o.percentile(0.5) for o in outcomes)
    return compared


def _beside(title: str, figures: dict[str, Any]) -> None:
    table(title, ("", "figure"), list(figures.items()))


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
