"""How is a simulated day told? Per service: issued, served, missed, left, waits; and the real waits beside them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median

from queue_service.simulator.check import Visit
from queue_service.simulator.players import Progress
from queue_service.simulator.real_day import Day

HEAD = ("service", "issued", "served", "missed", "left", "median", "P90", "max", "real median", "real P90")


def day_table(day: Day, visits: Sequence[Visit], left: int) -> str:
    """The table; waits in minutes. Missed visitors count as missed even though the day's end moved them to left."""
    waits: dict[str, list[float]] = defaultdict(list)
    states: dict[str, Counter[str]] = defaultdict(Counter)
    for visit in visits:
        states[visit.service]["issued"] += 1
        missed = visit.state == "missed" or (visit.state == "left" and visit.wait is not None)
        states[visit.service]["missed" if missed else visit.state] += 1
        if visit.wait is not None:
            waits[visit.service].append(visit.wait.total_seconds() / 60)
    real = _real_waits(day)
    rows = [_row(f"{code} {name}", states[code], waits[code], real[code]) for code, name in sorted(day.queues.items())]
    every = [wait for queue in waits.values() for wait in queue]
    total = sum((states[code] for code in day.queues), Counter())
    rows.append(_row("all", total, every, [wait for queue in real.values() for wait in queue]))
    head = f"{HEAD[0]:<30}" + "".join(f"{word:>12}" for word in HEAD[1:])
    title = f"\n{day.office.capitalize()}, {day.date}: waits in minutes, from stored leg times\n"
    return "\n".join([title, head, *rows]) + f"\n\nClosed at the end of the day: {left}\n"


def speed_lines(progress: Progress, seconds: float) -> str:
    calls = progress.next_seconds
    rate = progress.requests / seconds
    return (
        f"{progress.requests} requests in {seconds:.1f} s ({rate:.0f} a second); "
        f"next: p50 {percentile(calls, 50) * 1000:.0f} ms, p99 {percentile(calls, 99) * 1000:.0f} ms\n"
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def _row(name: str, states: Counter[str], waits: Sequence[float], real: Sequence[float]) -> str:
    short = name if len(name) <= 29 else f"{name[:28]}…"
    counts = (states["issued"], states["done"], states["missed"], states["left"])
    times = [median(waits), percentile(waits, 90), max(waits)] if waits else [0.0, 0.0, 0.0]
    times += [median(real), percentile(real, 90)] if real else [0.0, 0.0]
    return f"{short:<30}" + "".join(f"{n:>12}" for n in counts) + "".join(f"{minutes:>12.1f}" for minutes in times)


def _real_waits(day: Day) -> dict[str, list[float]]:
    waits: dict[str, list[float]] = defaultdict(list)
    for arrival in day.arrivals:
        if arrival.wait is not None:
            waits[arrival.queue].append(arrival.wait.total_seconds() / 60)
    return waits
