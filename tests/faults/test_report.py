"""RELIABILITY.md says what was measured, and says so where nothing was."""

import json
from pathlib import Path

from tests.faults.broken_builds import BREAKS
from tests.faults.report import STATEMENTS, page, read


def test_the_page_has_the_last_figures_of_each_database_and_what_was_seen_red(tmp_path: Path) -> None:
    lines = [
        {"test": "A4", "database": "sqlite", "sequences": 40},
        {"test": "A4", "database": "sqlite", "sequences": 10_000},
        {"test": "A4", "database": "postgresql", "sequences": 2_000},
        {"broken_build": "a priority category gives no head start", "noticed": True},
        {"broken_build": "a busy window calls again", "noticed": False},
    ]
    file = tmp_path / "figures.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = {line.split(" | ")[0].strip("| "): line for line in page(*read([str(file)])).splitlines() if line[:1] == "|"}
    assert "SQLite: sequences 10000<br>PostgreSQL: sequences 2000" in rows["A4"]
    assert rows["A4"].endswith("| a priority category gives no head start |")
    assert rows["A7"].endswith("| not measured | not shown |")


def test_every_break_proves_a_test_that_the_page_tells_of_or_a_section_of_the_rules() -> None:
    assert {one.proves for one in BREAKS if not one.proves.startswith("§")} <= set(STATEMENTS)
    assert len({one.name for one in BREAKS}) == len(BREAKS)
