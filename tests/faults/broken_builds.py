"""Would the tests notice? `python -m tests.faults.broken_builds [NAME …]` breaks a copy of the product in one place
after the other (broken_builds.yaml) and expects the test that guards it to fail. A build that stays green ends it with
exit code 1."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", "node_modules", "__pycache__", ".hypothesis", ".*_cache", "data")
LESS = {"QS_TICKETS": "200", "QS_ROUNDS": "20", "QS_KILLS": "2", "QS_STEPS": "1500", "QS_FIGURES": ""}
LONGEST_SECONDS = 400
FAILED = 1
"""What pytest ends with when a test failed; everything else says nothing about the build."""


@dataclass(frozen=True)
class Break:
    """`original` stands once in `file`; with `broken` in its place, `test` has to fail."""

    proves: str
    """The test of RELIABILITY.md that is shown to be able to fail; § is a section of the rules of the hall."""
    name: str
    file: str
    original: str
    broken: str
    test: str


BREAKS = [Break(**one) for one in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))]


def is_found(one: Break, tree: Path = ROOT) -> bool:
    """Whether the place to break, and the test, are still where this list says."""
    path, _, name = one.test.partition("::")
    tested = (tree / path).read_text("utf-8")
    return (tree / one.file).read_text("utf-8").count(one.original) == 1 and f"def {name.split('[')[0]}" in tested


def run(tree: Path, *options: str) -> tuple[int | None, str]:
    """What pytest ends with in this tree, None when it had to be stopped, and what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    environment = {**os.environ, **LESS, "PYTHONPATH": str(tree)}
    limit = LONGEST_SECONDS * max(1, len(options) // 4)
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout


def passing(tree: Path, tests: Iterable[str]) -> set[str]:
    """Those of the tests that pass in this tree, all run by one pytest."""
    _, printed = run(tree, "-rA", *tests)
    return {line.removeprefix("PASSED ") for line in printed.splitlines() if line.startswith("PASSED ")}


def red_because(tree: Path, one: Break) -> str | None:
    """Break the tree, run the test, mend the tree: what the test fails with; None when it does not."""
    file = tree / one.file
    sound = file.read_text("utf-8")
    file.write_text(sound.replace(one.original, one.broken), "utf-8")
    try:
        code, printed = run(tree, "-x", one.test)
    finally:
        file.write_text(sound, "utf-8")
    if code is None:
        return "it does not come to an end"
    errors = (line.removeprefix("E").strip() for line in printed.splitlines() if line.startswith("E "))
    return next(errors, "") if code == FAILED else None


def keep(told: dict[str, object]) -> None:
    """A line for RELIABILITY.md (report.py), where QS_FIGURES says."""
    if path := os.environ.get("QS_FIGURES"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")


def main(names: list[str]) -> int:
    wanted = [one for one in BREAKS if not names or one.name in names]
    green = 0
    with tempfile.TemporaryDirectory(prefix="broken-build-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_BEHIND)
        sound = passing(tree, dict.fromkeys(one.test for one in wanted))
        for one in wanted:
            because = None
            if not is_found(one, tree):
                told = "NOT FOUND"
            elif one.test not in sound:
                told = "its test fails on the sound build too"
            else:
                because = red_because(tree, one)
                told = "NOT NOTICED" if because is None else "noticed"
            green += told != "noticed"
            print(f"{told:12} {one.proves}: {one.name}   ({one.test}) {because or ''}", flush=True)
            keep({"broken_build": one.name, "noticed": told == "noticed"})
    print(f"{len(wanted) - green} of {len(wanted)} broken builds were noticed")
    return 1 if green else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
