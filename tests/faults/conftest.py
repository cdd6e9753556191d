"""What the fault tests share: the product on a database of each kind, a history, and figures for RELIABILITY.md."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import fresh_database
from tests.faults.history import History
from tests.faults.installation import Installation

Note = Callable[..., None]


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """A database of each kind, without a server yet."""
    made = Installation(database_url, tmp_path)
    yield made
    made.stop()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """For all tests of a file: one server with SQLite, two with PostgreSQL; each test has an office of its own."""
    folder = tmp_path_factory.mktemp("running")
    with fresh_database(request, folder) as url:
        made = Installation(url, folder)
        made.start(servers=1 if made.kind == "sqlite" else 2)
        yield made
        made.stop()


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    kept = History(tmp_path / "history.jsonl")
    yield kept
    kept.close()


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """note("A1", kind, rounds=…): figures that were measured; told at the end, and kept where QS_FIGURES says."""

    def keep(test: str, database: str, **figures: Any) -> None:
        found = {"test": test, "database": database, **figures}
        request.node.user_properties.append(("figures", found))
        if path := os.environ.get("QS_FIGURES"):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures come with the reports: several processes may have run the tests."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for figures in [value for name, value in report.user_properties if name == "figures"]:
                    terminalreporter.write_line("  ".join(f"{name} {value}" for name, value in figures.items()))
